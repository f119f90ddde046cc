"""Passes that went through this gate moments ago, or stand at another lane now: shown once more, a pass is a duplicate."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from edge.gate.clocks import Clocks
from edge.lane.state import Visit


class RecentPasses:
    """The passes of one gate that were used of late. `passed`: pass id -> (visit, when the visit was closed)."""

    def __init__(self, passed: Mapping[str, tuple[str, datetime]], clocks: Clocks) -> None:
        self._monotonic = clocks.monotonic
        self._passed = {
            pass_id: (visit, clocks.monotonic() - (clocks.now() - closed).total_seconds())
            for pass_id, (visit, closed) in passed.items()
        }
        self._at_lanes: dict[str, Sequence[Visit]] = {}

    def at_lane(self, lane: str, visits: Sequence[Visit]) -> None:
        """Notes who is at a lane now."""
        self._at_lanes[lane] = visits

    def went_through(self, pass_id: str, visit: str) -> None:
        """Notes that a pass went through the gate just now."""
        self._passed[pass_id] = (visit, self._monotonic())

    def beside(self, lane: str, seconds: float) -> dict[str, str]:
        """Returns pass id -> visit, of the last so many seconds and of all lanes but this one. Older ones are forgotten."""
        since = self._monotonic() - seconds
        self._passed = {pass_id: (visit, at) for pass_id, (visit, at) in self._passed.items() if at >= since}
        recent = {pass_id: visit for pass_id, (visit, _) in self._passed.items()}
        for other, visits in self._at_lanes.items():
            if other != lane:
                recent |= {visit.decision.pass_id: visit.id for visit in visits if visit.decision.pass_id}
        return recent
