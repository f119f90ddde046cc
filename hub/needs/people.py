"""Finds whom a call is about: among the people with special needs, and among all persons of the town's households.

Tested in `tests/hub/needs/test_views.py`.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.needs import store
from hub.registers import catalogue
from hub.registers import store as registers
from hub.registers.cells import Value, shown
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from hub.registers.store import Asked
from hub.registers.within import check_row

PERSONS, HOUSEHOLDS = "persons", "households"


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who may be meant: name, address, phone as this reader may see them."""

    register: str
    row: RegisterRow
    name: str
    address: str
    phone: str

    @property
    def key(self) -> str:
        """What a form says for this choice."""
        return f"{self.register}/{self.row.id}"


def search(connection: Connection, town: str, text: str, role: Role, limit: int) -> list[Found]:
    """Who is called so, lives there, or has this number; people with special needs first, nobody twice by name and address."""
    if not text.strip():
        return []
    found: list[Found] = []
    for id_ in (store.PEOPLE, PERSONS):
        there = catalogue.find(connection, town, id_)
        if there is None:
            continue
        rows = registers.page(connection, town, there.register, Asked(search=text), role, before=None, limit=limit)
        homes = store.by_id(connection, town, {each.links.parent for each in rows if each.links.parent is not None})
        for row in rows:
            values = {
                each.id: str(shown(each, row.values[each.id], role))
                for each in there.register.typed
                if each.id in row.values
            }
            home = homes.get(row.links.parent or 0)
            address = values.get("address") or (str(home.values.get("address", "")) if home else "")
            found.append(Found(id_, row, values.get("name", ""), address, values.get("phone", "")))
    known = {(each.name, each.address) for each in found if each.register == store.PEOPLE}
    return [each for each in found if each.register == store.PEOPLE or (each.name, each.address) not in known][:limit]


def chosen(key: str) -> tuple[str, int] | None:
    """The choice that a form says; None for none, or for what is none."""
    register, _, number = key.partition("/")
    if register not in (store.PEOPLE, PERSONS) or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return register, int(number)


def person_of(connection: Connection, keeper: Keeper, choice: tuple[str, int], writer: Writer) -> RegisterRow:
    """The person with special needs that was chosen; one of a household is written down among them, with what is known."""
    register, id_ = choice
    if register == store.PEOPLE:
        known = registers.known(connection, keeper.town, keeper.register, id_)
        check_row(known, writer.within)
        return known
    row = registers.find(connection, keeper.town, id_)
    if row is None or row.register != PERSONS or row.removed_at is not None:
        raise RefusedError("register %(register)r: there is no row %(id)s", register=PERSONS, id=id_)
    check_row(row, writer.within)
    home = registers.find(connection, keeper.town, row.links.parent or 0)
    values: dict[str, Value] = {"kinds": ("other",), "address": "–"}
    values |= {name: row.values[name] for name in ("name", "phone", "plates", "grid_worker") if name in row.values}
    if home is not None and "address" in home.values:
        values["address"] = home.values["address"]
    same = registers.page(
        connection, keeper.town, keeper.register, Asked(search=str(values["name"])), writer.role, before=None, limit=20
    )
    for each in same:
        if writer.within is not None and not writer.within.holds(each.links.unit, each.links.gate):
            continue
        if (each.values.get("name"), each.values.get("address")) == (values["name"], values["address"]):
            return each
    return keeper.add(connection, Draft(values, Links(unit=row.links.unit)), writer)
