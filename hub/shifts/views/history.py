"""Who was on duty when: a search, and the page of one shift that is printed and signed.

Tested in `tests/hub/shifts/test_views.py`.
"""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from flask import abort, render_template, request, url_for
from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, SearchField
from wtforms.validators import Length, Optional

from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading
from hub.console.forms import PageForm, row_id, stripped
from hub.shifts import store
from hub.shifts.views import matters
from hub.shifts.views.blueprint import blueprint

ROWS = 50


class AskForm(PageForm):
    """The form that asks who was on duty."""

    name = SearchField(_("Name"), [Length(max=64)], filters=[stripped])
    start = DateTimeLocalField(_("From"), [Optional()], format="%Y-%m-%dT%H:%M")
    end = DateTimeLocalField(_("To"), [Optional()], format="%Y-%m-%dT%H:%M")


@blueprint.get("/shifts")
@needs(Role.SUPERVISOR)
def every() -> str | tuple[str, int]:
    """Times on duty, newest first."""
    form = AskForm(request.args)
    if not form.validate():
        return render_template("shifts/list.html", form=form, rows=[], older=None, newest=None), (
            HTTPStatus.BAD_REQUEST
        )
    before = row_id(request.args.get("older"))
    rows, following = store.page(reading(), hub().town, _asked(form), before=before, limit=ROWS)
    kept = {name: value for name in ("name", "start", "end") if (value := request.args.get(name))}
    here = url_for("shifts.every")
    return render_template(
        "shifts/list.html",
        form=form,
        rows=rows,
        older=f"{here}?{urlencode({**kept, 'older': following})}" if following else None,
        newest=f"{here}?{urlencode(kept)}" if before else None,
    )


@blueprint.get("/shift/<shift_id>")
@needs(Role.OFFICER)
def page(shift_id: str) -> str:
    """One shift as it is printed: who, from when to when, figures, open matters, notes, and two lines to sign on."""
    connection, town = reading(), hub().town
    shift = store.find(connection, town, shift_id)
    if shift is None:
        abort(404)
    offer = store.handover(connection, town, shift_id)
    next_ = store.taken_over(connection, town, shift_id)
    figures = offer.figures if offer else store.figures(connection, town, shift.started_at, shift.ended_at)
    listed = matters.named(offer.matters) if offer else []
    return render_template(
        "shifts/page.html",
        shift=shift,
        offer=offer,
        next_=next_,
        figures=figures,
        kinds=matters.by_kind(listed),
        listed=len(listed),
        printed=wall_text(now()),
        notes=list(reversed(store.notes(connection, town, shift_id))),
    )


def _asked(form: AskForm) -> store.Asked:
    users = None
    if wanted := (form.name.data or "").casefold():
        everybody = accounts.every_user(reading())
        users = tuple(
            each.id for each in everybody if wanted in each.name.casefold() or wanted == each.login.casefold()
        )
    return store.Asked(users, _utc(form.start.data), _utc(form.end.data))


def _utc(local_time: datetime | None) -> str:
    return "" if local_time is None else wall_text(local_time.replace(tzinfo=hub().zone))
