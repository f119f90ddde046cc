"""The SQL that reads registers' rows: one, a page of a list, how many in which state, what child rows come to.

Tested in `tests/hub/registers/test_store.py`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.database.schema import gates, register_rows
from hub.database.statements import unindexed
from hub.errors import RefusedError
from hub.organisation import store as organisation
from hub.organisation.branch import Branch
from hub.registers import search
from hub.registers.cells import Value, may_see
from hub.registers.computed import Children
from hub.registers.declaration import Register
from hub.registers.field_types import FieldType
from hub.registers.rows import RegisterRow, joined, row_of

_ROWS = register_rows.c
CHUNK = 1000
MARK = "f-"
"""Before the id of a field of choices in the filter of a list, as addresses and exports spell it: `Asked.chosen`."""
MOST_COUNTED = 2_000
"""Rows of a search that are counted; of more a page says that there are more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of a register: empty fields ask nothing. `chosen`: by field, the choice that it holds; `due_before`: overdue then.

    `narrow`: what more holds for the rows (a branch of the town).
    """

    search: str = ""
    state: str = ""
    unit: str = ""
    gate: str = ""
    day: str = ""
    parent: int | None = None
    due_before: str = ""
    start: str = ""
    end: str = ""
    removed: bool = False
    chosen: Mapping[str, str] = field(default_factory=dict)
    narrow: Sequence[ColumnElement[bool]] = field(default=())


def find(connection: Connection, town: str, id_: int) -> RegisterRow | None:
    """The row with this id."""
    query = select(register_rows).where(_ROWS.town == town, _ROWS.id == id_)
    found = connection.execute(query).mappings().first()
    return None if found is None else row_of(found)


def known(connection: Connection, town: str, register: Register, id_: int) -> RegisterRow:
    """The row of this register with this id; `RefusedError` if there is none."""
    found = find(connection, town, id_)
    if found is None or found.register != register.id:
        raise RefusedError("register %(register)r: there is no row %(id)s", register=register.id, id=id_)
    return found


def conditions(
    town: str, register: Register, asked: Asked, role: Role, ids: Collection[int] | None = None
) -> list[ColumnElement[bool]]:
    """What a row must satisfy to be asked for by a reader of this role. `ids`: and have one of these."""
    found = [_ROWS.town == town if ids is None else _of_ids(town, ids), _ROWS.register == register.id]
    found.append(_ROWS.removed_at.is_not(None) if asked.removed else _ROWS.removed_at.is_(None))
    if asked.unit:
        found.append(_of_branch(town, register, asked.unit))
    for column in ("state", "gate", "day"):
        if value := getattr(asked, column):
            found.append(_ROWS[column] == value)
    if asked.parent is not None:
        found.append(_ROWS.parent == asked.parent)
    if asked.due_before:
        found.append(_ROWS.due_at < asked.due_before)
    if asked.start:
        found.append(_ROWS.created_at >= asked.start)
    if asked.end:
        found.append(_ROWS.created_at < asked.end)
    if asked.search:
        found.append(_ROWS.id.in_(search.holding(town, register, asked.search, role)))
    for name, choice in asked.chosen.items():
        of = register.field(name)
        if of is None or not may_see(of, role):
            raise RefusedError("register %(register)r: no such field %(field)r", register=register.id, field=name)
        found.append(_ROWS.id.in_(search.choosing(town, register, name, choice)))
    return [*found, *asked.narrow]


def _of_branch(town: str, register: Register, unit: str) -> ColumnElement[bool]:
    """Returns True for rows of a unit's branch or of its gates; a unit that the organisation does not have is asked for as it is written."""
    of_unit = _ROWS.unit.in_(union(organisation.below(town, unit), select(literal(unit))))
    if register.gate == "off" and register.parent is None:
        return of_unit
    at_gates = select(gates.c.gate).where(gates.c.town == town, gates.c.unit.in_(organisation.below(town, unit)))
    return or_(of_unit, _ROWS.gate.in_(at_gates))


def page(
    connection: Connection, town: str, register: Register, asked: Asked, role: Role, *, before: int | None, limit: int
) -> list[RegisterRow]:
    """Rows of a register, the newest number first, from behind the row with the number `before`."""
    where, few = _few(connection, town, register, asked, role)
    # of few rows the numbers are sorted; of many the list is walked by number until the page is full
    order = (_ROWS.number + 0).desc() if few else _ROWS.number.desc()
    query = select(register_rows).where(*where).order_by(order)
    if before is not None:
        query = query.where(_ROWS.number < before)
    return [row_of(each) for each in connection.execute(query.limit(limit)).mappings()]


def _few(
    connection: Connection, town: str, register: Register, asked: Asked, role: Role
) -> tuple[list[ColumnElement[bool]], bool]:
    """The conditions of a page, with few rows named by their ids; and True if there are few: `MOST_COUNTED` at most, or those of one parent."""
    if asked.search:
        found = list(
            connection.execute(search.holding(town, register, asked.search, role).limit(MOST_COUNTED + 1)).scalars()
        )
        if len(found) <= MOST_COUNTED:
            return conditions(town, register, replace(asked, search=""), role, found), True
    elif asked.due_before:
        late = select(_ROWS.id).where(
            _ROWS.town == town, _ROWS.register == register.id, _ROWS.due_at < asked.due_before
        )
        if len(connection.execute(late.limit(MOST_COUNTED + 1)).all()) <= MOST_COUNTED:
            return conditions(town, register, asked, role), True
        # so many that the index of what is due would have to be sorted by number
        rest = conditions(town, register, replace(asked, due_before=""), role)
        return [*rest, _ROWS.due_at.op("||")("") < asked.due_before], False
    return conditions(town, register, asked, role), asked.parent is not None


def every(connection: Connection, town: str, register: Register, asked: Asked, role: Role) -> Iterator[RegisterRow]:
    """Every row that is asked for, the oldest number first, a handful at a time."""
    query = select(register_rows).where(*conditions(town, register, asked, role)).order_by(_ROWS.number)
    result = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(query)
    for rows in result.mappings().partitions(CHUNK):
        yield from map(row_of, rows)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows are in each state (empty: in none), and in all. `whole`: False where counting stopped at `MOST_COUNTED`."""

    states: Mapping[str, int]
    all: int
    whole: bool


def count(connection: Connection, town: str, register: Register, asked: Asked, role: Role) -> Counted:
    """How many rows of a register are asked for, by state."""
    where, _ = _few(connection, town, register, asked, role)
    there = select(_ROWS.state).where(*where)
    if asked != Asked(removed=asked.removed):
        there = there.limit(MOST_COUNTED)
    rows = there.subquery()
    found = {
        row[0] or "": row[1] for row in connection.execute(select(rows.c.state, func.count()).group_by(rows.c.state))
    }
    total = sum(found.values())
    return Counted(found, total, asked == Asked(removed=asked.removed) or total < MOST_COUNTED)


def numbered(connection: Connection, town: str, register: Register, number: int) -> RegisterRow | None:
    """The row of this register with this number, unless it was removed."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.register == register.id, _ROWS.number == number, _ROWS.removed_at.is_(None)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else row_of(found)


def between(
    connection: Connection, town: str, register: Register, numbers: tuple[int, int]
) -> Iterator[tuple[int, Mapping[str, Value]]]:
    """Id and values of the rows with these numbers (first and last) that nobody has changed since they were added."""
    query = select(_ROWS.id, _ROWS.facts, _ROWS.private).where(
        _ROWS.town == town, _ROWS.register == register.id, _ROWS.number.between(*numbers), _ROWS.version == 1
    )
    for id_, facts, private in connection.execute(query):
        yield id_, joined(facts, private)


def by_ids(connection: Connection, town: str, ids: Collection[int]) -> Mapping[int, RegisterRow]:
    """Rows of any register, by id."""
    if not ids:
        return {}
    query = select(register_rows).where(_of_ids(town, ids))
    return {row["id"]: row_of(row) for row in connection.execute(query).mappings()}


def _of_ids(town: str, ids: Collection[int]) -> ColumnElement[bool]:
    return and_(unindexed(_ROWS.town, town), _ROWS.id.in_(sorted(ids)))


def not_in_states(states: Sequence[str]) -> ColumnElement[bool]:
    """Holds for rows in any other state, or in none."""
    return or_(_ROWS.state.is_(None), _ROWS.state.not_in(states))


def of_day(
    connection: Connection, town: str, register: Register, day: str, parents: Collection[int]
) -> Mapping[int, RegisterRow]:
    """The rows of one day, by the row that each belongs to."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.register == register.id, _ROWS.parent.in_(sorted(parents)), _ROWS.day == day,
        _ROWS.removed_at.is_(None),
    )  # fmt: skip
    return {row["parent"]: row_of(row) for row in connection.execute(query).mappings()}


def of_visit(connection: Connection, town: str, visit: str) -> list[RegisterRow]:
    """The rows of every register that name this crossing."""
    query = select(register_rows).where(_ROWS.town == town, _ROWS.visit == visit, _ROWS.removed_at.is_(None))
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id)).mappings()]


def of_pass(connection: Connection, town: str, pass_id: str) -> list[RegisterRow]:
    """The rows of every register that name this pass."""
    query = select(register_rows).where(_ROWS.town == town, _ROWS.pass_id == pass_id, _ROWS.removed_at.is_(None))
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id)).mappings()]


def overdue(connection: Connection, town: str, now: str, limit: int) -> list[RegisterRow]:
    """The rows of every register that should have been done before `now`, the most overdue first."""
    query = select(register_rows).where(_ROWS.town == town, _ROWS.due_at < now, _ROWS.removed_at.is_(None))
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.due_at).limit(limit)).mappings()]


def children(
    connection: Connection, town: str, register: Register, rows: Sequence[RegisterRow]
) -> Mapping[int, Children]:
    """What the child rows and the stock of these rows come to, as far as the register's computed fields ask."""
    counts: dict[int, dict[tuple[str, str | None], int]] = {each.id: {} for each in rows}
    sums: dict[int, dict[tuple[str, str], float]] = {each.id: {} for each in rows}
    asked = [each for each in register.fields if each.type in (FieldType.ROWS, FieldType.SUM) and each.rows_of]
    for of in {each.rows_of for each in asked}:
        columns = (_ROWS.parent, _ROWS.state, _ROWS.facts, _ROWS.private)
        query = select(*columns).where(
            _ROWS.town == town, _ROWS.register == of, _ROWS.parent.in_(list(counts)), _ROWS.removed_at.is_(None)
        )
        added = [each.sum for each in asked if each.rows_of == of and each.sum]
        for parent, state, facts, private in connection.execute(query):
            for key in {(str(of), None), (str(of), state)}:
                counts[parent][key] = counts[parent].get(key, 0) + 1
            values = joined(facts, private) if added else {}
            for name in added:
                value = values.get(name)
                if isinstance(value, int | float):
                    sums[parent][str(of), name] = sums[parent].get((str(of), name), 0) + value
    stock = _in_stock(connection, town, register, rows)
    return {each.id: Children(counts[each.id], sums[each.id], stock.get(each.id)) for each in rows}


def in_stock(
    connection: Connection,
    town: str,
    register: Register,
    subject: str,
    but: int | None = None,
    *,
    within: Branch | None = None,
) -> float:
    """How much of an item is in stock, by every row of it `but` one; `within`: by the rows of a branch."""
    query = select(_ROWS.facts, _ROWS.unit, _ROWS.gate).where(
        _ROWS.town == town, _ROWS.register == register.id, _ROWS.subject == subject, _ROWS.removed_at.is_(None)
    )
    if but is not None:
        query = query.where(_ROWS.id != but)
    found = 0.0
    for facts, unit, gate in connection.execute(query):
        if within is None or within.holds(unit, gate):
            found += moved(register, joined(facts, "{}"))
    return round(found, 6)


def moved(register: Register, values: Mapping[str, object]) -> float:
    """How much a row adds to the stock of its item; less than 0 for what goes out."""
    stock = register.stock
    if stock is None:
        return 0.0
    quantity, direction = values.get(stock.quantity), values.get(stock.direction)
    if not isinstance(quantity, int | float):
        return 0.0
    return quantity if direction in stock.inward else -quantity if direction in stock.outward else 0.0


def _in_stock(connection: Connection, town: str, register: Register, rows: Sequence[RegisterRow]) -> dict[int, float]:
    if register.stock is None or not rows:
        return {}
    query = select(_ROWS.id, _ROWS.subject).where(_ROWS.id.in_([each.id for each in rows]))
    subjects = {id_: subject for id_, subject in connection.execute(query) if subject}
    there = {each: in_stock(connection, town, register, each) for each in set(subjects.values())}
    return {id_: there[subject] for id_, subject in subjects.items()}
