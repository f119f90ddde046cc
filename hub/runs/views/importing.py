"""Plans of runs from a file. Tested in `tests/hub/runs/test_importing.py`."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, policy, user
from hub.console.list_import import Answer, ListPage, give_room, import_page
from hub.runs.importing import COLUMNS, Here, PlanReader
from hub.runs.views.blueprint import blueprint


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    give_room(endpoint, "runs.import_list")


@blueprint.route("/plans/import", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def import_list() -> Answer:
    """Shows what a list of plans would make and every row that is wrong, then makes all of them."""
    back = (url_for("runs.every_plan"), gettext("Plans of runs"))
    return import_page(
        ListPage(
            gettext("Import plans of runs"), back, "runs/nav.html", COLUMNS, _reader,
            lambda connection, new, known: _reader(connection).taken(new, known),
        )
    )  # fmt: skip


def _reader(connection: Connection) -> PlanReader:
    return PlanReader(connection, Here(hub().town, policy(), user().id, now()))
