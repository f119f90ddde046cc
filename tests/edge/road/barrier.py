"""The promise of the arm: it touches nobody, it goes up for a visit that is in the journal, and green is lit for one."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from edge.contract.reasons import Colour
from tests.edge.road.company import between
from tests.edge.road.doubts import BUSY
from tests.edge.road.layout import loops_of

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

MOMENT = 0.5
"""Seconds that reports, the arm's drive and a turn of the gate may take together."""
SLOW = "slow: nothing says where the arm is"
SHORT = "short: between two loops"


class Barrier:
    """Watches arms and lamps. `red_since`: since when each lamp is not green; `greens`: when it became so, the last times."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self.red_since: dict[str, float] = {}
        self.greens: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=20))

    def watch(self, lane: RoadLane) -> None:
        """After each step of the gate."""
        if lane.hands.lamp is Colour.GREEN:
            self.red_since.pop(lane.name, None)
        else:
            self.red_since.setdefault(lane.name, self.world.now)

    def _turned_red_before(self, lane: RoadLane, vehicle: Vehicle) -> bool:
        """Returns True if the lamp was red when it came under the arm, however late for it to stop: somebody turned it back as it drove."""
        return self.red_since.get(lane.name, self.world.now) < (vehicle.under_since or 0.0)

    def contact(self, lane: RoadLane, vehicle: Vehicle, *, drove_in: bool) -> None:
        """The arm touches a vehicle."""
        if vehicle.touched and drove_in:
            return
        counts = self.world.counts
        counts["contacts"] += 1
        vehicle.touched = True
        now, hands = self.world.now, lane.hands
        under = now - vehicle.under_since if vehicle.under_since is not None else 0.0
        does = "drives into the arm" if drove_in else "the arm comes down on it"
        what = f"{vehicle.name}: {does}, {under:.2f} s under it"
        self.world.tell(f"{lane.name}: contact: {what}")
        if lane.arm.key is not None:
            counts["contacts: by key"] += 1
        elif now < self.world.busy_until + MOMENT:
            self.judge.limit(BUSY)
        elif hands.cause != "gate" or hands.dropped or self.world.gate is None:
            counts["contacts: no power, or a start"] += 1
        elif drove_in and under < MOMENT and (lane.arm.position < 0.02 or vehicle.red_at or lane.hands.raised):
            counts["contacts: drove into it"] += 1
        elif under < MOMENT + lane.arm.lag and (
            vehicle.red_at or vehicle.v < 0 or not vehicle.let_at or self._turned_red_before(lane, vehicle)
        ):
            counts["contacts: drove under a falling arm"] += 1
        elif not lane.setup.knows or self._seems_down(lane, vehicle):
            self.judge.limit(SLOW)
        elif not hands.guarded and self._lost_for_long(lane, vehicle):
            self.judge.limit(SHORT)
        else:
            self.judge.find("arm", what)

    def _seems_down(self, lane: RoadLane, vehicle: Vehicle) -> bool:
        """Returns True if the arm has had its time to come down, no end switch says otherwise, and no loop says that one drives."""
        setup, now = lane.setup, self.world.now
        had_its_time = now - lane.hands.lowered_at > setup.travel + setup.lag + MOMENT
        near, far = loops_of(vehicle.way)
        near_on, far_on = lane.wires[near].counts, now - vehicle.came.get(far, now) > MOMENT
        return not setup.down_switch and had_its_time and near_on and not far_on

    def _lost_for_long(self, lane: RoadLane, vehicle: Vehicle) -> bool:
        """Returns True if it is shorter than the loops are apart, and on neither for longer than is waited for one."""
        since = self.world.now - vehicle.off.get(loops_of(vehicle.way)[0], self.world.now)
        return vehicle.length < lane.layout.apart and since > between(lane)

    def raising(self, lane: RoadLane) -> None:
        """The relay goes on: a visit is open at the lane, or the arm turns round, or is held up, for nobody new."""
        if not self.judge.ledger.is_open(lane):
            self.world.at(self.world.now, lambda: self._raised_for_nobody(lane))

    def _raised_for_nobody(self, lane: RoadLane) -> None:
        if self.judge.ledger.is_open(lane):
            return  # it turned round for a vehicle that was judged in the same step
        if lane.hands.lamp is Colour.GREEN:
            self.judge.find("raise", "the relay is on and green is lit without an open visit")
        elif (
            lane.arm.position <= 0.0
            and lane.arm.at - max(lane.hands.lowered_at, lane.keyed_at) > 15
            and lane.hands.raised
        ):
            driven = any(vehicle.under_since is not None for vehicle in lane.traffic)
            if not self.world.setup.fails_open and not driven:
                self.judge.find("raise", "the relay went on over a lying arm, for no visit")
        else:
            self.world.counts["turned round"] += 1

    def green(self, lane: RoadLane) -> None:
        """The green lamp is lit."""
        self.greens[lane.name].append(self.world.now)
        if not self.judge.ledger.is_open(lane):
            self.judge.find("raise", "green is lit without an open visit")
