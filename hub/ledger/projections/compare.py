"""Compares the projections with what the entries give anew, row by row, in a database that is thrown away.

The entries must hold already. What is named is a visit or a conflict, never a plate.

Tested in `tests/hub/ledger/test_verify.py`.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any

from sqlalchemy import Row, Select, Text, select
from sqlalchemy.engine import Connection

from hub.database.copies import scratch
from hub.database.schema import (
    clock_sets,
    conflicts,
    duties,
    duty_notes,
    entries,
    gate_events,
    inside,
    judged,
    last_passed,
    plate_ends,
    receipts,
    sightings,
    visit_sums,
    visits,
)
from hub.database.statements import as_stored
from hub.ledger.projections import undone
from hub.ledger.projections.derive import Fresh
from hub.ledger.projections.isolate import derive_each

CHUNK = 2000
NAMED_BY = {
    visits: "visit_id", inside: "visit_id", last_passed: "visit_id", sightings: "visit", conflicts: "id",
    receipts: "order", clock_sets: "epoch", judged: "quarantine", duties: "shift", duty_notes: "shift", plate_ends: "town",
    visit_sums: "span", gate_events: "epoch",
}  # fmt: skip
"""Every projection, and the column that names a row without a personal value."""
AN_ID = re.compile("[0-9a-f]{8,64}|[co]-[0-9a-f]+|[0-9]{4}-[0-9]{2}(-[0-9]{2}(T[0-9]{2})?)?")
WHAT = {
    "conflicts": "conflict",
    "receipts": "order",
    "clock_sets": "epoch",
    "judged": "judgement",
    "plate_ends": "plate",
    "duties": "shift",
    "duty_notes": "shift",
    "visit_sums": "sum",
    "gate_events": "event of journal",
}


def first_difference(connection: Connection, town: str, fresh: Iterable[tuple[Row[Any], Fresh]]) -> str | None:
    """The first row that is missing, too many or other than derived, as `visits, visit …`; None if all are as they should be.

    Also the first entry that the program fails to derive, as `entry 12: …`: no row of it is there to be compared.

    `fresh`: every entry of the town in order, as its row and as the projections need it.
    """
    with scratch() as derived:
        rest = iter(fresh)
        while some := list(islice(rest, CHUNK)):
            # of an entry the rules for conflicts ask only its place and its visit
            places = [
                {**{each.name: row._mapping[each.name] for each in entries.c}, "raw": "", "private": ""}
                for row, _ in some
            ]
            derived.execute(entries.insert(), places)
            derive_each(derived, town, [each for _, each in some])
        for entry, why in undone.every(derived, town, undone.What.DERIVED, limit=1):
            return f"entry {entry}: it stands, but what it says could not be derived ({why})"
        for table, name in NAMED_BY.items():
            # text sorts by its bytes on both sides
            keys = [
                column.collate("C") if isinstance(column.type, Text) and connection.dialect.name != "sqlite" else column
                for column in table.primary_key
            ]
            query = select(*as_stored(table)).where(table.c.town == town)
            expected = derived.execute(_streamed(query.order_by(*table.primary_key)))
            found = connection.execute(_streamed(query.order_by(*keys)))
            for pair in zip_longest(expected, found):
                if pair[0] is None or pair[1] is None or tuple(pair[0]) != tuple(pair[1]):
                    expected.close()
                    found.close()
                    return f"{table.name}, {_name(table.name, name, [row for row in pair if row is not None])}"
    return None


def _streamed(query: Select[Any]) -> Select[Any]:
    return query.execution_options(yield_per=CHUNK)


def _name(table: str, column: str, rows: Iterable[Row[Any]]) -> str:
    names: Iterator[object] = (row._mapping[column] for row in rows)
    known = [each for each in names if isinstance(each, str) and AN_ID.fullmatch(each)]
    what = WHAT.get(table, "visit")
    return f"{what} {known[0]}" if known else f"a {what} whose id is none"
