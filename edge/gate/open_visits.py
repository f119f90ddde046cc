"""Visits whose end or whose plate the journal does not have yet; an officer says it later.

`unfinished`: the last run ended, or the journal took nothing, before their end was kept. `plateless`: emergencies, which pass
before anybody writes down a plate.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from edge.contract import plates
from edge.contract.facts import Kind, Outcome, VisitClosed
from edge.contract.records import wall_text
from edge.gate.recorder import Recorder
from edge.gate.view import OpenVisit
from edge.lane.actions import Keep
from edge.lane.state import Visit


def open_visit(visit: Visit, lane: str, at: datetime) -> OpenVisit:
    """Returns what the screen shows of a lane's visit that is left open at this moment."""
    made = visit.decision
    return OpenVisit(visit.id, lane, wall_text(at), made.plate, made.direction, made.reason)


class OpenVisits:
    """The open visits of one gate. `unfinished`, `plateless`: visit -> what the screen shows of it."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        unfinished: Iterable[OpenVisit],
        plateless: Iterable[OpenVisit],
        now: Callable[[], datetime],
    ) -> None:
        self._recorder = recorder
        self._now = now
        self.unfinished = {each.visit: each for each in unfinished}
        self.plateless = {each.visit: each for each in plateless}

    def leave(self, visits: Iterable[Visit], lane: str) -> None:
        """Notes visits that are over at their lane while the journal could not take their end."""
        for visit in visits:
            self.unfinished[visit.id] = open_visit(visit, lane, self._now())

    def await_plate(self, visit: Visit, lane: str) -> None:
        """Notes an emergency, whose plate an officer writes down later."""
        self.plateless[visit.id] = open_visit(visit, lane, self._now())

    def finish(self, visit: str, outcome: Outcome, officer: str | None) -> bool:
        """Ends an unfinished visit as an officer says. Returns True if that is kept."""
        left = self.unfinished.get(visit)
        if left is None:
            return False
        keep = Keep(Kind.VISIT_CLOSED, VisitClosed(outcome=outcome, officer=officer), visit)
        if not self._recorder.keep((keep, left.lane or None)):
            return False
        del self.unfinished[visit]
        self.closed(visit, outcome)
        self.supplement(officer)
        return True

    def fill_plate(self, visit: str, plate: str, officer: str | None) -> bool:
        """Takes the plate of an emergency. Returns True if that visit waits for one, and this is a plate."""
        plate = plates.classify(plate).text
        if visit not in self.plateless or not plate:
            return False
        self.plateless[visit] = replace(self.plateless[visit], plate=plate)
        self.supplement(officer)
        return True

    def closed(self, visit: str, outcome: Outcome) -> None:
        """Notes that a visit's end was kept: an emergency's plate may follow it now, and the visit's alarms are over."""
        if visit in self.plateless:
            self.plateless[visit] = replace(self.plateless[visit], outcome=outcome)
        self._recorder.clear_alarms_of(visit)

    def supplement(self, officer: str | None) -> None:
        """Keeps an emergency's end once more, with its plate, as soon as both are known."""
        for visit, left in list(self.plateless.items()):
            if not left.plate or left.outcome is None:
                continue
            body = VisitClosed(outcome=left.outcome, officer=officer, supplement=True)
            keep = Keep(Kind.VISIT_CLOSED, body, visit, {"plate": left.plate})
            if self._recorder.keep((keep, left.lane or None)):
                del self.plateless[visit]
