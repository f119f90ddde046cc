"""What vehicles do at an open arm, or a closed one: each manoeuvre is a few moves over the road's sensors.

How a manoeuvre goes on is the driver's: who rolled back waits for green again, who follows another one closely waits or does not.
"""

from collections.abc import Callable
from typing import Final, Literal

from edge.simulation.road import AWAY, BEYOND, LINE, UNDER, Placed, Road

Manoeuvre = Literal["through", "back_off", "roll_back", "under_and_back", "under_and_away", "tailgate", "force"]
"""`through`: drives through when it may. `back_off`: goes back though it may drive. `roll_back`: under the arm and back to the
line, then through. `under_and_back`: the same, then away. `under_and_away`: from under the arm it goes back at one go.
`tailgate`: close behind another one, and through with that. `force`: through the closed arm."""
UNJUDGED: Final[frozenset[Manoeuvre]] = frozenset({"tailgate", "force"})
"""Nobody judges who does this: it has no visit."""

BACKWARDS, SLOWLY = 0.6, 0.4
"""Parts of the usual speed."""
BETWEEN_GEARS = 0.3
"""Seconds that a driver takes from forwards to backwards."""
OBEDIENT, TAILGATING = 1.5, 3.0
"""Metres at which a vehicle follows: one that stops at the line, and one that goes through with the vehicle before it."""


def pace(vehicle: Placed) -> float:
    """The part of the usual speed at which a vehicle drives through."""
    return SLOWLY if vehicle.body == "motorcycle" else 1.0


def drawn_up(vehicle: Placed) -> float:
    """Where the nose of a vehicle is when the one close behind it has come to the line."""
    return LINE + OBEDIENT + vehicle.length


def through(road: Road, vehicle: Placed) -> None:
    """Drives on until its tail is off the far loop."""
    road.move(vehicle, BEYOND + vehicle.length, pace(vehicle))
    road.leave(vehicle)


def under(road: Road, vehicle: Placed, pause: Callable[[float], None]) -> None:
    """Drives under the arm until its nose is on the far loop, and stands there for a moment."""
    road.move(vehicle, UNDER)
    pause(BETWEEN_GEARS)


def back_to_line(road: Road, vehicle: Placed) -> None:
    """Rolls back from under the arm to the line."""
    road.move(vehicle, LINE, BACKWARDS)


def back_off(road: Road, vehicle: Placed) -> None:
    """Goes back to where it came from."""
    road.move(vehicle, AWAY, BACKWARDS)
    road.leave(vehicle)
