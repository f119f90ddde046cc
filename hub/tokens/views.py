"""The page of the API's tokens: which there are, making one (its text is shown once), revoking one.

Tested in `tests/hub/tokens/test_views.py`.
"""

from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SearchField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.tokens import scopes, store
from hub.tokens.scopes import Scope
from hub.tokens.store import Made, TokenState

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")
ROWS = 200
DAYS = (7, 30, 90, 365)
STATES = {
    TokenState.VALID: _("Valid"),
    TokenState.EXPIRED: _("Expired"),
    TokenState.REVOKED: _("Revoked"),
    TokenState.ORPHANED: _("Ended with its maker's account"),
}
SCOPES = {
    Scope.VISITS_READ: _("Visits and who is inside, plates masked"),
    Scope.VISITS_PLATES: _("Plates in full"),
    Scope.PERSONAL_READ: _("Driver, phone, origin and destination in full, for a reason each time"),
    Scope.GATES_READ: _("Gates and their states"),
    Scope.ALERTS_READ: _("Alerts"),
    Scope.FIGURES_READ: _("Figures by hour and gate"),
    Scope.ENTRIES_READ: _("The ledger's entries, without personal values"),
    Scope.PASSES_WRITE: _("Issue and revoke passes"),
}


class SearchForm(PageForm):
    """Which tokens are shown."""

    search = SearchField(_("Name, number or scope"), [Length(max=64)], filters=[stripped])


class MakeForm(PageForm):
    """The form of a new token."""

    name = StringField(
        _("Whose program"),
        [DataRequired(_("Say whose program it is.")), Length(max=store.LONGEST_NAME)],
        filters=[stripped],
    )
    scopes = SelectMultipleField(
        _("It may"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = SelectField(_("Expires after"), coerce=int, default=90)

    def validate_scopes(self, field: SelectMultipleField) -> None:
        """A token that may nothing is a mistake. No flag of the field: a browser would ask for each of the boxes."""
        if not field.data:
            raise ValidationError(_("Choose at least one."))


@blueprint.get("")
@needs(Role.ADMIN)
def every() -> str:
    """Every token, newest first, with its last use."""
    return _page()


@blueprint.post("")
@needs(Role.ADMIN)
def make() -> AnyResponse | tuple[str, int]:
    """Makes a token. Its text stands in this answer alone: the same form again leads to the list."""
    form = _form()
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    found: list[Made] = []

    def do(connection: Connection) -> str:
        found.append(
            store.make(
                connection,
                town=hub().town,
                name=form.name.data or "",
                scopes=scopes.parse(form.scopes.data or ()),
                days=form.days.data,
                by=user().id,
                now=now(),
            )
        )
        return url_for("tokens.every")

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _page(form, odd=worded(refused.words)), HTTPStatus.BAD_REQUEST
    if not found:
        flash(
            gettext(
                "This token was made already. Its text is shown once; where it was lost, revoke it and make another."
            )
        )
        return redirect(there)
    return Response(_page(made=found[0]), HTTPStatus.CREATED)


@blueprint.post("/<token_id>/revoke")
@needs(Role.ADMIN)
def revoke(token_id: str) -> AnyResponse:
    """Ends a token at once."""

    def do(connection: Connection) -> str:
        store.revoke(connection, town=hub().town, id_=token_id, by=user().id, now=now())
        return url_for("tokens.every")

    with hub().writing.begin() as connection:
        there = do_once(connection, lambda: do(connection))
    flash(gettext("The token is revoked: it opens nothing any more."))
    return redirect(there)


def _form(*, filled: bool = True) -> MakeForm:
    form = MakeForm(request.form if filled else None)
    form.scopes.choices = [(scope.value, text) for scope, text in SCOPES.items()]
    form.days.choices = [(days, gettext("%(count)s days", count=days)) for days in DAYS]
    return form


def _page(form: MakeForm | None = None, *, odd: str = "", made: Made | None = None) -> str:
    search = SearchForm(request.args)
    asked = (search.search.data or "") if search.validate() else ""
    tokens = store.every(reading() if made is None else _fresh(), hub().town, search=asked, limit=ROWS)
    return render_template(
        "tokens/list.html",
        tokens=tokens,
        search=search,
        form=form or _form(filled=False),
        odd=odd,
        made=made,
        states=STATES,
        scopes=SCOPES,
        now=now(),
    )


def _fresh() -> Connection:
    """A look that sees what this request has just made: its own began before."""
    reading().rollback()
    return reading()
