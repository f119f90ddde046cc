"""The gate's view is made here, anew after each event: from its lanes, its state and the hub's orders.

Tested through the loop, in `tests/edge/gate/test_loop.py`.
"""

from collections.abc import Iterable
from dataclasses import replace

from edge.contract.commands import Command
from edge.contract.policy import Policy
from edge.gate.gate_state import GateState
from edge.gate.lane import Lane
from edge.gate.view import GateView, LaneView
from edge.lane.events import Timer
from edge.lane.phase import Arm
from edge.lane.vehicle import Place

STUCK = "the barrier did not move as it was told to"


Orders = tuple[tuple[Command, ...], tuple[Command, ...]]
"""The orders that wait for the officer on shift, and those that this officer has confirmed while they wait for others."""


def gate_view(lanes: Iterable[Lane], state: GateState, policy: Policy | None, orders: Orders) -> GateView:
    """Returns the view of the whole gate."""
    waiting, confirmed = orders
    return GateView(
        lanes=tuple(lane_view(lane, policy) for lane in lanes),
        officer=state.shift.officer,
        tanks=state.solutions.tanks,
        unfinished=tuple(state.open_visits.unfinished.values()),
        plateless=tuple(state.open_visits.plateless.values()),
        alarms=dict(state.recorder.alarms),
        fault=state.recorder.fault or state.recorder.closed_for,
        orders=waiting,
        confirmed=confirmed,
    )


def lane_view(lane: Lane, policy: Policy | None) -> LaneView:
    """Returns the view of one lane."""
    state, performer = lane.state, lane.performer
    vehicle, unclear = state.vehicle, state.unclear
    # who is past its first loop leaves, and is neither behind nor opposite
    others = [
        each.side is vehicle.side
        for each in state.track.vehicles
        if vehicle is not None and each.number != vehicle.number and each.place is Place.NEAR
    ]
    view = LaneView(
        lane.name,
        state.phase,
        lane.runner.since,
        tuple(sorted(state.occupied)),
        lane.direction,
        sprayed=performer.hands.sprayed,
        litres=performer.hands.litres,
        contact_until=performer.timers.get(Timer.CONTACT),
        low=lane.low,
        fault=STUCK if state.guard.arm is Arm.STUCK else None,
        arm=state.guard.arm,
        left_open=state.left_open,
        standing=state.stands,
        spraying=state.spraying,
        spray_since=performer.spray_since if state.spraying else None,
        unclear=unclear.id if unclear else None,
        unclear_plate=unclear.decision.plate if unclear else "",
        behind=True in others,
        opposite=False in others,
    )
    if state.visit is None:
        return view
    made = state.visit.decision
    return replace(
        view,
        direction=made.direction,
        visit=state.visit.id,
        verdict=made.verdict,
        reason=made.reason,
        plate=made.plate,
        vehicle_class=made.vehicle_class,
        read_by=made.read_by,
        owed=made.owed and not state.visit.disinfected,
        unconfirmed=state.unconfirmed,
        first=made.first,
        before=made.before,
        watched=made.watched,
        spray_seconds=policy.spray_of(made.vehicle_class) if policy and made.owed else None,
    )
