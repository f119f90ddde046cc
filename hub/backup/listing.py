"""The backups that the hub knows: those that it recorded, and those that lie in the folder. Tested in `tests/hub/backup/test_listing.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.backup.names import every_scheduled
from hub.database.schema import backups
from hub.errors import RefusedError
from hub.town.settings import Settings

MOST = 200
"""Records that are read: a folder keeps fewer."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup: its file's name, when it was made, how many entries and bytes it has.

    `proven`: the hub recorded it when it had read the file again, and the file still has that size. `there`: it lies in the folder.
    """

    file: str
    at: str | None
    entries: int | None
    bytes: int | None
    proven: bool
    there: bool


def every(connection: Connection, settings: Settings) -> Sequence[Listed]:
    """The newest first; of those whose file is gone only what was made after the oldest that is there."""
    known = _recorded(connection, settings.town)
    files = {path.name: path.stat().st_size for path in every_scheduled(folder(settings), settings.town)}
    found = [
        Listed(name, at, entries, files.get(name, size), name in files and files[name] == size, name in files)
        for name, (at, entries, size) in known.items()
    ]
    found += [
        Listed(name, None, None, size, proven=False, there=True) for name, size in files.items() if name not in known
    ]
    oldest = min((each.at for each in found if each.there and each.at), default=None)
    shown = [each for each in found if each.there or (oldest is not None and each.at is not None and each.at > oldest)]
    return sorted(shown, key=lambda each: (each.at or "", each.file), reverse=True)


def folder(settings: Settings) -> Path:
    """Where the backups lie."""
    return settings.folder / settings.backup.folder


def file_of(settings: Settings, name: str) -> Path:
    """The file of a backup by its name; `RefusedError` for one that is not there, or is none of the folder's backups."""
    found = next((path for path in every_scheduled(folder(settings), settings.town) if path.name == name), None)
    if found is None or not found.is_file():
        raise RefusedError("backup %(file)s: it is not in the folder any more", file=name)
    return found


def _recorded(connection: Connection, town: str) -> dict[str, tuple[str, int, int]]:
    query = select(backups).where(backups.c.town == town).order_by(backups.c.id.desc()).limit(MOST)
    found: dict[str, tuple[str, int, int]] = {}
    for row in connection.execute(query):
        found.setdefault(str(row.file), (row.at, row.entries, row.bytes))
    return found
