"""What an account that is limited to a branch may open: pages that were made with branches in mind, and of them what is the branch's.

1. Every question of its requests goes through a connection that reads the branch's rows alone (`hub.console.context.limit_to`).
2. An address that is not named here answers 403: a new page is closed to such accounts until somebody has thought of it.
3. An address that names a visit, an alert or a vehicle answers 404 where the branch has none of it, also to a form, whose changes go
   through another connection.

Tested in `tests/hub/web/test_limits.py`.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from flask import abort, request
from flask_login import current_user

from hub.alerts import reading as alerts
from hub.console.context import hub, limit, reading
from hub.console.sealed import unseal
from hub.exports.lists import of_branch
from hub.ledger import queries

NOBODYS = frozenset({"static", "healthz"})
"""Endpoints that ask for no account at all: they answer where the accounts cannot be read."""
OPEN = NOBODYS | frozenset(
    {
        "preferences", "api_document", "api.visits", "api.visit", "api.gates", "api.inside",
        "api.figures", "api.alerts",
        "accounts.login", "accounts.logout", "people.own", "people.first_password", "people.set_password", "people.set_pin",
        "people.end_own_session", "session_end.left", "session_end.stay", "session_end.ended", "stream.stream", "news.count",
        "gates.live", "gates.board", "ledger.visits", "ledger.visit", "ledger.inside", "ledger.correct", "ledger.unmask",
        "ledger.visits_csv", "reports.show", "alerts.every", "alerts.bar", "alerts.lead", "alerts.acknowledge", "alerts.snooze",
        "map.show", "map.gates", "map.picture", "pictures.box", "pictures.look", "pictures.picture",
        "vehicles.search", "vehicles.nothing_typed", "vehicles.found", "vehicles.show", "vehicles.of_visit", "vehicles.add_note",
        "exports.every", "exports.every_job", "exports.make", "exports.cancel", "exports.download",
        "organisation.every", "organisation.show", "villages.every", "villages.show", "villages.picture", "villages.paper",
        "villages.whole", "villages.check", "villages.upload", "villages.add", "villages.one", "villages.change", "villages.move",
        "zero_reports.every", "zero_reports.give",
        "orders.mine", "orders.confirm", "orders.every", "orders.show", "orders.send", "orders.cancel",
        "questions.every", "questions.show", "questions.new", "questions.note", "questions.assign", "questions.answer",
        "questions.close",
        "registers.every", "registers.rows", "registers.row", "registers.new", "registers.change", "registers.move",
        "registers.remove", "registers.unmask", "registers.picture", "registers.days", "registers.import_list",
        "registers.imports", "register_paper.paper", "register_paper.book", "register_paper.sheet_picture",
        "persons.show", "needs.every", "needs.show", "needs.new", "needs.take_down", "needs.assign", "needs.move", "needs.sheet",
        "inspections.every", "inspections.show", "inspections.new", "inspections.write", "inspections.move", "inspections.today",
        "inspections.day",
        "roster.every", "roster.one", "roster.sheet", "roster.assign", "roster.move", "roster.off", "roster.presence",
        "roster.everybody", "roster.person", "roster.new_staff", "roster.change_staff", "roster.away", "roster.phone",
        "roster.import_list", "roster.at_moment", "roster.handovers", "roster.worked",
    }
)  # fmt: skip
"""Endpoints whose answers are narrowed, or hold nothing of the town."""


def keep_within() -> None:
    """Comes before every view: 403 for a page that is not narrowed, 404 for what is not the branch's."""
    if request.endpoint is None or request.endpoint in NOBODYS or not current_user.is_authenticated:
        return
    if (branch := limit()) is None:
        return
    if request.endpoint not in OPEN:
        abort(HTTPStatus.FORBIDDEN)
    given = request.view_args or {}
    if not of_branch(str(given.get("list_name", "visits"))):
        abort(HTTPStatus.FORBIDDEN)
    for name, there in _THERE.items():
        if name in given and not there(str(given[name])):
            abort(HTTPStatus.NOT_FOUND)
    if request.endpoint == "exports.make" and given["list_name"] == "units" and request.args.get("unit") != branch.id:
        abort(HTTPStatus.FORBIDDEN)


def opens(endpoint: str) -> bool:
    """Returns True if the user's account opens this page as far as its branch goes; roles are another matter."""
    return not current_user.is_authenticated or limit() is None or endpoint in OPEN


def _visit(id_: str) -> bool:
    return queries.visit(reading(), hub().town, id_) is not None


def _alert(id_: str) -> bool:
    return len(id_) < 19 and alerts.find(reading(), hub().town, int(id_)) is not None


def _vehicle(sealed: str) -> bool:
    asked = queries.Filter(plate=unseal("plate", sealed) or "", whole=True)
    if not asked.plate:
        asked = queries.Filter(pass_id=unseal("pass", sealed) or "none")
    return bool(queries.page(reading(), hub().town, asked, limit=1).rows)


_THERE: Mapping[str, Callable[[str], bool]] = {"visit_id": _visit, "alert_id": _alert, "vehicle": _vehicle}
"""Argument of an address -> whether the branch has what it names."""
