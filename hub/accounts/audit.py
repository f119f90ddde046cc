"""The audit: who looked at or changed what, when. Rows are only ever added, each chained to the one before it (`audit_chain`).

A row of a change says in its particulars `before` and `after` (`changed`): the fields that differ, with what they were and are.

Tested in `tests/hub/accounts/test_store.py`, `tests/hub/accounts/test_audit_chain.py` and `tests/hub/web/test_audit.py`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, literal, or_, select, tuple_
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit_chain
from hub.database.schema import audit
from hub.database.statements import begins, insert
from hub.values.stored import said


@dataclass(frozen=True, slots=True)
class Note:
    """One row: `user` is a user's id or `cli`, `object` what was touched (`visits/ab12…`), `detail` the particulars."""

    id: int
    at: str
    user: str
    action: str
    object: str
    detail: Mapping[str, Json]
    number: int | None = None
    """The place in the chain."""
    hash: str | None = None


CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of a town: from a time until before another (RFC 3339 UTC), by whom, what, about what (or what begins so), with which text in it."""

    town: str = ""
    start: str = ""
    end: str = ""
    user: str = ""
    action: str = ""
    object: str = ""
    search: str = ""


def note(
    connection: Connection, *, user: str, action: str, object: str, detail: Mapping[str, Json], now: datetime
) -> None:
    """Writes one row, in the transaction of the change that it records, at the end of the chain."""
    row = {"at": wall_text(now), "user": user, "action": action, "object": object, "detail": text(detail)}
    insert(connection, audit, [audit_chain.link(connection, row)])


def changed(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    """The particulars `before` and `after` of a change: the fields that differ, and nothing of the others."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {
        "before": {name: before[name] for name in names if name in before},
        "after": {name: after[name] for name in names if name in after},
    }


def page(connection: Connection, asked: Asked = Asked(), *, before: int | None, limit: int) -> list[Note]:
    """Rows by their time, newest first, from behind the row with the number `before`."""
    query = select(audit).where(*conditions(asked)).order_by(audit.c.at.desc(), audit.c.number.desc()).limit(limit)
    if before is not None:
        there = select(audit.c.at).where(audit.c.town == asked.town, audit.c.number == before)
        query = query.where(tuple_(audit.c.at, audit.c.number) < tuple_(there.scalar_subquery(), literal(before)))
    return [_note(row) for row in connection.execute(query)]


def every(connection: Connection, asked: Asked) -> Iterator[Note]:
    """Every row that is asked for, oldest first, a handful at a time."""
    query = select(audit).where(*conditions(asked)).order_by(audit.c.at, audit.c.number)
    result = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(query)
    for rows in result.partitions(CHUNK):
        yield from map(_note, rows)


def conditions(asked: Asked) -> list[ColumnElement[bool]]:
    """What a row must satisfy to be asked for."""
    # the town first: with it every question but that for a text is a range of an index, in the order of the page
    found: list[ColumnElement[bool]] = [audit.c.town == asked.town]
    if asked.start:
        found.append(audit.c.at >= asked.start)
    if asked.end:
        found.append(audit.c.at < asked.end)
    for name in ("user", "action"):
        if value := getattr(asked, name):
            found.append(audit.c[name] == value)
    if asked.object:
        found += _begins(asked.object)
    if asked.search:
        parts = (column.contains(asked.search, autoescape=True) for column in (audit.c.object, audit.c.detail))
        found.append(or_(*parts))
    return found


def _begins(text: str) -> list[ColumnElement[bool]]:
    """Objects that begin so. One thing (`passes/12…`) is a few rows, found by the index; a kind (`passes/`) is looked for in order of time."""
    if "/" in text.rstrip("/"):
        return [begins(audit.c.object, text)]
    return [audit.c.object.startswith(text, autoescape=True)]


def _note(row: Row[Any]) -> Note:
    return Note(row.id, row.at, row.user, row.action, str(row.object), _particulars(row.detail), row.number, row.hash)


def _particulars(text: str) -> Mapping[str, Json]:
    """The particulars of a row; the text itself where it is no JSON object."""
    return said(text) or ({} if text == "{}" else {"detail": text})


def actions(connection: Connection, town: str) -> list[str]:
    """Every action that occurs, found by steps through the index: there are few, of a million rows."""
    found: list[str] = []
    query = select(func.min(audit.c.action)).where(audit.c.town == town)
    one = connection.execute(query).scalar()
    while one is not None:
        found.append(str(one))
        one = connection.execute(query.where(audit.c.action > one)).scalar()
    return found


def text(detail: Mapping[str, Json]) -> str:
    """The particulars as the table keeps them."""
    return json.dumps(dict(detail), ensure_ascii=False, sort_keys=True)
