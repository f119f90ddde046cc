"""The process that imports one long list: `python -m hub.registers.importing.job_process FOLDER ID`, started by the console.

It is nicer than everything else. Tested in `tests/hub/registers/importing/test_run.py`.
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy.engine import Connection

from hub.accounts import store as users
from hub.database.engine import reader
from hub.downlink.signed_lists import readable_policy
from hub.errors import HubError, RefusedError
from hub.log import configure
from hub.register_hooks import hooks_of
from hub.registers.cells import Here
from hub.registers.field_types import FieldType
from hub.registers.importing import files, reading, store
from hub.registers.importing.run import Importer
from hub.registers.keeping import Hook
from hub.town.town import Town

log = structlog.get_logger()
NICE = 10
STOPPED = {"text": "the import was stopped in the middle; nothing of it is kept", "values": {}}


def importer(town: Town, clock: Callable[[], datetime], hooks: Mapping[str, Hook]) -> Importer:
    """What imports into registers of this town."""
    reading_engine = reader(town.settings.database_url)
    with reading_engine.connect() as connection:
        here = here_of(connection, town)
    return Importer(town.id, town.writer(), reading_engine, here, hooks, clock)


def here_of(connection: Connection, town: Town) -> Here:
    """What values of a list are read by."""
    policy = readable_policy(connection, town.id)
    known = {FieldType.USER: frozenset(users.names(connection))}
    if policy is not None:
        known[FieldType.GATE] = frozenset(policy.gates)
    return Here(town.settings.zone, known)


def run(town: Town, id_: str, clock: Callable[[], datetime], hooks: Mapping[str, Hook]) -> bool:
    """Imports the file that is kept under this id; returns True if all of it is in the register."""
    importing = importer(town, clock, hooks)
    try:
        with importing.reading.connect() as connection:
            job = store.find(connection, town.id, id_)
        if job is None:
            return False
        data = files.path_of(town.settings.imports, id_).read_bytes()
        try:
            sheet = reading.read(data, job.file)
        except RefusedError as refused:
            importing.undo(id_, {"text": str(refused).replace("%", "%%"), "values": {}})
            return False
        return importing.run(job, sheet)
    finally:
        files.erase(town.settings.imports, id_)
        importing.engine.dispose()
        importing.reading.dispose()


def settle(importing: Importer, folder: Path) -> int:
    """Undoes the imports that nobody goes on with, for their process was killed or the hub was; returns how many."""
    with importing.reading.connect() as connection:
        stopped = [job for job in store.unfinished(connection, importing.town) if not files.is_running(folder, job.id)]
    for job in stopped:
        importing.undo(job.id, STOPPED)
        files.erase(folder, job.id)
    return len(stopped)


def main(arguments: list[str]) -> int:
    """Runs one import in this process."""
    configure()
    folder, id_ = arguments
    os.nice(NICE)
    try:
        town = Town.open(Path(folder))
        return 0 if run(town, id_, lambda: datetime.now(UTC), hooks_of(town)) else 1
    except HubError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
