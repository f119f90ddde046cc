"""What the journal remembers of the time before a restart: who is on shift, what is in the tanks, what was left open.

Pure: records in their order -> one frozen `Past`. The lane itself always comes up closed and empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.contract.facts import (
    AlarmCleared,
    AlarmRaised,
    Disinfected,
    Outcome,
    ReadBy,
    ShiftEnded,
    ShiftStarted,
    SolutionPrepared,
    VisitClosed,
    VisitOpened,
)
from edge.contract.records import Record, parse_wall
from edge.gate.view import OpenVisit, SolutionBatch


@dataclass(frozen=True, slots=True)
class Past:
    """What is still true. `passed`: pass id -> (visit, when it closed), for the last minutes' duplicates.

    `alarms`: (code, lane or None) -> detail.
    """

    officer: str | None = None
    batches: Mapping[str, SolutionBatch] = field(default_factory=dict)
    """Tank -> what is in it."""
    unfinished: tuple[OpenVisit, ...] = ()
    plateless: tuple[OpenVisit, ...] = ()
    passed: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    alarms: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    answered: Mapping[str, str] = field(default_factory=dict)
    """Command id -> what was answered last; the journal remembers it longer than its records."""


def recall(records: Iterable[tuple[Record, Mapping[str, str]]]) -> Past:
    """Returns what follows from these records, in order of seq."""
    recalled = _Recall()
    for record, private in records:
        recalled.add(record, private)
    return recalled.past()


class _Recall:
    """The running state of `recall`."""

    def __init__(self) -> None:
        self.officer: str | None = None
        self.batches: dict[str, SolutionBatch] = {}
        self.open: dict[str, OpenVisit] = {}
        self.plateless: dict[str, OpenVisit] = {}
        self.passes: dict[str, str] = {}
        self.passed: dict[str, tuple[str, datetime]] = {}
        self.alarms: dict[tuple[str, str | None], str] = {}

    def add(self, record: Record, private: Mapping[str, str]) -> None:
        match record.body:
            case ShiftStarted(officer=officer):
                self.officer = officer
            case ShiftEnded():
                self.officer = None
            case SolutionPrepared() as mixed:
                self.batches[mixed.tank] = SolutionBatch(
                    mixed.batch,
                    mixed.agent,
                    mixed.concentration,
                    mixed.tank,
                    parse_wall(mixed.expires_at),
                    mixed.litres,
                )
            case Disinfected(batch=batch, litres=litres) if litres:
                self.batches = {tank: each.less(batch, litres) for tank, each in self.batches.items()}
            case AlarmRaised(alarm=alarm, detail=detail):
                self.alarms[alarm, record.lane] = detail
            case AlarmCleared(alarm=alarm):
                self.alarms.pop((alarm, record.lane), None)
            case VisitOpened() as opened:
                self._opened(record, opened, private)
            case VisitClosed() as closed:
                self._closed(record, closed, private)

    def _opened(self, record: Record, opened: VisitOpened, private: Mapping[str, str]) -> None:
        assert record.visit is not None
        plate = private.get("plate", "")
        visit = OpenVisit(record.visit, record.lane or "", record.at.wall, plate, opened.direction, opened.reason)
        self.open[visit.visit] = visit
        if opened.read_by is ReadBy.EMERGENCY:
            self.plateless[visit.visit] = visit
        if opened.pass_id is not None:
            self.passes[visit.visit] = opened.pass_id

    def _closed(self, record: Record, closed: VisitClosed, private: Mapping[str, str]) -> None:
        assert record.visit is not None
        self.open.pop(record.visit, None)
        if closed.supplement and "plate" in private:
            self.plateless.pop(record.visit, None)
        elif record.visit in self.plateless:
            before = self.plateless[record.visit]
            self.plateless[record.visit] = OpenVisit(
                before.visit, before.lane, before.opened_at, "", before.direction, before.reason, closed.outcome
            )
        pass_id = self.passes.pop(record.visit, None)
        if pass_id is not None and closed.outcome is Outcome.PASSED:
            self.passed[pass_id] = (record.visit, record.at.time)

    def past(self) -> Past:
        return Past(
            officer=self.officer,
            batches=self.batches,
            unfinished=tuple(self.open.values()),
            plateless=tuple(self.plateless.values()),
            passed=self.passed,
            alarms=self.alarms,
        )
