"""Brings the projections after new entries: reads the rows that they touch, applies the pure rules, writes them back.

Whether a vehicle is inside follows from its last passage by the gates' time, so that the order in which gates upload, some of
them days late, changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.engine import Connection

from edge.contract.records import Outcome, Private, Record
from hub.database import chunks, inside, last_passed, upsert, visits
from hub.ledger import sightings
from hub.ledger.conflicts import derive_conflict
from hub.ledger.projections import Passage, Row, has_passed, inside_row, passage, project
from hub.ledger.told import derive_told


class Fresh(NamedTuple):
    """A new entry, as the projections need it."""

    record: Record
    private: Private
    received_at: str


def derive(connection: Connection, town: str, fresh: Sequence[Fresh]) -> None:
    """Applies new entries, in order, to `visits`, `last_passed`, `inside`, `sightings`, `conflicts` and what `told` keeps."""
    before = _rows(connection, {entry.record.visit for entry in fresh if entry.record.visit is not None})
    after: dict[str, Row] = dict(before)
    seen: list[Row] = []
    others: list[Fresh] = []
    for entry in fresh:
        visit = entry.record.visit
        if visit is None:
            others.append(entry)
        elif (row := project(was := after.get(visit), *entry)) is not None:
            if has_passed(row) and not has_passed(was):
                seen.append(row)
            after[visit] = row
    sightings.number(connection, town, seen)
    upsert(connection, visits, [row for visit, row in after.items() if row is not before.get(visit)])
    moves = [(passage(before.get(visit)), passage(row), row) for visit, row in after.items()]
    _new_passages(connection, town, [(new, row) for old, new, row in moves if old is None and new is not None])
    changed = [(old, new) for old, new, _ in moves if old is not None and old != new]
    for name in dict.fromkeys(each.vehicle for pair in changed for each in pair if each is not None):
        _last_passage_again(connection, town, name)
    for entry in others:
        derive_conflict(connection, entry.record, entry.private)
    derive_told(connection, town, others)


def _rows(connection: Connection, wanted: Iterable[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for some in chunks(wanted):
        for row in connection.execute(select(visits).where(visits.c.visit_id.in_(some))):
            found[row.visit_id] = dict(row._mapping)
    return found


def _new_passages(connection: Connection, town: str, passed: Sequence[tuple[Passage, Row]]) -> None:
    last: dict[str, tuple[str, str]] = {}
    for some in chunks(dict.fromkeys(each.vehicle for each, _ in passed)):
        query = select(last_passed).where(last_passed.c.town == town, last_passed.c.vehicle.in_(some))
        last |= {row.vehicle: (row.closed_at, row.visit_id) for row in connection.execute(query)}
    newest: dict[str, tuple[Passage, Row]] = {}
    for each, row in passed:
        if (each.closed_at, each.visit_id) > last.get(each.vehicle, ("", "")):
            last[each.vehicle] = (each.closed_at, each.visit_id)
            newest[each.vehicle] = (each, row)
    _write(connection, town, list(newest.values()))


def _last_passage_again(connection: Connection, town: str, name: str) -> None:
    # a vehicle got another name (a plate filled in afterwards, a correction): ask the visits
    known_by = or_(
        visits.c.plate == name,
        and_(or_(visits.c.plate.is_(None), visits.c.plate == ""), visits.c.pass_id == name),
        and_(
            or_(visits.c.plate.is_(None), visits.c.plate == ""),
            or_(visits.c.pass_id.is_(None), visits.c.pass_id == ""),
            visits.c.visit_id == name,
        ),
    )
    row = connection.execute(
        select(visits)
        .where(visits.c.town == town, known_by, visits.c.outcome == Outcome.PASSED, visits.c.direction.is_not(None))
        .order_by(visits.c.closed_at.desc(), visits.c.visit_id.desc())
        .limit(1)
    ).first()
    for table in (inside, last_passed):
        connection.execute(delete(table).where(table.c.town == town, table.c.vehicle == name))
    if row is not None and (last := passage(found := dict(row._mapping))) is not None:
        _write(connection, town, [(last, found)])


def _write(connection: Connection, town: str, passed: Sequence[tuple[Passage, Row]]) -> None:
    upsert(
        connection,
        last_passed,
        [
            {
                "town": town,
                "vehicle": each.vehicle,
                "visit_id": each.visit_id,
                "direction": each.direction,
                "closed_at": each.closed_at,
            }
            for each, _ in passed
        ],
    )
    rows = [(each.vehicle, inside_row(row)) for each, row in passed]
    for some in chunks(name for name, row in rows if row is None):
        connection.execute(delete(inside).where(inside.c.town == town, inside.c.vehicle.in_(some)))
    upsert(connection, inside, [row for _, row in rows if row is not None])
