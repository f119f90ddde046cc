"""What is sent, when it is sent again, and how fast."""

import pytest

from edge.contract.messages import MAX_BATCH_RECORDS
from edge.link.window import MOST_IN_FLIGHT, SendWindow


def fly(drain: SendWindow, now: float, *, carried: bool = True) -> int:
    """Sends a full batch; its last number."""
    assert drain.limit is not None
    last = drain.cursor + drain.limit
    drain.sent(last, last, now)
    if carried:
        drain.carried(last, now)
    return last


def at_full_pace(acked: int = 0) -> tuple[SendWindow, float]:
    drain = SendWindow(acked)
    now = 0.0
    while drain.pace < MOST_IN_FLIGHT:
        drain.acked(fly(drain, now), missing=False, now=now + 0.1)
        now += 1
    return drain, now


def test_first_batch_is_small_and_flies_alone() -> None:
    drain = SendWindow(0)
    assert fly(drain, 0.0) == 25
    assert drain.limit is None


def test_acks_that_come_soon_raise_the_pace_to_four_full_batches() -> None:
    drain, now = at_full_pace()
    flights = 0
    while drain.limit is not None:
        assert drain.limit == MAX_BATCH_RECORDS
        fly(drain, now)
        flights += 1
    assert flights == MOST_IN_FLIGHT


def test_late_acks_lower_the_pace() -> None:
    drain, now = at_full_pace()
    drain.acked(fly(drain, now), missing=False, now=now + 7)
    assert drain.pace == MOST_IN_FLIGHT - 1


def test_only_the_hubs_ack_ends_a_flight() -> None:
    drain = SendWindow(0)
    last = fly(drain, 0.0)
    assert [flight.last for flight in drain.flights] == [last]
    drain.acked(last - 1, missing=False, now=0.1)
    assert [flight.last for flight in drain.flights] == [last]
    drain.acked(last, missing=False, now=0.2)
    assert drain.flights == ()


def test_silence_sends_again_and_each_time_more_patiently() -> None:
    drain = SendWindow(0)
    now, waits = 0.0, []
    for _ in range(6):
        fly(drain, now)
        wait = next(seconds for seconds in range(1, 100) if drain.overdue(now + seconds))
        waits.append(wait)
        now += wait
        drain.lose_patience(now)
        assert (drain.cursor, drain.flights, drain.pace) == (0, (), 1)
    assert waits == [5, 10, 20, 40, 60, 60]
    drain.acked(fly(drain, now), missing=False, now=now + 1)
    fly(drain, now)
    assert drain.overdue(now + 6)


def test_slow_link_is_not_taken_for_a_silent_hub() -> None:
    drain = SendWindow(0)
    last = fly(drain, 0.0, carried=False)
    assert not drain.overdue(30.0)
    drain.carried(last, 30.0)
    assert not drain.overdue(34.0)
    assert drain.overdue(35.0)


def test_link_that_carries_nothing_at_all_is_given_up() -> None:
    drain = SendWindow(0)
    fly(drain, 0.0, carried=False)
    assert drain.overdue(60.0)


def test_lost_batch_is_asked_for_once_however_many_acks_say_so() -> None:
    drain, now = at_full_pace()
    start = drain.cursor
    for _ in range(4):
        fly(drain, now)
    drain.acked(start, missing=True, now=now + 0.1)
    assert (drain.cursor, drain.flights) == (start, ())
    for _ in range(4):
        fly(drain, now + 0.1)
    for _ in range(3):
        drain.acked(start, missing=True, now=now + 0.2)
    assert drain.cursor > start


def test_asking_again_and_again_for_what_never_comes_is_answered_slowly() -> None:
    drain = SendWindow(10)
    now, sent = 0.0, 0
    while now < 300:
        if drain.limit is not None:
            fly(drain, now)
            sent += 1
        now += 1
        drain.acked(10, missing=True, now=now)
    assert sent < 15


@pytest.mark.parametrize("missing", [True, False])
def test_restored_hub_is_sent_everything_from_its_cursor(missing: bool) -> None:
    drain, now = at_full_pace()
    drain.acked(3, missing=missing, now=now)
    assert (drain.cursor, drain.flights) == (3, ())


def test_hub_that_knows_more_than_the_gate_thought_is_not_sent_it() -> None:
    drain = SendWindow(5)
    drain.acked(40, missing=False, now=0.0)
    assert drain.cursor == 40
