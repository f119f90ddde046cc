"""Files that the hub generates are made anew where something else stands in their place: a folder, a broken link, a pipe, an unreadable file.

Such a thing comes from a hand that slipped, a copy that went wrong, a repaired disk. It ends no service: it is set aside under a name
with the time, a line in the log says so, and the file is made as if there had been none. Only for files whose content the hub can give
again; keys and the ledger are not among them.
"""

import os
import stat
from pathlib import Path

import structlog

from edge.contract.files import PART, set_aside, write_whole

log = structlog.get_logger()


def put(path: Path, data: bytes, mode: int) -> None:
    """Writes a file whole or not at all, durably, whatever stood there; it belongs to whom root finds its folder belonging."""
    make_way(path)
    make_way(path.with_name(path.name + PART))
    write_whole(path, data, mode)


def make_way(path: Path) -> None:
    """Sets aside what stands at `path` unless a file of ours can be read and written there; `OSError` if it cannot be moved."""
    if os.path.lexists(path) and not _is_usable_file(path):
        _move(path)


def folder(path: Path) -> None:
    """Makes a folder that only its owner may enter, if there is none; what else has its name is set aside."""
    if os.path.lexists(path) and not path.is_dir():
        _move(path)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _is_usable_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode) and os.access(path, os.R_OK | os.W_OK)
    except OSError:
        return False


def _move(path: Path) -> None:
    moved = set_aside(path)
    log.error("what stood in a file's place is set aside, and the file made anew", path=str(path), aside=str(moved))
