"""Visits that a batch tells whole: however a journal is cut into batches, the projections are those of its records one by one."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from edge.contract.facts import Disinfected, Kind, Outcome, Overridden, VerifiedBy, VisitClosed
from edge.contract.records import wall_text
from hub.database.copies import scratch
from hub.database.schema import inside, last_passed, plate_ends, sightings, visits
from hub.ledger.projections.derive import Fresh, derive
from hub.ledger.projections.good_record import Good
from hub.ledger.projections.visit_row import COLUMNS, Whole
from hub.ledger.received import Received
from tests.hub.ledgers import batch_of, read
from tests.hub.towns import NOW, Gate, Place

TABLES = (visits, inside, last_passed, sightings, plate_ends)
RECEIVED_AT = wall_text(NOW)
Rows = list[tuple[Any, ...]]


@pytest.fixture
def gate(place: Place) -> Gate:
    """A journal in which visits overlap, are told more of after their passage, and are other gates' own."""
    gate = place.gates["east"]
    passed = VisitClosed(outcome=Outcome.PASSED, officer=None)
    spray = Disinfected(
        batch=None, agent="chlorine", concentration="500 mg/L", parts=("tyres",), washed_first=False, seconds=5.5,
        litres=1.5, verified_by=VerifiedBy.SENSOR, officer="u-9",
    )  # fmt: skip
    first = gate.visit("鲁B00001", NOW, outcome=None, private={"driver": "王伟", "phone": "13800138000"})
    second = gate.visit("", NOW + timedelta(seconds=5), read_by="emergency", reason="emergency", outcome=None)
    gate.keep(Kind.DISINFECTED, spray, NOW + timedelta(seconds=10), visit=first)
    gate.keep(Kind.OVERRIDDEN, Overridden(officer="u-3", reason="fire"), NOW + timedelta(seconds=12), visit=first)
    gate.keep(Kind.VISIT_CLOSED, passed, NOW + timedelta(seconds=20), visit=second)
    gate.keep(Kind.DISINFECTED, spray, NOW + timedelta(seconds=21), visit=first)
    gate.keep(Kind.VISIT_CLOSED, passed, NOW + timedelta(seconds=30), visit=first)
    later = passed.model_copy(update={"supplement": True})
    gate.keep(Kind.VISIT_CLOSED, later, NOW + timedelta(seconds=40), visit=second, private={"plate": "鲁B00119"})
    gate.visit("鲁B00001", NOW + timedelta(minutes=5), direction="out")
    gate.visit("鲁B00003", NOW + timedelta(minutes=6), outcome="turned_back")
    gate.visit("鲁B00004", NOW + timedelta(minutes=7), outcome=None)
    return gate


def entered(place: Place, gate: Gate, first: int, last: int, held: int = 0) -> list[Fresh]:
    """What becomes an entry of a batch with the records `first` to `last` of which the first `held` are held already."""
    received = read(place, gate.id, batch_of(gate, gate.sealed[first - 1 : last], last).encode())
    assert isinstance(received, Received)
    return [Fresh(item, RECEIVED_AT) for item in received.items[held:] if isinstance(item, Good)]


def derived(transactions: Iterable[Sequence[Fresh]]) -> list[Rows]:
    with scratch() as connection:
        for fresh in transactions:
            derive(connection, "demo", fresh)
        ordered = [select(table).order_by(*table.primary_key) for table in TABLES]
        return [[tuple(row) for row in connection.execute(query)] for query in ordered]


def one_by_one(place: Place, gate: Gate) -> list[Rows]:
    return derived(entered(place, gate, seq, seq) for seq in range(1, len(gate.sealed) + 1))


@pytest.mark.parametrize("held", [0, 1, 4])
def test_a_cut_anywhere_changes_nothing(place: Place, gate: Gate, held: int) -> None:
    count = len(gate.sealed)
    expected = one_by_one(place, gate)
    assert [row[1] for row in expected[3]] == [1, 2, 3]
    for cut in range(max(held, 1), count):
        parts = [entered(place, gate, 1, cut), entered(place, gate, cut + 1 - held, count, held)]
        assert derived(parts) == expected, f"after {cut}, {held} of them twice, in two transactions"
        assert derived([[*parts[0], *parts[1]]]) == expected, f"after {cut}, {held} of them twice, in one transaction"


def test_the_last_record_tells_the_whole_visit_unless_more_follows_its_passage(place: Place, gate: Gate) -> None:
    fresh = entered(place, gate, 1, len(gate.sealed))
    whole = [place + 1 for place, (item, _) in enumerate(fresh) if isinstance(item.tells, Whole)]
    # 7: the first vehicle's passage; 8 tells more of the second one's, so nobody tells that whole
    assert whole == [7, 11, 13, 14]
    assert [fresh[seq - 1].item.tells for seq in (1, 3, 4, 6)] == [None] * 4


def test_another_gates_word_on_the_visit_keeps_its_place(place: Place, gate: Gate) -> None:
    other = place.gates["west"]
    (opened, _), *_ = entered(place, gate, 1, 1)
    other.keep(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.ABANDONED, officer=None), NOW, visit=opened.visit)
    mine, theirs = entered(place, gate, 1, len(gate.sealed)), entered(place, other, 1, 1)
    assert derived([[*mine, *theirs]]) == derived([mine, theirs])
    assert derived([[*theirs, *mine]]) == derived([theirs, mine])


def test_its_values_are_the_tables(place: Place) -> None:
    assert set(COLUMNS) == {column.name for column in visits.columns}
