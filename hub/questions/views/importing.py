"""Questions and reports that are wanted, from a file. Tested in `tests/hub/questions/test_importing.py`."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, user
from hub.console.list_import import Answer, ListPage, give_room, import_page
from hub.questions.importing import COLUMNS, QuestionReader
from hub.questions.views.blueprint import blueprint


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    give_room(endpoint, "questions.import_list")


@blueprint.route("/import", methods=["GET", "POST"])
@needs(Role.OFFICER)
def import_list() -> Answer:
    """Shows what a list of questions would note and every row that is wrong, then notes all of it."""
    back = (url_for("questions.every"), gettext("Questions and reports"))
    return import_page(
        ListPage(
            gettext("Import questions and reports"), back, "orders/nav.html", COLUMNS, _reader,
            lambda connection, new, known: _reader(connection).taken(new, known),
        )
    )  # fmt: skip


def _reader(connection: Connection) -> QuestionReader:
    return QuestionReader(connection, hub().town, hub().zone, user().id, now())
