"""The page of one pass: its values, its scans, and the changes that may be made."""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField
from wtforms.validators import Optional

from hub.accounts.privacy import shown
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, role, user
from hub.console.display import worded
from hub.console.forms import PageForm
from hub.console.once import do_once
from hub.console.paging import cursor
from hub.errors import RefusedError
from hub.passes import store
from hub.passes.doubts import Doubt, DoubtfulError, mark
from hub.passes.issue import block_pass, doubts_about_again, renew_pass, replace_pass, revoke_pass, unblock_pass
from hub.passes.terms import Unfit
from hub.passes.views.blueprint import ReasonForm, blueprint, in_town, pass_or_404, unfit_words

SCANS = 20
Answer = str | Response | tuple[str, int]


class RenewForm(PageForm):
    """Until when the pass that follows is valid; empty: as its class has it."""

    expires = DateTimeLocalField(_("Valid until"), [Optional()], format=["%Y-%m-%dT%H:%M"])


@blueprint.get("/<pass_id>")
@needs(Role.OFFICER)
def show(pass_id: str) -> str:
    """One pass with its scans."""
    return _show(pass_id)


@blueprint.post("/<pass_id>/revoke")
@needs(Role.SUPERVISOR)
def revoke(pass_id: str) -> Answer:
    """Ends a pass for good; the gates' list follows in the same transaction."""
    return _with_reason(
        pass_id,
        "revoke",
        lambda connection, why: revoke_pass(hub().opened, connection, pass_id, by=user().id, reason=why, now=now()),
        gettext("The pass is revoked; the gates are being told."),
    )


@blueprint.post("/<pass_id>/block")
@needs(Role.OFFICER)
def block(pass_id: str) -> Answer:
    """Stops a pass until it is unblocked."""
    return _with_reason(
        pass_id,
        "block",
        lambda connection, why: block_pass(hub().opened, connection, pass_id, by=user().id, reason=why, now=now()),
        gettext("The pass is blocked; the gates are being told."),
    )


@blueprint.post("/<pass_id>/unblock")
@needs(Role.OFFICER)
def unblock(pass_id: str) -> Answer:
    """Lets a blocked pass count again."""
    return _with_reason(
        pass_id,
        "unblock",
        lambda connection, why: unblock_pass(hub().opened, connection, pass_id, by=user().id, reason=why, now=now()),
        gettext("The pass counts again; the gates are being told."),
    )


@blueprint.post("/<pass_id>/replace")
@needs(Role.SUPERVISOR)
def replace(pass_id: str) -> Answer:
    """A new card for a lost one, which is revoked."""
    return _with_reason(
        pass_id,
        "replace",
        lambda connection, why: replace_pass(
            hub().opened,
            connection,
            pass_id,
            by=user().id,
            reason=why,
            now=now(),
            confirmed=_confirmed(connection, pass_id),
        ),
        gettext("The lost pass is revoked; this one takes its place."),
    )


@blueprint.post("/<pass_id>/renew")
@needs(Role.OFFICER)
def renew(pass_id: str) -> Answer:
    """A pass like this one from now on; this one stays good until it expires."""
    form = RenewForm(request.form)
    pass_or_404(pass_id)
    if not form.validate():
        return _show(pass_id, renew=form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        after = renew_pass(
            hub().opened, connection, pass_id, expires=in_town(form.expires.data), by=user().id, now=now(),
            confirmed=_confirmed(connection, pass_id),
        )  # fmt: skip
        return url_for("passes.show", pass_id=after.id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except Unfit as unfit:
        form.expires.errors = [unfit_words(unfit)]
        return _show(pass_id, renew=form), HTTPStatus.BAD_REQUEST
    except DoubtfulError:
        return _show(
            pass_id, renew=form, odd=gettext("Nothing is issued yet: confirm what is doubtful.")
        ), HTTPStatus.CONFLICT
    except RefusedError as refused:
        return _show(pass_id, renew=form, odd=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The pass is renewed: this is the new one."))
    return redirect(there)


def _with_reason(pass_id: str, what: str, do: Callable[[Connection, str], store.Issued], said: str) -> Answer:
    """Does something for a reason, then shows the pass that results; else the page again with what is wrong."""
    form = _reason(what, ReasonForm(request.form))
    pass_or_404(pass_id)
    if not form.validate():
        return _show(pass_id, acted=(what, form)), HTTPStatus.BAD_REQUEST

    def act(connection: Connection) -> str:
        return url_for("passes.show", pass_id=do(connection, form.reason.data or "").id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: act(connection))
    except DoubtfulError:
        odd = gettext("Nothing is issued yet: confirm what is doubtful.")
        return _show(pass_id, acted=(what, form), odd=odd), HTTPStatus.CONFLICT
    except RefusedError as refused:
        return _show(pass_id, acted=(what, form), odd=worded(refused.words)), HTTPStatus.CONFLICT
    flash(said)
    return redirect(there)


def _confirmed(connection: Connection, pass_id: str) -> tuple[Doubt, ...]:
    """The doubts about one more pass like this one; `DoubtfulError` if the form does not confirm exactly these."""
    doubts = doubts_about_again(hub().opened, connection, pass_id)
    if doubts and request.form.get("mark") != mark(doubts):
        raise DoubtfulError(doubts)
    return doubts


def _reason(what: str, form: ReasonForm) -> ReasonForm:
    # several forms on one page: each field needs an id of its own
    form.reason.id = f"{what}-reason"
    return form


def _show(
    pass_id: str, *, acted: tuple[str, ReasonForm] | None = None, renew: RenewForm | None = None, odd: str = ""
) -> str:
    issued = pass_or_404(pass_id)
    town = hub().town
    older, newer = cursor(request.args.get("older")), cursor(request.args.get("newer"))
    scans = store.history(reading(), town, pass_id, older=older, newer=newer, limit=SCANS)
    here = url_for("passes.show", pass_id=pass_id)
    links = (
        f"{here}#scans" if older or newer else None,
        f"{here}?newer={'~'.join(scans.newer)}#scans" if scans.newer else None,
        f"{here}?older={'~'.join(scans.older)}#scans" if scans.older else None,
    )
    doubts = doubts_about_again(hub().opened, reading(), pass_id)
    forms = {what: _reason(what, ReasonForm()) for what in ("block", "unblock", "replace", "revoke")}
    return render_template(
        "passes/show.html",
        issued=issued,
        state=issued.state(now()),
        successor=store.successor(reading(), town, pass_id),
        scans=[shown(row, role()) for row in scans.rows],
        links=links,
        forms=forms | (dict([acted]) if acted else {}),
        renew=renew or RenewForm(),
        odd=odd,
        doubts=doubts,
        mark=mark(doubts),
        acted=acted[0] if acted else "renew" if renew else "",
        now=now(),
    )
