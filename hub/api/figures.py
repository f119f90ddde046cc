"""Figures by hour and gate. Tested in `tests/hub/api/test_figures.py`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Response
from sqlalchemy import ColumnElement, case, func, or_, select, tuple_
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome, ReadBy
from edge.contract.reasons import Direction, Verdict
from edge.contract.records import wall_text
from hub.api import cursors
from hub.api.blueprint import check_range, following, read, said
from hub.api.models import Figures, FiguresAsked, HourFigures
from hub.api.problems import ProblemError
from hub.console.context import hub, now, reading
from hub.database.schema import visits
from hub.tokens.scopes import Scope

MOST = timedelta(days=92)
DAY = timedelta(days=1)
HOUR = len("2026-03-01T08")


@read("/figures", Scope.FIGURES_READ, Figures)
def figures(query: FiguresAsked) -> Response:
    """What happened, by hour and gate: visits, entered, left, refused, registered by hand, overridden, disinfected."""
    check_range(query.start, query.end)
    start, end = _span(query.start, query.end)
    place = cursors.read("figures", hub().town, query.after, 2)
    found = counts(reading(), hub().town, (start, end), query.gate, place, query.limit + 1)
    items = found[: query.limit]
    last = items[-1] if len(found) > query.limit else None
    after = None if last is None else cursors.write("figures", hub().town, [last.hour, last.gate])
    return said(Figures(start=wall_text(start), end=wall_text(end), items=items, next=following(after)))


def _span(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """The range that is asked for: a day where a bound is left out; `ProblemError` for one that is too long."""
    if end is None:
        # until the end of this hour, so that pages of one list agree
        end = now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) if start is None else start + DAY
    if start is None:
        start = end - DAY
    if end - start > MOST:
        days = (end - start) / DAY
        line = f"from, to: expected a range of at most {MOST.days} days, found {days:.0f}: ask for it in parts"
        raise ProblemError(HTTPStatus.CONFLICT, line)
    return start, end


def counts(
    connection: Connection,
    town: str,
    span: tuple[datetime, datetime],
    gate: str | None,
    after: tuple[str, ...] | None,
    limit: int,
) -> Sequence[HourFigures]:
    """The figures of a range, by hour and gate, from above the place `after` (hour, gate); hours without a visit are left out."""
    hour = func.substr(visits.c.opened_at, 1, HOUR).label("hour")
    passed = visits.c.outcome == Outcome.PASSED.value
    sums = {
        "visits": func.count(),
        "entered": _count(passed & (visits.c.direction == Direction.IN.value)),
        "left": _count(passed & (visits.c.direction == Direction.OUT.value)),
        "refused": _count(or_(visits.c.outcome == Outcome.TURNED_BACK.value, visits.c.verdict == Verdict.STOP.value)),
        "by_hand": _count(visits.c.read_by == ReadBy.HAND.value),
        "overridden": _count(visits.c.override_by.is_not(None)),
        "disinfected": _count(visits.c.disinfected == "yes"),
    }
    begin = wall_text(span[0]) if after is None else max(wall_text(span[0]), after[0])
    query = (
        select(hour, visits.c.gate, *(each.label(name) for name, each in sums.items()))
        .where(visits.c.town == town, visits.c.opened_at >= begin, visits.c.opened_at < wall_text(span[1]))
        .group_by(hour, visits.c.gate)
        .order_by(hour, visits.c.gate)
        .limit(limit)
    )
    if gate is not None:
        query = query.where(visits.c.gate == gate)
    if after is not None:
        query = query.having(tuple_(hour, visits.c.gate) > (after[0][:HOUR], after[1]))
    return [
        HourFigures.model_validate({**row, "hour": f"{row['hour']}:00:00.000Z"})
        for row in connection.execute(query).mappings()
    ]


def _count(condition: ColumnElement[Any]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
