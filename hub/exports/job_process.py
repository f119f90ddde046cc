"""The process that writes one export: `python -m hub.exports.job_process FOLDER ID`, started by the console.

It ends with the console: its standard input is a pipe that nobody writes to, and whose end is the console's. It is nicer than
everything else, looks whether its export is still wanted as often as it says how far it is, and leaves a whole file or none.

Tested in `tests/hub/exports/test_jobs.py`.
"""

import errno
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine

from hub.accounts import store as accounts
from hub.accounts.privacy import masked_plates
from hub.accounts.roles import Role
from hub.console.speaking import speaking
from hub.database.engine import reader
from hub.database.narrowed import narrow
from hub.downlink.signed_lists import readable_policy
from hub.errors import HubError
from hub.exports import files, jobs, lists
from hub.exports.kinds import BRANCH, Reader
from hub.exports.writer import Listing, title_of
from hub.exports.writing.cells import Header
from hub.log import configure
from hub.organisation import store as organisation
from hub.organisation.units import NOWHERE
from hub.town.town import Town

log = structlog.get_logger()
NICE = 10
OFTEN = 0.5
"""Seconds between two looks."""


class UnwantedError(Exception):
    """The export was cancelled."""


def run(town: Town, id_: str, *, clock: Callable[[], datetime], often: float = OFTEN) -> bool:
    """Writes an export that is running as its row says; returns True if its file is whole now."""
    reading, writing = reader(town.settings.database_url), town.writer()
    folder = town.settings.exports
    try:
        try:
            size, rows = _write(town, id_, reading, writing, clock(), often)
        except UnwantedError:
            files.erase(folder, id_)
            return False
        except Exception as error:
            files.erase(folder, id_)
            log.exception("an export failed", export=id_)
            with writing.begin() as connection:
                jobs.fail(connection, town.id, id_, _why(error), clock())
            return False
        with writing.begin() as connection:
            whole = jobs.finish(connection, town.id, id_, rows=rows, size=size, now=clock())
        if not whole:
            files.erase(folder, id_)
        return whole
    finally:
        reading.dispose()
        writing.dispose()


def _why(error: Exception) -> str:
    """One line, or a code that the page has words for."""
    if isinstance(error, OSError):
        return jobs.FULL if error.errno == errno.ENOSPC else error.strerror or str(error)
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _write(town: Town, id_: str, reading: Engine, writing: Engine, now: datetime, often: float) -> tuple[int, int]:
    """Bytes and rows of the file, which has its name when it is whole."""
    with reading.connect() as connection:
        job = jobs.find(connection, town.id, id_)
        if job is None or job.state != jobs.State.RUNNING:
            raise UnwantedError
        whole = files.path_of(town.settings.exports, id_, job.format)
        part = whole.with_name(whole.name + ".part")
        with speaking(job.header):
            listing = listing_of(town, connection, job, now)
            _keep_within(town, connection, job)
            title = title_of(listing, job.filter, town.id, now)
            rows = listing.save(connection, job.format, part, title, _Steps(town.id, id_, writing, often).add)
    part.replace(whole)
    return whole.stat().st_size, rows


def listing_of(town: Town, connection: Any, job: jobs.Job, now: datetime) -> Listing:
    """The list that a job is about, as who asked for it may see it."""
    kind = lists.find(connection, town.id, job.what) or lists.known(job.what)
    role = Role(job.role)
    header: Header = "zh" if job.header == "zh" else "en"
    manner = lists.manner(
        kind, zone=town.settings.zone, header=header, role=None if job.reason is not None else role,
        policy=readable_policy(connection, town.id), names=accounts.names(connection),
    )  # fmt: skip
    asked = {name: value for name, value in job.filter.items() if name != BRANCH or name in kind.names}
    return Listing(
        kind, kind.ask(asked, Reader(town.id, now, masked_plates(role), role, job.reason is not None)), manner
    )


def _keep_within(town: Town, connection: Connection, job: jobs.Job) -> None:
    """Narrows what is read to the branch that was asked for, or to which the account was limited."""
    if BRANCH in job.filter:
        unit = organisation.find(connection, town.id, str(job.filter[BRANCH])) or NOWHERE
        gates, units = (read(connection, town.id, unit) for read in (organisation.gates_of, organisation.ids_of))
        narrow(connection, gates, units)


class _Steps:
    """Says now and then how many rows are written, and ends the writing when the export is not wanted any more."""

    def __init__(self, town: str, id_: str, writing: Engine, often: float):
        self._town, self._id, self._writing, self._often = town, id_, writing, often
        self._done, self._said = 0, time.monotonic()

    def add(self, rows: int) -> None:
        self._done += rows
        if time.monotonic() - self._said < self._often:
            return
        with self._writing.begin() as connection:
            if not jobs.progress(connection, self._town, self._id, self._done):
                raise UnwantedError
        self._said = time.monotonic()


def _end_with_the_console() -> None:
    def wait() -> None:
        # not through Python's buffer, whose lock would be held at the end of this process
        os.read(sys.stdin.fileno(), 1)
        os._exit(3)

    Thread(target=wait, daemon=True).start()


def main(arguments: list[str]) -> int:
    """Runs one export in this process."""
    configure()
    folder, id_ = arguments
    os.nice(NICE)
    _end_with_the_console()
    try:
        return 0 if run(Town.open(Path(folder)), id_, clock=lambda: datetime.now(UTC)) else 1
    except HubError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
