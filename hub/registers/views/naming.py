"""The rows of registers that name a crossing or a pass, for the pages of these: as far as the reader may see the register, masked.

Tested in `tests/hub/registers/views/test_naming.py`.
"""

from dataclasses import dataclass

from hub.console.context import hub, reading, role
from hub.console.register_words import LOOKS, named, said
from hub.registers import catalogue, store
from hub.registers.declaration import Register
from hub.registers.field_types import FieldType
from hub.registers.rows import RegisterRow
from hub.registers.views.blueprint import blueprint

SAYS = 3
"""Fields of a row that are shown: its first ones that say something."""
MOST = 50


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row in words: its register, its state with shape and colour, what it says first."""

    register: Register
    row: RegisterRow
    name: str
    state: str
    look: tuple[str, str]
    says: str


def rows_of_visit(visit: str) -> list[NamedRow]:
    """The rows that name a crossing."""
    return _readable(store.of_visit(reading(), hub().town, visit))


def rows_of_pass(pass_id: str) -> list[NamedRow]:
    """The rows that name a pass."""
    return _readable(store.of_pass(reading(), hub().town, pass_id))


def _readable(rows: list[RegisterRow]) -> list[NamedRow]:
    known = {each.register.id: each.register for each in catalogue.every(reading(), hub().town)} if rows else {}
    there = [(known[row.register], row) for row in rows[:MOST] if row.register in known]
    return [_words(register, row) for register, row in there if role().may(register.read)]


def _words(register: Register, row: RegisterRow) -> NamedRow:
    state = register.state(row.state)
    shown = (said(register, row, of.id, role()) for of in register.typed if of.type is not FieldType.PICTURE)
    says = [each for each in shown if each][:SAYS]
    look = LOOKS[state.look] if state is not None else ("journal-text", "open")
    return NamedRow(register, row, named(register), named(state), look, " · ".join(says))


@blueprint.app_context_processor
def _rows() -> dict[str, object]:
    return {"rows_of_visit": rows_of_visit, "rows_of_pass": rows_of_pass}
