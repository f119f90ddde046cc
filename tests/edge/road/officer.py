"""The officer: looks at the lane and at the gate's screen every few seconds, and says mostly what is sensible and true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.contract.facts import Outcome
from edge.contract.reasons import Direction
from edge.gate.view import LaneView
from edge.lane.events import (
    AdmitPressed,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    FaultCleared,
    HelpGiven,
    HelpPressed,
    HoldPressed,
    OverridePressed,
    PlateFilled,
    PlateMismatch,
    Registered,
    SignedOn,
    SolutionMixed,
    SprayAgainPressed,
    TurnBackPressed,
    VisitFinished,
    WentThrough,
)
from edge.lane.phase import Phase
from tests.edge.road.drivers import Human

if TYPE_CHECKING:
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle
    from tests.edge.road.world import World


class Officer:
    """An officer at a gate. `silly`: the share of words that are anything at all; `keys`: uses the key now and then."""

    def __init__(self, world: World, *, silly: float = 0.05, slowest: float = 9.0, keys: float = 0.0) -> None:
        self.world = world
        self.random = world.random
        self.silly = silly
        self.slowest = slowest
        self.keys = keys
        self._next()

    def _next(self) -> None:
        self.world.after(self.random.uniform(1.5, self.slowest), self._look)

    def _look(self) -> None:
        gate = self.world.gate
        if gate is not None:
            for lane in self.world.lanes.values():
                view = gate.view.lane(lane.name)
                if view is None:
                    continue
                if self.random.random() < self.silly:
                    self.world.silly = True
                    self._say(lane, self._anything(lane, view))
                    self.world.silly = False
                else:
                    self._sensible(lane, view)
                if gate is not self.world.gate:
                    break
            self._paper()
        self._next()

    # -- what is sensible ----------------------------------------------------------------------------------------------

    def _sensible(self, lane: RoadLane, view: LaneView) -> None:
        if view.unclear is not None:
            word = self._truth(lane, view.unclear)
            if word is not None:
                self._say(lane, word)
                return
        shown = str(getattr(view, "shown", view.phase))
        if shown == "fault":
            self._unstick(lane)
        elif shown == "left_open":
            self._say(lane, FaultCleared(lane.name))
        else:
            word = self._word(lane, view)
            if word is not None:
                self._say(lane, word)
        if self.keys and self.random.random() < self.keys and lane.arm.key is None:
            self._play_with_key(lane)

    def _truth(self, lane: RoadLane, visit: str) -> Event | None:
        known = self.world.judge.ledger.visits.get(visit)
        owner = known.owner if known is not None else None
        if owner is None:
            return None
        if owner.through is not None:
            return WentThrough(lane.name, visit)
        if owner.under_since is None and not owner.gone and owner is lane.first(owner.way) and owner.v == 0:
            return CameBack(lane.name, visit)
        return None

    def _word(self, lane: RoadLane, view: LaneView) -> Event | None:
        name, visit, chance = lane.name, view.visit, self.random.random()
        match view.phase:
            case Phase.WAITING | Phase.CHECKING:
                return self._register(lane) if chance < 0.5 else None
            case Phase.ASKING:
                if chance < 0.7:
                    return AdmitPressed(name, visit)
                return (
                    TurnBackPressed(name, visit)
                    if chance < 0.85
                    else HoldPressed(name, visit)
                    if chance < 0.9
                    else None
                )
            case Phase.REFUSED if not self._stands(view):
                return TurnBackPressed(name, visit)
            case Phase.REFUSED:
                if chance < 0.2:
                    return self._register(lane)
                if chance < 0.35:
                    return OverridePressed(name, visit, "u-2", "ordered")
                return TurnBackPressed(name, visit)
            case Phase.HELD:
                if chance < 0.5:
                    return OverridePressed(name, visit, "u-2", "ordered")
                return DetainPressed(name, visit) if chance < 0.75 else TurnBackPressed(name, visit)
            case Phase.DISINFECTING:
                if view.unconfirmed:
                    return DisinfectedPressed(name, visit) if chance < 0.7 else SprayAgainPressed(name, visit)
                if not view.spraying and self.world.now - view.since > 15:
                    return SprayAgainPressed(name, visit) if chance < 0.5 else DisinfectedPressed(name, visit)
                return None
            case Phase.RECALLED:
                owner = self._owner(view)
                if owner is None:
                    return None
                # under the arm, or back on its loop though nobody sent it there
                stands = owner.v == 0 and isinstance(owner.driver, Human) and not owner.driver.sent
                return AdmitPressed(name, visit) if owner.under_since is not None or stands else None
            case _:
                return None

    def _stands(self, view: LaneView) -> bool:
        owner = self._owner(view)
        return owner is not None and owner.covers.near

    def _owner(self, view: LaneView) -> Vehicle | None:
        known = self.world.judge.ledger.visits.get(view.visit or "")
        return known.owner if known is not None else None

    def _register(self, lane: RoadLane) -> Event | None:
        vehicle = lane.first()
        if (
            vehicle is None
            or vehicle.v != 0
            or not vehicle.covers.near
            or self.world.now - (vehicle.at_near or 0.0) < 6
        ):
            return None
        direction = vehicle.way if len(lane.setup.ways) > 1 and self.random.random() < 0.3 else None
        return Registered(
            lane.name, vehicle.plate, self.random.choice(("resident", "resident", "samples", "emergency")), direction
        )

    def _unstick(self, lane: RoadLane) -> None:
        """Frees the arm, moves it by key where the gate wants it, and says so."""
        world = self.world
        if lane.arm.key is not None:
            return
        world.counts["unstuck by key"] += 1
        lane.stick(1.0)
        up = lane.hands.raised or any(vehicle.under_since is not None for vehicle in lane.traffic)
        lane.turn_key(up)
        world.after(lane.arm.travel + 1.0, lambda: lane.turn_key(None))
        world.after(lane.arm.travel + 2.0 + self.random.random() * 2, lambda: self._say(lane, FaultCleared(lane.name)))

    def _play_with_key(self, lane: RoadLane) -> None:
        covered = any(vehicle.under_since is not None for vehicle in lane.traffic)
        self.world.counts["keys"] += 1
        lane.turn_key(covered or self.random.random() < 0.7)
        self.world.after(self.random.uniform(3.0, 25.0), lambda: lane.turn_key(None))

    # -- anything ------------------------------------------------------------------------------------------------------

    def _anything(self, lane: RoadLane, view: LaneView) -> Event:
        name, random = lane.name, self.random
        visit = random.choice((view.visit, None, view.visit, "f" * 32))
        makers = (
            lambda: AdmitPressed(name, visit),
            lambda: TurnBackPressed(name, visit, "other"),
            lambda: OverridePressed(name, visit, "u-2", "ordered", random.choice(("verdict", "disinfection"))),
            lambda: HoldPressed(name, visit),
            lambda: DetainPressed(name, visit),
            lambda: PlateMismatch(name, visit),
            lambda: DisinfectedPressed(name, visit),
            lambda: SprayAgainPressed(name, visit),
            lambda: FaultCleared(name),
            lambda: FaultCleared(name),
            lambda: EmergencyPressed(name),
            lambda: EmergencyPressed(name),
            lambda: HelpPressed(name),
            lambda: HelpGiven(name),
            lambda: WentThrough(name, view.unclear or visit or "e" * 32),
            lambda: CameBack(name, view.unclear or visit or "e" * 32),
            lambda: Registered(
                name, f"鲁D{random.randrange(99999):05d}", "resident", random.choice((None, *Direction))
            ),
        )
        self.world.counts["anything pressed"] += 1
        made: Event = random.choice(makers)()
        return made

    def _say(self, lane: RoadLane, word: Event) -> None:
        gate = self.world.gate
        if gate is None:
            return
        view = gate.view.lane(lane.name)
        owner = self._owner(view) if view is not None else None
        if isinstance(word, (TurnBackPressed, DetainPressed, HoldPressed, PlateMismatch, FaultCleared)):
            lane.trouble = self.world.now
        if not self.world.post(word) or owner is None or owner.gone:
            return
        driver = owner.driver
        if isinstance(word, (TurnBackPressed, PlateMismatch)) and driver is not None and owner.under_since is None:
            driver.sent_back()
        elif isinstance(word, AdmitPressed | OverridePressed) and isinstance(driver, Human):
            driver.called()
        elif isinstance(word, DetainPressed):
            self.world.after(3.0, lambda: lane.remove(owner) if not owner.gone and owner.may_turn_aside else None)

    # -- paper ---------------------------------------------------------------------------------------------------------

    def _paper(self) -> None:
        gate = self.world.gate
        if gate is None:
            return
        view = gate.view
        if view.officer is None:
            self.world.post(SignedOn("u-2"))
        if not view.solution_valid:
            self.world.post(SolutionMixed("chlorine", "", "A"))
        if view.unfinished and self.random.random() < 0.3:
            left = view.unfinished[0].visit
            known = self.world.judge.ledger.visits.get(left)
            through = known is not None and known.owner is not None and known.owner.through is not None
            self.world.post(VisitFinished(left, Outcome.PASSED if through else Outcome.ABANDONED))
        unknown = [each.visit for each in view.plateless if not each.plate]
        if unknown and self.random.random() < 0.3:
            self.world.post(PlateFilled(unknown[0], "鲁B00007"))
