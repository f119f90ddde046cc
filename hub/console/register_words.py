"""The words of registers in the language of the request: names of fields and states, values, the shape of a state.

Tested in `tests/hub/needs/test_views.py`.
"""

from typing import Protocol

from flask_babel import gettext

from hub.accounts.roles import Role
from hub.console.display import chinese, gate_name, user_name
from hub.console.times import day_and_time
from hub.registers.cells import Value, shown
from hub.registers.declaration import Register, RegisterField
from hub.registers.field_types import FieldType
from hub.registers.rows import RegisterRow

LOOKS = {
    "open": ("hourglass-split", "open"),
    "busy": ("clock-history", "owed"),
    "done": ("check-circle-fill", "passed"),
    "bad": ("x-octagon-fill", "detained"),
}
"""The shape and the colour of a state, by how it is declared to look."""


class Worded(Protocol):
    """Something with words in both languages."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


def named(thing: Worded | None) -> str:
    """The words of a thing; empty for none."""
    return "" if thing is None else thing.zh if chinese() else thing.en


def field_name(register: Register, id_: str) -> str:
    """The name of a field of a register."""
    return named(register.field(id_)) or id_


def said(register: Register, row: RegisterRow, id_: str, role: Role) -> str:
    """What a row says in a field, in words, as a reader of this role may see it; empty for nothing."""
    of = register.field(id_)
    if of is None:
        return ""
    value = row.values.get(id_)
    seen = shown(of, value, role)
    # what is masked has no words of its own
    return "" if seen is None else value_words(of, seen) if seen == value else str(seen)


def value_words(of: RegisterField, value: Value) -> str:
    """A value of a field in words."""
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, tuple):
        return ("、" if chinese() else ", ").join(value_words(of, each) for each in value)
    text = str(value)
    match of.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            return named(next((each for each in of.choices if each.id == text), None)) or text
        case FieldType.TIME:
            return day_and_time(text)[:16]
        case FieldType.GATE:
            return gate_name(text)
        case FieldType.USER:
            return user_name(text)
        case _:
            return text
