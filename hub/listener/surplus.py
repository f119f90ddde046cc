"""Counts the messages beyond a gate's limits, writes the counts every few seconds, and raises an alert for the operators.

turns, append, journals --note--> counts in memory --write--> `unkept`, and one alert a gate and kind that counts

Tested in `tests/hub/ledger/test_budget.py` and `tests/hub/listener/test_flood.py`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.engine import Connection, Engine

from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.ledger import unkept
from hub.ledger.budget import ROOMS, Unkept, together
from hub.ledger.received import Sort
from hub.listener.connection import Arrival
from hub.listener.outage import Outage
from hub.listener.schedule import Duty, Schedule
from hub.listener.turns import MUTED, Turns

JOURNAL = "journal"
"""What is counted of a gate that begins too many journals: its hellos and batches."""
FLOOD_FROM = 20
"""Messages dropped unread between two writes from which on it is an alert: a gate that is sent back by its hub may lose a few."""
EVERY = 2.0
"""Seconds between two writes."""
FULL_FOR = 5.0
"""Seconds for which a gate's noise is counted without another look at the database, when its room was full."""


class Surplus:
    """The counts of one listener since they were last written."""

    def __init__(self, monotonic: Callable[[], float]):
        self._monotonic = monotonic
        self._counts: tuple[Unkept, ...] = ()
        self._full: dict[str, float] = {}

    @property
    def any(self) -> bool:
        """Returns True if there is something to write."""
        return bool(self._counts)

    def note(self, counts: Iterable[Unkept]) -> None:
        """Adds what was dropped or not kept."""
        more = tuple(counts)
        if not more:
            return
        self._counts = together((*self._counts, *more))
        until = self._monotonic() + FULL_FOR
        self._full |= {each.gate: until for each in more if each.what == Sort.NOISE}

    def is_full(self, gate: str, size: int) -> bool:
        """Returns True if noise of this gate found no room a moment ago: it is counted, and not tried again yet."""
        if self._monotonic() >= self._full.get(gate, 0.0):
            return False
        self._counts = together((*self._counts, Unkept(gate, Sort.NOISE.value, 1, size)))
        return True

    def write(self, connection: Connection, town: str, now: datetime, *, stalled: bool) -> None:
        """Writes the counts; `stalled`: the hub itself could store nothing meanwhile, so that what was dropped unread says nothing."""
        unkept.add(connection, town, self._counts, now)
        for each in self._counts:
            kind = _kind(each)
            unread = kind is AlertKind.FLOOD and each.what not in (JOURNAL, MUTED)
            if not unread or (each.messages >= FLOOD_FROM and not stalled):
                alerts.raise_(connection, town, kind, each.gate or None, detail(each.what), now, each.messages)

    def written(self) -> None:
        """The counts are committed."""
        self._counts = ()


class SurplusWriter:
    """Writes a listener's counts every few seconds, if there are any, also while more comes."""

    def __init__(
        self,
        surplus: Surplus,
        town: str,
        writing: Engine,
        turns: Turns[Arrival],
        outage: Outage,
        schedule: Schedule,
        now: Callable[[], datetime],
    ):
        self._surplus, self._town, self._writing, self._turns = surplus, town, writing, turns
        self._outage, self._schedule, self._now = outage, schedule, now

    def write_if_due(self) -> None:
        """Adds what was dropped unread, and writes all."""
        if not self._schedule.is_due(Duty.SURPLUS):
            return
        self._schedule.again_in(Duty.SURPLUS, EVERY)
        self._surplus.note(self._turns.dropped())
        if self._surplus.any:
            with self._writing.begin() as connection:
                self._surplus.write(connection, self._town, self._now(), stalled=self._outage.stalled)
            self._surplus.written()
        self._outage.stalled = False


def _kind(each: Unkept) -> AlertKind:
    if each.what == Sort.POISON:
        return AlertKind.STANDSTILL
    return AlertKind.NOT_KEPT if each.what in set(Sort) else AlertKind.FLOOD


def detail(what: str) -> str:
    """The alert's line: the same for all that it counts (`hub.console.wording` has its translations)."""
    if what not in set(Sort):
        return f"{what}: more than the contract allows"
    room = ROOMS[Sort(what)]
    return f"{what}: there is room for {room.rows} messages, {room.bytes // 2**20} MiB"
