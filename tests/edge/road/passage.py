"""The promise of the word: nobody follows by another's green, and who goes through without a word of its own is an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.contract.alarms import FORCED, TAILGATING, UNCLEAR, UNREGISTERED
from edge.contract.facts import Outcome
from edge.contract.reasons import Colour
from edge.lane.events import Loop
from tests.edge.road.company import between
from tests.edge.road.doubts import BUSY, DRAWBAR, ONE_LONG, UNTRUE, doubt
from tests.edge.road.layout import loops_of

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.truth import VisitTruth
    from tests.edge.road.vehicles import Vehicle

ALARMS = {FORCED, TAILGATING, UNREGISTERED, UNCLEAR}
SOON = 6.0
"""Seconds within which an alarm of a passage must be recorded, at least."""
MOMENT = 0.5
"""Seconds that reports, the arm's drive and a turn of the gate may take together."""
BEFORE = 1.5
"""Seconds before its nose is at the arm at which a passage may be recorded: the far loop may be nearer than the arm."""
STARTS = 0.8
"""Metres before the arm at which a driver looks at the lamp a last time."""
KEPT = 200.0


class Passages:
    """Watches the arm's line."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self._alarms: dict[str, list[tuple[float, str]]] = {}
        self._crossings: dict[str, list[tuple[float, Vehicle]]] = {}

    def told(self, lane: str, alarm: str) -> None:
        """An alarm of a passage is recorded."""
        self._alarms.setdefault(lane, []).append((self.world.now, alarm))

    def forget(self) -> None:
        """No alarm counts any more."""
        self._alarms.clear()

    # -- at the arm ----------------------------------------------------------------------------------------------------

    def at_arm(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Its nose is at the arm's line."""
        time, green = self.world.now, lane.hands.lamp is Colour.GREEN
        vehicle.crossed = time
        noticed = vehicle.came.get(Loop.SAFETY, time)  # by then it makes the lamp red itself
        # who had green and moves is not on red
        moving = MOMENT + min(3.0, STARTS / vehicle.speed)
        vehicle.red_at = not green and noticed - self.judge.barrier.red_since.get(lane.name, 0.0) > moving
        known = self._crossings.setdefault(lane.name, [])
        self._crossings[lane.name] = [each for each in known if time - each[0] < KEPT] + [(noticed, vehicle)]
        own = [
            visit for visit in vehicle.visits if visit.lane == lane.name and visit.closed is None and not visit.orphan
        ]
        vehicle.let_at = bool(own)
        vehicle.lied |= self.judge.ledger.is_untrue(lane)  # it is the one who drives by that word
        vehicle.lay = lane.arm.position < 0.05
        vehicle.by_key = lane.arm.key is True
        ahead = lane.traffic.ahead_of(vehicle)
        if self.world.gate is None or ahead is None or ahead.through is None or time - ahead.through > 20:
            return
        if green and not own and not vehicle.disturbed:
            reason = doubt(lane, vehicle) or (UNTRUE if ahead.lied else DRAWBAR if ahead.muddled else None)
            if reason is None and self._blurred(lane, vehicle, by=MOMENT):
                reason = ONE_LONG
            text = f"{vehicle.name} follows {ahead.name} under the arm by a green that is not its own"
            self.judge.find_unless(reason, "green", text)

    def _blurred(self, lane: RoadLane, vehicle: Vehicle, by: float = 0.0) -> bool:
        """Returns True if no sensor was free between the one before and this one (and knew it `by` seconds ago)."""
        near, far = loops_of(vehicle.way)
        loops = (Loop.SAFETY,) if lane.hands.guarded else (near, far)
        if by:
            loops = (near, *loops)
        until = self.world.now - by
        return not any(not vehicle.joined.get(loop, True) and vehicle.came[loop] <= until for loop in loops)

    # -- through -------------------------------------------------------------------------------------------------------

    def is_through(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Its tail is past the arm's line."""
        if vehicle.through is not None:
            return
        vehicle.through = self.world.now
        vehicle.blurred = self._blurred(lane, vehicle)
        self.world.counts["through"] += 1
        self.world.tell(f"{lane.name}: {vehicle.name} is through")
        self.world.after(SOON + between(lane), lambda: self._judge_passage(lane, vehicle))

    def _judge_passage(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Some seconds after a vehicle went through: it had its own word, or there is an alarm."""
        begun, ended, counts = vehicle.crossed, vehicle.through, self.world.counts
        if vehicle.disturbed or begun is None or ended is None:
            return
        own = self._own(lane, vehicle, begun, ended)
        lit = any(begun - MOMENT <= at <= ended for at in self.judge.barrier.greens[lane.name])
        if own and ((vehicle.let_at and not vehicle.red_at) or lit):
            counts["through by its own word"] += 1
            return
        if own and vehicle.let_at and vehicle.by_key:
            counts["through by its own word, the arm by key"] += 1
            return
        reason = doubt(lane, vehicle)
        if reason is None and begun - BEFORE < self.world.busy_until:
            reason = BUSY
        noticed = min(begun, vehicle.came.get(Loop.SAFETY, begun))
        vehicle.alarm = self.take_alarm(
            lane, vehicle, noticed, noticed - BEFORE, ended + SOON + between(lane), modest=reason is not None
        )
        if vehicle.alarm is not None:
            counts[f"through, {vehicle.alarm}"] += 1
        elif self.world.journal.broken or self.world.now - self.judge.broken_at < SOON * 2:
            counts["through, the journal refused"] += 1
        else:
            why = "on red with a word" if own and vehicle.let_at else "without a word of its own"
            self.judge.find_unless(reason, "passage", f"{vehicle.name} went through {why}, no alarm")

    def _own(self, lane: RoadLane, vehicle: Vehicle, begun: float, ended: float) -> list[VisitTruth]:
        said = {Outcome.PASSED, Outcome.UNCLEAR}
        return [
            visit
            for visit in vehicle.visits
            if visit.lane == lane.name
            and visit.opened <= ended
            and (visit.closed is None or visit.closed >= begun - 1 or visit.outcome in said)
        ]

    def take_alarm(
        self, lane: RoadLane, vehicle: Vehicle, noticed: float, begin: float, end: float, *, modest: bool = False
    ) -> str | None:
        """The alarm of this passage: the nearest in time. `modest`: none that is nearer to another one's passage."""
        alarms = self._alarms.get(lane.name, [])
        others = [at for at, other in self._crossings.get(lane.name, []) if other is not vehicle]
        near = sorted((abs(at - noticed), at, alarm) for at, alarm in alarms if begin <= at <= end)
        for far, at, alarm in near:
            if not modest or all(abs(at - other) >= far for other in others):
                alarms.remove((at, alarm))
                return alarm
        return None
