"""Vehicles: their shapes, where they are, and what truly became of each: the judge's evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import TYPE_CHECKING

from edge.contract.reasons import Direction
from edge.lane.events import Loop
from tests.edge.road.layout import Body, Cell, Course, Layout, Segment, course

if TYPE_CHECKING:
    from tests.edge.road.drivers import Driver
    from tests.edge.road.truth import VisitTruth

CAR, VAN, TRUCK, BIKE = 0.5, 0.7, 0.9, 0.4
"""How far up the arm must be for each."""


def car(length: float = 4.5) -> Body:
    """A car, or a van if it is longer than 5 m."""
    return Body("car", (Segment(0.0, length, CAR if length <= 5 else VAN),))


def motorcycle() -> Body:
    """A motorcycle: 2 m."""
    return Body("motorcycle", (Segment(0.0, 2.0, BIKE),))


def truck(length: float = 9.0) -> Body:
    """A truck in one piece."""
    return Body("truck", (Segment(0.0, length, TRUCK),))


def trailer(front: float = 6.0, gap: float = 1.5, back: float = 5.0, *, metal: bool = True, solid: bool = True) -> Body:
    """A truck, a drawbar that loops or light barriers may not notice, and its trailer."""
    bar = Segment(front, front + gap, 0.0, metal, solid)
    return Body("trailer", (Segment(0.0, front, TRUCK), bar, Segment(front + gap, front + gap + back, TRUCK)))


def any_body(random: Random, shortest: float) -> Body:
    """Some vehicle, none shorter than `shortest`, nor a part of it shorter than that."""
    kind = random.random()
    if kind < 0.12 and shortest <= 2.0:
        return motorcycle()
    if kind < 0.62:
        return car(max(shortest, round(random.uniform(3.5, 5.5), 1)))
    if kind < 0.8:
        return truck(round(random.uniform(6, 18), 1))
    metal, solid = random.random() < 0.8, random.random() < 0.8
    front, back = round(random.uniform(4.5, 9), 1), round(random.uniform(3.2, 7.5), 1)
    return trailer(front, round(random.uniform(1.5, 2.0), 1), back, metal=metal, solid=solid)


@dataclass(slots=True, eq=False)
class Vehicle:
    """A vehicle on the road. `nose`: metres in its direction, the arm's line is 0; `goal`: to where; `speed`: how fast it drives.

    `v`: how fast it goes at this moment, negative in reverse; `space`: metres that its driver leaves to the one ahead.
    """

    name: str
    body: Body
    way: Direction
    layout: Layout
    nose: float
    plate: str
    pass_text: str | None = None
    pass_id: str | None = None
    valid: bool = True
    speed: float = 2.0
    space: float = 1.0
    goal: float = -inf
    v: float = 0.0
    shows: bool = False
    """Its pass has been held where the camera can see it."""
    cell: int = 0
    driver: Driver | None = None
    born: float = 0.0

    # what truly became of it
    at_near: float | None = None
    """When it came onto the near loop, of late."""
    under_since: float | None = None
    """Since when it is over the arm's line."""
    crossed: float | None = None
    """When its nose came to the arm's line, of late."""
    red_at: bool = False
    """At that moment: the lamp was not green."""
    let_at: bool = False
    """At that moment: a visit that is its own was open."""
    through: float | None = None
    """When its tail was past the arm's line."""
    blurred: bool = False
    """No sensor could tell its nose from the tail of the one before."""
    opposed: bool = False
    """Another vehicle came onto its far loop from the other side while it was at the lane."""
    face_to_face: bool = False
    """The same, and one of the two was under the arm (on its sensor)."""
    returned: bool = False
    """Its tail was past the arm, and it came back."""
    swapped: bool = False
    """It left its near loop backwards while another one was on it, or was that other one: the loop was never free."""
    muddled: bool = False
    """One that may count as two was at the lane with it, or it is such a one."""
    pushed: bool = False
    """Another vehicle stood on its near loop before it had passed."""
    disturbed: bool = False
    """The gate was off, or a key was used, while it was between the loops."""
    hidden: bool = False
    """It went over the far loop together with the one before, and off the near one together with the next."""
    strayed: bool = False
    """It was on no sensor for longer than is waited for one, or while the arm lay."""
    restarted: bool = False
    """In a lane of two ways: it came before the lane was empty after the gate had started over a vehicle."""
    veiled: bool = False
    """In a lane of two ways: it came onto the near loop before one was off that, which drove through an arm that lay."""
    lay: bool = False
    """The arm lay when its nose came to it."""
    beside: bool = False
    """It stood behind one that came back under the arm after its tail was past it."""
    lied: bool = False
    """An officer pressed what was not true of it, or while it was at the lane."""
    by_key: bool = False
    """The arm was up by key when its nose came to it."""
    touched: bool = False
    shared: bool = False
    """Another one came onto the safety sensor before that was reported free of this one."""
    off: dict[Loop, float] = field(default_factory=dict)
    """When it left each sensor, of late."""
    came: dict[Loop, float] = field(default_factory=dict)
    """When its nose came onto each sensor."""
    joined: dict[Loop, bool] = field(default_factory=dict)
    """At that moment: the sensor had not been free since another one was on it."""
    alarm: str | None = None
    """The alarm that was recorded for its passage."""
    visits: list[VisitTruth] = field(default_factory=list)
    gone: bool = False
    track: Course = field(init=False)
    length: float = field(init=False)
    clear: float = field(init=False)

    def __post_init__(self) -> None:
        self.track = course(self.body, self.layout, self.way)
        self.cell = self.track.cell_at(self.nose)
        self.length = self.body.length
        self.clear = self.body.clear

    @property
    def tail(self) -> float:
        """Where its tail is."""
        return self.nose - self.length

    @property
    def may_turn_aside(self) -> bool:
        """Returns True if it is far enough before the arm for its driver to leave the lane to one side."""
        return self.nose < -0.3 and not self.covers.safety

    @property
    def covers(self) -> Cell:
        """What it covers at this moment."""
        return self.track.cells[self.cell]

    @property
    def in_two(self) -> bool:
        """Returns True if a sensor does not notice its drawbar: it may count as two vehicles."""
        beam = self.layout.beam and self.layout.safety is not None
        return any(not each.metal or (beam and not each.solid) for each in self.body.segments)

    @property
    def at_lane(self) -> bool:
        """Returns True if it is at the lane and not through: between the begin of its near loop and the arm's far side."""
        return self.at_near is not None and self.through is None and not self.gone
