"""What a lane's steps keep: each record's body made from the visit and the scene.

Tested in `tests/edge/lane/test_table.py`.
"""

from edge.contract.facts import (
    Disinfected,
    Kind,
    Outcome,
    Overridden,
    Part,
    ReadBy,
    VerifiedBy,
    VisitClosed,
    VisitOpened,
)
from edge.lane.actions import Keep
from edge.lane.events import OverridePressed
from edge.lane.state import Scene, Visit


def opened(visit: Visit, scene: Scene) -> Keep:
    """A visit begins."""
    made = visit.decision
    body = VisitOpened(
        read_by=made.read_by,
        direction=made.direction,
        verdict=made.verdict,
        reason=made.reason,
        vehicle_class=made.vehicle_class,
        pass_id=made.pass_id,
        officer=scene.officer,
        operation=made.operation,
        disinfection=made.disinfection,
        policy=made.policy,
        passlist=made.passlist,
        first=made.first,
        picture=scene.picture,
    )
    private = {name: value for name, value in made.fields.items() if value}
    if made.plate or made.read_by is ReadBy.HAND:
        private["plate"] = made.plate
    return Keep(Kind.VISIT_OPENED, body, visit.id, private)


def closed(visit: Visit, outcome: Outcome, scene: Scene, why: str | None = None) -> Keep:
    """The record that a visit ends."""
    return Keep(Kind.VISIT_CLOSED, VisitClosed(outcome=outcome, officer=scene.officer, why=why), visit.id)


def spray(
    scene: Scene,
    seconds: float,
    litres: float | None,
    verified_by: VerifiedBy,
    parts: tuple[Part, ...] | None = None,
    *,
    washed_first: bool = False,
) -> Disinfected:
    """What is said of a spray with the solution that is in the tank."""
    solution = scene.solution
    return Disinfected(
        batch=solution.batch if solution else None,
        agent=solution.agent if solution else None,
        concentration=solution.concentration if solution else None,
        parts=scene.parts if parts is None else parts,
        washed_first=washed_first,
        seconds=round(seconds, 1),
        litres=None if litres is None else round(litres, 2),
        verified_by=verified_by,
        officer=scene.officer,
    )


def disinfected(visit: Visit, said: Disinfected) -> Keep:
    """The vehicle was sprayed."""
    return Keep(Kind.DISINFECTED, said, visit.id)


def acted(visit: Visit, said: Disinfected, seconds: float) -> Keep:
    """The solution acted for so many seconds: said of the spray before, whose seconds and litres are not counted twice."""
    more = {"seconds": 0.0, "litres": None if said.litres is None else 0.0, "contact_minutes": round(seconds / 60, 2)}
    return Keep(Kind.DISINFECTED, said.model_copy(update=more), visit.id)


def overridden(visit: Visit, event: OverridePressed) -> Keep:
    """An officer decided otherwise, by PIN."""
    return Keep(Kind.OVERRIDDEN, Overridden(officer=event.officer, reason=event.reason, what=event.what), visit.id)


def vouched(visit: Visit, officer: str, why: str) -> Keep:
    """The officer on shift says that it was disinfected though the sprayer could not have done it."""
    return Keep(Kind.OVERRIDDEN, Overridden(officer=officer, reason=why, what="disinfection"), visit.id)
