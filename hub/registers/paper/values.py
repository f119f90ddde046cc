"""What a cell of a form on paper says: a value in the words of a language, in the town's time, masked for its reader.

Tested in `tests/hub/registers/paper/test_form.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from edge.contract.plates import spoken
from hub.accounts.roles import Role
from hub.registers.cells import Value, may_see, shown
from hub.registers.declaration import Named, RegisterField, Wording
from hub.registers.field_types import BY_TYPE, MASKS, FieldType, Mask
from hub.values.stored import time_of
from hub.values.visible import short, visible

MOST = 400
"""Characters of one cell."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a paper: the language, the town's zone, the role (None: everything personal is masked), the names of gates, units and users."""

    chinese: bool
    zone: tzinfo
    role: Role | None
    gate: Callable[[str], str] = str
    unit: Callable[[str], str] = str
    user: Callable[[str], str] = str

    def word(self, zh: str, en: str) -> str:
        """One of two words."""
        return zh if self.chinese else en

    def name(self, of: Named | Wording) -> str:
        """The name of a part of a declaration."""
        return self.word(of.zh, of.en)

    def time(self, text: str | None, form: str = "%Y-%m-%d %H:%M") -> str:
        """A moment as the town's clocks show it."""
        at = time_of(text)
        return "" if at is None else at.astimezone(self.zone).strftime(form)

    def sees(self, of: RegisterField) -> bool:
        """Returns True if the field is not masked for this reader."""
        return not of.personal or (self.role is not None and may_see(of, self.role))


def cell(of: RegisterField, value: Value | None, reader: Reader) -> str | int | float:
    """A value as it stands on paper: a number stays one, identity numbers and telephone numbers are texts."""
    if value is None:
        return ""
    if not reader.sees(of):
        hidden = (
            shown(of, value, reader.role)
            if reader.role
            else MASKS[of.mask or BY_TYPE.get(of.type, Mask.WHOLE)](str(value))
        )
        return plain(hidden)
    if isinstance(value, bool):
        return reader.word("是", "Yes") if value else reader.word("否", "No")
    match of.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            chosen = value if isinstance(value, tuple) else (str(value),)
            by_id = {each.id: each for each in of.choices}
            return reader.word("、", ", ").join(
                reader.name(by_id[each]) if each in by_id else plain(each) for each in chosen
            )
        case FieldType.TIME:
            return reader.time(str(value))
        case FieldType.PLATE:
            return plain(spoken(str(value)))
        case FieldType.GATE:
            return reader.gate(str(value))
        case FieldType.UNIT:
            return reader.unit(str(value))
        case FieldType.USER:
            return reader.user(str(value))
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return value if isinstance(value, int) else plain(value)


def plain(value: object) -> str:
    """A text with nothing in it that cannot be seen, of bearable length; its lines stay."""
    return short("\n".join(visible(line) for line in str(value).splitlines()), MOST)
