"""Visits that wait for their end or for their plate, and what an officer says of them later."""

from edge.contract.facts import Kind, Outcome, ReadBy, VisitClosed
from edge.contract.reasons import Direction, Reason, Verdict
from edge.decision.decision import Decision
from edge.gate.open_visits import OpenVisits, open_visit
from edge.gate.recorder import Recorder
from edge.lane.state import Visit
from tests.edge.gates import NOW, RecordingJournal

EMERGENCY = Visit("e" * 32, Decision(Reason.EMERGENCY, Verdict.GO, Direction.IN, ReadBy.EMERGENCY))
LEFT = Visit("f" * 32, Decision(Reason.OK, Verdict.GO, Direction.OUT, ReadBy.QR, plate="鲁B12345"))


def visits(journal: RecordingJournal, alarms: dict[tuple[str, str | None], str] | None = None) -> OpenVisits:
    recorder = Recorder(journal, lambda: None, alarms or {})
    return OpenVisits(recorder, unfinished=(), plateless=(), now=lambda: NOW)


def test_a_visit_whose_end_was_not_kept_is_finished_by_an_officer() -> None:
    journal = RecordingJournal()
    left = visits(journal)
    left.leave([LEFT], "1")
    assert list(left.unfinished.values()) == [open_visit(LEFT, "1", NOW)]
    assert left.finish(LEFT.id, Outcome.PASSED, "u-2")
    (entry,) = journal.entries
    assert (entry.visit, entry.lane, entry.body) == (LEFT.id, "1", VisitClosed(outcome=Outcome.PASSED, officer="u-2"))
    assert not left.finish(LEFT.id, Outcome.PASSED, "u-2"), "once"


def test_an_end_that_cannot_be_kept_is_still_to_be_said() -> None:
    left = visits(RecordingJournal(broken=True))
    left.leave([LEFT], "1")
    assert not left.finish(LEFT.id, Outcome.PASSED, None)
    assert LEFT.id in left.unfinished


def test_the_end_of_a_visit_ends_the_alarms_that_name_it() -> None:
    journal = RecordingJournal()
    left = visits(journal, {("watch_list", None): LEFT.id, ("help", "1"): "lane 1"})
    left.closed(LEFT.id, Outcome.PASSED)
    assert journal.kinds() == [Kind.ALARM_CLEARED]


def test_an_emergencys_plate_is_kept_as_soon_as_its_end_is_known_too() -> None:
    journal = RecordingJournal()
    left = visits(journal)
    left.await_plate(EMERGENCY, "1")
    assert not left.fill_plate(EMERGENCY.id, " ", "u-2"), "an empty plate is none"
    assert left.fill_plate(EMERGENCY.id, "鲁BX1234应急", "u-2")
    assert journal.entries == []
    left.closed(EMERGENCY.id, Outcome.PASSED)
    journal.broken = True
    left.supplement("u-3")
    assert EMERGENCY.id in left.plateless
    journal.broken = False
    left.supplement("u-3")
    (entry,) = journal.entries
    assert entry.body == VisitClosed(outcome=Outcome.PASSED, officer="u-3", supplement=True)
    assert (entry.private, left.plateless) == ({"plate": "鲁BX1234应急"}, {})


def test_a_visit_that_has_its_plate_takes_no_other() -> None:
    left = visits(RecordingJournal())
    left.leave([LEFT], "1")
    assert not left.fill_plate(LEFT.id, "鲁B99999", None)
