"""Conflicts: the list, one with its evidence, settling it with a reason that stays in the ledger."""

from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SearchField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.accounts.privacy import masked_plates, masks, shown
from hub.accounts.roles import Role
from hub.conflicts import store
from hub.conflicts.rules import What
from hub.console.context import hub, needs, now, policy, reading, role, user
from hub.console.display import gate_name, worded
from hub.console.forms import PageForm, stripped
from hub.console.labels import label
from hub.console.login import limited_search
from hub.console.paging import cursor
from hub.errors import RefusedError

blueprint = Blueprint("conflicts", __name__, url_prefix="/conflicts")
ROWS = 40


class AskForm(PageForm):
    """The form that chooses conflicts; `state` all is spelled out, for those that are open come first."""

    search = SearchField(_("Plate or pass"), [Length(max=32)], filters=[stripped])
    what = SelectField(_("What"), default="")
    gate = SelectField(_("Gate"), default="")
    state = SelectField(_("State"), default="open")


class SettleForm(PageForm):
    """Why nothing is left to do."""

    reason = TextAreaField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the ledger.")), Length(max=store.LONGEST)],
        filters=[stripped],
    )


@blueprint.get("")
@needs(Role.VIEWER)
@limited_search
def every() -> str | tuple[str, int]:
    """Conflicts, newest first; open ones unless something else was asked."""
    form = _ask_form()
    if not form.validate():
        return render_template(
            "conflicts/list.html", form=form, rows=[], older=None, newest=None
        ), HTTPStatus.BAD_REQUEST
    asked = store.Asked(
        state="" if form.state.data == "all" else form.state.data,
        what=form.what.data,
        gate=form.gate.data,
        search=form.search.data or "",
        whole=masked_plates(role()),
    )
    after = cursor(request.args.get("older"))
    rows, following = store.page(reading(), hub().town, asked, after=after, limit=ROWS)
    kept = {name: value for name in ("search", "what", "gate", "state") if (value := request.args.get(name))}
    return render_template(
        "conflicts/list.html",
        form=form,
        rows=[(row, _plate(row.plate)) for row in rows],
        older=_address(kept, older="~".join(map(str, following))) if following else None,
        newest=_address(kept) if after else None,
    )


@blueprint.get("/<conflict_id>")
@needs(Role.VIEWER)
def show(conflict_id: str) -> str:
    """One conflict: what contradicts what, and the entries that say so."""
    return _show(_conflict(conflict_id), SettleForm())


@blueprint.post("/<conflict_id>/settle")
@needs(Role.OFFICER)
def settle(conflict_id: str) -> AnyResponse | tuple[str, int]:
    """Settles it: an entry of the hub's own."""
    form = SettleForm(request.form)
    found = _conflict(conflict_id)
    if not form.validate():
        return _show(found, form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            store.settle(
                connection,
                town=hub().town,
                id_=conflict_id,
                by=user().id,
                reason=form.reason.data or "",
                key=hub().opened.key,
                now=now(),
            )
    except RefusedError as refused:
        # somebody was faster: the page says who, and why
        form.reason.errors = [worded(refused.words)]
        return _show(_conflict(conflict_id), form), HTTPStatus.CONFLICT
    flash(gettext("The conflict is settled; the reason is in the ledger."))
    return redirect(url_for("conflicts.show", conflict_id=conflict_id))


def open_conflicts() -> int:
    """How many are open, for every page's navigation; asked once a request."""
    if "open_conflicts" not in g:
        g.open_conflicts = store.count_open(reading(), hub().town)
    count: int = g.open_conflicts
    return count


def _address(kept: dict[str, str], **more: str) -> str:
    return f"{url_for('conflicts.every')}?{urlencode({**kept, **more})}"


def _show(found: store.Conflict, form: SettleForm) -> str:
    witnesses = store.evidence(reading(), hub().town, found)
    return render_template(
        "conflicts/show.html",
        conflict=found,
        plate=_plate(found.plate),
        witnesses=[(shown(each.visit, role()), each.entries) for each in witnesses],
        form=form,
    )


def _conflict(conflict_id: str) -> store.Conflict:
    found = store.find(reading(), hub().town, conflict_id)
    if found is None:
        abort(404)
    return found


def _plate(plate: str | None) -> str | None:
    mask = masks(role()).get("plate")
    return mask(plate) if mask and plate else plate


def _ask_form() -> AskForm:
    form = AskForm(request.args)
    rules = policy()
    everything = gettext("All")
    form.what.choices = [("", everything), *((each.value, label("conflict", each)) for each in What)]
    form.gate.choices = [("", everything), *((gate, gate_name(gate)) for gate in (rules.gates if rules else ()))]
    form.state.choices = [("open", gettext("Open")), ("settled", gettext("Settled")), ("all", everything)]
    return form
