"""The page of the outgoing feed: who gets the ledger's entries, how far each is, what went wrong; adding and removing a target, a test.

Tested in `tests/hub/feed/test_views.py`.
"""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Optional

from edge.contract.canonical import public_hex
from edge.contract.facts import Kind
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.feed import batch, store
from hub.feed.post import Confirmed, post
from hub.ledger import queries
from hub.ledger.following import count_after
from hub.ledger.head import read_ledger

blueprint = Blueprint("feed", __name__, url_prefix="/feed")
MOST_COUNTED = 10_000
"""Entries that a target lacks are counted no further."""


class AddForm(PageForm):
    """The form of a new target."""

    name = StringField(
        _("Whose system"),
        [DataRequired(_("Say whose system it is.")), Length(max=store.LONGEST_NAME)],
        filters=[stripped],
    )
    url = StringField(
        _("Address"), [DataRequired(_("Enter an address.")), Length(max=store.LONGEST_URL)], filters=[stripped]
    )
    ca = StringField(_("File of certificates on the hub"), [Optional(), Length(max=500)], filters=[stripped])
    kinds = SelectMultipleField(_("Only these kinds"))
    from_start = BooleanField(_("From the ledger's first entry on"))


@blueprint.get("")
@needs(Role.ADMIN)
def every() -> str:
    """The targets with their states."""
    return _page()


@blueprint.post("")
@needs(Role.ADMIN)
def add() -> str | Response | tuple[str, int]:
    """Adds a target: entries are sent from now on, or from the first."""
    form = _form()
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        store.add(
            connection,
            town=hub().town,
            name=form.name.data or "",
            url=form.url.data or "",
            kinds=form.kinds.data or (),
            ca=form.ca.data or None,
            cursor=0 if form.from_start.data else queries.last_entry(connection, hub().town),
            by=user().id,
            now=now(),
        )
        return url_for("feed.every")

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _page(form, odd=worded(refused.words)), HTTPStatus.BAD_REQUEST
    flash(gettext("The target is added. What stands in the ledger from there on is sent to it."))
    return redirect(there)


@blueprint.post("/<target_id>/remove")
@needs(Role.ADMIN)
def remove(target_id: str) -> Response:
    """Sends a target nothing any more."""

    def do(connection: Connection) -> str:
        store.remove(connection, town=hub().town, id_=target_id, by=user().id, now=now())
        return url_for("feed.every")

    with hub().writing.begin() as connection:
        there = do_once(connection, lambda: do(connection))
    flash(gettext("The target is removed: nothing is sent to it any more."))
    return redirect(there)


@blueprint.post("/<target_id>/test")
@needs(Role.ADMIN)
def test(target_id: str) -> Response:
    """Sends a target an empty batch, and says how it answers. Its cursor stays."""
    target = store.known(reading(), hub().town, target_id)
    with hub().writing.begin() as connection:
        about = f"feed/{target.id}"
        audit.note(connection, user=user().id, action="feed target tested", object=about, detail={}, now=now())
    sent = batch.body(read_ledger(reading(), hub().town), target.id, ())
    answer = post(target.url, target.ca, sent, batch.headers(hub().town, target.id, sent, hub().opened.key, now()))
    if isinstance(answer, Confirmed):
        flash(gettext("%(name)s confirmed an empty batch.", name=target.name))
    else:
        flash(gettext("%(name)s did not confirm an empty batch: %(why)s", name=target.name, why=answer.why), "refused")
    return redirect(url_for("feed.every"))


def _form(*, filled: bool = True) -> AddForm:
    form = AddForm(request.form if filled else None)
    form.kinds.choices = [(kind.value, kind.value) for kind in Kind]
    return form


def _page(form: AddForm | None = None, *, odd: str = "") -> str:
    targets = store.every(reading(), hub().town)
    lacking = {each.id: count_after(reading(), hub().town, each.cursor, MOST_COUNTED) for each in targets}
    return render_template(
        "feed/list.html",
        targets=targets,
        lacking=lacking,
        most=MOST_COUNTED,
        form=form or _form(filled=False),
        odd=odd,
        key=public_hex(hub().opened.key.public_key()),
    )
