"""Carries a confirmed destruction out, from the step at which it stands; one process at a time.

Tested in `tests/hub/destruction/test_run.py`.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from edge.contract.steps import reached
from hub import generated_files
from hub.accounts import audit
from hub.destruction import at_gates, pages, progress, report, requests
from hub.destruction.requests import Destruction
from hub.destruction.steps import STEPS
from hub.destruction.work import Work, engine_of
from hub.errors import HubError
from hub.town.town import Town

LOCK = "destruction.lock"


def run(town: Town, id_: str, now: datetime, say: Callable[[str], None] = lambda line: None) -> Destruction:
    """Does every step that is not done; `HubError` in one line where it can't go on, with nothing lost: it is called again.

    `say(line)`: is told what was done.
    """
    with _alone(town.settings.run):
        engine = engine_of(town)
        try:
            with engine.begin() as connection:
                of = requests.known(connection, town.id, id_)
            if of.state not in ("confirmed", "done"):
                raise HubError(f"destruction {id_}: it is {of.state}: expected one that two admins agreed on")
            work = Work(town, engine, of, now)
            if of.state == "confirmed":
                _carry_out(work, say)
            with engine.begin() as connection:
                report.keep(connection, town, id_, now)
                found = requests.known(connection, town.id, id_)
            pages.empty_log(engine)
            return found
        finally:
            engine.dispose()


def _carry_out(work: Work, say: Callable[[str], None]) -> None:
    for number, (name, step) in enumerate(STEPS.items(), start=1):
        with work.engine.begin() as connection:
            there = work.there(connection, name)
        if there is not None and there.at is not None:
            continue
        try:
            step(work)
        except (HubError, OSError, DBAPIError) as error:
            raise HubError(_stand_still(work, name, error)) from error
        reached("destruction.stepped")
        say(f"{number}/{len(STEPS)} {name}: done")
    with work.changing() as connection:
        progress.ended(connection, work.of.id, work.now)
        of = work.of
        by = of.confirmed_by or of.requested_by
        audit.note(
            connection, user=by, action="destruction done", object=f"destructions/{of.id}", detail={}, now=work.now
        )


def _stand_still(work: Work, name: str, error: Exception) -> str:
    why = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    line = f"destruction {work.of.id}: step {name}: {' '.join(why.split())}"
    with suppress(DBAPIError), work.engine.begin() as connection:
        # on a full disk this is not written either; the next call finds it where it stands
        progress.stands_still(connection, work.of.id, line)
    return f"{line}; what is done stays done, and it goes on with: kakou-hub operation destroy --go-on"


def ask_gates_again(town: Town, id_: str, now: datetime) -> int:
    """Asks every gate again that failed, did not know how, or is new; how many those are."""
    engine = engine_of(town)
    try:
        with engine.begin() as connection:
            of = requests.known(connection, town.id, id_)
            if of.state != "done":
                raise HubError(f"destruction {id_}: it is {of.state}: expected one that is done at the hub")
            by = of.confirmed_by or of.requested_by
            return at_gates.ask(connection, town=town.id, id_=id_, by=by, now=now)
    finally:
        engine.dispose()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    generated_files.folder(folder)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise HubError("destruction: another process is at it") from None
    try:
        yield
    finally:
        os.close(handle)


def is_running(folder: Path) -> bool:
    """Returns True if a process carries a destruction out."""
    with suppress(HubError), _alone(folder):
        return False
    return True
