"""The form of a row, made of its register's declaration: a field for each that the town asks for, read by `hub.registers.cells`.

What a reader sees masked is not shown to be changed: its field is empty, and left empty it stays as it is.

Tested in `tests/hub/registers/views/test_writing.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext
from markupsafe import Markup
from wtforms import Field, FileField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.accounts import store as users
from hub.console.context import hub, now, policy, reading, role, sees_gate, user
from hub.console.display import chinese, worded
from hub.console.forms import PageForm
from hub.console.times import local
from hub.console.units import gate_choices
from hub.errors import Words
from hub.registers.catalogue import TownRegister
from hub.registers.cells import MOST_LONG, MOST_TEXT, Here, UnfitValue, Value, may_see, parse, parse_choices, shown
from hub.registers.declaration import RegisterField
from hub.registers.field_types import FieldType
from hub.registers.rows import RegisterRow
from hub.registers.views.blueprint import named

MARK = "v-"
"""Before the id of a field in a form."""
PICTURE_MARK = "p-"
KINDS: Mapping[FieldType, Mapping[str, str]] = {
    FieldType.DATE: {"type": "date"},
    FieldType.TIME: {"type": "datetime-local"},
    FieldType.NUMBER: {"inputmode": "decimal"},
    FieldType.COUNT: {"inputmode": "numeric"},
    FieldType.PHONE: {"type": "tel"},
}
"""What a browser offers for a type."""
CHOSEN = frozenset({FieldType.CHOICE, FieldType.CHOICES, FieldType.FLAG, FieldType.GATE, FieldType.USER})


class Ticks(SelectMultipleField):
    """Any number of choices, each with a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:
        """What was ticked is read with the value."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form of a row needs to know: the register, the row that is changed (None: a new one), which fields it has."""

    found: TownRegister
    row: RegisterRow | None = None
    only: tuple[str, ...] | None = None

    @property
    def fields(self) -> list[RegisterField]:
        """The fields of the form."""
        asked = self.found.asked
        return [
            each
            for each in self.found.register.typed
            if (each.id in asked) and (self.only is None or each.id in self.only)
        ]

    def value(self, of: RegisterField) -> Value | None:
        """What the row says now."""
        return None if self.row is None else self.row.values.get(of.id)

    def hidden(self, of: RegisterField) -> bool:
        """Returns True if the row says something there that this reader sees masked."""
        return self.value(of) is not None and not may_see(of, role())


class RowForm(PageForm):
    """The form of a row; the fields of its register are added to it. `said` is what a valid form says."""

    version = HiddenField()
    kept: Kept
    here: Here

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.said: dict[str, Value | None] = {}

    def read(self, of: RegisterField, f: Field) -> None:
        """Reads what stands in a field; `ValidationError` says what was expected."""
        try:
            if of.type is FieldType.CHOICES:
                value = parse_choices(of, f.data or (), self.here)
            else:
                value = parse(of, f.data or "", self.here)
        except UnfitValue as unfit:
            raise ValidationError(sentence(unfit.wrong)) from None
        kept = self.kept
        if value is None and kept.hidden(of):
            value = kept.value(of)
        if value is None and of.required:
            raise ValidationError(gettext("This field is required."))
        self.said[of.id] = value

    def values(self) -> dict[str, Value]:
        """The values of the row: what the form says, and what the row said in fields that the form does not have."""
        before = {} if self.kept.row is None else dict(self.kept.row.values)
        return {name: value for name, value in {**before, **self.said}.items() if value is not None}

    def field_of(self, of: RegisterField) -> Field:
        """The field of the form for a field of the register."""
        return self[MARK + of.id]


def row_form(kept: Kept, sent: Mapping[str, Any] | None = None, *, prefix: str = "") -> RowForm:
    """The form of a row with what it says now, or with what was sent."""
    here = known_here()
    made: dict[str, Any] = {MARK + each.id: _field(kept, each) for each in kept.fields}
    kind: Any = type("RegisterRowForm", (RowForm,), {**made, "kept": kept, "here": here})
    start = {MARK + each.id: _start(kept, each) for each in kept.fields}
    form: RowForm = kind(sent, data={**start, "version": str(kept.row.version) if kept.row else ""})
    for of in kept.fields:
        if of.type in CHOSEN:
            form.field_of(of).choices = _choices(kept, of)  # type: ignore[attr-defined]  # it is a field of choices
    if prefix:
        for each in form:
            # several forms on one page: each field needs an id of its own
            each.id = f"{prefix}-{each.id}"
            each.label.field_id = each.id
    return form


def known_here() -> Here:
    """What values are read by: the town's zone, its gates and users."""
    rules = policy()
    known: dict[FieldType, Iterable[str]] = {FieldType.USER: users.names(reading())}
    if rules is not None:
        known[FieldType.GATE] = [each for each in rules.gates if sees_gate(each)]
    return Here(hub().zone, {kind: frozenset(ids) for kind, ids in known.items()})


def sentence(words: Words) -> str:
    """The fault of a value in words, as a sentence."""
    text = worded(words)
    return text if chinese() else text[:1].upper() + text[1:] + "."


def hint(kept: Kept, of: RegisterField) -> str:
    """What stands under a field: its help, and that it is masked."""
    said = [named(of.help)] if of.help else []
    if of.measure:
        said.append(named(of.measure))
    if kept.hidden(of):
        masked = str(shown(of, kept.value(of), role()))
        said.append(str(gettext("It says %(masked)s; leave this empty to keep it.", masked=masked)))
    return " · ".join(said)


def _field(kept: Kept, of: RegisterField) -> Any:
    attributes: dict[str, Any] = {"autocomplete": "off", **KINDS.get(of.type, {})}
    label = named(of)
    must = of.required and not kept.hidden(of) and of.type not in (FieldType.CHOICES, FieldType.PICTURE)
    checks: list[Any] = [_reader(of, must)]
    match of.type:
        case FieldType.CHOICE:
            return SelectField(label, checks)
        case FieldType.CHOICES:
            return Ticks(label, checks)
        case FieldType.FLAG:
            return SelectField(label, checks)
        case FieldType.GATE | FieldType.USER:
            return SelectField(label, checks, validate_choice=False)
        case FieldType.LONG:
            return TextAreaField(label, [Length(max=MOST_LONG), *checks], render_kw={"rows": 3})
        case FieldType.PICTURE:
            return PictureField(label, [*checks])
    most = 64 if attributes.get("type") else MOST_TEXT
    return StringField(label, [Length(max=MOST_TEXT), *checks], render_kw={**attributes, "maxlength": most})


class PictureField(FileField):
    """A picture: the file that is sent, and the id of one that was taken before."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The id that the form carries; a file is taken by the view, which puts its id here."""
        self.data = request.form.get(PICTURE_MARK + self.name, "")

    def kept(self) -> Markup:
        """The hidden field that carries the id."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(PICTURE_MARK + self.name, self.data or "")


def _reader(of: RegisterField, must: bool) -> Callable[[RowForm, Field], None]:
    def read(form: RowForm, f: Field) -> None:
        form.read(of, f)

    # an empty value is read, too: it may be required, or stay as it was
    read.field_flags = {"required": True} if must else {}  # type: ignore[attr-defined]
    return read


def _choices(kept: Kept, of: RegisterField) -> list[tuple[str, Any]]:
    """What a field that offers a choice offers."""
    match of.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            offered = [(each.id, named(each)) for each in of.choices]
        case FieldType.FLAG:
            offered = [("yes", gettext("Yes")), ("no", gettext("No"))]
        case FieldType.GATE:
            offered = gate_choices()
        case _:
            offered = [(each.id, each.name) for each in users.every_user(reading()) if not each.disabled]
    if of.type is FieldType.CHOICES:
        return offered
    return [("", gettext("(as it is)") if kept.hidden(of) else ""), *offered]


def _start(kept: Kept, of: RegisterField) -> Any:
    """What a field holds before anybody typed."""
    value = kept.value(of)
    if kept.hidden(of):
        return [] if of.type is FieldType.CHOICES else ""
    if value is None:
        if kept.row is not None:
            return None
        here = now().astimezone(hub().zone)
        match of.default:
            case "today":
                return here.date().isoformat()
            case "now":
                return f"{here:%Y-%m-%dT%H:%M}"
            case "user":
                return user().id if of.type is FieldType.USER else user().name
            case _:
                return None
    match of.type:
        case FieldType.CHOICES:
            return list(value) if isinstance(value, tuple) else [str(value)]
        case FieldType.FLAG:
            return "yes" if value is True else "no"
        case FieldType.TIME:
            at = local(str(value))
            return "" if at is None else f"{at:%Y-%m-%dT%H:%M}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
