"""Visits, one visit, and who is inside. Tested in `tests/hub/api/test_reading.py`."""

from http import HTTPStatus

from flask import Response

from edge.contract.plates import normalise
from hub.api import cursors
from hub.api.blueprint import check_range, following, read, said
from hub.api.caller import caller, unmasked
from hub.api.models import (
    EntryPlace,
    Inside,
    InsideAsked,
    InsidePage,
    OneVisit,
    Visit,
    VisitAsked,
    VisitPlace,
    Visits,
    VisitsAsked,
    VisitsFiltered,
)
from hub.api.problems import ProblemError
from hub.api.values import bound
from hub.console.context import hub, reading
from hub.ledger import queries
from hub.tokens.scopes import Scope

MOST_ENTRIES = 500


@read("/visits", Scope.VISITS_READ, Visits)
def visits(query: VisitsAsked) -> Response:
    """Visits by a filter, newest first."""
    filter_ = filter_of(query)
    older = cursors.read("visits", hub().town, query.after, 2)
    whole = unmasked(query.why, "visits")
    place = None if older is None else (older[0], older[1])
    page = queries.page(reading(), hub().town, filter_, older=place, limit=query.limit)
    items = [Visit.model_validate(caller().shown(row, unmasked=whole)) for row in page.rows]
    after = None if page.older is None else cursors.write("visits", hub().town, page.older)
    return said(Visits(items=items, next=following(after)))


def filter_of(query: VisitsFiltered) -> queries.Filter:
    """The filter that a request asks for; `ProblemError` for a range that runs backwards, or a plate that the caller may not look for."""
    check_range(query.start, query.end)
    if query.plate is not None:
        _check_plate(query.plate)
    return queries.Filter(
        plate=query.plate or "",
        gate=query.gate or "",
        direction=query.direction or "",
        outcome=query.outcome or "",
        reason=query.reason or "",
        start=bound(query.start),
        end=bound(query.end),
    )


@read("/visits/<visit_id>", Scope.VISITS_READ, OneVisit)
def visit(path: VisitPlace, query: VisitAsked) -> Response:
    """One visit, with the numbers of its entries in the ledger."""
    row = queries.visit(reading(), hub().town, path.visit_id)
    if row is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "visit_id: there is no such visit")
    whole = unmasked(query.why, f"visits/{path.visit_id}")
    found = queries.entries_of(reading(), hub().town, path.visit_id, MOST_ENTRIES)
    places = [EntryPlace(id=each.id, kind=each.kind, received_at=each.received_at) for each in found]
    return said(OneVisit.model_validate({**caller().shown(row, unmasked=whole), "entries": places}))


@read("/inside", Scope.VISITS_READ, InsidePage)
def inside(query: InsideAsked) -> Response:
    """The vehicles that are inside now, longest first."""
    if query.plate is not None:
        _check_plate(query.plate)
    place = cursors.read("inside", hub().town, query.after, 2)
    after = None if place is None else (place[0], place[1])
    rows, beyond = queries.inside_now(reading(), hub().town, search=query.plate or "", after=after, limit=query.limit)
    total = sum(queries.inside_counts(reading(), hub().town).values())
    items = [Inside.model_validate(caller().shown(row)) for row in rows]
    following_ = None if beyond is None else cursors.write("inside", hub().town, [str(part) for part in beyond])
    return said(InsidePage(items=items, total=total, next=following(following_)))


def _check_plate(plate: str) -> None:
    """`ProblemError` if the caller may not look for plates, or this is none: what is nothing would find everything."""
    caller().needs(Scope.VISITS_PLATES)
    if not normalise(plate):
        raise ProblemError(HTTPStatus.CONFLICT, "plate: expected at least one letter, digit or Chinese character")
