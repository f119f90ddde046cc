"""Each duty has its own pace; one that fails is put off longer each time, up to a bound, and then comes at its own pace again."""

import pytest

from hub.listener.schedule import PAUSES, Duty, Schedule


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_at_the_start_everything_is_due() -> None:
    schedule = Schedule(Clock())
    assert all(schedule.is_due(duty) for duty in Duty)


def test_a_duty_that_is_done_is_due_again_after_its_time_and_no_other_waits_for_it() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.again_in(Duty.BEAT, 10)
    assert not schedule.is_due(Duty.BEAT)
    assert schedule.is_due(Duty.LISTS)
    clock.seconds += 10
    assert schedule.is_due(Duty.BEAT)
    schedule.again_in(Duty.BEAT, 10)
    schedule.at_once(Duty.BEAT)
    assert schedule.is_due(Duty.BEAT)


@pytest.mark.parametrize("duty", PAUSES)
def test_pauses_double_up_to_the_longest_until_it_succeeds(duty: Duty) -> None:
    clock = Clock()
    schedule = Schedule(clock)

    def pause() -> float:
        schedule.put_off(duty)
        began = clock.seconds
        while not schedule.is_due(duty):
            clock.seconds += 0.25
        return clock.seconds - began

    first, longest = PAUSES[duty]
    assert [pause() for _ in range(8)] == [min(first * 2**number, longest) for number in range(8)]
    schedule.succeeded(duty)
    assert pause() == first
