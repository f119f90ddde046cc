"""The mark that a lane's barrier is held up, carried from one run of the gate to the next: its pin cannot say so.

A line that a new process asks for becomes an input before anything else (lgpio), and reads what the relay's pull-down says. So a
mark lies beside the gate while the barrier is up: in the unit's `RuntimeDirectory`, which is memory, else in the gate's own
folder. It counts only within the boot that wrote it: where the power was cut, the relay has fallen off.

Tested in `tests/edge/hardware/test_lane.py`.
"""

import os
from contextlib import suppress
from pathlib import Path

from edge.clock import SystemClock


class Unmarked:
    """No mark: no later run will ask (a bench, a test)."""

    stands = False

    def put(self, up: bool) -> None:
        """Writes nothing."""


class RaisedMark:
    """The mark of one lane. `boot` names the time since power came."""

    def __init__(self, folder: Path, lane: str, boot: str) -> None:
        self._file = folder / f"raised-{lane}"
        self._boot = boot

    @property
    def stands(self) -> bool:
        """Returns True if the barrier was left up, in this boot."""
        try:
            return self._file.read_text(encoding="ascii", errors="replace") == self._boot
        except OSError:
            return False

    def put(self, up: bool) -> None:
        """Notes where the barrier is; a folder that cannot be written does not stop the barrier."""
        with suppress(OSError):
            if up:
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file.write_text(self._boot, encoding="ascii")
            else:
                self._file.unlink(missing_ok=True)


Mark = RaisedMark | Unmarked


def raised_mark(folder: Path, lane: str) -> RaisedMark:
    """The mark of a lane of the gate in `folder`, for the process that holds its pins."""
    runtime = os.environ.get("RUNTIME_DIRECTORY")
    return RaisedMark(Path(runtime) if runtime else folder / "run", lane, SystemClock().at().boot)
