"""The forms of the rules' parts: what a class, an agent, a travel time, a declared field, the choices say -> the values of operation.toml.

Tested in `tests/hub/operations/test_rule_views.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DecimalField,
    Field,
    FloatField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from edge.contract.facts import Disinfection
from edge.contract.policy import AntiPassback, FieldMask, Mark
from hub.console.forms import PageForm, stripped
from hub.operations.rule_changes import Part
from hub.operations.views.forms import CodedField
from hub.town.default_operation import ASKABLE
from hub.town.operation import Rules
from hub.town.rule_parts import RulesPart

LONGEST_CHOICES = 8000
NAMES: dict[str, Any] = {
    "number": _("Number (in passes)"), "id": _("Code"), "zh": _("In Chinese"), "en": _("In English"), "gates": _("Gates"),
    "priority": _("Never waits"), "emergency": _("Opens at once"), "disinfection": _("Disinfection"),
    "spray_seconds": _("Seconds of spraying"), "contact_seconds": _("Seconds the solution must act"),
    "default_days": _("Days a pass is valid"), "most_days": _("Days at most"), "anti_passback": _("A pass that is inside already"),
    "passback_hours": _("Hours after which an entry counts no longer"), "transit_minutes": _("Minutes of stay at most"),
    "colour": _("Colour on passes"), "mark": _("Shape on passes"), "concentration": _("Concentration"),
    "shelf_hours": _("Hours a solution is good"), "least_minutes": _("Minutes of driving at least"), "mask": _("Shown masked"),
    "keys": _("Keys shown first"), "choices": _("Choices offered"), "asked": _("Asked by hand"), "parts": _("Parts sprayed"),
    "fail_barrier": _("Barrier in a fault"), "duplicate_seconds": _("Seconds of a repeated read"),
    "stale_hours": _("Hours until lists are old"), "unmatched_hours": _("Hours until a stay is long"),
    "turn_back": _("Reasons to turn back"), "overrides": _("Reasons to override"), "places": _("Places offered"),
    "purposes": _("Purposes offered"), "province": _("First province key"), "starts": _("Starts"), "ends": _("Ends"),
    "passes_since": _("Passes count from"),
}  # fmt: skip
"""What the keys of the rules are called."""
DISINFECTIONS = {
    Disinfection.REQUIRED: _("Required"),
    Disinfection.OPTIONAL: _("Optional"),
    Disinfection.OFF: _("Off"),
}
PASSBACKS = {AntiPassback.OFF: _("counts"), AntiPassback.SOFT: _("an officer looks"), AntiPassback.HARD: _("stop")}
MARKS = {
    Mark.CIRCLE: _("Circle"), Mark.SQUARE: _("Square"), Mark.TRIANGLE: _("Triangle"), Mark.DIAMOND: _("Diamond"),
    Mark.HEXAGON: _("Hexagon"), Mark.STAR: _("Star"),
}  # fmt: skip
MASKS = {
    FieldMask.NONE: _("Not masked"), FieldMask.NAME: _("As a name"), FieldMask.PHONE: _("As a phone number"),
    FieldMask.PLACE: _("As a place"), FieldMask.CODE: _("As a number"),
}  # fmt: skip
KEYS = {"letters": _("Letters"), "digits": _("Digits")}
BARRIERS = {"closed": _("Closed"), "open": _("Open")}
_NEEDED = InputRequired(_("Fill this in."))
_LINE = [_NEEDED, Length(max=200)]


def _number(name: str, *, needed: bool = False) -> Field:
    return FloatField(NAMES[name], [_NEEDED if needed else Optional()])


def _ticks(name: str) -> SelectMultipleField:
    return SelectMultipleField(NAMES[name], widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


def _select(name: str, choices: Mapping[Any, Any]) -> SelectField:
    return CodedField(NAMES[name], codes=[(str(code), word) for code, word in choices.items()])


class PartForm(PageForm):
    """A form of one part. `offer`: gates and other choices of the moment."""

    def offer(self, gates: Sequence[tuple[str, str]]) -> None:
        """Takes what can be chosen now."""

    def fill(self, part: RulesPart) -> None:
        """Shows what a part says."""
        for name, field in self._fields.items():
            field.data = _shown(getattr(part, name))

    def values(self) -> dict[str, object]:
        """What the file is to say."""
        return {name: _typed(field) for name, field in self._fields.items()}


class ClassForm(PartForm):
    """A class of vehicle."""

    zh = StringField(NAMES["zh"], _LINE, filters=[stripped])
    en = StringField(NAMES["en"], _LINE, filters=[stripped])
    disinfection = _select("disinfection", DISINFECTIONS)
    spray_seconds = _number("spray_seconds")
    contact_seconds = _number("contact_seconds", needed=True)
    default_days = _number("default_days", needed=True)
    most_days = _number("most_days", needed=True)
    anti_passback = _select("anti_passback", PASSBACKS)
    passback_hours = _number("passback_hours")
    transit_minutes = _number("transit_minutes")
    colour = StringField(NAMES["colour"], _LINE, filters=[stripped])
    mark = _select("mark", MARKS)
    gates = _ticks("gates")
    priority = BooleanField(NAMES["priority"])
    emergency = BooleanField(NAMES["emergency"])

    def offer(self, gates: Sequence[tuple[str, str]]) -> None:
        """The town's gates; none ticked: every gate."""
        self.gates.choices = list(gates)

    def values(self) -> dict[str, object]:
        """What the file is to say; without gates every gate."""
        found = super().values()
        return {**found, "gates": found["gates"] or None}


class NewClassForm(ClassForm):
    """A class that there was not."""

    number = IntegerField(NAMES["number"], [_NEEDED])
    id = StringField(NAMES["id"], _LINE, filters=[stripped])

    def values(self) -> dict[str, object]:
        """What the file is to say, number and code first."""
        found = super().values()
        return {"number": found["number"], "id": found["id"], **found}


class AgentForm(PartForm):
    """A disinfectant."""

    id = StringField(NAMES["id"], _LINE, filters=[stripped])
    zh = StringField(NAMES["zh"], _LINE, filters=[stripped])
    en = StringField(NAMES["en"], _LINE, filters=[stripped])
    concentration = StringField(NAMES["concentration"], _LINE, filters=[stripped])
    shelf_hours = _number("shelf_hours", needed=True)


class TravelForm(PartForm):
    """The least time between two gates."""

    first = SelectField(_("From gate"), validate_choice=False)
    second = SelectField(_("To gate"), validate_choice=False)
    least_minutes = _number("least_minutes", needed=True)

    def offer(self, gates: Sequence[tuple[str, str]]) -> None:
        """The town's gates."""
        self.first.choices = self.second.choices = list(gates)

    def fill(self, part: RulesPart) -> None:
        """Shows the two gates and the time."""
        self.first.data, self.second.data = getattr(part, "gates")  # noqa: B009
        self.least_minutes.data = getattr(part, "least_minutes")  # noqa: B009

    def values(self) -> dict[str, object]:
        """What the file is to say."""
        return {"gates": (self.first.data, self.second.data), "least_minutes": self.least_minutes.data}


class FieldForm(PartForm):
    """A personal field that the operation declares."""

    id = StringField(NAMES["id"], _LINE, filters=[stripped])
    zh = StringField(NAMES["zh"], _LINE, filters=[stripped])
    en = StringField(NAMES["en"], _LINE, filters=[stripped])
    mask = _select("mask", MASKS)
    keys = _select("keys", KEYS)
    choices = TextAreaField(NAMES["choices"], [Length(max=LONGEST_CHOICES)])

    def values(self) -> dict[str, object]:
        """What the file is to say."""
        return {**super().values(), "choices": _terms(self.choices.data)}

    def validate_choices(self, field: TextAreaField) -> None:
        """A line is `Chinese | English`."""
        _terms(field.data)


class HeadForm(PartForm):
    """What holds for all: times, what is asked, what is offered to choose from."""

    asked = _ticks("asked")
    spray_seconds = _number("spray_seconds", needed=True)
    duplicate_seconds = _number("duplicate_seconds", needed=True)
    stale_hours = _number("stale_hours", needed=True)
    unmatched_hours = _number("unmatched_hours", needed=True)
    fail_barrier = _select("fail_barrier", BARRIERS)
    province = StringField(NAMES["province"], [Length(max=1)], filters=[stripped])
    turn_back = TextAreaField(NAMES["turn_back"], [_NEEDED, Length(max=LONGEST_CHOICES)])
    overrides = TextAreaField(NAMES["overrides"], [_NEEDED, Length(max=LONGEST_CHOICES)])
    places = TextAreaField(NAMES["places"], [Length(max=LONGEST_CHOICES)])
    purposes = TextAreaField(NAMES["purposes"], [Length(max=LONGEST_CHOICES)])

    def values(self) -> dict[str, object]:
        """What the file is to say."""
        return {
            **super().values(),
            "asked": tuple(each for each in ASKABLE if each in (self.asked.data or ())),
            "province": self.province.data or None,
            "turn_back": _coded(self.turn_back.data),
            "overrides": _coded(self.overrides.data),
            "places": _terms(self.places.data),
            "purposes": _terms(self.purposes.data),
        }

    def validate_turn_back(self, field: TextAreaField) -> None:
        """A line is `code | Chinese | English`."""
        _coded(field.data)

    validate_overrides = validate_turn_back

    def validate_places(self, field: TextAreaField) -> None:
        """A line is `Chinese | English`."""
        _terms(field.data)

    validate_purposes = validate_places


FORMS: dict[Part, Callable[..., PartForm]] = {
    Part.HEAD: HeadForm,
    Part.CLASSES: ClassForm,
    Part.AGENTS: AgentForm,
    Part.TRAVEL: TravelForm,
    Part.FIELDS: FieldForm,
}


def same(part: Part, rules: Rules, number: int | None, values: dict[str, object]) -> dict[str, object]:
    """The values without those that say what the rules say already, lists of choices among them."""
    known = rules if part is Part.HEAD else getattr(rules, part)[number] if number is not None else None
    return (
        values
        if known is None
        else {key: value for key, value in values.items() if _plain(getattr(known, key)) != _plain(value)}
    )


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.model_dump() if isinstance(value, RulesPart) else value


def _shown(value: object) -> object:
    """A value as its field shows it."""
    if isinstance(value, tuple) and value and isinstance(value[0], RulesPart):
        return "\n".join(" | ".join(map(str, each.model_dump().values())) for each in value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return getattr(value, "value", value)


def _typed(field: Field) -> object:
    if isinstance(field, SelectMultipleField):
        return tuple(field.data or ())
    if isinstance(field, DecimalField):
        return field.data if field.data is None else float(field.data)
    return field.data


def _coded(text: str | None) -> tuple[dict[str, str], ...]:
    return tuple(dict(zip(("id", "zh", "en"), each, strict=True)) for each in _lines(text, 3))


def _terms(text: str | None) -> tuple[dict[str, str], ...]:
    return tuple(dict(zip(("zh", "en"), each, strict=True)) for each in _lines(text, 2))


def _lines(text: str | None, count: int) -> list[list[str]]:
    found = []
    for number, line in enumerate((text or "").splitlines(), start=1):
        if not line.strip():
            continue
        cells = [each.strip() for each in line.split("|")]
        if count == 2 and len(cells) == 1:
            cells *= 2
        if len(cells) != count or not all(cells):
            raise ValidationError(
                _("Line %(line)s: expected code | Chinese | English", line=number)
                if count == 3
                else _("Line %(line)s: expected Chinese | English", line=number)
            )
        found.append(cells)
    return found
