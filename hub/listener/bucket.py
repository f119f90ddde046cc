"""A rate limit of the contract as a bucket: what is left of it now. Pure: time is passed in.

Tested in `tests/hub/listener/test_turns.py`.
"""

from edge.contract.limits import Rate


class Bucket:
    """What is left of a rate: full at first, filled again with time."""

    __slots__ = ("_at", "_level", "_rate")

    def __init__(self, rate: Rate, now: float):
        self._rate, self._level, self._at = rate, float(rate.burst), now

    def take(self, amount: float, now: float) -> bool:
        """Takes an amount, if there is so much."""
        rose = max(0.0, now - self._at) * self._rate.a_minute / 60
        self._level, self._at = min(float(self._rate.burst), self._level + rose), now
        if amount > self._level:
            return False
        self._level -= amount
        return True
