"""What the journal still knows after a restart."""

from edge.contract.records import Record
from edge.memory import Past, recall
from tests.contract.samples import PASS, VISIT, chain


def heard(count: int | None = None) -> Past:
    pairs = [
        (Record.parse(sealed.raw), {name: value for name, (_, value) in sealed.private.items()}) for sealed in chain()
    ]
    return recall(pairs[:count])


def test_who_is_on_shift_and_what_is_in_the_tank() -> None:
    past = heard()
    assert past.officer == "u-2"
    assert past.batch is not None
    assert (past.batch.batch, past.batch.tank) == ("b-1", "A")


def test_a_visit_that_nobody_closed_is_open_with_its_plate() -> None:
    left = heard(4).unfinished
    assert [(each.visit, each.lane, each.plate) for each in left] == [(VISIT, "1", PASS.plate)]
    assert heard().unfinished == ()


def test_a_pass_that_went_through_is_remembered_for_duplicates() -> None:
    assert heard(4).passed == {}
    assert heard().passed[PASS.id_hex][0] == VISIT


def test_nothing_is_remembered_of_nothing() -> None:
    assert recall(()) == Past()
