"""Open conflicts as a duty officer works through them: the weighty ones first, one row for each vehicle and cause.

Tested in `tests/hub/conflicts/test_groups.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.engine import Connection

from hub.conflicts.rules import What
from hub.conflicts.store import Asked, Conflict, matching, of_row, settle_known
from hub.database.schema import conflicts

HEAVY, MIDDLE, LIGHT = 3, 2, 1
WEIGHTS = {
    What.TOO_FAST: HEAVY,
    What.REVOKED_AFTER: HEAVY,
    What.WATCH_LIST: HEAVY,
    What.IN_TWICE: MIDDLE,
    What.OUT_TWICE: MIDDLE,
    What.OVERSTAY: LIGHT,
}
"""How much a kind weighs: a copied or ended pass and a watched plate need a person at once, a long stay can wait."""
MOST_AT_ONCE = 200
"""Conflicts that are settled at once at most: each is an entry of its own, and gates' records wait meanwhile."""

Place = tuple[int, int]
"""Where a group stands in the order: its weight, and the entry that opened its newest conflict."""

_weight: ColumnElement[int] = case(
    {each.value: weight for each, weight in WEIGHTS.items()}, value=conflicts.c.what, else_=MIDDLE
)
_vehicle: ColumnElement[str] = func.coalesce(
    func.nullif(conflicts.c.plate, ""), func.nullif(conflicts.c.pass_id, ""), conflicts.c.visit, conflicts.c.id
)


@dataclass(frozen=True, slots=True)
class Group:
    """The open conflicts of one vehicle for one cause; `newest` is the one that was opened last."""

    newest: Conflict
    weight: int
    count: int
    first_at: str

    @property
    def place(self) -> Place:
        """Where the group stands in the order."""
        return self.weight, self.newest.opened_entry


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a user ticked: conflicts by their ids, and groups by the id of the newest conflict that the user saw."""

    ids: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of settling many: those settled now, those that somebody had settled before, and how many are left of what was chosen."""

    now: tuple[Conflict, ...]
    before: tuple[Conflict, ...]
    left: int


def page(
    connection: Connection, town: str, asked: Asked, *, after: Place | None = None, limit: int
) -> tuple[list[Group], Place | None]:
    """Groups of open conflicts, the weightiest first and among them the newest, and the place after which the next page begins."""
    newest = func.max(conflicts.c.opened_entry)
    query = (
        matching(select(_weight, newest, func.count(), func.min(conflicts.c.opened_at)), town, asked)
        .where(conflicts.c.settled_at.is_(None))
        .group_by(_weight, conflicts.c.what, _vehicle)
        .order_by(_weight.desc(), newest.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.having(tuple_(_weight, newest) < after)
    found = connection.execute(query).all()
    known = _by_entry(connection, town, [row[1] for row in found])
    rows = [Group(known[entry], weight, count, first) for weight, entry, count, first in found[:limit]]
    return rows, rows[-1].place if len(found) > limit else None


def of(connection: Connection, town: str, conflict: Conflict) -> list[Conflict]:
    """Every open conflict of a conflict's vehicle and cause, the newest first."""
    return _listed(connection, _same(town, conflict).order_by(conflicts.c.opened_entry.desc()))


def place_of(conflict: Conflict) -> Place:
    """Where a conflict stands in the order."""
    return WEIGHTS.get(What(conflict.what), MIDDLE) if conflict.what in set(What) else MIDDLE, conflict.opened_entry


def following(connection: Connection, town: str, conflict: Conflict) -> Group | None:
    """The open group behind a conflict in the order, and behind the last one the first; None if no other one is open."""
    for after in (place_of(conflict), None):
        found, _ = page(connection, town, Asked(), after=after, limit=2)
        mine = {each.id for each in of(connection, town, conflict)}
        for group in found:
            if group.newest.id not in mine:
                return group
    return None


def weightiest(connection: Connection, town: str) -> Group | None:
    """The open group that is to be looked at first."""
    found, _ = page(connection, town, Asked(), limit=1)
    return found[0] if found else None


def settle_many(
    connection: Connection, town: str, chosen: Chosen, *, by: str, reason: str, key: Ed25519PrivateKey, now: datetime
) -> Settled:
    """Settles what was chosen for one reason, each with an entry and a row of the audit of its own, `MOST_AT_ONCE` at most.

    Of a group those that were open when the user saw it; a conflict that somebody settled meanwhile stays as it was settled.
    """
    wanted: dict[str, Conflict] = {}
    for some in _in_parts(chosen.ids + chosen.groups):
        rows = _listed(connection, select(conflicts).where(conflicts.c.town == town, conflicts.c.id.in_(some)))
        wanted |= {each.id: each for each in rows}
    for id_ in dict.fromkeys(chosen.groups):
        if id_ in wanted:
            seen = _same(town, wanted[id_]).where(conflicts.c.opened_entry <= wanted[id_].opened_entry)
            wanted |= {each.id: each for each in _listed(connection, seen)}
    open_ = sorted((each for each in wanted.values() if each.settled_at is None), key=place_of, reverse=True)
    for each in open_[:MOST_AT_ONCE]:
        settle_known(connection, town=town, conflict=each, by=by, reason=reason, key=key, now=now)
    before = tuple(each for each in wanted.values() if each.settled_at is not None)
    return Settled(tuple(open_[:MOST_AT_ONCE]), before, max(0, len(open_) - MOST_AT_ONCE))


def _same(town: str, conflict: Conflict) -> Select[Any]:
    vehicle = conflict.plate or conflict.pass_id or conflict.visit or conflict.id
    return select(conflicts).where(
        conflicts.c.town == town,
        conflicts.c.settled_at.is_(None),
        conflicts.c.what == conflict.what,
        _vehicle == vehicle,
    )


def _by_entry(connection: Connection, town: str, opened: Sequence[int]) -> dict[int, Conflict]:
    query = select(conflicts).where(conflicts.c.town == town, conflicts.c.opened_entry.in_(opened))
    return {each.opened_entry: each for each in _listed(connection, query)}


def _listed(connection: Connection, query: Select[Any]) -> list[Conflict]:
    return [of_row(row) for row in connection.execute(query)]


def _in_parts(ids: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
