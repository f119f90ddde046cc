"""Findings for tests."""

from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.inspections.findings import REGISTER, FindingHook
from hub.registers import catalogue, kept
from hub.registers import store as registers
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place

DUE = "2026-03-01T08:00:00.000Z"
FOUND = {"problem": "消毒液已过期", "category": "disinfection", "how": "term", "until": DUE, "responsible": "东门卡口"}


def writer(place: Place, role: Role = Role.OFFICER, now: datetime = NOW) -> Writer:
    return Writer(place.users[role], role, now)


def keeper(connection: Connection) -> Keeper:
    catalogue.add_shipped(connection, "demo", [REGISTER], by="cli", now=NOW)
    return kept.keeper(connection, "demo", REGISTER, ZONE, {REGISTER: FindingHook("demo")})


def find(place: Place, role: Role = Role.OFFICER, gate: str | None = "east", **said: str) -> RegisterRow:
    """A finding, as a user of this role found it."""
    with place.engine.begin() as connection:
        return keeper(connection).add(connection, Draft({**FOUND, **said}, Links(gate=gate)), writer(place, role))


def again(place: Place, id_: int) -> RegisterRow:
    """A finding as it is now."""
    with place.engine.begin() as connection:
        row = registers.find(connection, "demo", id_)
    assert row is not None
    return row
