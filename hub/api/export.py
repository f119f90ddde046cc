"""`/export/visits.csv` for programs: the same file at the same address, by a token's scopes. Browsers get theirs from the ledger's pages.

Tested in `tests/hub/api/test_export.py`.
"""

from collections.abc import Iterator
from hashlib import sha256
from http import HTTPStatus

from flask import Response, g, request
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.api import problems
from hub.api.blueprint import beside, conditional, read, refuse_repeated
from hub.api.caller import admit, caller, is_program, note, unmasked
from hub.api.models import VisitsFiltered
from hub.api.visits import filter_of
from hub.console.context import Hub, hub, limit, now, open_reading, reading
from hub.ledger import queries
from hub.tokens.scopes import Scope
from hub.visits.export import stream_visits

ADDRESS = "/export/visits.csv"
METHODS = "GET, HEAD, OPTIONS"
_CSV = {"description": "visits.csv with machine names", "content": {"text/csv": {"schema": {"type": "string"}}}}


def answer_programs() -> Response | None:
    """Before a request for visits.csv: the answer to a program; None for a browser, which the page answers."""
    if request.path != ADDRESS or not is_program():
        return None
    g.api_export = True
    if request.method not in ("GET", "HEAD"):
        line = problems.SAYS[HTTPStatus.METHOD_NOT_ALLOWED]
        return problems.answer(HTTPStatus.METHOD_NOT_ALLOWED, line, {"Allow": METHODS})
    admit(Scope.VISITS_READ)
    refuse_repeated()
    view = visits_csv.view  # type: ignore[attr-defined]  # put there by the blueprint: it reads the query first
    return conditional(view())


@read(ADDRESS, Scope.VISITS_READ, _CSV, of=beside)
def visits_csv(query: VisitsFiltered) -> Response:
    """The visits of a filter as CSV (UTF-8 with BOM), oldest first; times are local with offset."""
    filter_ = filter_of(query)
    whole = unmasked(query.why, "visits.csv")
    reader = None if whole else caller().masks_as
    mark = _mark(filter_, reader)
    if request.if_none_match.contains(mark):
        return _with_mark(Response(status=HTTPStatus.NOT_MODIFIED), mark)
    asked = {name: getattr(filter_, name) for name in filter_.__slots__}
    note("visits exported", "visits.csv", unmasked=whole, **asked)
    text: Iterator[str] = iter(()) if request.method == "HEAD" else _csv(hub(), open_reading(), filter_, reader)
    name = f"visits-{hub().town}-{now().astimezone(hub().zone):%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return _with_mark(Response(text, mimetype="text/csv", headers=headers), mark)


def _mark(filter_: queries.Filter, reader: Role | None) -> str:
    """The mark of a file that is never held whole: it changes with the newest entry, the filter and the masks."""
    newest = queries.last_entry(reading(), hub().town)
    return sha256(repr((newest, filter_, reader, hub().town, limit())).encode()).hexdigest()[:32]


def _with_mark(response: Response, mark: str) -> Response:
    response.set_etag(mark, weak=True)
    return response


def _csv(here: Hub, connection: Connection, filter_: queries.Filter, reader: Role | None) -> Iterator[str]:
    # a connection of its own: the text flows after the request's has been closed
    with connection:
        conditions = queries.conditions(here.town, filter_)
        yield from stream_visits(connection, conditions, zone=here.zone, header="machine", role=reader)
