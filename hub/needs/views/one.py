"""One request: everything about it, and its next steps: assigned, on the way, delivered and signed for, followed up, refused.

Tested in `tests/hub/needs/test_views.py`.
"""

from http import HTTPStatus

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.needs import store
from hub.needs.marking import judged
from hub.needs.views.blueprint import as_writer, blueprint, do, known_request, register_of, sent_values
from hub.needs.views.every import cards_of
from hub.needs.views.trip import issue, trip_form
from hub.passes.doubts import DoubtfulError, mark
from hub.registers import history
from hub.registers.keeping import Keeper
from hub.registers.rows import RegisterRow

OTHERS = 8
SENT = ("assigned_to", "assigned_phone", "signed_by", "follow_up")
"""The fields that a step may fill."""


@blueprint.get("/<int:need_id>")
@needs(Role.OFFICER)
def show(need_id: int) -> str:
    """The page of a request."""
    return page(need_id)


def page(need_id: int, **more: object) -> str:
    """The page of a request, with the form of its pass as it was sent, if it was."""
    found, row = known_request(need_id)
    (card,) = cards_of([row])
    trips = judged(reading(), hub().town, [row])
    people = register_of(store.PEOPLE)
    others = store.of_person(reading(), hub().town, row.links.parent or 0, OTHERS + 1)
    parts = {
        "form": trip_form(card.person, row),
        "doubts": (),
        "mark": "",
        "odd": "",
        **more,
    }
    return render_template(
        "needs/show.html",
        register=found.register,
        people=people.register if people else None,
        card=card,
        row=row,
        trip=trips[0].trip if trips else None,
        passes=[(each, each.state(now())) for each in trips[0].issued] if trips else [],
        steps=history.of(reading(), hub().town, row.id)[-20:],
        others=[each for each in others if each.id != row.id][:OTHERS],
        **parts,
    )


@blueprint.post("/<int:need_id>/assign")
@needs(Role.OFFICER)
def assign(need_id: int) -> Response:
    """Assigns a request to who is named, or to the user."""

    def act(connection: Connection, keeper: Keeper, row: RegisterRow, version: int) -> None:
        named = request.form.get("assigned_to", "").strip() or user().name
        values = sent_values(keeper, {"assigned_to": named, "assigned_phone": request.form.get("assigned_phone", "")})
        keeper.move(connection, row, "assigned", as_writer(), version=version, values=values)

    return do(need_id, act, gettext("The request is assigned."))


@blueprint.post("/<int:need_id>/move")
@needs(Role.OFFICER)
def move(need_id: int) -> Response:
    """Brings a request into its next state."""

    def act(connection: Connection, keeper: Keeper, row: RegisterRow, version: int) -> None:
        to = request.form.get("to", "")
        values = sent_values(keeper, {name: request.form[name] for name in SENT if request.form.get(name)})
        if to == "delivered" and "delivered_at" not in row.values:
            values["delivered_at"] = wall_text(now())
        why = request.form.get("why", "")[:200]
        keeper.move(connection, row, to, as_writer(), version=version, values=values, why=why)

    return do(need_id, act, gettext("Kept."))


@blueprint.post("/<int:need_id>/pass")
@needs(Role.OFFICER)
def issue_pass(need_id: int) -> str | Response | tuple[str, int]:
    """Issues the pass of a request. What is doubtful is shown first, as on the page of passes."""
    _found, row = known_request(need_id)
    form = trip_form(None, row, sent=True)
    if not form.validate():
        return page(need_id, form=form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: issue(connection, need_id, form))
    except DoubtfulError as doubtful:
        doubts = doubtful.doubts
        return page(need_id, form=form, doubts=doubts, mark=mark(doubts)), HTTPStatus.CONFLICT
    except RefusedError as refused:
        return page(need_id, form=form, odd=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The pass is issued."))
    return redirect(there, HTTPStatus.SEE_OTHER)
