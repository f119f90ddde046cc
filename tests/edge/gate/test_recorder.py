"""Records are durable or nothing happened; an alarm that the journal could not take is kept when it can."""

import pytest

from edge.contract.alarms import PASSAGES
from edge.contract.facts import Kind, ShiftStarted
from edge.gate.recorder import Recorder
from edge.lane.actions import Keep
from tests.edge.gates import RecordingJournal

KEEP = Keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-2"))


class Kept:
    """A recorder on a journal that can fail, and how often it said that there is something to send."""

    def __init__(self) -> None:
        self.journal = RecordingJournal()
        self.woken = 0
        self.recorder = Recorder(self.journal, self._wake, {})

    def _wake(self) -> None:
        self.woken += 1


def test_records_are_kept_together_with_their_lane_and_wake_the_link() -> None:
    made = Kept()
    assert made.recorder.keep((KEEP, "1"), (KEEP, None))
    assert ([entry.lane for entry in made.journal.entries], made.woken) == (["1", None], 1)


def test_nothing_to_keep_is_kept() -> None:
    made = Kept()
    made.journal.broken = True
    assert made.recorder.keep()
    assert made.recorder.fault is None


def test_a_journal_that_takes_nothing_is_an_alarm_until_it_does() -> None:
    made = Kept()
    made.journal.broken = True
    assert not made.recorder.keep((KEEP, None))
    assert made.recorder.fault == "journal.db: database or disk is full"
    assert (set(made.recorder.alarms), made.recorder.behind) == ({"journal_full"}, True)
    assert not made.recorder.catch_up()
    made.journal.broken = False
    assert made.recorder.catch_up()
    assert made.recorder.fault is None
    assert not made.recorder.behind
    assert made.recorder.alarms == {}
    assert made.journal.kinds() == [Kind.ALARM_RAISED, Kind.ALARM_CLEARED]


def test_an_alarm_stands_once_and_its_details_are_those_of_all_lanes() -> None:
    made = Kept()
    assert made.recorder.raise_alarm("help", "lane 1", "1")
    assert not made.recorder.raise_alarm("help", "lane 1", "1")
    assert made.recorder.raise_alarm("help", "lane 2", "2")
    assert made.recorder.alarms == {"help": "lane 1; lane 2"}
    assert made.recorder.clear_alarm("help", "1")
    assert not made.recorder.clear_alarm("help", "1")


def test_what_happens_again_is_an_alarm_again() -> None:
    made = Kept()
    made.recorder.raise_anew("watch_list", "first")
    made.recorder.raise_anew("watch_list", "second")
    assert made.journal.kinds() == [Kind.ALARM_RAISED, Kind.ALARM_CLEARED, Kind.ALARM_RAISED]
    made.recorder.clear_alarms_of("first")
    assert made.recorder.alarms == {"watch_list": "second"}
    made.recorder.clear_alarms_of("second")
    assert made.recorder.alarms == {}


@pytest.mark.parametrize("alarm", sorted(PASSAGES))
def test_the_alarm_of_what_a_vehicle_did_ends_when_its_lane_is_free(alarm: str) -> None:
    made = Kept()
    for lane in ("1", "2"):
        made.recorder.raise_alarm(alarm, "in", lane)
    assert made.recorder.end_passages("1")
    assert list(made.recorder.standing) == [(alarm, "2")]


def test_a_gate_without_room_says_why_until_there_is_room() -> None:
    made = Kept()
    assert made.recorder.close("60 MB are free")
    assert (made.recorder.closed_for, set(made.recorder.alarms)) == ("60 MB are free", {"closed_to_paper"})
    assert made.recorder.close(None)
    assert (made.recorder.closed_for, dict(made.recorder.alarms)) == (None, {})
