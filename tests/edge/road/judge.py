"""The judge: holds what the gate wrote, lit and moved against what physically happened. Each broken promise is a `Violation`.

What two loops cannot tell, and is counted and not held against the lane (`Limit`):

- *one long vehicle*: between the tail of the one before and a vehicle's nose neither loop was reported free: a trailer looks the same;
- *face to face*: while a vehicle was at the lane and not through, another one came onto its far loop from the other side. If the
  first backs off and the other drives off backwards, the edges are those of one that drove through;
- *behind*: while a vehicle was at the lane and not through, another stood on its near loop: far loop on and off is the same for one
  that went on and for one that rolled back;
- *short*: a vehicle that is shorter than the loops are apart stood between them for longer than `lanes.road` allows for;
- *swapped*: one left its loop backwards while the next was on it already: the loop was never free, and nothing else says so;
- *returned*: one rolled back under the arm after its tail was past it, while the next stood on the near loop: the same edges as when
  the next one drives on and the first goes (with three sensors as well);
- *slow*: no end switch and no third sensor says where a slow or stuck arm is.

With the third sensor the first remains, for that sensor alone (it was covered from one vehicle to the next), *swapped*, a drawbar that
a sensor does not notice, and *face to face* where one of the two was on the third sensor: both loops and it are on, whoever drives.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.contract.alarms import FORCED, TAILGATING, UNREGISTERED
from edge.contract.facts import (
    AlarmRaised,
    Disinfected,
    Disinfection,
    Outcome,
    ReadBy,
    VerifiedBy,
    VisitClosed,
    VisitOpened,
)
from edge.contract.reasons import Colour
from edge.journal.outbox import NewRecord
from edge.lane.events import (
    CameBack,
    EmergencyPressed,
    Event,
    Loop,
    Registered,
    SprayAgainPressed,
    SprayDone,
    VisitFinished,
    WentThrough,
)
from edge.lane.phase import Phase
from tests.edge.road.layout import Cell, loops_of
from tests.edge.road.truth import VisitTruth

if TYPE_CHECKING:
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle
    from tests.edge.road.world import World

PASSAGES = {FORCED, TAILGATING, UNREGISTERED, "unclear_passage"}
SOON = 6.0
"""Seconds within which an alarm of a passage must be recorded, at least."""
MOMENT = 0.5
"""Seconds that reports, the arm's drive and a turn of the gate may take together."""
OWED = 240.0
"""Seconds after which an obedient vehicle is through, when nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise. `check`: which; `step`: how many events the gate had answered; `limit`: sensors cannot tell it."""

    check: str
    seed: int
    step: int
    time: float
    text: str

    def __str__(self) -> str:
        return f"[{self.check}] seed {self.seed} step {self.step} t {self.time:.1f}: {self.text}"


class Run:
    """A run of the sprayer: who stood on a loop from its begin to its end. `ordered`: by an officer who saw the vehicle."""

    def __init__(self, number: int, stood: set[Vehicle], *, ordered: bool) -> None:
        self.number = number
        self.stood = stood
        self.began = set(stood)
        self.ordered = ordered
        self.at = 0.0


class Judge:
    """Watches a world. `violations`: what it found; `limits`: how often what sensors cannot tell would have been one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.violations: list[Violation] = []
        self.limits: Counter[str] = Counter()
        self.visits: dict[str, VisitTruth] = {}
        self.open: dict[str, VisitTruth] = {}
        self.passes: dict[str, Vehicle] = {}
        self.plates: dict[str, Vehicle] = {}
        self.runs: dict[str, Run] = {}
        self.stories: dict[int, list[str]] = {}
        self.alarms: list[str] = []
        self._alarms: dict[str, list[tuple[float, str]]] = {}
        self._freed: dict[tuple[str, Loop], float] = {}
        self._red_since: dict[str, float] = {}
        self._silly: set[str] = set()
        self._lied: dict[str, float] = {}
        self._green_at: dict[str, float] = {}
        self._spares: dict[str, list[VisitTruth]] = {}

    def find(self, check: str, text: str) -> None:
        """A promise is broken."""
        world = self.world
        self.violations.append(Violation(check, world.seed, world.handled, world.now, text))
        if len(self.stories) < 20:
            self.stories[len(self.violations) - 1] = world.told()
        world.tell(f"!!! {check}: {text}")

    def limit(self, name: str) -> None:
        """Something that the sensors cannot tell."""
        self.limits[name] += 1
        self.world.tell(f"(beyond the sensors: {name})")

    def crashed(self, event: Event | None, error: Exception) -> None:
        """The gate raised."""
        self.find("exception", f"{type(error).__name__}: {error} at {event}")

    # -- vehicles ------------------------------------------------------------------------------------------------------

    def came(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle is on the road: its pass and plate are its own from now on."""
        self.plates[vehicle.plate] = vehicle
        if vehicle.pass_id is not None:
            self.passes[vehicle.pass_id] = vehicle

    def shown(self, vehicle: Vehicle) -> None:
        """A vehicle shows its pass: who shows it last has it."""
        if vehicle.pass_id is not None:
            self.passes[vehicle.pass_id] = vehicle

    def left(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle is off the road."""
        for run in self.runs.values():
            run.stood.discard(vehicle)
        if vehicle.covers.near:
            vehicle.off[loops_of(vehicle.way)[0]] = self.world.now
            self._swap(lane, vehicle)

    def _swap(self, lane: RoadLane, vehicle: Vehicle) -> None:
        near = loops_of(vehicle.way)[0]
        for other in lane.traffic:
            if other is not vehicle and near in _on(other):
                vehicle.swapped = other.swapped = True

    def moved(self, lane: RoadLane, vehicle: Vehicle, was: Cell, now: Cell) -> None:
        """A vehicle covers something else than before."""
        time = self.world.now
        if now.near and not was.near:
            if vehicle.at_near is None:
                vehicle.at_near = time
                vehicle.disturbed |= any(each.disturbed and each.at_lane for each in lane.traffic)
                self._adopt(lane, vehicle)
                self._muddle(lane, vehicle)
            self._company(lane, vehicle)
        near, far = loops_of(vehicle.way)
        for loop, old, new in (
            (near, was.near, now.near),
            (far, was.far, now.far),
            (Loop.SAFETY, was.safety, now.safety),
        ):
            if old and not new:
                vehicle.off[loop] = time
                if vehicle.v < 0:
                    vehicle.joined.pop(loop, None)
            elif new and not old and loop not in vehicle.joined:
                vehicle.came[loop] = time
                vehicle.joined[loop] = lane.wires[loop].counts
        if now.safety and not was.safety:
            self._shares(lane, vehicle)
        if was.near and not now.near:
            run = self.runs.get(lane.name)
            if run is not None:
                run.stood.discard(vehicle)
            if vehicle.v < 0:
                self._swap(lane, vehicle)
        if now.under and not was.under:
            vehicle.under_since = time
            if vehicle.v > 0:
                self._at_arm(lane, vehicle)
            else:
                vehicle.returned |= vehicle.through is not None
                vehicle.through = None
        if was.under and not now.under:
            vehicle.under_since = None
            if vehicle.v > 0 and vehicle.tail > -1e-6:
                self._is_through(lane, vehicle)
            elif vehicle.v < 0 and vehicle.nose < 1e-6:
                vehicle.crossed = None

    def _muddle(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A trailer whose drawbar a sensor does not notice: for it and for who is near, vehicles are miscounted."""
        vehicle.muddled |= vehicle.in_two
        for other in lane.traffic:
            if other is not vehicle and other.at_near is not None:
                vehicle.muddled |= other.muddled
                other.muddled |= vehicle.muddled

    def _adopt(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Who was registered before anybody was here is the next who comes."""
        for visit in self._spares.pop(lane.name, []):
            if visit.owner is None and visit.id in self.open and not visit.orphan:
                visit.owner = vehicle
                vehicle.visits.append(visit)

    def _company(self, lane: RoadLane, vehicle: Vehicle) -> None:
        self._taken_over(lane, vehicle)
        for other in lane.traffic:
            if other is vehicle or other.at_near is None:
                continue
            if other.way is vehicle.way:
                other.pushed |= other.tail < lane.layout.edge
            elif other.at_lane:
                other.opposed = vehicle.opposed = True
                if other.covers.safety:
                    other.face_to_face = vehicle.face_to_face = True

    def _taken_over(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """It comes onto a loop that was free for less than `times.clear`, and who was there did not drive on."""
        near = loops_of(vehicle.way)[0]
        ahead = lane.traffic.ahead_of(vehicle)
        if ahead is not None and ahead.nose > 0.0 <= ahead.v:
            return
        until = self.world.now - 0.6 - lane.setup.gap
        for visit in self.open.values():
            owner = visit.owner
            if visit.lane != lane.name or owner is None or owner is vehicle or owner.through is not None:
                continue
            if lane.wires[near].counts or owner.off.get(near, 0.0) > until:
                owner.swapped = vehicle.swapped = True

    def _shares(self, lane: RoadLane, vehicle: Vehicle) -> None:
        freed = self._freed.get((lane.name, Loop.SAFETY), 0.0)
        for other in lane.traffic:
            if other is not vehicle and (other.covers.safety or other.off.get(Loop.SAFETY, 0.0) > freed):
                other.shared = True
        for other in lane.traffic.opposite(vehicle):
            if other.at_lane:
                other.face_to_face = vehicle.face_to_face = True

    def _at_arm(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Its nose is at the arm's line."""
        time, lamp = self.world.now, lane.hands.lamp
        vehicle.crossed = time
        noticed = vehicle.came.get(Loop.SAFETY, time)  # by then it makes the lamp red itself
        vehicle.red_at = lamp is not Colour.GREEN and noticed - self._red_since.get(lane.name, 0.0) > MOMENT
        own = [
            visit for visit in vehicle.visits if visit.lane == lane.name and visit.id in self.open and not visit.orphan
        ]
        vehicle.let_at = bool(own)
        ahead = lane.traffic.ahead_of(vehicle)
        if self.world.gate is None or ahead is None or ahead.through is None or time - ahead.through > 20:
            return
        if lamp is Colour.GREEN and not own and not vehicle.disturbed:
            if time - self._lied.get(lane.name, -100.0) < 90.0:
                self.limit("an officer pressed what was not true")
            elif vehicle.muddled:
                self.limit("a drawbar that no sensor notices: green for who follows")
            elif self._blurred(lane, vehicle, by=MOMENT):
                self.limit("one long vehicle: green for who follows")
            else:
                self.find("green", f"{vehicle.name} follows {ahead.name} under the arm by a green that is not its own")

    def _blurred(self, lane: RoadLane, vehicle: Vehicle, by: float = 0.0) -> bool:
        """Returns True if no sensor was free between the one before and this one (and knew it `by` seconds ago)."""
        near, far = loops_of(vehicle.way)
        loops = (Loop.SAFETY,) if lane.hands.guarded else (near, far)
        if by:
            loops = (near, *loops)
        until = self.world.now - by
        return not any(not vehicle.joined.get(loop, True) and vehicle.came[loop] <= until for loop in loops)

    def _is_through(self, lane: RoadLane, vehicle: Vehicle) -> None:
        if vehicle.through is not None:
            return
        vehicle.through = self.world.now
        vehicle.blurred = self._blurred(lane, vehicle)
        self.world.counts["through"] += 1
        self.world.tell(f"{lane.name}: {vehicle.name} is through")
        self.world.after(self._soon(lane), lambda: self._judge_passage(lane, vehicle))

    def _soon(self, lane: RoadLane) -> float:
        """Seconds within which an alarm of a passage must be recorded: one that may be between the loops is waited for."""
        apart = lane.layout.apart
        return SOON + (apart / lane.setup.slowest if lane.setup.shortest < apart else 0.0)

    def _judge_passage(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Some seconds after a vehicle went through: it had its own word, or there is an alarm."""
        begun, ended = vehicle.crossed, vehicle.through
        if vehicle.disturbed or begun is None or ended is None:
            return
        own = [
            visit
            for visit in vehicle.visits
            if visit.lane == lane.name
            and visit.opened <= ended
            and (
                visit.closed is None or visit.closed >= begun - 1 or visit.outcome in {Outcome.PASSED, Outcome.UNCLEAR}
            )
        ]
        green = self._green_at.get(lane.name, 0.0)
        if own and ((vehicle.let_at and not vehicle.red_at) or begun - MOMENT <= green <= ended):
            self.world.counts["through by its own word"] += 1
            return
        noticed = min(begun, vehicle.came.get(Loop.SAFETY, begun))
        late = 1.0 if vehicle.blurred or vehicle.swapped else self._soon(lane)
        vehicle.alarm = self._take_alarm(lane, noticed - 1.5, ended + late)
        if vehicle.alarm is not None:
            self.world.counts[f"through, {vehicle.alarm}"] += 1
            return
        if self.world.journal.broken or self.world.now - self._broken_at < SOON * 2:
            self.world.counts["through, the journal refused"] += 1
            return
        why = "on red with a word" if own and vehicle.let_at else "without a word of its own"
        if vehicle.blurred:
            self.limit("one long vehicle: through on another's word")
        elif begun - self._lied.get(lane.name, -100.0) < 90.0 or any(
            visit.id in self._silly for visit in self.open.values()
        ):
            self.limit("an officer pressed what was not true")
        elif begun - 3 < self.world.busy_until:
            self.limit("the gate's thread was busy")
        elif vehicle.muddled:
            self.limit("a drawbar that no sensor notices: through on another's word")
        elif vehicle.swapped:
            self.limit("one after another on a loop that was never free: through on another's word")
        elif own and any(visit.outcome in {Outcome.PASSED, Outcome.UNCLEAR, None} for visit in own):
            # it had its word, though the lamp or the hour was against it
            self.world.counts["through by its own word, on red"] += 1
            self.limit("its word stood, the lamp was red") if self._may_be(lane, vehicle) else self.find(
                "passage", f"{vehicle.name} went through {why}, no alarm"
            )
        elif self._may_be(lane, vehicle):
            self.limit(
                f"{'face to face over three sensors' if vehicle.face_to_face else 'two loops'}: through without a word"
            )
        else:
            self.find("passage", f"{vehicle.name} went through {why}, no alarm")

    _broken_at = -100.0

    def _may_be(self, lane: RoadLane, vehicle: Vehicle) -> bool:
        """Returns True if two loops cannot tell what this vehicle did."""
        two_way = len(lane.setup.ways) > 1
        if lane.hands.guarded:
            return vehicle.face_to_face
        return vehicle.opposed or (vehicle.pushed and (two_way or vehicle.blurred))

    def _take_alarm(self, lane: RoadLane, begin: float, end: float) -> str | None:
        alarms = self._alarms.get(lane.name, [])
        for place, (at, alarm) in enumerate(alarms):
            if begin <= at <= end:
                del alarms[place]
                return alarm
        return None

    # -- the arm -------------------------------------------------------------------------------------------------------

    def contact(self, lane: RoadLane, vehicle: Vehicle, *, drove_in: bool) -> None:
        """The arm touches a vehicle."""
        if vehicle.touched and drove_in:
            return
        self.world.counts["contacts"] += 1
        vehicle.touched = True
        now, hands = self.world.now, lane.hands
        under = now - vehicle.under_since if vehicle.under_since is not None else 0.0
        short = not hands.guarded and vehicle.length < lane.layout.apart
        what = f"{vehicle.name}: {'drives into the arm' if drove_in else 'the arm comes down on it'}, {under:.2f} s under it"
        self.world.tell(f"{lane.name}: contact: {what}")
        if lane.arm.key is not None:
            self.world.counts["contacts: by key"] += 1
        elif now < self.world.busy_until + MOMENT:
            self.limit("the gate's thread was busy")
        elif hands.cause != "gate" or self.world.gate is None:
            self.world.counts["contacts: no power, or a start"] += 1
        elif drove_in and under < MOMENT and (lane.arm.position < 0.02 or vehicle.red_at or lane.hands.raised):
            self.world.counts["contacts: drove into it"] += 1
        elif under < MOMENT + lane.arm.lag and (vehicle.red_at or vehicle.v < 0 or not vehicle.let_at):
            self.world.counts["contacts: drove under a falling arm"] += 1
        elif not lane.setup.knows:
            self.limit("slow: nothing says where the arm is")
        elif short:
            self.limit("short: between two loops")
        else:
            self.find("arm", what)

    def raising(self, lane: RoadLane) -> None:
        """The relay goes on: a visit is open at the lane, or the arm turns round, or is held up, for nobody new."""
        lane_open = any(visit.lane == lane.name and not visit.orphan for visit in self.open.values())
        if not lane_open:
            now = self.world.now
            self.world.at(now, lambda: self._raised_for_nobody(lane))

    def _raised_for_nobody(self, lane: RoadLane) -> None:
        if lane.hands.lamp is Colour.GREEN:
            self.find("raise", "the relay is on and green is lit without an open visit")
        elif lane.arm.position <= 0.0 and lane.arm.at - lane.hands.lowered_at > 15 and lane.hands.raised:
            if not self.world.setup.fails_open:
                self.find("raise", "the relay went on over a lying arm, for no visit")
        else:
            self.world.counts["turned round"] += 1

    def green(self, lane: RoadLane) -> None:
        """The green lamp is lit."""
        self._green_at[lane.name] = self.world.now
        if not any(visit.lane == lane.name and not visit.orphan for visit in self.open.values()):
            self.find("raise", "green is lit without an open visit")

    # -- spraying ------------------------------------------------------------------------------------------------------

    def spray_began(self, lane: RoadLane, run: int) -> None:
        """The sprayer runs: who is on a loop now?"""
        ordered = isinstance(self.world.cause, SprayAgainPressed)
        self.runs[lane.name] = Run(run, {vehicle for vehicle in lane.traffic if vehicle.covers.near}, ordered=ordered)
        self.runs[lane.name].at = self.world.now

    def spray_ended(self, lane: RoadLane, run: int) -> None:
        """The sprayer stopped: who stood there until now was sprayed."""

    # -- what the gate writes ------------------------------------------------------------------------------------------

    def kept(self, entry: NewRecord) -> None:
        """A record is in the journal."""
        match entry.body:
            case VisitOpened() as opened:
                self._opened(entry, opened)
            case VisitClosed(supplement=False, outcome=outcome):
                self._closed(entry, outcome)
            case Disinfected(verified_by=VerifiedBy.SENSOR, seconds=seconds) if seconds > 0:
                self._disinfected(entry)
            case AlarmRaised(alarm=alarm):
                self.world.tell(f"alarm: {alarm}")
                self.world.counts[f"alarm {alarm}"] += 1
                self.alarms.append(alarm)
                if alarm in PASSAGES and entry.lane is not None:
                    self._alarms.setdefault(entry.lane, []).append((self.world.now, alarm))
            case _:
                pass

    def _opened(self, entry: NewRecord, opened: VisitOpened) -> None:
        assert entry.visit is not None
        lane = self.world.lanes[entry.lane or "1"]
        if entry.visit in self.visits:
            self.find("records", f"visit {entry.visit[-4:]} is opened twice")
        owner = self._owner(lane, opened, dict(entry.private or {}))
        owes = opened.disinfection is Disinfection.REQUIRED
        visit = VisitTruth(entry.visit, lane.name, opened.read_by, opened.verdict, self.world.now, owner, owes)
        self.visits[visit.id] = self.open[visit.id] = visit
        self.world.counts["visits"] += 1
        if self.world.silly:
            self._silly.add(visit.id)
        if owner is not None:
            owner.visits.append(visit)
        else:
            self._spares.setdefault(lane.name, []).append(visit)
        self.world.tell(
            f"{lane.name}: visit {visit.id[-4:]} of {owner.name if owner else 'nobody'}: {opened.verdict} ({opened.reason})"
        )

    def _owner(self, lane: RoadLane, opened: VisitOpened, private: dict[str, str]) -> Vehicle | None:
        if opened.pass_id is not None:
            return self.passes.get(opened.pass_id)
        if isinstance(self.world.cause, Registered) or opened.read_by is not ReadBy.QR:
            plate = private.get("plate", "")
            named = self.plates.get(plate)
            if named is not None and not named.gone:
                return named
        first = lane.first()
        if first is not None and not first.covers.near and first.under_since is None:
            first = None  # nobody is at the lane: it is for whoever comes
        let = (
            lane.hands.lamp is Colour.GREEN and first is not None and any(each.id in self.open for each in first.visits)
        )
        if opened.read_by is ReadBy.EMERGENCY and first is not None and let:
            behind = lane.traffic.behind(first)  # the first has its word: this one is for whoever is behind it
            return behind if behind is not None and behind.covers.near else None
        return first

    def _closed(self, entry: NewRecord, outcome: Outcome) -> None:
        assert entry.visit is not None
        visit = self.visits.get(entry.visit)
        if visit is None:
            return
        visit.closings += 1
        if visit.closings > 1:
            self.find("records", f"visit {visit.id[-4:]} is closed twice")
            return
        self.open.pop(visit.id, None)
        visit.outcome, visit.closed = outcome, self.world.now
        owner = visit.owner
        self.world.counts[f"closed {outcome}"] += 1
        self.world.tell(f"visit {visit.id[-4:]} of {owner.name if owner else 'nobody'} closed: {outcome}")
        if (
            visit.orphan
            or self.world.silly
            or isinstance(self.world.cause, VisitFinished)
            or _officers_word(self.world.cause)
        ):
            return
        lane = self.world.lanes[visit.lane]
        if owner is not None and owner.disturbed:
            return
        if outcome is Outcome.PASSED:
            self._said_passed(lane, visit)
        elif (
            outcome in {Outcome.ABANDONED, Outcome.TURNED_BACK}
            and owner is not None
            and self._went_through(visit, owner)
        ):
            self._said_not_passed(lane, visit, owner)

    def _went_through(self, visit: VisitTruth, owner: Vehicle) -> bool:
        passed = any(each.outcome in {Outcome.PASSED, Outcome.UNCLEAR} for each in owner.visits)
        return not passed and owner.through is not None and owner.through > visit.opened and owner.visits[-1] is visit

    def _said_passed(self, lane: RoadLane, visit: VisitTruth) -> None:
        owner = visit.owner
        if owner is None:
            self.find("passed", f"visit {visit.id[-4:]} of nobody is said to have passed")
        elif owner.through is None:
            if not lane.hands.guarded and (owner.opposed or owner.pushed):
                self.limit("face to face: said to have passed" if owner.opposed else "behind: said to have passed")
            elif owner.face_to_face and lane.hands.guarded:
                self.limit("face to face over three sensors: said to have passed")
            elif owner.returned and owner.pushed:
                self.limit("back from beyond the arm while the next one stood there: said to have passed")
            elif owner.muddled:
                self.limit("a drawbar that no sensor notices: said to have passed")
            elif owner.swapped:
                self.limit("one after another on a loop that was never free: said to have passed")
            elif lane.hands.guarded and owner.shared:
                self.limit("one long vehicle: said to have passed")
            else:
                self.find("passed", f"{owner.name} is said to have passed and did not (nose at {owner.nose:.1f})")

    def _said_not_passed(self, lane: RoadLane, visit: VisitTruth, owner: Vehicle) -> None:
        if owner.alarm is not None or self._take_alarm(lane, (owner.crossed or 0.0) - 1.5, self.world.now + 1):
            return
        if not lane.hands.guarded and (owner.opposed or owner.pushed):
            self.limit("two loops: passed, said not to have")
        elif owner.face_to_face and lane.hands.guarded:
            self.limit("face to face over three sensors: passed, said not to have")
        elif owner.blurred:
            self.limit("one long vehicle: passed, said not to have")
        elif owner.muddled:
            self.limit("a drawbar that no sensor notices: passed, said not to have")
        else:
            self.find("not_passed", f"{owner.name} went through and is said to be {visit.outcome}")

    def _disinfected(self, entry: NewRecord) -> None:
        visit = self.visits.get(entry.visit or "")
        if visit is None:
            return
        self.world.counts["disinfected by sensor"] += 1
        lane = self.world.lanes[visit.lane]
        run = self.runs.get(lane.name)
        owner = visit.owner
        cause = self.world.cause
        if visit.id in self._silly:
            return
        if isinstance(cause, SprayDone) and run is not None and cause.run and cause.run != run.number:
            self.find("disinfected", f"by the end of run {cause.run} while run {run.number} was the last")
        elif run is None or (not run.ordered and (owner is None or owner not in run.stood)):
            name = owner.name if owner else "nobody"
            if owner is not None and owner.swapped:
                self.limit("one after another on a loop that was never free: disinfected")
                return
            if owner is not None and any(each.read_by is ReadBy.EMERGENCY for each in owner.visits):
                self.limit("the pass of an emergency, read as it drove off")
                return
            if owner is not None and owner.muddled:
                self.limit("a drawbar that no sensor notices: disinfected")
                return
            if run is not None and owner in run.began and self._never_free(lane, owner, run):
                self.limit("another stood on the loop when it left during the spray")
                return
            self.find("disinfected", f"{name} is disinfected by the sensor and did not stand there for the whole run")

    def _never_free(self, lane: RoadLane, owner: Vehicle | None, run: Run) -> bool:
        return owner is not None and self._freed.get((lane.name, loops_of(owner.way)[0]), 0.0) < run.at

    # -- sensors and steps ---------------------------------------------------------------------------------------------

    def sensed(self, lane: RoadLane, loop: Loop, on: bool) -> None:
        """A sensor's change is reported."""
        if not on:
            self._freed[lane.name, loop] = self.world.now

    def check(self, event: Event | None) -> None:
        """What must hold after each step of the gate."""
        gate, now = self.world.gate, self.world.now
        if self.world.journal.broken:
            self._broken_at = now
        assert gate is not None
        if self.world.silly and isinstance(event, (CameBack, WentThrough, Registered, EmergencyPressed)):
            self._lied[event.lane] = now
        for name, lane in self.world.lanes.items():
            if lane.hands.lamp is Colour.GREEN:
                self._red_since.pop(name, None)
            else:
                self._red_since.setdefault(name, now)
            if lane.hands.spraying:
                view = gate.view.lane(name)
                if view is None or view.phase is not Phase.DISINFECTING:
                    self.find("sprayer", f"the sprayer is on in phase {view.phase if view else '-'}")
        if isinstance(event, EmergencyPressed) and not self.world.journal.broken and gate.view.fault is None:
            self.world.counts["emergencies"] += 1
            if not self.world.lanes[event.lane].hands.raised:
                self.find("emergency", "the emergency button did not raise the arm")

    def ended(self) -> None:
        """The gate ended: what was open is left to an officer; who was between the loops is not followed any more."""
        for visit in self.open.values():
            visit.orphan = True
        self._spares.clear()
        for lane in self.world.lanes.values():
            for vehicle in lane.traffic:
                if vehicle.at_near is not None:
                    vehicle.disturbed = True

    # -- waiting -------------------------------------------------------------------------------------------------------

    def waits(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle waits before the arm."""
        since = self.world.now
        self.world.after(OWED, lambda: self._still_waits(lane, vehicle, since))

    def _still_waits(self, lane: RoadLane, vehicle: Vehicle, since: float) -> None:
        driver = vehicle.driver
        if vehicle.gone or vehicle.crossed is not None or driver is None or not getattr(driver, "obedient", False):
            return
        if getattr(driver, "since", 0.0) != since or not vehicle.valid or lane.first(vehicle.way) is not vehicle:
            return
        ahead = lane.traffic.ahead_of(vehicle)
        trouble = max(lane.trouble, self._broken_at, vehicle.born, ahead.through or self.world.now if ahead else 0.0)
        if any(each.at_lane for each in lane.traffic.opposite(vehicle)):
            trouble = self.world.now
        if self.world.now - trouble < OWED:
            self.world.after(OWED, lambda: self._still_waits(lane, vehicle, since))
            return
        self.find("waits", f"{vehicle.name} waits since {since:.0f} and nothing is wrong")

    # -- the end -------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """At the end of a run: every visit that is open is at a lane, or shown as left open."""
        gate = self.world.gate
        if gate is None or self.world.journal.broken:
            return
        shown = {each.visit for each in gate.view.unfinished}
        for lane in gate.lanes.values():
            shown |= {visit.id for visit in lane.state.here}
        for view in gate.view.lanes:
            shown |= {view.visit or "", getattr(view, "unclear", None) or ""}
        for visit in self.open.values():
            if visit.id not in shown:
                self.find("records", f"visit {visit.id[-4:]} is open and shown nowhere")


def _on(vehicle: Vehicle) -> set[Loop]:
    """The loops that a vehicle covers."""
    cell, (near, far) = vehicle.covers, loops_of(vehicle.way)
    return {loop for loop, on in ((near, cell.near), (far, cell.far)) if on}


def _officers_word(event: Event | None) -> bool:
    return type(event).__name__ in {"WentThrough", "CameBack", "DetainPressed", "TurnBackPressed"}
