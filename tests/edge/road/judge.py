"""The judge: holds what the gate wrote, lit and moved against what physically happened. Each broken promise is a `Violation`.

Each promise has a part of its own: `passage.py` (nobody through on another's word), `ledger.py` (what visits are said to be),
`spraying.py`, `barrier.py` (the arm, the relay, green), `patience.py`. `witness.py` sees what vehicles do, and what no sensor can
tell of them: `doubts.py` names that. What is in doubt is counted (`Judge.limits`) and not held against the lane.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.lane.events import CameBack, EmergencyPressed, Event, Registered, WentThrough
from edge.lane.phase import Phase
from tests.edge.road.barrier import Barrier
from tests.edge.road.ledger import Ledger
from tests.edge.road.passage import Passages
from tests.edge.road.patience import Patience
from tests.edge.road.spraying import Spraying
from tests.edge.road.witness import Witness

if TYPE_CHECKING:
    from tests.edge.road.world import World

KEPT_STORIES = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise. `check`: which; `step`: how many events the gate had answered."""

    check: str
    seed: int
    step: int
    time: float
    text: str

    def __str__(self) -> str:
        return f"[{self.check}] seed {self.seed} step {self.step} t {self.time:.1f}: {self.text}"


class Judge:
    """Watches a world. `violations`: what it found; `limits`: how often what sensors cannot tell would have been one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.violations: list[Violation] = []
        self.limits: Counter[str] = Counter()
        self.stories: dict[int, list[str]] = {}
        self.alarms: list[str] = []
        self.broken_at = -100.0
        """When the journal last took nothing."""
        self.witness = Witness(self)
        self.ledger = Ledger(self)
        self.passages = Passages(self)
        self.spraying = Spraying(self)
        self.barrier = Barrier(self)
        self.patience = Patience(self)

    def find(self, check: str, text: str) -> None:
        """A promise is broken."""
        world = self.world
        self.violations.append(Violation(check, world.seed, world.handled, world.now, text))
        if len(self.stories) < KEPT_STORIES:
            self.stories[len(self.violations) - 1] = world.told()
        world.tell(f"!!! {check}: {text}")

    def limit(self, name: str) -> None:
        """Something that the sensors cannot tell."""
        self.limits[name] += 1
        self.world.tell(f"(beyond the sensors: {name})")

    def find_unless(self, doubt: str | None, check: str, text: str) -> None:
        """A promise is broken, unless there is a doubt."""
        if doubt is None:
            self.find(check, text)
        else:
            self.limit(f"{doubt}: {check}")

    def crashed(self, event: Event | None, error: Exception) -> None:
        """The gate raised."""
        self.find("exception", f"{type(error).__name__}: {error} at {event}")

    def check(self, event: Event | None, *, done: bool = False) -> None:
        """What must hold after each step of the gate. `done`: something came of the event."""
        gate, world = self.world.gate, self.world
        assert gate is not None
        if world.journal.broken:
            self.broken_at = world.now
        if done and world.silly and isinstance(event, (CameBack, WentThrough, Registered, EmergencyPressed)):
            self.witness.misled(world.lanes[event.lane])
        for name, lane in world.lanes.items():
            self.barrier.watch(lane)
            if lane.hands.spraying:
                view = gate.view.lane(name)
                if view is None or view.phase is not Phase.DISINFECTING:
                    self.find("sprayer", f"the sprayer is on in phase {view.phase if view else '-'}")
        if isinstance(event, EmergencyPressed) and not world.journal.broken and gate.view.fault is None:
            world.counts["emergencies"] += 1
            if not world.lanes[event.lane].hands.raised:
                self.find("emergency", "the emergency button did not raise the arm")

    def ended(self) -> None:
        """The gate ended: what was open is left to an officer; who was at the lane is not followed any more."""
        self.ledger.ended()
        for lane in self.world.lanes.values():
            for vehicle in lane.traffic:
                if vehicle.at_near is not None:
                    vehicle.disturbed = True

    def finish(self) -> None:
        """At the end of a run: every visit that is open is at a lane, or shown as left open."""
        self.ledger.finish()
