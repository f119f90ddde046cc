"""Whose a row is: the unit and the gate that a draft means, and what an account that is limited to a branch may write.

1. A row that belongs to another one, and names neither unit nor gate, is its parent's unit's and gate's; they move with it.
2. An account that is limited to a branch writes rows of its units and gates alone; a row that names none is its highest unit's.

Tested in `tests/hub/registers/test_within.py`.
"""

from dataclasses import replace

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.engine import Connection

from hub.database.schema import register_rows, visits
from hub.errors import RefusedError
from hub.organisation.branch import Branch
from hub.registers import store
from hub.registers.rows import Draft, Links, RegisterRow

_ROWS = register_rows.c


def placed(connection: Connection, town: str, draft: Draft, row: RegisterRow | None, within: Branch | None) -> Draft:
    """The draft with the unit and the gate that it means; `RefusedError` for what lies beyond the writer's branch."""
    links = draft.links
    above = None if links.parent is None else store.find(connection, town, links.parent)
    if within is not None and row is not None:
        check_row(row, within)
    if within is not None and above is not None and not within.holds(above.links.unit, above.links.gate):
        raise RefusedError("register %(register)r: there is no row %(id)s", register=above.register, id=above.id)
    if links.unit is None and links.gate is None and above is not None:
        links = replace(links, unit=above.links.unit, gate=above.links.gate)
    if within is not None:
        if links.unit is None and links.gate is None:
            links = replace(links, unit=within.unit)
        before = row or above
        _check_links(connection, town, links, Links() if before is None else before.links, within)
    return replace(draft, links=links)


def check_row(row: RegisterRow, within: Branch | None) -> None:
    """`RefusedError` if a row is not the branch's, as if there were none."""
    if within is not None and not within.holds(row.links.unit, row.links.gate):
        raise RefusedError("register %(register)r: there is no row %(id)s", register=row.register, id=row.id)


def children_follow(connection: Connection, town: str, before: RegisterRow, links: Links) -> None:
    """Rows that belong to a row, and were its unit's and gate's, go with it to another one."""
    if (before.links.unit, before.links.gate) == (links.unit, links.gate):
        return
    theirs = (_ROWS.town == town, _ROWS.parent == before.id)
    same = (_is(_ROWS.unit, before.links.unit), _is(_ROWS.gate, before.links.gate))
    connection.execute(update(register_rows).where(*theirs, *same).values(unit=links.unit, gate=links.gate))


def _check_links(connection: Connection, town: str, links: Links, before: Links, within: Branch) -> None:
    if links.unit != before.unit:
        within.check_unit(links.unit)
    if links.gate != before.gate:
        within.check_gate(links.gate)
    if not within.holds(links.unit, links.gate):
        # who may change a row for its gate can't give the row away with it
        within.check_unit(links.unit)
        within.check_gate(links.gate)
    if links.visit is not None and links.visit != before.visit:
        query = select(visits.c.gate).where(visits.c.town == town, visits.c.visit_id == links.visit)
        if connection.execute(query).scalar() not in within.gates:
            raise RefusedError("visit %(id)r: there is none", id=links.visit)


def _is(column: ColumnElement[str | None], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value
