"""Forms for tests: a shipped register filled with its row, in one language, as one reader sees it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from hub.accounts.roles import Role
from hub.console.speaking import speaking
from hub.registers import catalogue
from hub.registers.catalogue import Chosen, TownRegister
from hub.registers.cells import Value
from hub.registers.computed import NONE, computed
from hub.registers.declaration import read
from hub.registers.paper import form
from hub.registers.paper.form import Form, Sheet
from hub.registers.paper.values import Reader
from hub.registers.rows import Links, RegisterRow
from tests.hub.registers.declared import ZONE
from tests.hub.registers.test_shipped import ROWS, drafted

AT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def town_register(id_: str) -> TownRegister:
    """A shipped register as a town has it that chose nothing."""
    text = catalogue.shipped()[id_]
    return TownRegister(read(text), text, Chosen(), 1, "", "", "", "", None)


def reader(language: str = "zh", role: Role | None = Role.OFFICER) -> Reader:
    """A reader of this language and role."""
    return Reader(language == "zh", ZONE, role)


def rows_of(
    id_: str, more: Mapping[str, str] = MappingProxyType({}), *, rows: int = 1, state: str | None = None
) -> list[RegisterRow]:
    """So many rows of a shipped register that all say the same."""
    found = town_register(id_).register
    values: Mapping[str, Value] = dict(drafted(found, {**ROWS.get(id_, {}), **more}).values)
    return [
        RegisterRow(n, id_, n, Links(gate="east"), state or found.first_state, None, values, 1, "", "", "", "")
        for n in range(1, rows + 1)
    ]


def filled(
    id_: str, *rows: RegisterRow, language: str = "zh", role: Role | None = Role.OFFICER, **sheet: object
) -> Form:
    """The form of a shipped register with these rows (without any: its row of the tests)."""
    found, there = town_register(id_), list(rows) or rows_of(id_)
    computed_ = {each.id: computed(found.register, each.values, NONE, AT.date()) for each in there}
    with speaking(language):
        whole = Sheet(there, computed_, **{"all": len(there), **sheet})  # type: ignore[arg-type]
        return form.filled(found, whole, reader(language, role), "南村镇", AT)


def empty(id_: str, language: str = "zh") -> Form:
    """The form of a shipped register to be filled in by hand."""
    with speaking(language):
        return form.empty(town_register(id_), reader(language))
