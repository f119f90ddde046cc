"""What the journal still knows after a restart."""

from contextlib import closing
from pathlib import Path

from edge.contract.facts import Disinfected, Kind, Outcome, SolutionPrepared, VisitClosed
from edge.contract.records import Record
from edge.gate.recovery import Past, recall
from edge.journal.outbox import NewRecord
from edge.unit.parts import remember
from tests.contract.samples import PASS, VISIT, chain
from tests.edge.journals import keep_shifts, open_journal


def heard(count: int | None = None) -> Past:
    pairs = [
        (Record.parse(sealed.raw), {name: value for name, (_, value) in sealed.private.items()}) for sealed in chain()
    ]
    return recall(pairs[:count])


def test_who_is_on_shift_and_what_is_in_the_tank() -> None:
    past = heard()
    assert past.officer == "u-2"
    assert {tank: batch.batch for tank, batch in past.batches.items()} == {"A": "b-1"}


def test_each_tank_is_remembered_with_what_was_sprayed_of_it() -> None:
    told = {record.kind: record for record in (Record.parse(sealed.raw) for sealed in chain())}
    prepared, sprayed = told[Kind.SOLUTION_PREPARED], told[Kind.DISINFECTED]
    assert isinstance(prepared.body, SolutionPrepared)
    assert isinstance(sprayed.body, Disinfected)
    other = prepared.model_copy(update={"body": prepared.body.model_copy(update={"batch": "b-2", "tank": "B"})})
    flowed = sprayed.model_copy(update={"body": sprayed.body.model_copy(update={"litres": 3.0})})
    batches = recall((record, {}) for record in (prepared, other, flowed)).batches
    assert {tank: (batch.batch, batch.used) for tank, batch in batches.items()} == {
        "A": ("b-1", 3.0),
        "B": ("b-2", 0.0),
    }


def test_a_restart_knows_the_batch_of_every_tank(tmp_path: Path) -> None:
    prepared = next(Record.parse(each.raw).body for each in chain() if '"solution_prepared"' in each.raw)
    mixed = [prepared.model_copy(update={"batch": f"b-{tank}", "tank": tank}) for tank in ("A", "B")]
    with closing(open_journal(tmp_path)) as outbox:
        outbox.keep_all([NewRecord(Kind.SOLUTION_PREPARED, body) for body in mixed])
        keep_shifts(outbox, 3)
        assert {tank: each.batch for tank, each in remember(outbox).batches.items()} == {"A": "b-A", "B": "b-B"}


def test_a_visit_that_nobody_closed_is_open_with_its_plate() -> None:
    left = heard(4).unfinished
    assert [(each.visit, each.lane, each.plate) for each in left] == [(VISIT, "1", PASS.plate)]
    assert heard().unfinished == ()


def test_a_pass_that_went_through_is_remembered_for_duplicates() -> None:
    assert heard(4).passed == {}
    assert heard().passed[PASS.id_hex][0] == VISIT


def test_a_visit_with_an_unclear_end_is_over_and_its_pass_did_not_go_through() -> None:
    records = [Record.parse(sealed.raw) for sealed in chain()]
    closed = records[-1]
    assert isinstance(closed.body, VisitClosed)
    unclear = closed.model_copy(update={"body": closed.body.model_copy(update={"outcome": Outcome.UNCLEAR})})
    past = recall((record, {}) for record in (*records[:-1], unclear))
    assert (past.unfinished, past.passed) == ((), {})


def test_nothing_is_remembered_of_nothing() -> None:
    assert recall(()) == Past()
