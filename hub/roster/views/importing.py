"""Duty staff or a roster from a file.

Tested in `tests/hub/roster/test_views.py`.
"""

from typing import Any

from flask import abort, url_for
from flask_babel import gettext

from hub.accounts.roles import Role
from hub.console.context import needs
from hub.console.list_import import Answer, ListPage, give_room, import_page
from hub.roster import importing
from hub.roster.importing import COLUMNS, ListKind
from hub.roster.views.blueprint import author, blueprint


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    give_room(endpoint, "roster.import_list")


@blueprint.route("/roster/import/<kind>", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def import_list(kind: str) -> Answer:
    """Shows what a list asks for and every row that is wrong, then takes all of it."""
    if kind not in set(ListKind):
        abort(404)
    wanted = ListKind(kind)
    staff = wanted is ListKind.STAFF
    return import_page(
        ListPage(
            gettext("Import duty staff") if staff else gettext("Import a roster"),
            (url_for("roster.everybody"), gettext("Duty staff"))
            if staff
            else (url_for("roster.every"), gettext("Roster")),
            "roster/nav.html",
            COLUMNS[wanted],
            lambda connection: importing.reader(author(connection), wanted),
            lambda connection, new, known: importing.taken(author(connection), wanted, new, known),
        )
    )
