"""A backup that somebody asks for in the browser: asked in a file, made by whoever may read every key, its outcome in another file.

The console cannot make it: as a service it may not read the keys of the authority and the gates. So it leaves `run/backup.asked`; `serve`,
or systemd (`kakou-backup.path`), then starts `kakou-hub backup`. That command takes the file away, holds `run/backup.lock` as long as it
works, and says in `run/backup.outcome` how it went. Two at once are refused.

Tested in `tests/hub/backup/test_asking.py`.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from edge.contract.records import wall_text
from hub import generated_files
from hub.errors import HubError, RefusedError, Words
from hub.town.settings import Settings
from hub.values.stored import time_of
from hub.values.visible import short

ASKED, LOCK, OUTCOME, SERVED = "backup.asked", "backup.lock", "backup.outcome", "serve.pid"
PATIENCE = timedelta(minutes=2)
"""For which somebody may take up what was asked; then it may be asked again."""
SPARE = 64 * 2**20
MIB = 2**20
LONGEST = 300
LOOKS = 10
"""For the lock, a twentieth of a second apart."""


class Stage(StrEnum):
    """How far it is."""

    IDLE = "idle"
    ASKED = "asked"
    RUNNING = "running"
    LEFT = "left"
    """Asked for, and nobody took it up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last one went: when it ended, what was made, or why it was not."""

    at: str
    began_at: str
    file: str = ""
    entries: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """The present state: the stage, since when, and how the last one went."""

    stage: Stage
    since: str | None
    last: Outcome | None


class BusyError(HubError):
    """Another backup is being made."""


def ask(settings: Settings, by: str, now: datetime) -> None:
    """Asks for a backup; `RefusedError` while one is asked for or made, or where there is no room for it."""
    there = work(settings.run, now)
    if there.stage is Stage.RUNNING:
        raise RefusedError("a backup is being made already, since %(at)s", at=there.since or "")
    if there.stage is Stage.ASKED:
        raise RefusedError("a backup was asked for already, %(at)s", at=there.since or "")
    _check_room(settings)
    text = json.dumps({"by": by, "at": wall_text(now)})
    try:
        generated_files.folder(settings.run)
        generated_files.put(settings.run / ASKED, text.encode(), 0o600)
    except OSError as error:
        raise RefusedError("a backup cannot be asked for: %(why)s", why=error.strerror or str(error)) from None


def work(run: Path, now: datetime) -> Work:
    """The state as the files say it."""
    outcome = _outcome(run / OUTCOME)
    if (since := _running_since(run / LOCK)) is not None:
        return Work(Stage.RUNNING, since or None, outcome)
    asked = _json(run / ASKED)
    if asked is None:
        return Work(Stage.IDLE, None, outcome)
    at = str(asked.get("at", ""))
    when = time_of(at)
    late = when is None or not timedelta() <= now - when <= PATIENCE
    return Work(Stage.LEFT if late else Stage.ASKED, at if when else None, outcome)


def is_asked(run: Path) -> bool:
    """Returns True if somebody asked for a backup that nobody has begun."""
    return (run / ASKED).exists()


def is_served(run: Path) -> bool:
    """Returns True if `serve` runs here: then it makes the backups, else systemd does."""
    return _is_locked(run / SERVED)


@contextmanager
def making(run: Path, now: datetime) -> Iterator[None]:
    """Around a backup in the schedule's folder: takes up what was asked, and keeps others away; `BusyError` if one is at work."""
    generated_files.folder(run)
    (run / ASKED).unlink(missing_ok=True)
    generated_files.make_way(run / LOCK)
    with (run / LOCK).open("a+", encoding="ascii") as file:
        if not _locked(file.fileno()):
            raise BusyError("backup: another one is being made; nothing was done")
        _mark(file.fileno(), wall_text(now))
        try:
            yield
        finally:
            _mark(file.fileno(), "")


def ended(run: Path, outcome: Outcome) -> None:
    """Says how it went; a disk that takes not even that is no further fault."""
    with suppress(OSError):
        generated_files.put(run / OUTCOME, json.dumps(asdict(outcome), ensure_ascii=False).encode(), 0o600)


def _check_room(settings: Settings) -> None:
    """A backup needs a copy of the database on the hub's disk, and about as much again in the folder of backups."""
    try:
        need = (settings.folder / "hub.db").stat().st_size + SPARE
    except OSError:
        return
    folder = settings.folder / settings.backup.folder
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    places = {place.stat().st_dev: place for place in (settings.folder, folder)}
    for place in places.values():
        # one disk holds both
        expected = need * (2 if len(places) == 1 else 1)
        free = shutil.disk_usage(place).free
        if free < expected:
            raise RefusedError(
                "no room for a backup: %(free)s MiB free, expected %(need)s MiB", free=free // MIB, need=expected // MIB
            )


def _locked(handle: int) -> bool:
    """Returns True if the lock is ours now. A page that looks if somebody has it has it itself for a moment."""
    for _ in range(LOOKS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def _mark(handle: int, text: str) -> None:
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)


def _running_since(lock: Path) -> str | None:
    """Since when one is made, as it says; None if none is."""
    if not _is_locked(lock):
        return None
    try:
        text = lock.read_text("ascii")
    except (OSError, ValueError):
        return ""
    return text if time_of(text) else ""


def _is_locked(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _outcome(file: Path) -> Outcome | None:
    data = _json(file)
    if data is None or time_of(data.get("at")) is None:
        return None
    entries = data.get("entries")
    return Outcome(
        str(data["at"]), str(data.get("began_at", "")), short(str(data.get("file", "")), LONGEST),
        entries if isinstance(entries, int) else 0, short(str(data.get("why", "")), LONGEST),
    )  # fmt: skip


def _json(file: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


WORDS = {
    Stage.ASKED: Words("A backup is asked for; it begins in a moment."),
    Stage.RUNNING: Words("A backup is being made."),
    Stage.LEFT: Words("A backup was asked for, and nobody took it up: is kakou-backup.path or serve running?"),
}
