"""The later rounds of the demo: who came in drives out again and comes in again, so that no vehicle is inside twice.

A gate's vehicles come once as they were thought up. In the second round, the fourth … those that passed come the other way, alone and driving through;
in the third, the fifth … they come as in the first, but whoever drives out has come in meanwhile. Nobody whom a gate stopped because of the watch list
comes again, and the second showing of a pass is turned back. Tested in `tests/scripts/test_rounds.py`.
"""

from edge.contract.facts import Disinfection, Outcome, ReadBy
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.simulation.scenario import Expect, Vehicle, When
from scripts.town.comers import ONLY_WHILE_FRESH
from scripts.town.scene import Scene

OTHER_WAY = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}


def returning(scene: Scene, vehicles: tuple[Vehicle, ...]) -> tuple[Vehicle, ...]:
    """The round after one in which these vehicles came."""
    return tuple(each for vehicle in vehicles if (each := _back(scene, vehicle)) is not None)


def again(scene: Scene, vehicles: tuple[Vehicle, ...]) -> tuple[Vehicle, ...]:
    """The round after those came back."""
    return tuple(each for vehicle in vehicles if (each := _as_before(scene, vehicle)) is not None)


def _back(scene: Scene, vehicle: Vehicle) -> Vehicle | None:
    expect = vehicle.expect
    if vehicle.once or expect is None or expect.reason in (Reason.WATCH_LIST, Reason.DUPLICATE_READ):
        return None
    if expect.outcome is not Outcome.PASSED:
        # what is true of it only behind another one is not true of it alone
        return None if vehicle.follows else vehicle
    alone = vehicle.model_copy(
        update={"follows": False, "close": False, "manoeuvre": "through", "alarm": None, "gap": max(vehicle.gap, 0.6)}
    )
    return _judged(scene, alone, expect, OTHER_WAY[vehicle.direction])


def _as_before(scene: Scene, vehicle: Vehicle) -> Vehicle | None:
    expect = vehicle.expect
    if vehicle.once or expect is None:
        return None if vehicle.once else vehicle
    match expect.reason:
        case Reason.WATCH_LIST:
            return None
        case Reason.DUPLICATE_READ:
            refused = expect.model_copy(update={"outcome": Outcome.TURNED_BACK})
            return vehicle.model_copy(update={"officer": "turn_back", "expect": refused})
        case Reason.NOT_INSIDE:
            return _judged(scene, vehicle, expect, vehicle.direction)
    return vehicle


def _judged(scene: Scene, vehicle: Vehicle, expect: Expect, direction: Direction) -> Vehicle:
    """A vehicle that passes in a direction, and is known to be on the side from which it comes."""
    reason = expect.reason if expect.read_by is not ReadBy.QR else _reason(scene, vehicle.vehicle_class, direction)
    when: When = "fresh" if reason in ONLY_WHILE_FRESH else "any"
    verdict = verdict_of(reason, direction, soft=scene.soft(vehicle.vehicle_class))
    return vehicle.model_copy(
        update={
            "direction": direction,
            "when": when,
            "officer": "none" if expect.read_by is ReadBy.QR else vehicle.officer,
            "expect": expect.model_copy(update={"reason": reason, "verdict": verdict}),
        }
    )


def _reason(scene: Scene, class_id: str, direction: Direction) -> Reason:
    if direction is Direction.IN:
        return scene.judged(class_id, direction)
    class_ = scene.class_(class_id)
    if class_.priority:
        return Reason.PRIORITY
    return Reason.DISINFECTION_DUE if class_.disinfection is Disinfection.REQUIRED else Reason.EXIT_OK
