"""Mutes a gate that floods the hub: the listener does not listen to it for a while. Pure: time is passed in.

A gate's messages wait at the broker in one line with everybody else's, so who fills that line must be cut off before it: the listener
takes back its subscription to that gate, and the broker drops what comes, at no cost to others. The gate keeps its records meanwhile.

Tested in `tests/hub/listener/test_turns.py`.
"""

import threading
from dataclasses import dataclass

from edge.contract.limits import MUTED_SECONDS, OFFENCES
from hub.listener.bucket import Bucket

FORGIVEN = 3600.0
"""Seconds after the end of a pause after which the next one is a first one again."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """Until when a gate is not listened to, and for how long that is."""

    until: float
    seconds: float


class Muting:
    """The gates' offences (messages that no gate of the contract would send) and pauses. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, Bucket] = {}
        self._pauses: dict[str, _Pause] = {}
        self._muted: frozenset[str] = frozenset()

    @property
    def muted(self) -> frozenset[str]:
        """The gates that are not listened to."""
        return self._muted

    def offend(self, gate: str, now: float) -> bool:
        """Notes an offence; returns True if the gate is not to be listened to from now on."""
        with self._lock:
            if gate in self._muted or self._left.setdefault(gate, Bucket(OFFENCES, now)).take(1, now):
                return False
            shortest, longest = MUTED_SECONDS
            last = self._pauses.get(gate)
            again = last is not None and now - last.until < FORGIVEN
            seconds = min(last.seconds * 2, longest) if last is not None and again else shortest
            self._pauses[gate] = _Pause(now + seconds, seconds)
            self._muted |= {gate}
            return True

    def over(self, now: float) -> frozenset[str]:
        """The gates whose pause has ended: they are listened to again."""
        if not self._muted:
            return self._muted
        with self._lock:
            found = frozenset(gate for gate in self._muted if now >= self._pauses[gate].until)
            self._muted -= found
            for gate in found:
                self._left[gate] = Bucket(OFFENCES, now)
            return found
