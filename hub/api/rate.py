"""How many requests a caller of the API may send: a bucket for each, full at first, filled again with time. Pure: time is passed in.

Tested in `tests/hub/api/test_rate.py`.
"""

import threading

MOST = 10_000
"""Callers that are remembered; beyond it those whose buckets are full again are forgotten."""


class Buckets:
    """Buckets by caller: `a_minute` requests in the long run, a fifth of them at once."""

    def __init__(self, a_minute: int) -> None:
        self._rate, self._room = a_minute / 60, max(1.0, a_minute / 5)
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, caller: str, now: float) -> float:
        """Takes one request out of a caller's bucket; returns 0, or the seconds after which there is room for one."""
        with self._lock:
            level, at = self._levels.get(caller, (self._room, now))
            level = min(self._room, level + max(0.0, now - at) * self._rate)
            wait = 0.0 if level >= 1 else (1 - level) / self._rate
            if len(self._levels) >= MOST:
                self._forget(now)
            self._levels[caller] = (level - (0 if wait else 1), now)
            return wait

    def _forget(self, now: float) -> None:
        self._levels = {
            caller: (level, at)
            for caller, (level, at) in self._levels.items()
            if level + (now - at) * self._rate < self._room
        }
