"""Conflicts: the list, one with its evidence, settling it with a reason that stays in the ledger."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SearchField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.accounts.privacy import masked_plates, masks, shown
from hub.accounts.roles import Role
from hub.conflicts import groups, store
from hub.conflicts.rules import What
from hub.console.context import hub, needs, now, policy, reading, role, user
from hub.console.display import gate_name, user_name, worded
from hub.console.forms import PageForm, row_id, stripped
from hub.console.labels import label
from hub.console.login import limited_search
from hub.console.paging import cursor
from hub.errors import RefusedError

blueprint = Blueprint("conflicts", __name__, url_prefix="/conflicts")
ROWS = 40
MOST_SHOWN = 100
"""Conflicts of one vehicle and cause that its page lists; all of them are counted and settled."""


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


class SettleManyForm(PageForm):
    """Why nothing is left to do about all that is ticked: one line, so that Enter sends it."""

    reason = StringField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the ledger.")), Length(max=store.LONGEST)],
        filters=[stripped],
    )


@blueprint.get("")
@needs(Role.VIEWER)
@limited_search
def every() -> str | tuple[str, int]:
    """Open conflicts, the weighty ones first, a row for each vehicle and cause; settled ones newest first."""
    form = _ask_form()
    if not form.validate():
        return _list(form, [], None), HTTPStatus.BAD_REQUEST
    asked = store.Asked(
        state="" if form.state.data == "all" else form.state.data,
        what=form.what.data,
        gate=form.gate.data,
        search=form.search.data or "",
        whole=masked_plates(role()),
    )
    after = cursor(request.args.get("older"))
    if asked.state == "open":
        place = _place(after)
        groups_, behind = groups.page(reading(), hub().town, asked, after=place, limit=ROWS)
        return _list(form, groups_, behind, first=place is None)
    rows, following = store.page(reading(), hub().town, asked, after=after, limit=ROWS)
    return _list(form, rows, following, first=after is None)


@blueprint.get("/<conflict_id>")
@needs(Role.VIEWER)
def show(conflict_id: str) -> str:
    """One conflict: what contradicts what, and the entries that say so."""
    return _show(_conflict(conflict_id), SettleForm())


@blueprint.get("/<conflict_id>/group")
@needs(Role.VIEWER)
def group(conflict_id: str) -> str:
    """The open conflicts of a conflict's vehicle and cause, each with its page."""
    return _group(_conflict(conflict_id), SettleManyForm())


@blueprint.get("/next")
@needs(Role.VIEWER)
def following() -> AnyResponse:
    """Leads to the weightiest open conflict; with `after`, to the one behind that one."""
    after = request.args.get("after", "")
    known = store.find(reading(), hub().town, after) if after else None
    found = (
        groups.weightiest(reading(), hub().town) if known is None else groups.following(reading(), hub().town, known)
    )
    return redirect(url_for("conflicts.every") if found is None else address_of(found))


@blueprint.post("/<conflict_id>/settle")
@needs(Role.OFFICER)
def settle(conflict_id: str) -> AnyResponse | tuple[str, int]:
    """Settles it: an entry of the hub's own. Then comes the next."""
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
    return redirect(url_for("conflicts.following"))


@blueprint.post("/settle")
@needs(Role.OFFICER)
def settle_many() -> AnyResponse | str | tuple[str, int]:
    """Settles all that was ticked, for one reason."""
    form = SettleManyForm(request.form)
    chosen = groups.Chosen(tuple(request.form.getlist("id")), tuple(request.form.getlist("group")))
    one = request.form.get("of", "")
    if not form.validate() or not (chosen.ids or chosen.groups):
        flash(str(next(iter(form.reason.errors), gettext("Tick what is to be settled."))), "refused")
        return redirect(url_for("conflicts.group", conflict_id=one) if one else _address(_kept()))
    with hub().writing.begin() as connection:
        done = groups.settle_many(
            connection, hub().town, chosen, by=user().id, reason=form.reason.data or "", key=hub().opened.key, now=now()
        )
    _say(done)
    return redirect(url_for("conflicts.following") if one else _address(_kept()))


def _say(done: groups.Settled) -> None:
    if done.now:
        flash(gettext("Settled: %(n)s. The reason is in the ledger, once for each.", n=len(done.now)))
    if done.before:
        names = ", ".join(dict.fromkeys(by_whom(each) for each in done.before))
        flash(
            gettext("Settled before, by %(names)s: %(n)s. Nothing was changed there.", n=len(done.before), names=names)
        )
    if done.left:
        flash(
            gettext(
                "At most %(most)s are settled at once: %(left)s of those that were chosen are still open.",
                most=groups.MOST_AT_ONCE,
                left=done.left,
            ),
            "refused",
        )


def by_whom(conflict: store.Conflict) -> str:
    """Who settled a conflict."""
    if conflict.explained:
        return str(gettext("Hub"))
    return str(gettext("Command line")) if conflict.settled_by == "cli" else user_name(conflict.settled_by)


def address_of(found: groups.Group) -> str:
    """The page on which a group is looked into: that of its only conflict, or the list of all."""
    page = "conflicts.show" if found.count == 1 else "conflicts.group"
    return url_for(page, conflict_id=found.newest.id)


def open_conflicts() -> int:
    """How many are open, for every page's navigation; asked once a request."""
    if "open_conflicts" not in g:
        g.open_conflicts = store.count_open(reading(), hub().town)
    count: int = g.open_conflicts
    return count


def _list(
    form: AskForm,
    found: Sequence[groups.Group | store.Conflict],
    following: tuple[str | int, str | int] | None,
    *,
    first: bool = True,
) -> str:
    rows = [each for each in found if isinstance(each, store.Conflict)]
    grouped = [each for each in found if isinstance(each, groups.Group)]
    kept = _kept()
    return render_template(
        "conflicts/list.html",
        form=form,
        groups=[(each, _plate(each.newest.plate), address_of(each)) for each in grouped],
        rows=[(row, _plate(row.plate)) for row in rows],
        older=_address(kept, older="~".join(map(str, following))) if following else None,
        newest=None if first else _address(kept),
        kept=kept,
        settling=SettleManyForm(),
        by_whom=by_whom,
    )


def _kept() -> dict[str, str]:
    return {name: value for name in ("search", "what", "gate", "state") if (value := request.args.get(name))}


def _place(after: tuple[str, str] | None) -> groups.Place | None:
    weight, entry = (row_id(each) for each in after or ("", ""))
    return None if weight is None or entry is None else (weight, entry)


def _address(kept: dict[str, str], **more: str) -> str:
    return f"{url_for('conflicts.every')}?{urlencode({**kept, **more})}"


def _group(found: store.Conflict, form: SettleManyForm) -> str:
    all_ = groups.of(reading(), hub().town, found)
    return render_template(
        "conflicts/group.html", conflict=found, plate=_plate(found.plate), rows=all_[:MOST_SHOWN], count=len(all_),
        form=form, most=groups.MOST_AT_ONCE,
    )  # fmt: skip


def _show(found: store.Conflict, form: SettleForm) -> str:
    witnesses = store.evidence(reading(), hub().town, found)
    others = 0 if found.settled_at else len(groups.of(reading(), hub().town, found)) - 1
    return render_template(
        "conflicts/show.html",
        conflict=found,
        plate=_plate(found.plate),
        witnesses=[(shown(each.visit, role()), each.entries) for each in witnesses],
        form=form,
        others=others,
        by_whom=by_whom,
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
