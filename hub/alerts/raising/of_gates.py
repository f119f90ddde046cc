"""What is so at a gate at this moment and needs a person: rules over what it last said of itself. Pure.

Tested in `tests/hub/alerts/test_raising.py`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from edge.contract.facts import ClockTrust
from hub.alerts import rules
from hub.alerts.kinds import AlertKind
from hub.alerts.raising.lasting import ZERO, Lasting
from hub.alerts.rules import RULES, Ends, Source
from hub.alerts.store import About, State
from hub.gates.status import Freshness, GateStatus
from hub.values.stored import time_of

Key = tuple[str, str | None, str]

SILENT_FOR = timedelta(seconds=45)
"""Beyond the half minute after which a gate counts as silent at all, and after a start of the hub, which heard nobody before."""
UNMANNED_FOR = timedelta(minutes=10)
BACKLOG_FOR = timedelta(minutes=10)
CLOCK_FOR = timedelta(minutes=1)
SKEW = timedelta(seconds=30)
"""Between a gate's clock and the hub's, when a health came."""
RECORD_FIRST = timedelta(seconds=10)
"""For which an alarm in a gate's health waits for the gate's record of it."""
HEALTH_LAST = timedelta(minutes=1)
"""For which an alarm must be missing in a gate's health to count as over without the gate's record of it."""

OF_GATES = (
    AlertKind.SILENT,
    AlertKind.UNMANNED,
    AlertKind.CLOCK,
    AlertKind.POWER,
    AlertKind.BACKLOG,
)
OF_ALARMS = tuple(
    kind for kind, rule in RULES.items() if rule.source is Source.ALARM and rule.ends is Ends.CLEARED
)  # fmt: skip
"""Kinds that a gate's health shows, too, as long as they last."""


def of_gates(gates: Sequence[GateStatus], lasting: Lasting, now: datetime) -> Iterator[State]:
    """The states of every gate."""
    for gate in gates:
        freshness = gate.freshness(now)
        if freshness in (Freshness.SILENT, Freshness.OFFLINE):
            if lasting.has((AlertKind.SILENT, gate.gate), now, SILENT_FOR):
                yield State(AlertKind.SILENT, gate.gate, about=About(happened_at=gate.last_seen))
        elif freshness is Freshness.LIVE and gate.health is not None:
            yield from (found for rule in _OF_LIVE for found in rule(gate, lasting, now))


def of_alarms(
    gates: Sequence[GateStatus], standing: Collection[Key], lasting: Lasting, now: datetime
) -> Iterator[State]:
    """The alarms that last by what gates say of themselves; of a gate that says nothing they stay as they stand."""
    live = {gate.gate: gate for gate in gates if gate.freshness(now) is Freshness.LIVE and gate.health is not None}
    for what, name, subject in standing:
        here = None if name is None else live.get(name)
        if here is None or subject in _codes(here) or not lasting.has(("over", name, subject), now, HEALTH_LAST):
            yield State(AlertKind(what), name, about=About(subject=subject))
    for name, gate in live.items():
        for code in _codes(gate):
            kind = rules.of_alarm(code)
            new = kind in OF_ALARMS and (kind.value, name, code) not in standing
            if new and lasting.has(("alarm", name, code), now, RECORD_FIRST):
                yield State(kind, name, about=About(subject=code))


def _codes(gate: GateStatus) -> tuple[str, ...]:
    return () if gate.health is None else gate.health.alarms


def _unmanned(gate: GateStatus, lasting: Lasting, now: datetime) -> Iterator[State]:
    assert gate.health is not None
    if gate.health.officer is None and lasting.has((AlertKind.UNMANNED, gate.gate), now, UNMANNED_FOR):
        yield State(AlertKind.UNMANNED, gate.gate)


def _clock(gate: GateStatus, lasting: Lasting, now: datetime) -> Iterator[State]:
    assert gate.health is not None
    if gate.health.clock == ClockTrust.UNSYNCED:
        if lasting.has((AlertKind.CLOCK, gate.gate), now, CLOCK_FOR):
            yield State(AlertKind.CLOCK, gate.gate, "clock: not synced", About(subject="trust"))
        return
    said, came = time_of(gate.health.at), time_of(gate.health_at)
    if said is None or came is None or abs(said - came) <= SKEW:
        return
    if lasting.has((AlertKind.CLOCK, gate.gate, "skew"), now, CLOCK_FOR):
        seconds = round((said - came).total_seconds())
        yield State(AlertKind.CLOCK, gate.gate, f"clock: {seconds} s from the hub's", About(subject="skew"))


def _power(gate: GateStatus, lasting: Lasting, now: datetime) -> Iterator[State]:
    assert gate.health is not None
    if gate.health.under_voltage and lasting.has((AlertKind.POWER, gate.gate), now, ZERO):
        yield State(AlertKind.POWER, gate.gate)


def _backlog(gate: GateStatus, lasting: Lasting, now: datetime) -> Iterator[State]:
    assert gate.health is not None
    if gate.health.backlog and lasting.has((AlertKind.BACKLOG, gate.gate), now, BACKLOG_FOR):
        yield State(AlertKind.BACKLOG, gate.gate, f"backlog: {gate.health.backlog} records")


_OF_LIVE: tuple[Callable[[GateStatus, Lasting, datetime], Iterator[State]], ...] = (_unmanned, _clock, _power, _backlog)
