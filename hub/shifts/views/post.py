"""The post now: signing on, the matters taken over, notes, handing over, signing off.

Tested in `tests/hub/shifts/test_views.py`.
"""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, row_id, stripped
from hub.errors import RefusedError
from hub.shifts import store
from hub.shifts.post import LONGEST_NOTE, LONGEST_WHY, MOST_MATTERS, Post
from hub.shifts.views import matters
from hub.shifts.views.blueprint import blueprint


class NoteForm(PageForm):
    """A note of the shift."""

    text = TextAreaField(
        _("Note"), [DataRequired(_("Write something down.")), Length(max=LONGEST_NOTE)], filters=[stripped]
    )


class HandOverForm(PageForm):
    """To whom the post is handed over, and the last word."""

    to = SelectField(_("To"), default="")
    text = TextAreaField(_("Last word"), [Length(max=LONGEST_NOTE)], filters=[stripped])


@blueprint.get("/shift")
@needs(Role.OFFICER)
def now_() -> str:
    """The post now."""
    return _post(NoteForm())


@blueprint.post("/shift/on")
@needs(Role.OFFICER)
def sign_on() -> AnyResponse:
    """Signs on: alone or beside others (`how` on), with a handover (`offer/12`), or in the place of somebody who is not there (`absent/u-3`)."""
    how, _, whom = request.form.get("how", "on").partition("/")
    ticked = request.form.getlist("taken")[:MOST_MATTERS]
    count = row_id(request.form.get("open")) or 0

    def act(post: Post) -> None:
        if how == "offer":
            standing = store.offers(post.connection, post.town, post.now)
            offer = next((each for each in standing.values() if str(each.entry) == whom), None)
            if offer is None:
                raise RefusedError("that handover does not stand any more")
            post.relieve(offer.user, offer=offer, open_matters=count, taken=ticked)
        elif how == "absent":
            why = request.form.get("why", "")[:LONGEST_WHY]
            post.relieve(whom, offer=None, why=why, open_matters=count, taken=ticked)
        else:
            post.sign_on(open_matters=count, taken=ticked)

    return _do(act, gettext("You are on duty."))


@blueprint.post("/shift/notes")
@needs(Role.OFFICER)
def write_note() -> AnyResponse | tuple[str, int]:
    """Writes a note down."""
    form = NoteForm(request.form)
    if not form.validate():
        return _post(form), HTTPStatus.BAD_REQUEST
    return _do(lambda post: post.note(form.text.data or ""), gettext("The note is written down."))


@blueprint.post("/shift/off")
@needs(Role.OFFICER)
def sign_off() -> AnyResponse:
    """Signs off without handing over; a supervisor may sign off somebody else, for a reason."""
    whom = request.form.get("user", user().id)
    if whom != user().id and not user().role.may(Role.SUPERVISOR):
        whom = user().id
    why = request.form.get("why", "")[:LONGEST_WHY]
    return _do(lambda post: post.sign_off(whom, why=why), gettext("Signed off."))


@blueprint.get("/shift/hand-over")
@needs(Role.OFFICER)
def hand_over() -> str | AnyResponse:
    """What is handed over, and to whom."""
    shift = store.current(reading(), hub().town)
    if shift is None or user().id not in [each.user for each in store.on_duty(reading(), hub().town)]:
        return redirect(url_for("shifts.now_"))
    return _hand_over(_hand_over_form(), shift)


@blueprint.post("/shift/hand-over")
@needs(Role.OFFICER)
def offer() -> AnyResponse | tuple[str, int]:
    """Hands over: the figures and the open matters of this moment stand in an entry."""
    form = _hand_over_form(sent=True)
    shift = store.current(reading(), hub().town)
    if shift is None:
        return redirect(url_for("shifts.now_"))
    if not form.validate():
        return _hand_over(form, shift), HTTPStatus.BAD_REQUEST
    # the notes of the shift stand beside the matters on its page
    open_ = matters.open_now(None)
    figures = store.figures(reading(), hub().town, shift.started_at, None)

    def act(post: Post) -> None:
        post.offer(
            to=form.to.data or None,
            text=form.text.data or "",
            open_matters=open_.count,
            matters=open_.names,
            figures=figures,
        )

    said = gettext("The post is handed over as soon as the next officer signs on.")
    return _do(act, said, url_for("shifts.page", shift_id=shift.id))


@blueprint.post("/shift/next-officer")
@needs(Role.OFFICER)
def next_officer() -> AnyResponse:
    """Logs out, and lets the next officer log in here and take over."""
    with hub().writing.begin() as connection:
        accounts.end_session(connection, current_user.token, now())
        note(connection, "logged out", f"users/{user().id}")
    logout_user()
    session.clear()
    return redirect(url_for("accounts.login", next=url_for("shifts.now_")))


def _do(act: Callable[[Post], None], said: str, then: str | None = None) -> AnyResponse:
    try:
        with hub().writing.begin() as connection:
            act(Post(connection, hub().town, user().id, hub().opened.key, now()))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
        return redirect(url_for("shifts.now_"))
    flash(said)
    return redirect(then or url_for("shifts.now_"))


def _post(form: NoteForm) -> str:
    connection, town = reading(), hub().town
    here = store.on_duty(connection, town)
    shift = store.current(connection, town)
    mine = next((each for each in here if each.user == user().id), None)
    # who signs on takes over the notes of the shift that goes on, or of the last one
    notes_of = shift.id if shift else store.before(connection, town, "")
    open_ = matters.open_now(notes_of if mine is None else None)
    standing = store.offers(connection, town, now()).values()
    offers = [each for each in standing if each.to in (None, user().id)]
    return render_template(
        "shifts/post.html",
        here=here,
        shift=shift,
        mine=mine,
        open_=open_,
        kinds=matters.by_kind(open_.matters),
        offers=offers,
        absent=[each for each in here if each.user not in [offer.user for offer in offers]],
        notes=store.notes(connection, town, notes_of) if notes_of else [],
        figures=store.figures(connection, town, shift.started_at, None) if shift else None,
        form=form,
        longest_why=LONGEST_WHY,
    )


def _hand_over_form(*, sent: bool = False) -> HandOverForm:
    form = HandOverForm(request.form if sent else None)
    may = [
        each
        for each in accounts.every_user(reading())
        if each.role.may(Role.OFFICER) and not each.disabled and each.id != user().id
    ]
    form.to.choices = [("", gettext("Whoever comes")), *((each.id, each.name) for each in may)]
    return form


def _hand_over(form: HandOverForm, shift: store.Shift) -> str:
    open_ = matters.open_now(None)
    return render_template(
        "shifts/hand_over.html",
        form=form,
        shift=shift,
        figures=store.figures(reading(), hub().town, shift.started_at, None),
        open_=open_,
        kinds=matters.by_kind(open_.matters),
    )
