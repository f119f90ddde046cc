"""The rows of a sheet: those that are asked for, the newest of them where there are too many, with what is computed of each.

Tested in `tests/hub/registers/paper/test_views.py`.
"""

from datetime import date

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.registers import catalogue, store
from hub.registers.catalogue import TownRegister
from hub.registers.computed import computed
from hub.registers.paper.form import Sheet
from hub.registers.store import Asked


def sheet(
    connection: Connection, town: str, found: TownRegister, asked: Asked, role: Role, *, most: int, today: date, words: str = ""
) -> Sheet:  # fmt: skip
    """The newest `most` rows that are asked for, in the order of their numbers; `words`: what was asked for, as people say it."""
    register = found.register
    rows = store.page(connection, town, register, asked, role, before=None, limit=most)[::-1]
    many = len(rows) == most
    all_ = store.count(connection, town, register, asked, role).all if many else len(rows)
    children = store.children(connection, town, register, rows)
    parent = None if register.parent is None else catalogue.find(connection, town, register.parent)
    above = {each.links.parent for each in rows if each.links.parent is not None} if parent is not None else set()
    return Sheet(
        rows,
        {each.id: computed(register, each.values, children[each.id], today) for each in rows},
        store.by_ids(connection, town, above),
        None if parent is None else parent.register,
        all_,
        words,
    )
