"""The alarms that stand at a gate, and which of their records the journal still lacks. Pure: the recorder does the writing.

An alarm is shown from the moment it is raised. Its record follows as soon as the journal takes it, in the order in which things
happened: one that is raised, or cleared, while the disk is full is kept when there is room again.
"""

from collections import deque
from collections.abc import Mapping

from edge.contract.facts import AlarmCleared, AlarmRaised, Kind
from edge.lane.actions import Keep

Key = tuple[str, str | None]
"""An alarm's code, and its lane; None: the gate as a whole."""
OWED = 200
"""Records that wait for the journal at most. Beyond it the oldest alarm that came and went is left out."""
DETAIL = 200
"""Characters of a detail."""


class Alarms:
    """One gate's alarms. `standing`: those that are on; `owed`: the records that the journal lacks, each with its lane."""

    def __init__(self, standing: Mapping[Key, str]) -> None:
        self._standing = dict(standing)
        self._owed: deque[tuple[Keep, Key]] = deque()

    @property
    def standing(self) -> Mapping[Key, str]:
        """(code, lane) -> detail."""
        return self._standing

    @property
    def owed(self) -> tuple[tuple[Keep, str | None], ...]:
        """The records to be kept, the oldest first."""
        return tuple((keep, lane) for keep, (_, lane) in self._owed)

    def raise_(self, alarm: str, detail: str, lane: str | None = None) -> bool:
        """Notes that an alarm stands; returns True if it did not before."""
        key = alarm, lane
        if key in self._standing:
            return False
        # what an error said may hold bytes of a file's name that no record can
        self._standing[key] = detail = detail[:DETAIL].encode(errors="replace").decode()
        self._owe(Keep(Kind.ALARM_RAISED, AlarmRaised(alarm=alarm, detail=detail)), key)
        return True

    def clear(self, alarm: str, lane: str | None = None) -> bool:
        """Notes that an alarm is over; returns True if it stood."""
        key = alarm, lane
        if self._standing.pop(key, None) is None:
            return False
        self._owe(Keep(Kind.ALARM_CLEARED, AlarmCleared(alarm=alarm)), key)
        return True

    def kept(self) -> None:
        """Notes that the journal has all that was owed."""
        self._owed.clear()

    def _owe(self, keep: Keep, key: Key) -> None:
        self._owed.append((keep, key))
        if len(self._owed) > OWED:
            self._forget_an_episode()

    def _forget_an_episode(self) -> None:
        """Drops the oldest two records of one alarm, which undo each other; what each alarm came to is never dropped."""
        first: dict[Key, int] = {}
        for place, (_, key) in enumerate(self._owed):
            if key in first:
                del self._owed[place], self._owed[first[key]]
                return
            first[key] = place
