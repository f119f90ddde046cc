"""Updates the projections for new entries: reads the rows that they touch, applies the pure rules, writes them back.

Whether a vehicle is inside follows from its last passage by the gates' time, so that the order in which gates upload, some of
them days late, changes nothing.

Tested in `tests/hub/ledger/projections/test_whole.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row as Entry
from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome, Private
from hub.database.schema import inside, last_passed, visits
from hub.database.statements import Often, among, among_named, as_array, upsert
from hub.ledger.projections import plate_ends, sightings, sums
from hub.ledger.projections.conflicts import derive_conflict
from hub.ledger.projections.duties import derive_duty
from hub.ledger.projections.gate_events import derive_events
from hub.ledger.projections.good_record import Good
from hub.ledger.projections.moves import Change, Last, known_by, last_passages, moved
from hub.ledger.projections.receipts import derive_receipts
from hub.ledger.projections.visit_facts import Said, Tells, tells
from hub.ledger.projections.visit_row import (
    Passage,
    Row,
    Whole,
    begun,
    changes,
    has_passed,
    inside_row,
    passage,
    row_of,
)
from hub.values.stored import pairs_of, said

_VISITS = Often(select(visits).where(among_named(visits.c.visit_id, "ids")))


class Fresh(NamedTuple):
    """A new entry, as the projections need it."""

    item: Good
    received_at: str


class Other(NamedTuple):
    """A new entry that belongs to no visit, as its JSON says it."""

    said: Said
    private: Private
    received_at: str


class _After(NamedTuple):
    """A visit's row, whether it was changed, and which of its records told of its passage, with the row as it was then."""

    row: dict[str, Any]
    changed: bool
    passed: tuple[int, Row] | None


def stored(row: Entry[Any]) -> Fresh:
    """An entry that stands in the ledger, whatever it says."""
    told = tells(said(row.raw), pairs_of(row.private))
    item = Good(row.raw, row.private, row.prev, row.hash, row.kind, None if told is None else told.visit, told)
    return Fresh(item, row.received_at)


def derive(connection: Connection, town: str, fresh: Sequence[Fresh]) -> list[Row]:
    """Applies new entries, in order, to `visits`, `plate_ends`, `last_passed`, `inside`, `sightings`, `conflicts`, `duties`,
    `visit_sums`, `gate_events` and what `receipts` keeps.

    Gives the rows of `visits` that were written.
    """
    of_visits: dict[str, list[int]] = {}
    others: list[Other] = []
    for place, (item, received_at) in enumerate(fresh):
        if item.visit is None:
            others.append(Other(said(item.raw), pairs_of(item.private), received_at))
        else:
            of_visits.setdefault(item.visit, []).append(place)
    rows = _rows(connection, of_visits)
    before = {visit: passage(row) for visit, row in rows.items()}
    former_plates = {visit: row["plate"] for visit, row in rows.items()}
    counted = [sums.of_visit(row) for row in rows.values()]
    written: list[Row] = []
    seen: dict[int, Row] = {}
    for visit, places in of_visits.items():
        after = _after(rows.get(visit), [fresh[place] for place in places])
        rows[visit] = after.row
        if after.changed:
            written.append(after.row)
        if after.passed is not None:
            number, then = after.passed
            seen[places[number]] = then
    for visit, n in sightings.number(connection, town, [seen[place] for place in sorted(seen)]).items():
        rows[visit]["sighting"] = n
    upsert(connection, visits, written)
    _plates(connection, town, written, former_plates)
    passages = [Change(before.get(visit), passage(row), row) for visit, row in rows.items()]
    last = last_passages(connection, town, passages)
    changed = sums.difference(counted, [sums.of_visit(row) for row in rows.values()])
    changed.update(moved(connection, town, passages, last))
    sums.change(connection, town, changed)
    _passages(connection, town, passages, last)
    for entry in others:
        derive_conflict(connection, town, entry.said, entry.private)
        derive_duty(connection, town, entry.said, entry.private)
    derive_receipts(connection, town, others)
    derive_events(connection, town, others)
    return written


def _plates(connection: Connection, town: str, written: Sequence[Row], former: Mapping[str, str | None]) -> None:
    """Keeps the plates of rows that were written, and forgets those that they had before."""
    changed = [(former.get(row["visit_id"]), row["plate"]) for row in written]
    plate_ends.keep(connection, town, [new for old, new in changed if new and new != old])
    plate_ends.forget(connection, town, [old for old, new in changed if old and new != old])


def _after(row: dict[str, Any] | None, run: Sequence[Fresh]) -> _After:
    """A visit of which `row` was known (None: nothing) after more of its records."""
    item, received_at = run[-1]
    if row is None and isinstance(item.tells, Whole) and item.tells.records == len(run):
        row = row_of(item.tells, received_at)
        return _After(row, True, (len(run) - 1, row) if has_passed(row) else None)
    changed, passed = row is None, None
    row = begun(_told(run[0].item), run[0].received_at) if row is None else row
    for number, (item, received_at) in enumerate(run):
        drove = has_passed(row)
        if new := changes(row, _told(item), received_at):
            row.update(new)
            changed = True
            if not drove and has_passed(row):
                passed = number, dict(row)
    return _After(row, changed, passed)


def _told(item: Good) -> Tells:
    if isinstance(item.tells, Tells):
        return item.tells
    told = tells(said(item.raw), pairs_of(item.private))
    assert told is not None, f"a record of kind {item.kind} names a visit and tells nothing of it"
    return told


def _rows(connection: Connection, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    rows = _VISITS(connection, ids=as_array(wanted))
    return {row.visit_id: dict(row._mapping) for row in rows}


def _passages(connection: Connection, town: str, passages: Sequence[Change], known: Mapping[str, Last]) -> None:
    """Keeps each vehicle's last passage, and who is inside by it."""
    last = {name: (each.closed_at, each.visit_id) for name, each in known.items()}
    newest: dict[str, tuple[Passage, Row]] = {}
    for before, each, row in passages:
        if before is None and each is not None and (each.closed_at, each.visit_id) > last.get(each.vehicle, ("", "")):
            last[each.vehicle] = (each.closed_at, each.visit_id)
            newest[each.vehicle] = (each, row)
    if newest:
        _write(connection, town, list(newest.values()))
    renamed = [each for each in passages if each.before is not None and each.before != each.after]
    for name in dict.fromkeys(one.vehicle for each in renamed for one in (each.before, each.after) if one is not None):
        _last_passage_again(connection, town, name)


def _last_passage_again(connection: Connection, town: str, name: str) -> None:
    # a vehicle got another name (a plate filled in afterwards, a correction): ask the visits
    row = connection.execute(
        select(visits)
        .where(
            visits.c.town == town, known_by(name), visits.c.outcome == Outcome.PASSED, visits.c.direction.is_not(None)
        )
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
    if gone := [name for name, row in rows if row is None]:
        connection.execute(delete(inside).where(inside.c.town == town, among(inside.c.vehicle, gone)))
    upsert(connection, inside, [row for _, row in rows if row is not None])
