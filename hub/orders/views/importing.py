"""Orders from a file. Tested in `tests/hub/orders/test_importing.py`."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, user
from hub.console.list_import import Answer, ListPage, give_room, import_page
from hub.orders.importing import COLUMNS, OrderReader
from hub.orders.views.blueprint import blueprint


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    give_room(endpoint, "orders.import_list")


@blueprint.route("/import", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def import_list() -> Answer:
    """Shows what a list of orders would send and every row that is wrong, then sends all of it."""
    back = (url_for("orders.every"), gettext("Orders"))
    return import_page(
        ListPage(
            gettext("Import orders"), back, "orders/nav.html", COLUMNS, _reader,
            lambda connection, new, known: _reader(connection).taken(new, known),
        )
    )  # fmt: skip


def _reader(connection: Connection) -> OrderReader:
    return OrderReader(connection, hub().town, hub().zone, user().id, now())
