"""The gates: when each was last seen, what it has yet to send, its version, its clock, its devices. Tested in `tests/hub/health/test_checks.py`."""

from collections.abc import Iterator

from hub.errors import Words
from hub.gates.status import Freshness, GateStatus, every_gate, listener_is_silent
from hub.health.finding import Finding, Look, State, our_version
from hub.values.stored import time_of

MUCH = 1000
"""Records that a gate has yet to send from which on it is worth a look."""
SKEW = 30.0
"""Seconds by which a gate's clock may differ from the hub's."""


def gates(look: Look) -> Iterator[Finding]:
    """A line for each gate."""
    away = listener_is_silent(look.connection, look.town.id, look.now)
    for gate in every_gate(look.connection, look.town.id):
        yield _unknown(gate, look) if away else _gate(gate, look)


def _unknown(gate: GateStatus, look: Look) -> Finding:
    """A gate while nobody listens: it may well work."""
    says = Words("not known since %(at)s", at=gate.last_seen) if gate.last_seen else Words("it never connected")
    do = Words("The listener is away: nothing is known of the gates until it is back.")
    measures = _measures(gate, gate.freshness(look.now), look)
    return Finding(State.LOOK, says, do, of=gate.gate, at=gate.last_seen, measures=measures)


def _gate(gate: GateStatus, look: Look) -> Finding:
    freshness = gate.freshness(look.now)
    measures = _measures(gate, freshness, look)
    match freshness:
        case Freshness.NEVER:
            says, do = Words("it never connected"), Words("Enrol it: kakou-hub gate bundle, then kakou-gate enrol.")
            return Finding(State.LOOK, says, do, of=gate.gate, measures=measures)
        case Freshness.OFFLINE:
            says, do = (
                Words("offline since %(at)s", at=gate.last_seen or ""),
                Words("Look at its power and its network."),
            )
            return Finding(State.FAULT, says, do, of=gate.gate, at=gate.last_seen, measures=measures)
        case Freshness.SILENT:
            says = Words("silent since %(at)s", at=gate.last_seen or "")
            do = Words("It is connected and says nothing: look at its network, then at the gate itself.")
            return Finding(State.FAULT, says, do, of=gate.gate, at=gate.last_seen, measures=measures)
    return _live(gate, look, measures)


def _live(gate: GateStatus, look: Look, measures: dict[str, float]) -> Finding:
    health = gate.health
    if health is None:
        says = Words("it is there, and what it says of itself is not known")
        return Finding(
            State.LOOK, says, Words("Install the same version on gate and hub."), of=gate.gate, at=gate.last_seen
        )
    says = Words(
        "version %(version)s, %(backlog)s records to send, clock: %(clock)s", version=health.software, backlog=health.backlog,
        clock=health.clock.value,
    )  # fmt: skip
    state, do = State.OK, None
    for found, wrong in _wrong(gate, look):
        state, do = found, wrong
        if state is State.FAULT:
            break
    return Finding(state, says, do, of=gate.gate, at=gate.health_at, measures=measures)


def _wrong(gate: GateStatus, look: Look) -> Iterator[tuple[State, Words]]:
    health = gate.health
    assert health is not None
    if health.camera is False:
        yield State.FAULT, Words("Its camera failed: look at cable and camera; vehicles are registered by hand.")
    said, received = time_of(health.at), time_of(gate.health_at)
    if said and received and abs((received - said).total_seconds()) > SKEW:
        yield State.FAULT, Words("Its clock differs from the hub's by more than half a minute: set it.")
    elif health.clock != "synced":
        yield State.LOOK, Words("Its clock is not set by the network: look at its time service.")
    if health.under_voltage:
        yield State.LOOK, Words("Its power supply is too weak: change it.")
    if gate.alarms:
        yield State.LOOK, Words("It has alarms: look at the live page.")
    if health.backlog > MUCH:
        yield State.LOOK, Words("It has much to send: look at its network.")
    if health.software != our_version():
        yield State.LOOK, Words("It has another version than the hub: install the same.")


def _measures(gate: GateStatus, freshness: Freshness, look: Look) -> dict[str, float]:
    found: dict[str, float] = {"gate_up": float(freshness is Freshness.LIVE)}
    seen = time_of(gate.last_seen)
    if seen is not None:
        found["gate_last_seen_seconds"] = max(0.0, (look.now - seen).total_seconds())
    if gate.health is not None:
        found["gate_backlog"] = gate.health.backlog
        said, received = time_of(gate.health.at), time_of(gate.health_at)
        if said and received:
            found["gate_clock_ahead_seconds"] = (said - received).total_seconds()
        if gate.health.disk_free is not None:
            found["gate_disk_free_bytes"] = gate.health.disk_free
    return found
