"""Rows whose time passes come into another state by themselves: a point of a patrol is missed, an isolation has ended.

Which state that is, each register declares (`late`). Tested in `tests/hub/registers/test_lapse.py`.
"""

from datetime import datetime, tzinfo

from sqlalchemy import select, tuple_
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.database.schema import register_rows
from hub.registers import catalogue
from hub.registers.checks import Writer
from hub.registers.keeping import Hook, Keeper
from hub.registers.rows import row_of

HUB = "hub"
"""Who brought a row into the state that its time brought about."""
MOST = 200
"""Rows in one go."""
_ROWS = register_rows.c


def lapsing(connection: Connection, town: str) -> dict[tuple[str, str], str]:
    """Register and state -> the state that follows by itself, of every register of a town that has such."""
    return {
        (each.register.id, state.id): state.late
        for each in catalogue.every(connection, town)
        for state in each.register.states
        if state.late is not None
    }


def lapse(
    connection: Connection, town: str, zone: tzinfo, now: datetime, hooks: dict[str, Hook] | None = None
) -> list[int]:
    """Brings the rows whose time has passed into the state that follows; gives their ids."""
    following = lapsing(connection, town)
    if not following:
        return []
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.due_at < wall_text(now), _ROWS.removed_at.is_(None), tuple_(_ROWS.register, _ROWS.state).in_(list(following))
    )  # fmt: skip
    found = [row_of(each) for each in connection.execute(query.order_by(_ROWS.due_at).limit(MOST)).mappings()]
    there = {each.register.id: each for each in catalogue.every(connection, town)}
    for row in found:
        of = there[row.register]
        keeper = Keeper(town, of.register, of.asked, zone, (hooks or {}).get(row.register))
        keeper.lapse(connection, row, Writer(HUB, Role.ADMIN, now))
    return [each.id for each in found]
