"""The SQL of exports that are written in a process of their own: who asked for what, how far each is, how it ended."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.accounts.store import User
from hub.database.schema import export_jobs
from hub.errors import RefusedError
from hub.exports import files
from hub.values.stored import said, time_of

SHOWN = 20
MOST_OF_TOWN = 2
"""Exports that are written at once: each keeps a processor busy, and gates come first."""
STOPPED, FULL = "stopped", "full"
"""The errors that have words (`LABELS`): the process, or the hub, ended in the middle; the disk is full."""
STAYS = timedelta(seconds=files.LASTS)


class State(StrEnum):
    """The states of an export; `gone`: its file is erased, a day after it was ready."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for. `reason`: why nothing is masked; None: it is, by the user's role."""

    what: str
    format: str
    header: str
    filter: Mapping[str, str]
    reason: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Job:
    """One export as its row says it."""

    id: str
    user: str
    role: str
    what: str
    format: str
    header: str
    filter: Mapping[str, Any]
    reason: str | None
    state: str
    rows_done: int
    rows_all: int
    bytes: int | None
    error: str | None
    begun_at: str
    ended_at: str | None

    def state_at(self, now: datetime) -> State:
        """The state at a moment: a file that was ready is gone after a day."""
        ended = time_of(self.ended_at)
        if self.state == State.DONE and (ended is None or now - ended >= STAYS):
            return State.GONE
        return State(self.state)

    @property
    def percent(self) -> int:
        """How much of it is written, in hundredths; never all of it before it is ready."""
        return min(99, 100 * self.rows_done // max(self.rows_all, 1))


def new_id() -> str:
    """The id of a new export, which names its file: nobody guesses it."""
    return secrets.token_hex(16)


def begin(connection: Connection, town: str, id_: str, order: Order, *, by: User, now: datetime) -> None:
    """Puts a new export down as running; its lock is held already. `RefusedError` where its user has one, or too many are written."""
    running = select(func.count()).where(export_jobs.c.town == town, export_jobs.c.state == State.RUNNING.value)
    running = running.select_from(export_jobs)
    if connection.execute(running.where(export_jobs.c.user == by.id)).scalar_one():
        raise RefusedError("export: one of yours is being written; wait for it, or cancel it")
    if connection.execute(running).scalar_one() >= MOST_OF_TOWN:
        raise RefusedError(
            "export: %(count)s are being written already; try again in a few minutes", count=MOST_OF_TOWN
        )
    row = {
        "id": id_, "town": town, "user": by.id, "role": by.role.value, "what": order.what, "format": order.format,
        "header": order.header, "filter": json.dumps(dict(order.filter), ensure_ascii=False), "reason": order.reason,
        "state": State.RUNNING.value, "rows_done": 0, "rows_all": order.rows, "begun_at": wall_text(now),
    }  # fmt: skip
    connection.execute(insert(export_jobs).values(**row))
    detail: dict[str, Json] = {
        "format": order.format,
        "rows": order.rows,
        "unmasked": order.reason is not None,
        "why": order.reason,
    }
    audit.note(
        connection, user=by.id, action="export begun", object=order.what, detail={**order.filter, **detail}, now=now
    )


def of_user(connection: Connection, town: str, user: str) -> list[Job]:
    """The last exports of a user, newest first."""
    query = select(export_jobs).where(export_jobs.c.town == town, export_jobs.c.user == user)
    newest = query.order_by(export_jobs.c.begun_at.desc(), export_jobs.c.id).limit(SHOWN)
    return [_job(row) for row in connection.execute(newest)]


def find(connection: Connection, town: str, id_: str) -> Job | None:
    """The export of this id."""
    row = connection.execute(select(export_jobs).where(export_jobs.c.town == town, export_jobs.c.id == id_)).first()
    return None if row is None else _job(row)


def progress(connection: Connection, town: str, id_: str, done: int) -> bool:
    """Says how many rows are written; returns False if nobody wants it any more."""
    return _change(connection, town, id_, rows_done=done)


def finish(connection: Connection, town: str, id_: str, *, rows: int, size: int, now: datetime) -> bool:
    """The file is whole; returns False if the export was cancelled meanwhile."""
    ended = {"state": State.DONE.value, "rows_done": rows, "rows_all": rows, "bytes": size, "ended_at": wall_text(now)}
    return _change(connection, town, id_, **ended)


def fail(connection: Connection, town: str, id_: str, why: str, now: datetime) -> bool:
    """Nothing will come of it; returns False if it is not running."""
    return _change(connection, town, id_, state=State.FAILED.value, error=why[:500], ended_at=wall_text(now))


def cancel(connection: Connection, town: str, job: Job, *, by: str, now: datetime) -> bool:
    """Its user wants it no more; returns False if it is not running."""
    if not _change(connection, town, job.id, state=State.CANCELLED.value, ended_at=wall_text(now)):
        return False
    detail: dict[str, Json] = {"format": job.format, "rows": job.rows_done}
    audit.note(connection, user=by, action="export cancelled", object=job.what, detail=detail, now=now)
    return True


def fail_stopped(connection: Connection, town: str, folder: Path, now: datetime) -> int:
    """Ends the exports that nobody writes any more, for their process was killed or the hub was; returns how many."""
    stopped = [id_ for id_ in running(connection, town) if not files.is_written(folder, id_)]
    for id_ in stopped:
        fail(connection, town, id_, STOPPED, now)
        files.erase(folder, id_)
    return len(stopped)


def running(connection: Connection, town: str) -> list[str]:
    """The exports that are being written, as far as is known."""
    query = select(export_jobs.c.id).where(export_jobs.c.town == town, export_jobs.c.state == State.RUNNING.value)
    return list(connection.execute(query).scalars())


def may_have(job: Job, user: User, least: Role) -> bool:
    """Returns True if a user may have a job's file: who asked for it, with a role that still sees all that is in it."""
    needed = Role.SUPERVISOR if job.reason is not None else Role(job.role)
    return job.user == user.id and user.role.may(least) and user.role.may(needed)


def _change(connection: Connection, town: str, id_: str, **values: Any) -> bool:
    which = (export_jobs.c.town == town, export_jobs.c.id == id_, export_jobs.c.state == State.RUNNING.value)
    return connection.execute(update(export_jobs).where(*which).values(**values)).rowcount > 0


def _job(row: Row[Any]) -> Job:
    values = {name: value for name, value in row._mapping.items() if name != "town"}
    return Job(**{**values, "filter": said(row.filter)})
