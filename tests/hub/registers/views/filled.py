"""A town with registers that hold something, for tests of their pages."""

from datetime import timedelta

from hub.accounts.roles import Role
from hub.registers import catalogue
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.registers.declared import FINDINGS, HOME_DAYS, HOUSEHOLDS, SUPPLIES, declared, writer
from tests.hub.towns import NOW, Place


def fill(place: Place) -> dict[str, RegisterRow]:
    """Registers of every sort, each with rows; returns some of them by name."""
    found: dict[str, RegisterRow] = {}
    by = writer(place)
    with place.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", ["patrols"], by="cli", now=NOW)
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        home = Draft({"door": "南村镇1号", "owner": "王小明", "begin": "2026-02-25", "length": 14}, Links(unit="u1"))
        found["home"] = keeper.add(connection, home, by)
        keeper.add(connection, Draft({"door": "北村2号", "owner": "李丽", "begin": "2026-02-27", "length": 7}), by)
    with declared(place, HOME_DAYS, HOUSEHOLDS) as (connection, keeper):
        links = Links(parent=found["home"].id, day="2026-02-28")
        found["day"] = keeper.add(connection, Draft({"people": 3, "heat": 36.5}, links), by)
    with declared(place, SUPPLIES) as (connection, keeper):
        keeper.add(connection, Draft({"item": "口罩", "way": "in", "count": 500.0}), by)
        keeper.add(connection, Draft({"item": "口罩", "way": "out", "count": 120.0}), by)
    with declared(place, FINDINGS) as (connection, keeper):
        found["old"] = keeper.add(connection, Draft({"what": "岗亭漏水", "until": "2026-02-27"}), by)
        found["new"] = keeper.add(connection, Draft({"what": "照明不足", "until": "2026-03-09"}), by)
        done = keeper.add(connection, Draft({"what": "路障破损"}), by)
        found["fixed"] = keeper.move(connection, done, "fixed", by, version=1, values={"fix": "已更换"})
    with declared(place, catalogue.shipped()["patrols"]) as (connection, keeper):
        values = {"point": "东山", "place": "东山路口", "planned": "2026-03-01T05:00:00.000Z", "officer": "王伟"}
        found["patrol"] = keeper.add(connection, Draft(values), writer(place, now=NOW - timedelta(hours=1)))
    assert by.role is Role.OFFICER
    return found
