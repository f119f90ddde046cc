"""The step of the operation: the template's main choices, written to operation.toml and published. Tested in `tests/hub/setup/test_views.py`."""

from datetime import datetime
from http import HTTPStatus

from flask import render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from edge.contract.facts import Disinfection
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, user
from hub.console.display import chinese
from hub.console.forms import PageForm, stripped
from hub.setup.rules import write_rules, written_by_hand
from hub.setup.store import Step
from hub.setup.views.blueprint import act, blueprint, opened
from hub.town.default_operation import ASKABLE, EPIDEMIC, TEMPLATES, OperationChoices, default_text, template_named
from hub.town.operation import Rules

NAME = [InputRequired(_("Enter a name.")), Length(max=LONGEST_LINE)]
RULES = (
    (Disinfection.REQUIRED.value, _("Required: the barrier opens when it is done")),
    (Disinfection.OPTIONAL.value, _("Optional: the officer decides")),
    (Disinfection.OFF.value, _("Off")),
)
ASKED = {
    "origin": _("Origin"),
    "destination": _("Destination"),
    "purpose": _("Purpose"),
    "driver": _("Driver"),
    "phone": _("Phone"),
    "occupants": _("People in the car"),
}


class OperationForm(PageForm):
    """The main choices of an operation; all others stand in operation.toml."""

    template = SelectField(_("Template"))
    zh = StringField(_("Name in Chinese"), NAME, filters=[stripped])
    en = StringField(_("Name in English"), NAME, filters=[stripped])
    disinfection = SelectField(_("Disinfection"))
    ends = DateTimeLocalField(_("Ends"), [Optional()], format=["%Y-%m-%dT%H:%M"])
    asked = SelectMultipleField(
        _("Asked of a vehicle without a pass"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def validate_zh(self, field: StringField) -> None:
        """Requires a line that can be read."""
        if not (field.data or "").isprintable():
            raise ValidationError(gettext("Enter a name."))

    validate_en = validate_zh

    def validate_ends(self, field: DateTimeLocalField) -> None:
        """An operation ends after it began."""
        if field.data is not None and _of_town(field.data) <= now():
            raise ValidationError(gettext("The end must be later than now."))


@blueprint.get("/operation")
@needs(Role.ADMIN)
def show_operation() -> str:
    """The choices as the file has them."""
    return _page(_form())


@blueprint.post("/operation")
@needs(Role.ADMIN)
def set_operation() -> str | Response | tuple[str, int]:
    """Writes the operation and publishes it; or keeps the file that somebody changed by hand (`keep`)."""
    setup = opened()
    if written_by_hand(hub().settings, setup) and request.form.get("keep"):
        done = act(lambda _connection: None, Step.OPERATION)
        return done if isinstance(done, Response) else (_page(_form(), done), HTTPStatus.CONFLICT)
    form = _with_choices(OperationForm(request.form))
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    choices = OperationChoices(
        zh=form.zh.data or "",
        en=form.en.data or "",
        disinfection=Disinfection(form.disinfection.data),
        asked=tuple(each for each in ASKABLE if each in (form.asked.data or ())),
        ends=None if form.ends.data is None else wall_text(_of_town(form.ends.data)),
    )
    done = act(
        lambda connection: write_rules(
            hub().opened, connection, choices, by=user().id, now=now(), template=str(form.template.data)
        ),
        Step.OPERATION,
    )
    return done if isinstance(done, Response) else (_page(form, done), HTTPStatus.CONFLICT)


def _of_town(local: datetime) -> datetime:
    return local.replace(tzinfo=hub().zone)


def _form() -> OperationForm:
    rules = hub().opened.given
    if rules is None:
        return _with_choices(OperationForm(data={"asked": list(ASKABLE)}))
    known = {
        "zh": rules.zh,
        "en": rules.en,
        "asked": list(rules.asked),
        "ends": _ends(rules),
        "template": _template(rules),
    }
    return _with_choices(OperationForm(data={**known, "disinfection": _disinfection(rules).value}))


def _template(rules: Rules) -> str:
    """The template that the rules were made from, as their classes say."""
    classes = [each.id for each in rules.classes]
    of_templates = {
        each: [one.id for one in Rules.of_text(default_text(rules.starts, template=each)).classes] for each in TEMPLATES
    }
    return next((each for each, known in of_templates.items() if known == classes), EPIDEMIC)


def _with_choices(form: OperationForm) -> OperationForm:
    language = "zh" if chinese() else "en"
    form.template.choices = [(each, template_named(each).about.said(language)) for each in TEMPLATES]
    form.disinfection.choices = list(RULES)
    form.asked.choices = list(ASKED.items())
    return form


def _disinfection(rules: Rules) -> Disinfection:
    """The strictest rule of a class: what was chosen for those that the template requires it of."""
    strictness = list(Disinfection)
    return min((each.disinfection for each in rules.classes), key=strictness.index)


def _ends(rules: Rules) -> datetime | None:
    return None if rules.end is None else rules.end.astimezone(hub().zone).replace(tzinfo=None)


def _page(form: OperationForm, wrong: str | None = None) -> str:
    setup = opened()
    return render_template(
        "setup/operation.html",
        form=form,
        wrong=wrong,
        setup=setup,
        step=Step.OPERATION,
        by_hand=written_by_hand(hub().settings, setup),
    )
