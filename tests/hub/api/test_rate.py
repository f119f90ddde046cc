"""How many requests a caller may send."""

from hub.api.rate import Buckets


def test_a_fifth_of_a_minutes_requests_may_come_at_once_and_then_they_wait() -> None:
    buckets = Buckets(60)
    assert [buckets.take("t-1", 0.0) for _ in range(12)] == [0.0] * 12
    assert 0 < buckets.take("t-1", 0.0) <= 1
    assert buckets.take("t-1", 1.0) == 0


def test_one_caller_costs_another_nothing() -> None:
    buckets = Buckets(5)
    assert buckets.take("t-1", 0.0) == 0
    assert buckets.take("t-1", 0.0) > 0
    assert buckets.take("t-2", 0.0) == 0


def test_callers_that_wait_for_nothing_are_forgotten() -> None:
    buckets = Buckets(60)
    for number in range(10_001):
        buckets.take(f"t-{number}", float(number))
    assert len(buckets._levels) < 10_000
