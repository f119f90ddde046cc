"""What is left of a change of operation.toml that a crash cut off between the file and the database: start-up gives the file back.

The file is written before the database commits, and no commit can take both. So first a note is laid beside it: what the file said, and what
stands for what it will say. If the file is what the note announces and the database does not know it, nobody published it: the former text comes
back. In every other case the note is old and goes: the change was committed, or somebody has edited the file since.

Tested in `tests/hub/operations/test_unfinished.py`.
"""

from pathlib import Path

import structlog
from sqlalchemy.engine import Engine

from edge.contract.canonical import sha256_hex
from hub import generated_files
from hub.errors import HubError
from hub.operations import rules_file, rules_note
from hub.town import operation_file

log = structlog.get_logger()


def mend(folder: Path, writing: Engine, town: str) -> bool:
    """Gives the file back what it said before a change that was never committed; returns True if it did. Safe while others publish."""
    file = folder / operation_file.FILE
    if not (folder / rules_note.NOTE).is_file():
        return False
    # in a transaction that writes, so that nobody is between file and commit just now
    with writing.begin() as connection:
        newest = rules_file.newest(connection, town)
        found = rules_note.read(folder)
        mended = False
        if found is not None and _digest(file) == found[1] and (newest is None or newest.hash != found[1]):
            generated_files.put(file, found[0], 0o600)
            mended = True
            log.warning("operation.toml is what it was: a change of it was cut off before it was published", town=town)
        rules_note.forget(folder)
    return mended


def _digest(file: Path) -> str | None:
    try:
        return sha256_hex(operation_file.content(file))
    except HubError:
        return None
