"""A vehicle near the arm: how far it has come, and what it did. Frozen values. Tested in `tests/edge/lane/test_track.py`."""

from dataclasses import dataclass
from enum import StrEnum

from edge.lane.events import Loop


class Place(StrEnum):
    """How far a vehicle has come, as the sensors say."""

    NEAR = "near"
    """On the loop to which it came first."""
    BETWEEN = "between"
    """On no sensor between two: it may be under the arm. One that is `mixed` may be on the far loop, and ends unclear."""
    UNDER = "under"
    """Under the arm."""
    BEYOND = "beyond"
    """Its tail is past the near loop; with a third sensor: past the arm."""
    LEFT = "left"
    """Off the far loop a moment ago."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle near the arm. `side`: the loop to which it came first. `standing`: it has been there for a while.

    `reached`: it has been on the far loop. `was_under`: it has been under the arm. `short`: it was on no sensor between two.
    `doubt`: another one came to its first loop since, or it came back there. `mixed`: what it did may be another's. `forced`: the
    arm should have lain when it came under it.
    """

    number: int
    side: Loop
    place: Place = Place.NEAR
    standing: bool = False
    reached: bool = False
    was_under: bool = False
    short: bool = False
    doubt: bool = False
    mixed: bool = False
    forced: bool = False

    @property
    def lingers(self) -> bool:
        """Returns True if it may be between two sensors, on none."""
        return self.place is Place.BETWEEN or (self.place is Place.LEFT and self.short)

    @property
    def lost(self) -> bool:
        """Returns True if it left its loop while another was on the far one, and nobody knows where to: it counts as driving."""
        return self.place is Place.BETWEEN and self.was_under

    @property
    def far(self) -> Loop:
        """The loop on the other side of the arm."""
        return Loop.INNER if self.side is Loop.OUTER else Loop.OUTER


class Moved(StrEnum):
    """What a vehicle did."""

    ARRIVED = "arrived"
    """It came to a lane where nobody was."""
    BEHIND = "behind"
    """It came behind one that is leaving; two loops: or that one came back."""
    OPPOSITE = "opposite"
    """It came to the other side while one is here."""
    STOOD = "stood"
    """It stands on its loop."""
    MOVED_OFF = "moved_off"
    """It left its first loop, and was not under the arm."""
    UNDER = "under"
    """It is under the arm."""
    THROUGH = "through"
    """It went through, and is gone."""
    BACKED_OFF = "backed_off"
    """It went back to where it came from, and is gone."""
    CAME_BACK = "came_back"
    """It was under the arm, and is on its first loop again."""
    UNCLEAR = "unclear"
    """Nobody can tell whether it went through or came back."""


@dataclass(frozen=True, slots=True)
class VehicleMoved:
    """A vehicle did something. `maybe`, of an unclear one: the number of the vehicle on the near loop that may be the same; of one
    that came back: the number under which it was known on its first loop."""

    what: Moved
    vehicle: Vehicle
    maybe: int | None = None
