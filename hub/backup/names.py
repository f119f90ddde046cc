"""The names of scheduled backups, and the backups that lie in a folder: oldest first, by the moment in their name.

Tested in `tests/hub/backup/test_due.py`.
"""

from datetime import datetime
from pathlib import Path

SUFFIX = ".kakou-backup.age"
PLAIN_SUFFIX = ".kakou-backup.tar"
"""Of versions that did not encrypt: these files hold every key in plain sight, and go like any other as newer ones come."""


def scheduled_name(town: str, now: datetime) -> str:
    """The name of a scheduled backup made now."""
    return f"{town}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def every_scheduled(folder: Path, town: str) -> list[Path]:
    """The scheduled backups of a town that lie in a folder, oldest first; none where there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(path for suffix in (SUFFIX, PLAIN_SUFFIX) for path in folder.glob(f"{town}-*{suffix}"))
