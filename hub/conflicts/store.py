"""The SQL of conflicts: opening and settling them as the hub's own entries, pages of them, the evidence of one.

The ledger is never rewritten: a conflict is an entry (`conflict_opened`), and so is what an officer says to it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select, tuple_
from sqlalchemy.engine import Connection

from edge.contract.facts import ConflictOpened, ConflictSettled, Kind
from edge.contract.plates import normalise
from edge.contract.topics import HUB
from hub.accounts import audit
from hub.conflicts.rules import EXPLAINABLE, Finding
from hub.database.schema import conflicts, entries, visits
from hub.database.statements import Often, among_named, as_array, unindexed
from hub.errors import RefusedError
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own, append_own_all
from hub.ledger.queries import matches
from hub.values.stored import whole_of

EXPLAINED = "explained by records that came later"
"""The reason with which the hub itself settles a conflict that late records, or a correction, have explained."""
EVIDENCE = (Kind.VISIT_OPENED, Kind.OVERRIDDEN, Kind.VISIT_CLOSED, Kind.CORRECTED)
LONGEST = 500

Cursor = tuple[str, str]

_KNOWN = Often(select(conflicts).where(among_named(conflicts.c.id, "ids")))
_OPEN = (
    conflicts.c.town == bindparam("town"),
    conflicts.c.settled_at.is_(None),
    or_(*(conflicts.c.what == each.value for each in sorted(EXPLAINABLE))),
)
_ANY_OPEN = Often(select(conflicts.c.id).where(*_OPEN).limit(1))
_OPEN_OF_VISITS = Often(select(conflicts).where(*_OPEN, among_named(conflicts.c.visit, "names")))


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict as its row says it; `visit` is the later one, `entries` the ids of the evidence."""

    id: str
    what: str
    opened_at: str
    plate: str | None
    pass_id: str | None
    visit: str | None
    gate: str | None
    entries: tuple[int, ...]
    opened_entry: int
    settled_at: str | None
    settled_by: str | None
    settled_reason: str | None
    settled_entry: int | None

    @property
    def explained(self) -> bool:
        """True if the hub settled this conflict, because late records explain it."""
        return self.settled_by == HUB


@dataclass(frozen=True, slots=True)
class Asked:
    """The conflicts that a page asks for: `state` is open, settled or empty for both; `search` any part of a plate or pass, all of it if `whole`."""

    state: str = "open"
    what: str = ""
    gate: str = ""
    search: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """A visit of the evidence, with the entries of it that are."""

    visit: Mapping[str, Any]
    entries: tuple[tuple[int, str], ...]
    """(id, kind)."""


def page(
    connection: Connection, town: str, asked: Asked, *, after: Cursor | None = None, limit: int
) -> tuple[list[Conflict], Cursor | None]:
    """Conflicts, newest first, and the cursor of the next page."""
    key = (conflicts.c.opened_at, conflicts.c.id)
    query = matching(select(conflicts), town, asked).order_by(*(column.desc() for column in key))
    if after is not None:
        query = query.where(tuple_(*key) < after)
    found = [of_row(row) for row in connection.execute(query.limit(limit + 1))]
    rows = found[:limit]
    return rows, (rows[-1].opened_at, rows[-1].id) if len(found) > limit else None


def matching(query: Select[Any], town: str, asked: Asked) -> Select[Any]:
    """The query for those conflicts that a page asks for."""
    return query.where(*conditions(town, asked))


def conditions(town: str, asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions for those conflicts that a page asks for."""
    found: list[ColumnElement[bool]] = [conflicts.c.town == town]
    if asked.state:
        settled = conflicts.c.settled_at
        found.append(settled.is_(None) if asked.state == "open" else settled.is_not(None))
    for column, wanted in ((conflicts.c.what, asked.what), (conflicts.c.gate, asked.gate)):
        if wanted:
            found.append(column == wanted)
    if asked.search:
        plate = matches(conflicts.c.plate, normalise(asked.search), whole=asked.whole)
        found.append(or_(plate, matches(conflicts.c.pass_id, asked.search.lower(), whole=asked.whole)))
    return found


def find(connection: Connection, town: str, id_: str) -> Conflict | None:
    """One conflict."""
    row = connection.execute(select(conflicts).where(conflicts.c.town == town, conflicts.c.id == id_)).first()
    return None if row is None else of_row(row)


def count_open(connection: Connection, town: str) -> int:
    """How many wait for somebody."""
    query = select(func.count()).select_from(conflicts)
    return connection.execute(query.where(conflicts.c.town == town, conflicts.c.settled_at.is_(None))).scalar_one()


def evidence(connection: Connection, town: str, conflict: Conflict) -> list[Witness]:
    """The visits that show it, in order of the gates' time, each with its entries."""
    rows = connection.execute(
        select(entries.c.id, entries.c.kind, entries.c.visit)
        .where(unindexed(entries.c.town, town), entries.c.id.in_(conflict.entries))
        .order_by(entries.c.id)
    ).all()
    known = {
        row["visit_id"]: dict(row)
        for row in connection.execute(
            select(visits).where(visits.c.town == town, visits.c.visit_id.in_({row.visit for row in rows}))
        ).mappings()
    }
    order = sorted(known, key=lambda visit: (known[visit]["closed_at"] or known[visit]["opened_at"] or "", visit))
    return [Witness(known[id_], tuple((row.id, row.kind) for row in rows if row.visit == id_)) for id_ in order]


def known(connection: Connection, ids: Iterable[str]) -> dict[str, Conflict]:
    """The ones among these conflicts that were ever opened."""
    wanted = tuple(ids)
    return {row.id: of_row(row) for row in _KNOWN(connection, ids=as_array(wanted))} if wanted else {}


def any_explainable(connection: Connection, town: str) -> bool:
    """Returns True if any conflict is open that late records may explain."""
    return bool(_ANY_OPEN(connection, town=town))


def explainable(connection: Connection, town: str, visit_ids: Sequence[str]) -> list[Conflict]:
    """The open conflicts which these visits made, and which late records may explain."""
    return [of_row(row) for row in _OPEN_OF_VISITS(connection, town=town, names=as_array(visit_ids))]


def open_(connection: Connection, *, town: str, finding: Finding, key: Ed25519PrivateKey, now: datetime) -> None:
    """Writes that it was found, with the entries that show it: those of the later visit last."""
    append_own(
        connection,
        town=town,
        kind=Kind.CONFLICT_OPENED,
        visit=None,
        body=ConflictOpened(
            conflict=finding.id, what=finding.what.value, entries=_entries_of(connection, town, finding.visits)
        ),
        private={"plate": finding.plate} if finding.plate else {},
        at=moment(now),
        key=key,
    )


def explain(connection: Connection, *, town: str, conflict: str, key: Ed25519PrivateKey, now: datetime) -> None:
    """Writes that the hub no longer finds it."""
    _settle(connection, town, conflict, HUB, EXPLAINED, key, now)


def settle(
    connection: Connection, *, town: str, id_: str, by: str, reason: str, key: Ed25519PrivateKey, now: datetime
) -> None:
    """Settles a conflict for a user, for a reason that stays in the ledger; `RefusedError` if there is nothing to settle."""
    found = find(connection, town, id_)
    if found is None:
        raise RefusedError("conflict %(id)r: there is no such conflict", id=id_)
    if found.settled_at is not None:
        raise RefusedError(
            "conflict %(id)s: settled already, %(at)s by %(user)s",
            id=id_,
            at=found.settled_at,
            user=found.settled_by or "",
        )
    settle_known(connection, town=town, known=[found], by=by, reason=reason, key=key, now=now)


def settle_known(
    connection: Connection,
    *,
    town: str,
    known: Sequence[Conflict],
    by: str,
    reason: str,
    key: Ed25519PrivateKey,
    now: datetime,
) -> None:
    """Settles conflicts that are open, each with an entry and a row of the audit; `RefusedError` for a reason that is none or too long."""
    text = reason.strip()
    if not 0 < len(text) <= LONGEST:
        raise RefusedError("reason: expected 1 to %(most)s characters", most=LONGEST)
    if not known:
        return
    bodies = [ConflictSettled(conflict=each.id, user=by, reason=text) for each in known]
    append_own_all(connection, town=town, kind=Kind.CONFLICT_SETTLED, bodies=bodies, at=moment(now), key=key)
    for each in known:
        audit.note(
            connection,
            user=by,
            action="conflict settled",
            object=f"conflicts/{each.id}",
            detail={"reason": text},
            now=now,
        )


def _settle(
    connection: Connection, town: str, conflict: str, user: str, reason: str, key: Ed25519PrivateKey, now: datetime
) -> None:
    body = ConflictSettled(conflict=conflict, user=user, reason=reason)
    append_own(
        connection, town=town, kind=Kind.CONFLICT_SETTLED, visit=None, body=body, private={}, at=moment(now), key=key
    )


MOST_EVIDENCE = 40
"""Entries of one visit that stand as evidence."""


def _entries_of(connection: Connection, town: str, visit_ids: Sequence[str]) -> tuple[int, ...]:
    rows = connection.execute(
        select(entries.c.id, entries.c.visit)
        .where(entries.c.town == town, entries.c.visit.in_(visit_ids), entries.c.kind.in_(EVIDENCE))
        .order_by(entries.c.id)
    ).all()
    found = {visit: [row.id for row in rows if row.visit == visit] for visit in visit_ids}
    # of a visit that says more than any vehicle's does, how it began and how it ended
    return tuple(
        id_
        for visit in visit_ids
        for id_ in (
            found[visit]
            if len(found[visit]) <= MOST_EVIDENCE
            else [*found[visit][: MOST_EVIDENCE // 2], *found[visit][-MOST_EVIDENCE // 2 :]]
        )
    )


def of_row(row: Row[Any]) -> Conflict:
    """A conflict as its row says it."""
    values = dict(row._mapping)
    del values["town"]
    return Conflict(**{**values, "entries": _ids(values["entries"])})


def _ids(text: str) -> tuple[int, ...]:
    try:
        listed = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return ()
    found = [whole_of(each) for each in listed] if isinstance(listed, list) else []
    return tuple(each for each in found if each is not None)
