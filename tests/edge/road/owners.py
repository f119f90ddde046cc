"""Whose a visit in the journal truly is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.contract.facts import ReadBy, VisitOpened
from edge.contract.reasons import Colour, Direction
from tests.edge.road.doubts import EACH_SIDE

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.truth import VisitTruth
    from tests.edge.road.vehicles import Vehicle


class Owners:
    """Gives visits to vehicles. `open`: the visits that are not closed."""

    def __init__(self, judge: Judge, open_: dict[str, VisitTruth]) -> None:
        self.judge = judge
        self.open = open_
        self._spares: dict[str, list[VisitTruth]] = {}

    def forget(self) -> None:
        """The gate ended: nobody is registered any more."""
        self._spares.clear()

    def give(self, lane: RoadLane, visit: VisitTruth, owner: Vehicle | None) -> None:
        """A visit is this vehicle's; None: that of whoever comes."""
        if owner is None:
            self._spares.setdefault(lane.name, []).append(visit)
            return
        visit.owner = owner
        owner.visits.append(visit)
        owner.lied |= visit.untrue

    def adopt(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """Who was registered before anybody was here is the next who comes."""
        for visit in self._spares.pop(lane.name, []):
            if visit.owner is None and visit.id in self.open and not visit.orphan:
                self.give(lane, visit, vehicle)

    def find(self, lane: RoadLane, opened: VisitOpened, private: dict[str, str]) -> Vehicle | None:
        """Whose a visit is that begins: by its pass or plate, and by the direction that the record names."""
        witness, direction = self.judge.witness, Direction(opened.direction)
        named = witness.passes.get(opened.pass_id) if opened.pass_id else witness.plates.get(private.get("plate", ""))
        if opened.read_by is ReadBy.QR and not opened.pass_id:
            return witness.showed.get(lane.name)  # an advertisement
        if named is not None and (not named.gone or opened.pass_id):
            there = lane.first(direction)
            if named.way is direction or there is None or not there.covers.near:
                return named
            self.judge.limit(EACH_SIDE)
            return there
        first = lane.first(direction) if len(lane.setup.ways) > 1 else None
        if first is None or not (first.covers.near or first.under_since is not None):
            first = lane.first()
        if first is not None and not first.covers.near and first.under_since is None:
            return None  # nobody is at the lane: it is for whoever comes
        if opened.read_by is ReadBy.EMERGENCY and first is not None and self._is_let(lane, first):
            behind = lane.traffic.behind(first)  # the first has its word: this one is for whoever is behind it
            return behind if behind is not None and behind.covers.near else None
        return first

    def _is_let(self, lane: RoadLane, vehicle: Vehicle) -> bool:
        return lane.hands.lamp is Colour.GREEN and any(each.id in self.open for each in vehicle.visits)
