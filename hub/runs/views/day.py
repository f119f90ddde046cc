"""The page of a day: for each area its plans, for each plan its runs in order of time.

Tested in `tests/hub/runs/test_views.py`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby

from flask import render_template, request

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading
from hub.console.days import address_day
from hub.runs import derive, store
from hub.runs.marks import Run, RunState
from hub.runs.store import Planned
from hub.runs.views.blueprint import blueprint

NEXT = 4
"""Runs to come that are shown; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A plan with its runs of a day, and how many there are of each state."""

    planned: Planned
    runs: Sequence[Run]
    counts: Counter[str]

    @property
    def shown(self) -> Sequence[Run]:
        """The runs that are over or due, and the next ones."""
        return self.runs[: self._known + NEXT]

    @property
    def later(self) -> Sequence[Run]:
        """The runs behind those."""
        return self.runs[self._known + NEXT :]

    @property
    def _known(self) -> int:
        return sum(each.state is not RunState.EXPECTED for each in self.runs)


@blueprint.get("")
@needs(Role.VIEWER)
def today() -> str:
    """The runs of today, or of another day."""
    day = address_day(request.args.get("day"))
    start = datetime.combine(day, time(), hub().zone)
    end = start + timedelta(days=1)
    rows = [
        row
        for each in store.plans(reading(), hub().town, since=wall_text(start))
        if (row := _row(each, start, end)).runs
    ]
    here = now().astimezone(hub().zone).date()
    return render_template(
        "runs/day.html",
        areas=[(area, list(found)) for area, found in groupby(rows, lambda each: each.planned.plan.area)],
        any_plan=bool(store.plans(reading(), hub().town)),
        day=day,
        is_today=day == here,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < here else None,
        local_clock=_clock,
        is_overdue=_is_overdue,
    )


def _row(planned: Planned, start: datetime, end: datetime) -> Row:
    found = derive.runs_of(reading(), hub().town, planned, start, end, hub().zone, now())
    return Row(planned, found, Counter(each.state.value for each in found))


def _clock(moment: datetime) -> str:
    return moment.astimezone(hub().zone).strftime("%H:%M")


def _is_overdue(planned: Planned, run: Run) -> bool:
    """Returns True if the vehicle of a run should be back, and is not."""
    within = planned.plan.return_minutes
    if within is None or run.by is None or run.back is not None:
        return False
    return now() > run.by.at + timedelta(minutes=within)


SHAPES: dict[str, str] = {
    RunState.DONE: "check-circle-fill",
    RunState.LATE: "clock-history",
    RunState.MISSED: "x-octagon-fill",
    RunState.DUE: "bell-fill",
    RunState.EXPECTED: "hourglass-split",
}
"""A shape for each state, so that nobody depends on its colour."""


@blueprint.app_context_processor
def _shapes() -> dict[str, object]:
    return {"RUN_SHAPES": SHAPES}
