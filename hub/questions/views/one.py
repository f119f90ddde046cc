"""The page of one question with its answers; assigning, answering and closing it.

Tested in `tests/hub/questions/test_views.py`.
"""

from flask import abort, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.forms import row_id
from hub.console.once import act
from hub.questions import store
from hub.questions.views.blueprint import blueprint, people


@blueprint.get("/<question_id>")
@needs(Role.OFFICER)
def show(question_id: str) -> str:
    """One question: what is asked, until when, by whom it is answered, every version of the answer."""
    found = _question_or_404(question_id)
    return render_template(
        "questions/show.html", question=found, state=found.state(now()), people=people(), longest=store.LONGEST_TEXT
    )


@blueprint.post("/<question_id>/assign")
@needs(Role.OFFICER)
def assign(question_id: str) -> AnyResponse:
    """Assigns it to a user."""

    def do(connection: Connection) -> None:
        to = request.form.get("to", "")
        store.assign(connection, town=hub().town, id_=question_id, to=to, by=user().id, now=now())

    return act(do, _address(question_id), gettext("The question is assigned."))


@blueprint.post("/<question_id>/answer")
@needs(Role.OFFICER)
def answer(question_id: str) -> AnyResponse:
    """Gives the next version of the answer."""

    def do(connection: Connection) -> None:
        text, after = request.form.get("text", ""), row_id(request.form.get("after"))
        store.answer(
            connection, town=hub().town, id_=question_id, text=text, after=after or 0, by=user().id, now=now()
        )  # fmt: skip

    return act(do, _address(question_id), gettext("The answer is noted."))


@blueprint.post("/<question_id>/close")
@needs(Role.SUPERVISOR)
def close(question_id: str) -> AnyResponse:
    """Closes it."""

    def do(connection: Connection) -> None:
        note = request.form.get("note", "")
        store.close(connection, town=hub().town, id_=question_id, note=note, by=user().id, now=now())

    return act(do, _address(question_id), gettext("The question is closed."))


def _address(id_: str) -> str:
    return url_for("questions.show", question_id=_question_or_404(id_).id)


def _question_or_404(id_: str) -> store.Question:
    found = store.find(reading(), hub().town, id_)
    if found is None:
        abort(404)
    return found
