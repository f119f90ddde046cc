"""The lists of registers, each made of its declaration: its fields as columns, what is computed of them, masked as the reader sees them.

Tested in `tests/hub/exports/test_register_lists.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from flask_babel import get_locale
from sqlalchemy.engine import Connection

from edge.contract.policy import Policy
from hub.accounts.roles import Role
from hub.database.schema import register_rows
from hub.errors import RefusedError
from hub.exports.asked import Asked, Field, Sort
from hub.exports.kinds import ListKind, Reader
from hub.exports.writing import cells
from hub.exports.writing.cells import Column, Manner
from hub.exports.writing.question import Question
from hub.registers import catalogue, store
from hub.registers.catalogue import TownRegister
from hub.registers.cells import Value, may_see, shown
from hub.registers.computed import computed
from hub.registers.declaration import RegisterField
from hub.registers.field_types import FieldType
from hub.registers.rows import RegisterRow
from hub.values.stored import time_of

PREFIX = "register:"
"""Before the id of a register in the name of its list."""
YES = frozenset({"1", "y", "on"})
NUMBERS = frozenset({FieldType.COUNT, FieldType.DAYS, FieldType.ROWS, FieldType.SUM, FieldType.STOCK})
HEAD = (Column("row_number", "编号", "Number", cells.Sort.WHOLE),)
TAIL = (Column("row_created_at", "登记时间", "Written at"), Column("row_changed_at", "修改时间", "Changed at"))
STATE, DUE, DAY, PARENT, UNIT, GATE = (
    Column("row_state", "状态", "State"), Column("row_due", "时限", "Due"), Column("row_day", "日期", "Day"),
    Column("row_parent", "所属编号", "Belongs to"), Column("row_unit", "单位", "Unit"), Column("row_gate", "卡口", "Gate"),
)  # fmt: skip


def find(connection: Connection, town: str, name: str) -> ListKind | None:
    """The list of a register by its name; None if the town has no such register."""
    found = catalogue.find(connection, town, name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
    return None if found is None else kind_of(found)


def every(connection: Connection, town: str) -> list[ListKind]:
    """The lists of all registers of a town."""
    return [kind_of(each) for each in catalogue.every(connection, town)]


def kind_of(found: TownRegister) -> ListKind:
    """The list of one register."""
    register = found.register
    chosen = tuple(
        Field(store.MARK + each.id, Sort.CODE, frozenset(one.id for one in each.choices))
        for each in register.fields
        if each.choices
    )
    fields = (
        Field("search"), Field("state", Sort.CODE, frozenset(each.id for each in register.states)), Field("unit", Sort.CODE),
        Field("gate", Sort.CODE), Field("day"), Field("overdue", Sort.CODE, YES), Field("removed", Sort.CODE, YES),
        Field("since", Sort.DAY, means="start"), Field("until", Sort.LAST_DAY, means="end"), *chosen,
    )  # fmt: skip
    # in the language of who asks: the name is the town's, and has no message
    title = register.zh if getattr(get_locale(), "language", "zh") == "zh" else register.en
    return ListKind(
        PREFIX + register.id,
        title,
        max(register.read, Role.VIEWER, key=list(Role).index),
        lambda asked, reader: question(found, asked, reader),
        fields,
        personal=any(each.personal for each in register.fields),
        manner=manner_of,
    )


def manner_of(
    zone: Any, header: cells.Header, _role: Role | None, policy: Policy | None, names: Mapping[str, str]
) -> Manner:
    """How a register is written: what its rows say is put in words, or masked, where they are made."""
    gates = (
        {} if policy is None else {gate: each.zh if header == "zh" else each.en for gate, each in policy.gates.items()}
    )
    return Manner(zone, header, {}, {"": {**names, **gates}})


def question(found: TownRegister, asked: Asked, reader: Reader) -> Question:
    """The rows of a register, the first number first."""
    register = found.register
    wanted = store.Asked(
        search=asked.get("search", ""), state=asked.get("state", ""), unit=asked.get("unit", ""), gate=asked.get("gate", ""),
        day=asked.get("day", ""), start=asked.get("start", ""), end=asked.get("end", ""),
        due_before=reader.now_text if "overdue" in asked else "",
        removed="removed" in asked,
        chosen={name.removeprefix(store.MARK): value for name, value in asked.items() if name.startswith(store.MARK)},
    )  # fmt: skip
    if reader.role is None:
        raise RefusedError("list %(name)r: there is no such list", name=PREFIX + register.id)
    columns = columns_of(found)
    where = store.conditions(reader.town, register, wanted, reader.role)
    role = reader.role

    def made(connection: Connection, manner: Manner) -> Iterator[list[tuple[Any, ...]]]:
        writing = _Writing(connection, found, reader, manner)
        rows = store.every(connection, reader.town, register, wanted, role)
        while some := list(islice(rows, store.CHUNK)):
            yield writing.rows(some)

    return Question(columns, {}, where, (register_rows.c.number,), register_rows, made)


def columns_of(found: TownRegister) -> tuple[Column, ...]:
    """The columns of a register's file."""
    register = found.register
    bound = [
        (DAY, register.daily),
        (PARENT, register.parent is not None),
        (STATE, bool(register.states)),
        (DUE, bool(register.due) or any(each.due_hours for each in register.states)),
        (UNIT, register.unit != "off"),
        (GATE, register.gate != "off"),
    ]
    fields = [each for each in register.fields if each.computed or each.id in found.asked]
    return (
        *HEAD,
        *(column for column, there in bound if there),
        *(Column(each.id, each.zh, each.en, _sort(each)) for each in fields),
        *TAIL,
    )


def _sort(of: RegisterField) -> cells.Sort:
    number = of.type in NUMBERS or (of.type is FieldType.NUMBER and of.min is not None and of.min >= 0)
    return cells.Sort.NUMBER if number and not of.personal else cells.Sort.TEXT


class _Writing:
    """Makes the cells of rows, as one reader may see them."""

    def __init__(self, connection: Connection, found: TownRegister, reader: Reader, manner: Manner):
        self._connection, self._found, self._reader, self._manner = connection, found, reader, manner
        self._columns = columns_of(found)
        self._local: Callable[[str | None], str] = cells.local_time(manner.zone)
        self._names = manner.words.get("", {})
        self._today = reader.now.astimezone(manner.zone).date()

    def rows(self, rows: list[RegisterRow]) -> list[tuple[Any, ...]]:
        """The cells of some rows."""
        register, town = self._found.register, self._reader.town
        children = store.children(self._connection, town, register, rows)
        above = {each.links.parent for each in rows if each.links.parent}
        parents = store.by_ids(self._connection, town, above)
        made = []
        for row in rows:
            values = {**row.values, **computed(register, row.values, children[row.id], self._today)}
            parent = parents.get(row.links.parent or 0)
            bound = {
                "row_number": row.number, "row_created_at": self._time(row.created_at), "row_changed_at": self._time(row.changed_at),
                "row_state": self._state(row.state), "row_due": self._time(row.due_at), "row_day": row.links.day,
                "row_parent": None if parent is None else parent.number, "row_unit": row.links.unit,
                "row_gate": self._named(row.links.gate),
            }  # fmt: skip
            cells_ = {each.id: self._cell(each, values.get(each.id)) for each in register.fields}
            made.append(tuple((bound if each.name in bound else cells_)[each.name] for each in self._columns))
        return made

    def _cell(self, of: RegisterField, value: Value | None) -> Any:
        if value is None:
            return None
        if not self._reader.unmasked and self._reader.role and not may_see(of, self._reader.role):
            return shown(of, value, self._reader.role)
        header = self._manner.header
        match of.type:
            case FieldType.CHOICE | FieldType.CHOICES:
                chosen = value if isinstance(value, tuple) else (str(value),)
                if header == "machine":
                    return " ".join(chosen)
                by_id = {each.id: each.zh if header == "zh" else each.en for each in of.choices}
                return ("、" if header == "zh" else ", ").join(by_id.get(each, each) for each in chosen)
            case FieldType.FLAG:
                yes, no = {"machine": ("yes", "no"), "zh": ("是", "否"), "en": ("yes", "no")}[header]
                return yes if value is True else no
            case FieldType.TIME:
                return self._time(str(value))
            case FieldType.USER | FieldType.GATE:
                return self._named(str(value))
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)

    def _time(self, text: str | None) -> str | None:
        at = time_of(text)
        if self._manner.header == "machine" or at is None:
            return self._local(text)
        return f"{at.astimezone(self._manner.zone):%Y-%m-%d %H:%M:%S}"

    def _state(self, id_: str | None) -> str | None:
        state = self._found.register.state(id_)
        if state is None or self._manner.header == "machine":
            return id_
        return state.zh if self._manner.header == "zh" else state.en

    def _named(self, id_: str | None) -> str | None:
        return id_ if id_ is None or self._manner.header == "machine" else self._names.get(id_, id_)
