"""By how many the vehicles inside became more or fewer with each passage: the counts `moved`, of which the sum up to an hour is who was inside.

A vehicle is inside after a passage in, and not after one out, whatever it was before: its passage counts for the difference. A passage that
is later than all others of its vehicle is counted by the vehicle's last one, which `last_passed` knows. Where a late upload or a correction
comes between others, the passages from there on are counted anew.

Tested in `tests/hub/ledger/projections/test_sums.py` and `tests/hub/reports/test_recount.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome
from edge.contract.reasons import Direction
from hub.database.schema import last_passed, visits
from hub.database.statements import Often, among_named, as_array
from hub.ledger.projections.sums import MOVED, Sums, difference
from hub.ledger.projections.visit_row import Passage, Row, passage


class Change(NamedTuple):
    """A visit's passage before and after new entries (None: its vehicle had not driven through), and its row now."""

    before: Passage | None
    after: Passage | None
    row: Row


class Last(NamedTuple):
    """The last passage of a vehicle."""

    closed_at: str
    visit_id: str
    direction: str


_IN = Direction.IN.value
_LAST_PASSED = Often(
    select(last_passed.c.vehicle, last_passed.c.closed_at, last_passed.c.visit_id, last_passed.c.direction).where(
        last_passed.c.town == bindparam("town"), among_named(last_passed.c.vehicle, "vehicles")
    )
)


def last_passages(connection: Connection, town: str, changes: Sequence[Change]) -> dict[str, Last]:
    """The last passage, so far, of each vehicle that passes anew."""
    names = [each.after.vehicle for each in changes if each.before is None and each.after is not None]
    if not names:
        return {}
    rows = _LAST_PASSED(connection, town=town, vehicles=as_array(names))
    return {row[0]: Last(row[1], row[2], row[3]) for row in rows}


def moved(connection: Connection, town: str, changes: Iterable[Change], last: Mapping[str, Last]) -> Sums:
    """What the passages change in the counts; `visits` is up to date, `last` and `last_passed` are not yet."""
    of_vehicles: dict[str, list[Change]] = {}
    for each in changes:
        if each.before != each.after:
            for name in {one.vehicle for one in (each.before, each.after) if one is not None}:
                of_vehicles.setdefault(name, []).append(each)
    found: Sums = Counter()
    for name, of_it in of_vehicles.items():
        before = last.get(name)
        new = [(each.after, str(each.row["gate"])) for each in of_it if each.before is None and each.after is not None]
        new.sort(key=lambda each: _place(each[0]))
        if len(new) == len(of_it) and (before is None or _place(new[0][0]) > (before.closed_at, before.visit_id)):
            _count(found, new, None if before is None else before.direction)
        else:
            found.update(_again(connection, town, name, of_it))
    return found


def _again(connection: Connection, town: str, name: str, changes: Sequence[Change]) -> Sums:
    """The same where passages come between others of the vehicle, or go from between them."""
    old = [each.before for each in changes if each.before is not None and each.before.vehicle == name]
    new = [each.after for each in changes if each.after is not None and each.after.vehicle == name]
    first = min(each.closed_at for each in (*old, *new))
    passed = (
        select(visits)
        .where(visits.c.town == town, known_by(name), visits.c.outcome == Outcome.PASSED)
        .where(visits.c.direction.in_([each.value for each in Direction]))
    )
    before = connection.execute(
        passed.where(visits.c.closed_at < first).order_by(visits.c.closed_at.desc(), visits.c.visit_id.desc()).limit(1)
    ).first()
    rows = [dict(row._mapping) for row in connection.execute(passed.where(visits.c.closed_at >= first))]
    now = [(each, str(row["gate"])) for row in rows if (each := passage(row)) is not None]
    gates = {each.row["visit_id"]: str(each.row["gate"]) for each in changes}
    then = [(each, gate) for each, gate in now if each.visit_id not in gates]
    then += [(each, gates[each.visit_id]) for each in old]
    direction = None if before is None else str(before.direction)
    for listed in (now, then):
        listed.sort(key=lambda one: _place(one[0]))
    was: Sums = Counter()
    is_: Sums = Counter()
    _count(was, then, direction)
    _count(is_, now, direction)
    return difference([was], [is_])


def _count(found: Sums, passages: Iterable[tuple[Passage, str]], direction: str | None) -> None:
    """Adds what passages of a vehicle count for, in their order, with the gates; `direction`: of the passage before them."""
    inside = direction == _IN
    for each, gate in passages:
        now = each.direction == _IN
        if now is not inside:
            key = MOVED, each.closed_at[:13], gate, ""
            found[key] = found.get(key, 0) + (1 if now else -1)
        inside = now


def _place(each: Passage) -> tuple[str, str]:
    return each.closed_at, each.visit_id


def known_by(name: str) -> ColumnElement[bool]:
    """The visits of the vehicle with this name: its plate; without one its pass; without either its visit."""
    bare = or_(visits.c.plate.is_(None), visits.c.plate == "")
    return or_(
        visits.c.plate == name,
        and_(bare, visits.c.pass_id == name),
        and_(bare, or_(visits.c.pass_id.is_(None), visits.c.pass_id == ""), visits.c.visit_id == name),
    )
