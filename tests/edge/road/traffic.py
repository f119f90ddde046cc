"""The vehicles of one lane in motion: who is behind whom, how fast each may go, and what happens next. Nobody overlaps."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import inf

from edge.contract.reasons import Direction
from tests.edge.road.layout import BESIDE, Layout
from tests.edge.road.vehicles import Vehicle

NEAR_ENOUGH = 1e-6
SPACE_FACING = 0.5
"""Metres between two that stand face to face, or behind one who reverses."""


class Traffic:
    """Vehicles of a lane. `crossed(vehicle, before)` is called when one comes into another cell; `arrived(vehicle)` at its goal."""

    def __init__(
        self, layout: Layout, crossed: Callable[[Vehicle, int], None], arrived: Callable[[Vehicle], None]
    ) -> None:
        self.layout = layout
        self._edge = layout.edge
        self._crossed = crossed
        self._arrived = arrived
        self.queues: dict[Direction, list[Vehicle]] = {Direction.IN: [], Direction.OUT: []}
        self.at = 0.0

    def __iter__(self) -> Iterator[Vehicle]:
        yield from self.queues[Direction.IN]
        yield from self.queues[Direction.OUT]

    def add(self, vehicle: Vehicle) -> None:
        """Puts a vehicle on the road, behind all of its way."""
        queue = self.queues[vehicle.way]
        if queue:
            vehicle.nose = min(vehicle.nose, queue[-1].tail - vehicle.space)
            vehicle.cell = vehicle.track.cell_at(vehicle.nose)
        queue.append(vehicle)

    def remove(self, vehicle: Vehicle) -> None:
        """Takes a vehicle off the road."""
        vehicle.gone = True
        self.queues[vehicle.way].remove(vehicle)

    def ahead_of(self, vehicle: Vehicle) -> Vehicle | None:
        """The vehicle of the same way before it."""
        queue = self.queues[vehicle.way]
        place = queue.index(vehicle)
        return queue[place - 1] if place else None

    def behind(self, vehicle: Vehicle) -> Vehicle | None:
        """The vehicle of the same way behind it."""
        queue = self.queues[vehicle.way]
        place = queue.index(vehicle) + 1
        return queue[place] if place < len(queue) else None

    def opposite(self, vehicle: Vehicle) -> list[Vehicle]:
        """The vehicles of the other way."""
        return self.queues[Direction.OUT if vehicle.way is Direction.IN else Direction.IN]

    # -- time ----------------------------------------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Moves everybody to `now`, which is no later than `next_at` said."""
        passed, self.at = now - self.at, now
        moving = [vehicle for vehicle in self if vehicle.v]
        for vehicle in moving:
            vehicle.nose += vehicle.v * passed
        for vehicle in moving:
            if not vehicle.gone:
                self._settle(vehicle)

    def _settle(self, vehicle: Vehicle) -> None:
        places = vehicle.track.places
        forward = vehicle.v > 0
        while not vehicle.gone:
            if forward:
                if vehicle.cell >= len(places) or places[vehicle.cell] > vehicle.nose + NEAR_ENOUGH:
                    break
                vehicle.nose = max(vehicle.nose, places[vehicle.cell])
                vehicle.cell += 1
                self._crossed(vehicle, vehicle.cell - 1)
            else:
                if vehicle.cell == 0 or places[vehicle.cell - 1] < vehicle.nose - NEAR_ENOUGH:
                    break
                vehicle.nose = min(vehicle.nose, places[vehicle.cell - 1])
                vehicle.cell -= 1
                self._crossed(vehicle, vehicle.cell + 1)
        if not vehicle.gone and vehicle.v and abs(vehicle.goal - vehicle.nose) <= NEAR_ENOUGH:
            vehicle.v = 0.0
            self._arrived(vehicle)

    def next_at(self) -> float:
        """Gives everybody the speed that the road allows, and returns when something happens next."""
        ins, outs = self.queues[Direction.IN], self.queues[Direction.OUT]
        if not ins and not outs:
            return inf
        edge = self._edge
        for queue in (ins, outs):
            for vehicle in queue:
                way = vehicle.goal - vehicle.nose
                vehicle.v = 0.0 if -NEAR_ENOUGH <= way <= NEAR_ENOUGH else vehicle.speed if way > 0 else -vehicle.speed
        pairs: list[tuple[Vehicle, Vehicle]] = []
        if ins and outs:
            there = [each for each in outs if each.nose >= -edge - 1e-3 and each.tail < edge]
            here = [each for each in ins if each.nose >= -edge - 1e-3 and each.tail < edge] if there else []
            pairs = [(one, other) for one in here for other in there]
            for one, other in pairs:
                self._meet(one, other)
        soonest = inf
        for queue in (ins, outs):
            if not any(vehicle.v for vehicle in queue):
                continue
            if len(queue) > 1:
                self._keep_apart(queue)
            for vehicle in queue:
                if vehicle.v:
                    soonest = min(soonest, _alone(vehicle))
            for first, second in pairwise(queue):
                closing = second.v - first.v
                if closing > NEAR_ENOUGH:
                    soonest = min(soonest, max(0.0, _room(first, second)) / closing)
        for one, other in pairs:
            if one.v + other.v > NEAR_ENOUGH and self._facing(one, other):
                room = -(one.nose + other.nose) - SPACE_FACING
                soonest = min(soonest, max(0.0, room) / (one.v + other.v))
        return self.at + soonest

    # -- speeds --------------------------------------------------------------------------------------------------------

    def _keep_apart(self, queue: list[Vehicle]) -> None:
        """The one behind follows; one who reverses into it stops."""
        for first, second in pairwise(queue):
            if second.v > first.v and second.v > 0 and _room(first, second) <= NEAR_ENOUGH:
                second.v = max(first.v, 0.0)
        for place in range(len(queue) - 1, 0, -1):
            first, second = queue[place - 1], queue[place]
            if first.v < 0 and second.v > first.v and first.tail - second.nose <= SPACE_FACING + NEAR_ENOUGH:
                first.v = min(second.v, 0.0)

    def _facing(self, one: Vehicle, other: Vehicle) -> bool:
        edge = self._edge
        return -edge < one.nose < edge and -edge < other.nose < edge

    def _meet(self, one: Vehicle, other: Vehicle) -> None:
        if self._facing(one, other):
            if -(one.nose + other.nose) - SPACE_FACING <= NEAR_ENOUGH:
                one.v, other.v = min(one.v, 0.0), min(other.v, 0.0)
            return
        edge = self._edge
        for comes, is_there in ((one, other), (other, one)):
            leaves = is_there.nose > edge - BESIDE and is_there.tail < edge
            if comes.v > 0 and abs(comes.nose + edge) <= 1e-3 and leaves:
                comes.v = 0.0


def _alone(vehicle: Vehicle) -> float:
    """Seconds until a vehicle comes to its goal, or into another cell."""
    v, cell, places = vehicle.v, vehicle.cell, vehicle.track.places
    way = abs(vehicle.goal - vehicle.nose)
    if v > 0:
        if cell < len(places):
            way = min(way, places[cell] - vehicle.nose)
        return max(way, 0.0) / v
    if cell > 0:
        way = min(way, vehicle.nose - places[cell - 1])
    return max(way, 0.0) / -v


def _room(first: Vehicle, second: Vehicle) -> float:
    """Metres by which the second may come nearer."""
    return first.tail - second.nose - (second.space if first.v >= 0 else SPACE_FACING)
