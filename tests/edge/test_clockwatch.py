"""A wall clock that was set is noticed by the clock that nobody sets."""

from datetime import timedelta

from edge.clock import FixedClock
from edge.clockwatch import ClockWatch
from edge.contract.facts import Clock, ClockSet, Kind
from edge.contract.records import wall_text
from edge.lane.events import ClockChanged
from tests.edge.gates import NOW, TestTown


def test_time_that_only_passes_is_no_setting() -> None:
    clock, watch = FixedClock(NOW), ClockWatch()
    for seconds in (0.0, 1.0, 0.9, 3600.0):
        clock.advance(seconds)
        assert watch.look(clock.at()) is None


def test_a_jump_says_what_it_showed_and_what_is_right_at_one_instant() -> None:
    clock, watch = FixedClock(NOW, trust=Clock.UNSYNCED), ClockWatch()
    watch.look(clock.at())
    clock.advance(10)
    clock.set(NOW + timedelta(days=400))
    clock.trust = Clock.SYNCED
    found = watch.look(clock.at())
    assert found == ClockSet(before=wall_text(NOW + timedelta(seconds=10)), after=wall_text(NOW + timedelta(days=400)))


def test_a_clock_that_was_right_and_becomes_synced_says_so_too() -> None:
    clock, watch = FixedClock(NOW, trust=Clock.RTC), ClockWatch()
    watch.look(clock.at())
    clock.advance(5)
    clock.trust = Clock.SYNCED
    found = watch.look(clock.at())
    assert found is not None
    assert found.before == found.after


def test_a_restart_is_no_setting() -> None:
    clock, watch = FixedClock(NOW), ClockWatch()
    watch.look(clock.at())
    clock.boot = "ff" * 16
    clock.set(NOW + timedelta(days=1))
    assert watch.look(clock.at()) is None


def test_the_gate_keeps_it_as_a_record() -> None:
    town = TestTown()
    assert town.gate.handle(ClockChanged(wall_text(NOW), wall_text(NOW + timedelta(days=1))))
    (body,) = town.journal.bodies(Kind.CLOCK_SET)
    assert body == ClockSet(before=wall_text(NOW), after=wall_text(NOW + timedelta(days=1)))
