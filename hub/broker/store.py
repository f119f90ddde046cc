"""The broker's own store: one that mosquitto cannot start with is set aside, so that a damaged file never keeps the town apart.

What mosquitto keeps there (sessions, retained messages, what is on its way) is nobody's only copy: gates keep each record until the hub's
own ack, and the listener publishes again what is retained. So an empty store costs nothing, and a broker that does not start costs all.

    mosquitto ends by itself, twice within a moment: broker/data/mosquitto.db -> mosquitto.db.damaged, a line in broker/set-aside
    listener: broker/set-aside -> an alert

It runs where mosquitto's own user does: in `serve`, or as `ExecStopPost` of its service (`python -P -m hub.broker.store DIR`).
"""

import os
import signal
import stat
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from edge.contract.records import wall_text
from hub import untrusted_folder
from hub.generated_files import put
from hub.log import configure

log = structlog.get_logger()

STORE = "mosquitto.db"
DAMAGED = ".damaged"
ENDS = "ends"
NOTICE = "set-aside"
SOON = 30.0
"""Seconds between two ends of the broker that speak of one cause."""
LONGEST = 200
"""Bytes of the two small files."""
STOPPED = frozenset({0, -signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT, -signal.SIGHUP})
"""How the broker ends when somebody stops it: that says nothing of its store."""


class BrokerStore:
    """The store in one town's broker folder, which must be trusted no more than the broker is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "broker"

    def prepare(self) -> None:
        """Makes the store's folder; what else has its name is set aside. `OSError` if that cannot be done."""
        data = self._folder / "data"
        if os.path.lexists(data) and not _is_folder(data):
            self._set_aside()
        data.mkdir(mode=0o700, exist_ok=True)

    def ended(self, code: int, seconds: float) -> bool:
        """Takes note that the broker ended (its exit status; negative: a signal); returns True if its store was set aside.

        `seconds` since the machine started. `OSError` if that cannot be done.
        """
        if code in STOPPED:
            return False
        before = self._last_end()
        if before is None or not 0 <= seconds - before <= SOON:
            put(self._folder / ENDS, f"{seconds!r}\n".encode(), 0o600)
            return False
        (self._folder / ENDS).unlink(missing_ok=True)
        return self._set_aside()

    def notice(self) -> str | None:
        """When a store was last set aside, and where it lies; None: never, as far as is known."""
        try:
            data = untrusted_folder.read(self._folder / NOTICE, LONGEST)
        except OSError:
            # a folder that is still closed to us, as an older version left it
            return None
        return data.decode("ascii", "replace").strip() or None if data else None

    def _last_end(self) -> float | None:
        try:
            return float(untrusted_folder.read(self._folder / ENDS, LONGEST) or b"")
        except ValueError:
            return None

    def _set_aside(self) -> bool:
        data = self._folder / "data"
        moved = data if not _is_folder(data) else data / STORE
        if not os.path.lexists(moved):
            # whatever ends the broker, it is not this
            return False
        target = moved.with_name(moved.name + DAMAGED)
        # one is kept for whoever wants to know why: more would fill the disk
        if _is_folder(target):
            target = target.with_name(target.name + ".again")
        moved.replace(target)
        if moved == data:
            data.mkdir(mode=0o700)
        line = f"{wall_text(datetime.now(UTC))} {target.relative_to(self._folder.parent)}\n"
        put(self._folder / NOTICE, line.encode(), 0o644)
        log.error("the broker could not start with its store: it begins with an empty one", aside=str(target))
        return True


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def seconds_since_boot() -> float:
    """Of the machine, whatever its clock says; it goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def main(folder: Path, result: str, status: str) -> None:
    """Called by systemd when the broker's process has ended: `EXIT_CODE` and `EXIT_STATUS`, as systemd.exec(5) has them."""
    configure()
    signals = {each.name.removeprefix("SIG"): -each.value for each in signal.Signals}
    code = int(status) if status.isdecimal() else signals.get(status, 1)
    BrokerStore(folder).ended(code if result == "exited" else -abs(code), seconds_since_boot())


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.environ.get("EXIT_CODE", ""), os.environ.get("EXIT_STATUS", ""))
