"""The line "n new" of a list that stands open: how many rows came since the page was made, and one touch that shows them.

The page's question is signed: it holds what the page was asked for, whose search was counted and allowed when it was made.

Tested in `tests/hub/web/test_news.py`.
"""

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from edge.contract.records import wall_text
from hub.accounts.privacy import masked_plates
from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now, reading, role
from hub.ledger import news, queries
from hub.visits.search import FIELDS, SearchForm

blueprint = Blueprint("news", __name__)
KEPT = (*FIELDS, "search", "what", "state")
"""Of a page's address; its place among the pages of the list is not: what is new stands on the first one."""
LISTS = {"ledger": "ledger.visits", "conflicts": "conflicts.every", "orders": "orders.every"}
"""The list of a subject's pages: a form that is wrong shows it at an address of its own."""


def ask() -> str:
    """The question of the page that is being made, as an address; what `count` answers."""
    connection, town = reading(), hub().town
    page = request.endpoint if request.endpoint == "ledger.inside" else LISTS[request.blueprint or ""]
    mark = {
        "page": page,
        "entry": queries.last_entry(connection, town),
        "passage": news.last_passage(narrowed(), town) if page == "ledger.inside" else 0,
        "time": wall_text(now()),
        "asked": {name: value for name in KEPT if (value := request.args.get(name, ""))},
    }
    return url_for("news.count", mark=_marks().dumps(mark))


@blueprint.get("/news")
@needs(Role.VIEWER)
def count() -> str:
    """How many are new on a page, as a link to the first page of the same search; empty for none."""
    try:
        known = _marks().loads(request.args.get("mark", ""))
    except BadData:
        abort(404)
    return render_template("news.html", n=_count(known), address=url_for(known["page"], **known["asked"]))


def _count(known: dict[str, Any]) -> int:
    connection, town, asked = reading(), hub().town, known["asked"]
    match known["page"]:
        case "ledger.visits":
            filter_ = SearchForm(MultiDict(asked)).filter(hub().zone, whole=masked_plates(role()))
            return news.visits_since(narrowed(asked.get("unit", "")), town, known["entry"], filter_)
        case "ledger.inside":
            return news.last_passage(narrowed(asked.get("unit", "")), town) - int(known["passage"])
        case "conflicts.every":
            what, gate = asked.get("what", ""), asked.get("gate", "")
            return news.conflicts_since(connection, town, known["time"], known["entry"], what, gate)
        case "orders.every":
            return news.orders_since(connection, town, known["time"])
    return 0


def _marks() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="what a page shows")
