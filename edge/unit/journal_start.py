"""The journal at a start: opened, begun anew where it is gone, or left alone where it cannot be used.

A file beside it, `journal.mark`, names its epoch. Where the mark says that there was a journal and none is there, or one of 0
bytes (a new card, a repair, a file system that lost it), a new one begins under an epoch of its own, and an alarm says so. Where
the file holds something that is no journal, nothing is written at all: see `edge.journal.no_journal`.

Tested in `tests/edge/unit/test_files.py`.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from edge.contract.files import set_aside, write_whole
from edge.gate.recovery import Past
from edge.journal.file import BESIDE, JournalError, UnusableJournalError, examine
from edge.journal.no_journal import NoJournal
from edge.journal.outbox import FILE, Outbox

log = structlog.get_logger()

MARK = "journal.mark"
_WAITS = frozenset(
    {
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM,
    }
)  # fmt: skip
"""What may pass by itself: a full disk, another process, a card that is mounted read-only."""
Signature = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """The journal of this start, and the `past` that its records tell of.

    `anew`: why another journal than the last start's begins, in one line. `waits`: the journal cannot be used for a reason that
    may pass by itself.
    """

    journal: Outbox | NoJournal
    past: Past
    anew: str | None = None
    waits: bool = False


def begin(folder: Path, open_journal: Callable[[Path], Outbox], recall_past: Callable[[Outbox], Past]) -> Begun:
    """The journal in the gate's folder. Raises nothing: a gate without a journal stays up, and says so."""
    path, mark = folder / FILE, _read(folder / MARK)
    try:
        gone = _clear_the_way(path, mark)
        examine(path)
        outbox = open_journal(path)
    except (JournalError, OSError) as error:
        log.error("the journal cannot be used", error=str(error))
        return Begun(NoJournal(_line(path, error)), Past(), waits=_may_pass(error))
    try:
        past = recall_past(outbox)
    except (JournalError, ValueError, TypeError, LookupError, AttributeError) as error:
        # the file opens, and something in it is no record
        outbox.close()
        log.error("the journal cannot be read", error=str(error))
        return Begun(NoJournal(_line(path, error)), Past())
    anew = None
    if mark is not None and mark != outbox.epoch:
        anew = f"{gone or 'another journal is there'}: journal {mark[:8]} ended, {outbox.epoch[:8]} begins"
        log.error("the journal begins anew", why=anew)
    if mark != outbox.epoch:
        _mark(folder / MARK, outbox.epoch)
    return Begun(outbox, past, anew)


def leave_journal(folder: Path, open_journal: Callable[[Path], Outbox]) -> Path:
    """Moves a journal that cannot be used out of the way, with the files that belong to it; returns its new name.

    `JournalError` if the journal can be used after all, or if what keeps it away (a full disk) is no fault of the file.
    """
    path = folder / FILE
    try:
        examine(path)
        open_journal(path).close()
    except (JournalError, OSError) as error:
        if _may_pass(error) and path.is_file():
            raise JournalError(f"{_line(path, error)}; this may pass: nothing was moved") from None
        return set_aside(path, *BESIDE)
    raise JournalError(f"{path}: can be used: nothing was moved")


def signature(folder: Path) -> Signature:
    """Each of the journal's files by inode, size and time of change: another signature means that somebody put them in order."""
    return tuple(_stat(folder / f"{FILE}{ending}") for ending in ("", *BESIDE))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _clear_the_way(path: Path, mark: str | None) -> str | None:
    """Moves aside what is left of a journal that is gone.

    Returns why there is no journal where there was one; None if there is one or never was.
    """
    left = [path.with_name(path.name + ending) for ending in ("", *BESIDE)]
    sizes = [each.stat().st_size if each.is_file() else None for each in left]
    if sizes[0] or path.is_dir():
        return None
    # SQLite would delete the log of a database of 0 bytes, and with it the records that only the log holds
    if mark is None and not any(sizes):
        return None
    if any(size is not None for size in sizes):
        aside = set_aside(path, *BESIDE)
        log.error("what is left of the journal is moved aside", to=str(aside))
    return f"{path.name} was {'missing' if sizes[0] is None else 'empty'}"


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("the journal's mark cannot be read", path=str(path), error=str(error))
        return None
    return text if len(text) == 32 and all(each in "0123456789abcdef" for each in text) else None


def _mark(path: Path, epoch: str) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            set_aside(path)
        write_whole(path, epoch)
    except OSError as error:
        log.error("the journal's mark is not written", path=str(path), error=str(error))


def _line(path: Path, error: Exception) -> str:
    text = str(error).partition("\n")[0] or type(error).__name__
    return text if str(path) in text else f"{path}: {text}"


def _may_pass(error: Exception) -> bool:
    if isinstance(error, UnusableJournalError):
        return False
    cause = error.__cause__ if isinstance(error, JournalError) else error
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _WAITS
    return isinstance(cause, OSError)
