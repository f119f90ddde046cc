"""The journal of the road: in memory, refuses when it is told to, and remembers for a restart what still matters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from edge.contract.facts import AlarmCleared, AlarmRaised, Fact, Kind, VisitClosed
from edge.contract.records import Record, wall_text
from edge.gate.recovery import Past, recall
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord

REMEMBERED = 300.0
"""Seconds for which the records of a closed visit are remembered."""


@dataclass(frozen=True, slots=True)
class _At:
    wall: str
    time: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    """As much of a record as `recall` reads."""

    kind: Kind
    body: Fact
    visit: str | None
    lane: str | None
    at: _At


class RoadJournal:
    """Keeps what the gate writes. `broken`: it takes nothing. `kept` is called with each record."""

    def __init__(self, now: Callable[[], datetime], kept: Callable[[NewRecord], None]) -> None:
        self._now = now
        self._kept = kept
        self.broken = False
        self.refused = 0
        self._past: list[tuple[_Kept, dict[str, str]]] = []

    def keep_all(self, entries: Sequence[NewRecord], /) -> None:
        """Commits all of it, or none."""
        if self.broken:
            self.refused += 1
            raise JournalError("journal.db: database or disk is full")
        now = self._now()
        at = _At(wall_text(now), now)
        for each in entries:
            self._past.append((_Kept(each.kind, each.body, each.visit, each.lane, at), dict(each.private or {})))
            self._kept(each)

    def past(self) -> Past:
        """What a new gate remembers."""
        self._forget()
        return recall((cast(Record, kept), private) for kept, private in self._past)

    def _forget(self) -> None:
        now = self._now()
        over: set[str | None] = set()
        standing: dict[tuple[str, str | None], int] = {}
        for place, (kept, _) in enumerate(self._past):
            match kept.body:
                case VisitClosed():
                    if (now - kept.at.time).total_seconds() > REMEMBERED:
                        over.add(kept.visit)
                case AlarmRaised(alarm=alarm):
                    standing[alarm, kept.lane] = place
                case AlarmCleared(alarm=alarm):
                    standing.pop((alarm, kept.lane), None)
                case _:
                    pass
        alarms = set(standing.values())
        others = {Kind.SHIFT_STARTED: -1, Kind.SHIFT_ENDED: -1, Kind.SOLUTION_PREPARED: -1}
        for place, (kept, _) in enumerate(self._past):
            if kept.kind in others:
                others[kept.kind] = place
        self._past = [
            pair
            for place, pair in enumerate(self._past)
            if (pair[0].visit is not None and pair[0].visit not in over) or place in alarms or place in others.values()
        ]
