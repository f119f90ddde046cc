"""The promise of the sprayer: what is said to be disinfected by the sensor stood on its loop for the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.journal.outbox import NewRecord
from edge.lane.events import SprayAgainPressed, SprayDone
from tests.edge.road.doubts import DRAWBAR, FACED, SWAPPED, UNTRUE
from tests.edge.road.layout import loops_of

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

NEVER_FREE = "another stood on the loop when it left during the spray"
"""The loop was never free, so that nothing says that somebody left it."""


class Run:
    """A run of the sprayer: who stood on a loop from its begin to its end. `ordered`: by an officer who saw the vehicle."""

    def __init__(self, number: int, at: float, stood: set[Vehicle], *, ordered: bool) -> None:
        self.number = number
        self.at = at
        self.stood = stood
        self.began = set(stood)
        self.ordered = ordered


class Spraying:
    """Watches the sprayers: the last run of each lane."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self.runs: dict[str, Run] = {}

    def began(self, lane: RoadLane, run: int) -> None:
        """The sprayer runs: who is on a loop now?"""
        ordered = isinstance(self.world.cause, SprayAgainPressed)
        stood = {vehicle for vehicle in lane.traffic if vehicle.covers.near}
        self.runs[lane.name] = Run(run, self.world.now, stood, ordered=ordered)

    def moved_off(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle left its loop."""
        run = self.runs.get(lane.name)
        if run is not None:
            run.stood.discard(vehicle)

    def kept(self, entry: NewRecord) -> None:
        """A disinfection by the sensor is recorded."""
        visit = self.judge.ledger.visits.get(entry.visit or "")
        if visit is None:
            return
        self.world.counts["disinfected by sensor"] += 1
        lane, owner, cause = self.world.lanes[visit.lane], visit.owner, self.world.cause
        run = self.runs.get(lane.name)
        if isinstance(cause, SprayDone) and run is not None and cause.run and cause.run != run.number:
            self.judge.find("disinfected", f"by the end of run {cause.run} while run {run.number} was the last")
        elif run is None or (not run.ordered and (owner is None or owner not in run.stood)):
            name = owner.name if owner else "nobody"
            reason = UNTRUE if visit.untrue else None if owner is None else self._doubt(lane, owner, run)
            text = f"{name} is disinfected by the sensor and did not stand there for the whole run"
            self.judge.find_unless(reason, "disinfected", text)

    def _doubt(self, lane: RoadLane, owner: Vehicle, run: Run | None) -> str | None:
        freed = self.judge.witness.freed.get((lane.name, loops_of(owner.way)[0]), 0.0)
        reasons = (
            (UNTRUE, owner.lied),
            (FACED, owner.opposed and not lane.hands.guarded),
            (SWAPPED, owner.swapped),
            (DRAWBAR, owner.muddled),
            (NEVER_FREE, run is not None and owner in run.began and freed < run.at),
        )
        return next((name for name, holds in reasons if holds), None)
