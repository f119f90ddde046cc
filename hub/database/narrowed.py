"""Narrows what a connection reads to the rows of some gates and units: every question that goes through it, whoever wrote it.

The names of the tables that hold such rows mean, for a narrowed connection, the same tables without the rows of other gates and units:
a common table expression of the table's own name stands before each question. So no page can forget it, and a table that is new is
narrowed by the columns `gate` and `unit` that it has. What is not narrowed is named here (`WHOLE`). Tested in `tests/hub/database/test_narrowed.py`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.engine import Connection

from hub.database.schema import metadata
from hub.database.statements import as_array

OPTION = "kakou_narrowed"
WHOLE = frozenset(
    {
        # the ledger itself, and how gates are followed: no page lists them for an account that is limited
        "entries", "signatures", "cursors", "bridges", "ahead", "clock_sets", "former_keys", "unkept", "quarantine",
        # who works for the town, and how it is organised, is no secret within it
        "users", "units",
    }
)  # fmt: skip
"""Tables with a column `gate` or `unit` whose rows are not narrowed."""
_BY_PLATE = {"plate_ends": "plate", "passes": "plate", "watched": "plate", "vehicle_notes": "vehicle"}
"""Tables of vehicles: a row counts where the vehicle came to one of the gates."""
_BY_VISIT = {"last_passed": "visit_id", "sightings": "visit"}
_BY_ROW = {"register_words": "row", "register_history": "row", "register_pictures": "row"}
"""Tables of what rows of registers say: theirs counts where the row does."""
_BY_USER = {"register_imports": ("user",), "questions": ("assigned_to", "noted_by")}
"""Tables of what users do, or have to do: it counts where one of them belongs to one of the units."""
_EVERYWHERE = ""
"""The gate of a roster's leaders on duty, who lead the whole town: everybody may know who they are."""
_HUB = "hub"
"""The listener stands beside the gates in `gate_status`: whether it is at its broker is shown to everybody."""
_NAMES = re.compile(r"[a-z_]+")
_QUESTION = re.compile(r"\s*(SELECT\b|WITH\b|\()", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The gates and the units whose rows are read."""

    gates: tuple[str, ...]
    units: tuple[str, ...]


def narrow(connection: Connection, gates: Collection[str], units: Collection[str]) -> Connection:
    """From now on the connection reads the rows of these gates and units alone. Only for connections of `hub.database.engine.reader`."""
    return connection.execution_options(**{OPTION: Narrowing(tuple(sorted(gates)), tuple(sorted(units)))})


def narrowing_of(connection: Connection) -> Narrowing | None:
    """What a connection is narrowed to; None: it reads everything."""
    found: Narrowing | None = connection.get_execution_options().get(OPTION)
    return found


def before_question(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """The event of SQLAlchemy that puts the narrowed tables before a question."""
    to = narrowing_of(connection)
    if to is None or _QUESTION.match(statement) is None:
        return statement, parameters
    head, kinds = _head(statement, connection.dialect.name, _fewness(to))
    if not head:
        return statement, parameters
    values = [as_array(to.gates if kind == "gates" else to.units) for kind in kinds]
    if connection.dialect.name == "sqlite":
        return head + _rest(statement), (*values, *(parameters or ()))
    named = {f"narrowed_{number}": value for number, value in enumerate(values)}
    return head + _rest(statement), {**(parameters or {}), **named}


def _fewness(to: Narrowing) -> int:
    """0: no gate; 1: one; 2: more."""
    return min(len(to.gates), 2)


def _rest(statement: str) -> str:
    """The statement behind the tables: one that names tables itself goes on with its own."""
    own = re.match(r"\s*WITH\s+", statement, re.IGNORECASE)
    return statement if own is None else f", {statement[own.end() :]}"


@lru_cache(maxsize=2000)
def _head(statement: str, dialect: str, few: int) -> tuple[str, tuple[str, ...]]:
    """The narrowed tables that a statement names, as SQL, and which values it takes in their order."""
    spelled = _Spelled(dialect, few)
    named = set(_NAMES.findall(statement))
    tables = [f"{name} AS NOT MATERIALIZED ({spelled.table(name)})" for name in NARROWED if name in named]
    return (f"WITH {', '.join(tables)} " if tables else ""), tuple(spelled.kinds)


class _Spelled:
    """SQL of the narrowed tables in a dialect; `kinds` notes which value each placeholder takes."""

    def __init__(self, dialect: str, few: int):
        self._sqlite, self._few = dialect == "sqlite", few
        self.kinds: list[str] = []

    def table(self, name: str) -> str:
        """The rows of a table that count. Of the table itself: its own name would mean the narrowed one on SQLite."""
        return f"SELECT it.* FROM {self._real(name)} AS it WHERE {NARROWED[name](self)}"  # noqa: S608 -- names of our own tables

    def of_gate(self, column: str = "it.gate") -> str:
        """Of one of the gates."""
        if not self._few:
            return "1 = 0"
        # of one gate the rows are read in order of time by its index; of more, by the index of time, and not sorted
        term = f"+{column}" if self._sqlite and self._few > 1 else column
        return f"{term} {'=' if self._few == 1 else 'IN'} ({self._each('gates')})"

    def of_unit(self, column: str = "it.unit") -> str:
        """Of one of the units."""
        return f"{column} IN ({self._each('units')})"

    def came(self, column: str) -> str:
        """Of a vehicle that came to one of the gates."""
        at = self.of_gate("came.gate").removeprefix("+")
        return self._there("visits", "came", f"came.town = it.town AND came.plate = it.{column} AND {at}")

    def of_visit(self, column: str) -> str:
        """Of a visit at one of the gates."""
        at = self.of_gate("there.gate").removeprefix("+")
        return self._there("visits", "there", f"there.visit_id = it.{column} AND {at}")

    def of_row(self, column: str) -> str:
        """Of a row of a register that is one of the units' or gates'."""
        return self._there(
            "register_rows",
            "kept",
            f"kept.id = it.{column} AND ({self.of_unit('kept.unit')} OR {self.of_gate('kept.gate')})",
        )

    def of_user(self, *columns: str, row: str = "it") -> str:
        """Of a user who belongs to one of the units."""
        who = ", ".join(f"{row}.{self._quoted(each)}" for each in columns)
        return self._there("users", "who", f"who.id IN ({who}) AND {self.of_unit('who.unit')}")

    def of_question(self) -> str:
        """Of a question that counts."""
        whose = self.of_user(*_BY_USER["questions"], row="asked")
        return self._there("questions", "asked", f"asked.id = it.question AND {whose}")

    def of_order(self) -> str:
        """Of an order that was sent to one of the gates or of the units."""
        to_gate = self._there("orders", "sent", f"sent.dispatch = it.id AND {self.of_gate('sent.gate')}")
        to_unit = self._there("village_orders", "told", f"told.dispatch = it.id AND {self.of_unit('told.unit')}")
        return f"({to_gate} OR {to_unit})"

    def of_staff(self, row: str = "it") -> str:
        """Of somebody who belongs to one of the units, serves at one of the gates, or leads a shift of the whole town."""
        # in the order of the text: placeholders are counted as they are spelled
        belongs = self.of_unit(f"{row}.unit")
        at = f"({self.of_gate('serves.gate')} OR serves.gate = '{_EVERYWHERE}')"
        serves = self._there("roster", "serves", f"serves.town = {row}.town AND serves.staff = {row}.id AND {at}")
        return f"({belongs} OR {serves})"

    def of_absence(self) -> str:
        """Of somebody of the staff who counts."""
        whose = self.of_staff("absent")
        return self._there("duty_staff", "absent", f"absent.town = it.town AND absent.id = it.staff AND {whose}")

    def of_reporter(self) -> str:
        """Of a unit or a gate that reports, as zero reports name them: `unit/ID`, `gate/ID`."""
        return f"({self.of_unit(self._behind('unit/'))} OR {self.of_gate(self._behind('gate/')).removeprefix('+')})"

    @staticmethod
    def _behind(mark: str) -> str:
        return (
            f"(CASE WHEN substr(it.reporter, 1, {len(mark)}) = '{mark}' THEN substr(it.reporter, {len(mark) + 1}) END)"
        )

    def _there(self, table: str, called: str, where: str) -> str:
        return f"EXISTS (SELECT 1 FROM {self._real(table)} AS {called} WHERE {where})"  # noqa: S608 -- names of our own tables

    def _quoted(self, column: str) -> str:
        return f'"{column}"'

    def _real(self, name: str) -> str:
        return f"main.{name}" if self._sqlite else name

    def _each(self, kind: str) -> str:
        self.kinds.append(kind)
        if self._sqlite:
            return "SELECT value FROM json_each(?)"
        return f"SELECT json_array_elements_text(CAST(%(narrowed_{len(self.kinds) - 1})s AS json))"


_Rule = Callable[[_Spelled], str]


def _with(spell: Callable[..., str], *columns: str) -> _Rule:
    return lambda spelled: spell(spelled, *columns)


_OWN: Mapping[str, _Rule] = {
    "gate_status": lambda spelled: f"({spelled.of_gate()} OR it.gate = '{_HUB}')",
    "visits": lambda spelled: spelled.of_gate(),
    "gates": lambda spelled: spelled.of_gate(),
    "roster": lambda spelled: f"({spelled.of_gate()} OR it.gate = '{_EVERYWHERE}')",
    "duty_staff": lambda spelled: spelled.of_staff(),
    "duty_absences": lambda spelled: spelled.of_absence(),
    "dispatches": lambda spelled: spelled.of_order(),
    "question_answers": lambda spelled: spelled.of_question(),
    "zero_reports": lambda spelled: spelled.of_reporter(),
    **{name: _with(_Spelled.came, column) for name, column in _BY_PLATE.items()},
    **{name: _with(_Spelled.of_visit, column) for name, column in _BY_VISIT.items()},
    **{name: _with(_Spelled.of_row, column) for name, column in _BY_ROW.items()},
    **{name: _with(_Spelled.of_user, *columns) for name, columns in _BY_USER.items()},
}
"""Tables that have a rule of their own; of the others the columns say whose a row is."""


def _rule(name: str, columns: Collection[str]) -> _Rule:
    if name in _OWN:
        return _OWN[name]
    if "unit" not in columns:
        return lambda spelled: spelled.of_gate()
    if "gate" not in columns:
        return lambda spelled: spelled.of_unit()
    return lambda spelled: f"({spelled.of_unit()} OR {spelled.of_gate()})"


NARROWED: Mapping[str, _Rule] = {
    table.name: _rule(table.name, table.columns.keys())
    for table in metadata.sorted_tables
    if table.name not in WHOLE and (table.name in _OWN or {"gate", "unit"} & set(table.columns.keys()))
}
"""Table -> which of its rows count, as SQL of the row `it`."""
