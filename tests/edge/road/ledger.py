"""The promise of the ledger: every visit is opened and closed once, is its vehicle's, and is not said to have passed if it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.contract.facts import (
    AlarmRaised,
    Disinfected,
    Disinfection,
    Outcome,
    VerifiedBy,
    VisitClosed,
    VisitOpened,
)
from edge.journal.outbox import NewRecord
from edge.lane.events import CameBack, DetainPressed, TurnBackPressed, VisitFinished, WentThrough
from edge.lane.phase import Arm, Phase
from tests.edge.road.doubts import UNTRUE, doubt
from tests.edge.road.owners import Owners
from tests.edge.road.passage import ALARMS, BEFORE
from tests.edge.road.truth import VisitTruth

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

OFFICERS = (VisitFinished, WentThrough, CameBack, DetainPressed, TurnBackPressed)
"""Words by which an officer says himself what became of a vehicle."""


class Ledger:
    """Reads what the gate writes. `visits`: all; `open`: those that are not closed."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self.visits: dict[str, VisitTruth] = {}
        self.open: dict[str, VisitTruth] = {}
        self.owners = Owners(judge, self.open)

    def is_open(self, lane: RoadLane) -> bool:
        """Returns True if a visit is open at this lane."""
        return any(visit.lane == lane.name and not visit.orphan for visit in self.open.values())

    def is_untrue(self, lane: RoadLane) -> bool:
        """Returns True if an officer who pressed anything began a visit that is open at this lane."""
        return any(visit.lane == lane.name and visit.untrue and not visit.orphan for visit in self.open.values())

    def kept(self, entry: NewRecord) -> None:
        """A record is in the journal."""
        match entry.body:
            case VisitOpened() as opened:
                self._opened(entry, opened)
            case VisitClosed(supplement=False, outcome=outcome):
                self._closed(entry, outcome)
            case Disinfected(verified_by=VerifiedBy.SENSOR, seconds=seconds) if seconds > 0:
                self.judge.spraying.kept(entry)
            case AlarmRaised(alarm=alarm):
                self.world.tell(f"alarm: {alarm}")
                self.world.counts[f"alarm {alarm}"] += 1
                self.judge.alarms.append(alarm)
                if alarm in ALARMS and entry.lane is not None:
                    self.judge.passages.told(entry.lane, alarm)
            case _:
                pass

    # -- whose a visit is ----------------------------------------------------------------------------------------------

    def _opened(self, entry: NewRecord, opened: VisitOpened) -> None:
        assert entry.visit is not None
        lane = self.world.lanes[entry.lane or "1"]
        if entry.visit in self.visits:
            self.judge.find("records", f"visit {entry.visit[-4:]} is opened twice")
        owner = self.owners.find(lane, opened, dict(entry.private or {}))
        owes = opened.disinfection is Disinfection.REQUIRED
        visit = VisitTruth(entry.visit, lane.name, opened.read_by, opened.verdict, self.world.now, owner, owes)
        # the pass of one that an officer took for another is read as it goes: it counts for who is behind it
        drives_off = owner is not None and owner.lied and not owner.covers.near
        visit.untrue = self.world.silly or drives_off
        self.visits[visit.id] = self.open[visit.id] = visit
        self.world.counts["visits"] += 1
        self.owners.give(lane, visit, owner)
        name = owner.name if owner else "nobody"
        self.world.tell(f"{lane.name}: visit {visit.id[-4:]} of {name}: {opened.verdict} ({opened.reason})")

    # -- how it is said to end -----------------------------------------------------------------------------------------

    def _closed(self, entry: NewRecord, outcome: Outcome) -> None:
        assert entry.visit is not None
        visit = self.visits.get(entry.visit)
        if visit is None:
            return
        visit.closings += 1
        if visit.closings > 1:
            self.judge.find("records", f"visit {visit.id[-4:]} is closed twice")
            return
        self.open.pop(visit.id, None)
        visit.outcome, visit.closed = outcome, self.world.now
        owner = visit.owner
        self.world.counts[f"closed {outcome}"] += 1
        self.world.tell(f"visit {visit.id[-4:]} of {owner.name if owner else 'nobody'} closed: {outcome}")
        if visit.orphan or isinstance(self.world.cause, OFFICERS) or (owner is not None and owner.disturbed):
            return
        if outcome is Outcome.PASSED:
            self._said_passed(visit)
        elif outcome in {Outcome.ABANDONED, Outcome.TURNED_BACK} and owner is not None:
            self._said_not_passed(visit, owner)

    def _said_passed(self, visit: VisitTruth) -> None:
        owner = visit.owner
        if owner is None:
            reason = UNTRUE if visit.untrue else None
            self.judge.find_unless(reason, "passed", f"visit {visit.id[-4:]} of nobody is said to have passed")
        elif owner.through is None:
            text = f"{owner.name} is said to have passed and did not (nose at {owner.nose:.1f})"
            self.judge.find_unless(self._doubt(visit, owner), "passed", text)

    def _said_not_passed(self, visit: VisitTruth, owner: Vehicle) -> None:
        lane = self.world.lanes[visit.lane]
        passed = any(each.outcome in {Outcome.PASSED, Outcome.UNCLEAR} for each in owner.visits)
        if passed or owner.through is None or owner.through <= visit.opened or owner.visits[-1] is not visit:
            return
        crossed = owner.crossed or 0.0
        if owner.alarm is not None or self.judge.passages.take_alarm(
            lane, owner, crossed, crossed - BEFORE, self.world.now + 1
        ):
            return
        text = f"{owner.name} went through and is said to be {visit.outcome}"
        self.judge.find_unless(self._doubt(visit, owner), "not_passed", text)

    def _doubt(self, visit: VisitTruth, owner: Vehicle) -> str | None:
        return UNTRUE if self.world.silly else doubt(self.world.lanes[visit.lane], owner, outcome=True)

    # -- the end -------------------------------------------------------------------------------------------------------

    def ended(self) -> None:
        """The gate ended: what is open is left to an officer."""
        for visit in self.open.values():
            visit.orphan = True
        self.owners.forget()

    def finish(self) -> None:
        """Every visit that is open is shown, or its lane is not at rest: somebody leaves it."""
        gate = self.world.gate
        if gate is None or self.world.journal.broken:
            return
        shown = {each.visit for each in gate.view.unfinished}
        moving = set()
        for view in gate.view.lanes:
            shown |= {view.visit or "", view.unclear or ""}
            if view.arm is not Arm.LYING or view.occupied or view.phase is not Phase.WAITING:
                moving.add(view.name)
        for visit in self.open.values():
            if visit.id not in shown and visit.lane not in moving:
                self.judge.find("records", f"visit {visit.id[-4:]} is open and shown nowhere")
