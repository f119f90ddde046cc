"""Officers sign on and off: a record first, then the change; the next one finds what is open."""

from edge.contract.facts import Kind, ShiftEnded
from edge.gate.recorder import Recorder
from edge.gate.shift import Shift
from edge.lane.events import SignedOff
from tests.edge.gates import RecordingJournal


def shift(journal: RecordingJournal, officer: str | None = None) -> Shift:
    return Shift(Recorder(journal, lambda: None, {}), officer)


def test_who_signs_on_ends_the_shift_of_the_one_before() -> None:
    journal = RecordingJournal()
    on = shift(journal, "u-2")
    assert on.sign_on("u-3")
    assert (on.officer, journal.kinds()) == ("u-3", [Kind.SHIFT_ENDED, Kind.SHIFT_STARTED])


def test_who_is_on_shift_already_makes_no_record() -> None:
    journal = RecordingJournal()
    assert shift(journal, "u-2").sign_on("u-2")
    assert journal.entries == []


def test_a_hand_over_says_what_is_open_and_the_remark_stays_private() -> None:
    journal = RecordingJournal()
    on = shift(journal, "u-2")
    assert on.sign_off(SignedOff(to="u-3", note="barrier squeaks"), 2)
    ended = journal.entries[0]
    assert ended.body == ShiftEnded(officer="u-2", to="u-3", open_matters=2)
    assert (ended.private, on.officer) == ({"remark": "barrier squeaks"}, "u-3")


def test_nobody_signs_off_where_nobody_is_on_shift() -> None:
    journal = RecordingJournal()
    assert not shift(journal).sign_off(SignedOff(), 0)
    assert journal.entries == []


def test_without_a_record_the_shift_stays_as_it_was() -> None:
    on = shift(RecordingJournal(broken=True), "u-2")
    assert not on.sign_on("u-3")
    assert not on.sign_off(SignedOff(), 0)
    assert on.officer == "u-2"
