"""The list of questions with its search, and the form that notes one.

Tested in `tests/hub/questions/test_views.py`.
"""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, DateTimeLocalField, SearchField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.forms import PageForm, in_years, stripped
from hub.console.labels import LABELS
from hub.console.once import do_once
from hub.console.paging import cursor
from hub.questions import store
from hub.questions.views.blueprint import blueprint, people

ROWS = 40
_MINUTE = "%Y-%m-%dT%H:%M"


def _years(_form: PageForm, field: DateTimeLocalField) -> None:
    in_years(field)


class AskForm(PageForm):
    """The form that chooses questions."""

    search = SearchField(_("Words, office or document"), [Length(max=64)], filters=[stripped])
    state = SelectField(_("State"), default="")
    who = SelectField(_("Assigned to"), default="")
    since = DateField(_("From"), [Optional(), _years])
    until = DateField(_("To"), [Optional(), _years])


class QuestionForm(PageForm):
    """A question or a report that is wanted, as it came from above."""

    kind = SelectField(_("Kind"), default=store.Kind.QUESTION.value)
    asked_by = StringField(
        _("Asked by"), [DataRequired(_("Say which office asks.")), Length(max=store.LONGEST_NAME)], filters=[stripped]
    )
    document = StringField(_("Document number"), [Length(max=store.LONGEST_NAME)], filters=[stripped])
    text = TextAreaField(
        _("What is asked"),
        [DataRequired(_("Write what is asked.")), Length(max=store.LONGEST_TEXT)],
        filters=[stripped],
    )
    asked_at = DateTimeLocalField(_("Asked at"), [InputRequired(_("Enter a time.")), _years], format=[_MINUTE])
    due_at = DateTimeLocalField(_("Due"), [InputRequired(_("Enter a time.")), _years], format=[_MINUTE])
    to = SelectField(_("Assigned to"), default="")

    def validate_due_at(self, field: DateTimeLocalField) -> None:
        """Requires a time after the question."""
        if field.data and self.asked_at.data and field.data <= self.asked_at.data:
            raise ValidationError(_("Give a time after the one at which it was asked."))


@blueprint.get("")
@needs(Role.OFFICER)
def every() -> str | tuple[str, int]:
    """Questions, newest first."""
    form = _ask_form()
    return _page(form) if form.validate() else (_page(form, fits=False), HTTPStatus.BAD_REQUEST)


@blueprint.get("/new")
@needs(Role.OFFICER)
def new() -> str:
    """The form for a new one, asked just now."""
    form = _form()
    here = now().astimezone(hub().zone).replace(second=0, microsecond=0, tzinfo=None)
    form.asked_at.data, form.due_at.data = here, here + timedelta(hours=2)
    return render_template("questions/new.html", form=form)


@blueprint.post("")
@needs(Role.OFFICER)
def note() -> str | AnyResponse | tuple[str, int]:
    """Notes one, and assigns it if somebody is named."""
    form = _form(sent=True)
    if not form.validate():
        return render_template("questions/new.html", form=form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        address = do_once(connection, lambda: _note(connection, form))
    flash(gettext("The question is noted."))
    return redirect(address)


def _note(connection: Connection, form: QuestionForm) -> str:
    zone, by = hub().zone, user().id
    asked_at, due_at = form.asked_at.data, form.due_at.data
    assert asked_at is not None
    assert due_at is not None
    asked, due = asked_at.replace(tzinfo=zone), due_at.replace(tzinfo=zone)
    question = store.New(
        store.Kind(form.kind.data), form.asked_by.data or "", form.document.data or "", form.text.data or "", asked, due
    )
    id_ = store.note(connection, town=hub().town, new=question, by=by, now=now())
    if form.to.data:
        store.assign(connection, town=hub().town, id_=id_, to=form.to.data, by=by, now=now())
    return url_for("questions.show", question_id=id_)


def _form(*, sent: bool = False) -> QuestionForm:
    form = QuestionForm(request.form if sent else None)
    form.kind.choices = [(code, str(words)) for code, words in LABELS["question_kind"].items()]
    form.to.choices = [("", gettext("nobody yet")), *people()]
    return form


def _ask_form() -> AskForm:
    form = AskForm(request.args)
    form.state.choices = [("", gettext("All"))] + [
        (code, str(words)) for code, words in LABELS["question_state"].items()
    ]
    form.who.choices = [("", gettext("All")), *people()]
    return form


def _page(form: AskForm, *, fits: bool = True) -> str:
    older = cursor(request.args.get("older"))
    asked = _asked(form) if fits else store.Asked()
    found, more = store.page(reading(), hub().town, asked, now(), after=older, limit=ROWS) if fits else ([], None)
    kept = {name: value for name, value in request.args.items() if name != "older" and value}
    return render_template(
        "questions/list.html",
        rows=[(each, each.state(now())) for each in found],
        form=form,
        asked=asked != store.Asked(),
        older=_address(kept, older="~".join(more)) if more else None,
        newest=_address(kept) if older else None,
    )


def _address(kept: dict[str, str], **more: str) -> str:
    return f"{url_for('questions.every')}?{urlencode({**kept, **more})}"


def _asked(form: AskForm) -> store.Asked:
    def midnight(day: date | None, days: int = 0) -> str:
        return "" if day is None else wall_text(datetime.combine(day + timedelta(days), time(), hub().zone))

    return store.Asked(
        search=form.search.data or "",
        state=form.state.data or "",
        who=form.who.data or "",
        start=midnight(form.since.data),
        end=midnight(form.until.data, 1),
    )
