"""Registers for tests: households with daily rows, supplies with stock, findings that another decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.registers import catalogue, declaration, kept
from hub.registers.checks import Writer
from hub.registers.keeping import Hook, Keeper
from tests.hub.towns import NOW, Place

ZONE = ZoneInfo("Asia/Shanghai")
HOUSEHOLDS = """
id = "homes"
zh = "隔离户"
en = "Homes"
[[fields]]
id = "door"
zh = "门牌"
en = "Door"
type = "place"
required = true
unique = true
personal = true
[[fields]]
id = "owner"
zh = "户主"
en = "Owner"
type = "name"
personal = true
see = "officer"
[[fields]]
id = "card"
zh = "身份证"
en = "Card"
type = "id_number"
personal = true
asked = false
[[fields]]
id = "begin"
zh = "开始"
en = "Begin"
type = "date"
[[fields]]
id = "length"
zh = "天数"
en = "Length"
type = "count"
[[fields]]
id = "until"
zh = "结束"
en = "Until"
type = "end_date"
start = "begin"
days = "length"
[[fields]]
id = "since"
zh = "已隔离"
en = "Days so far"
type = "days"
start = "begin"
[[fields]]
id = "visited"
zh = "上门次数"
en = "Visited"
type = "rows"
rows_of = "home_days"
[[fields]]
id = "members"
zh = "人数"
en = "Members"
type = "sum"
rows_of = "home_days"
sum = "people"
"""
HOME_DAYS = """
id = "home_days"
zh = "每日"
en = "Days"
parent = "homes"
daily = true
[[fields]]
id = "people"
zh = "人数"
en = "People"
type = "count"
[[fields]]
id = "heat"
zh = "体温"
en = "Temperature"
type = "number"
personal = true
sensitive = true
min = 30
max = 45
"""
SUPPLIES = """
id = "goods"
zh = "物资"
en = "Goods"
[[fields]]
id = "item"
zh = "品名"
en = "Item"
type = "text"
required = true
[[fields]]
id = "way"
zh = "方向"
en = "Way"
type = "choice"
required = true
choices = [{ id = "in", zh = "入库", en = "In" }, { id = "out", zh = "出库", en = "Out" }]
[[fields]]
id = "count"
zh = "数量"
en = "Count"
type = "number"
required = true
[[fields]]
id = "left"
zh = "库存"
en = "In stock"
type = "stock"
[stock]
item = ["item"]
quantity = "count"
direction = "way"
inward = ["in"]
outward = ["out"]
"""
FINDINGS = """
id = "faults"
zh = "问题"
en = "Faults"
due = "until"
[[fields]]
id = "what"
zh = "问题"
en = "What"
type = "text"
required = true
[[fields]]
id = "until"
zh = "时限"
en = "Until"
type = "date"
[[fields]]
id = "fix"
zh = "整改"
en = "Fix"
type = "long"
[[states]]
id = "open"
zh = "待整改"
en = "Open"
next = ["fixed"]
[[states]]
id = "fixed"
zh = "已整改"
en = "Fixed"
next = ["closed", "open"]
needs = ["fix"]
[[states]]
id = "closed"
zh = "已销号"
en = "Closed"
ends = true
other_than = "fixed"
role = "supervisor"
"""


def writer(place: Place, role: Role = Role.OFFICER, now: datetime = NOW) -> Writer:
    """A user of the town with this role."""
    return Writer(place.users[role], role, now)


def later(minutes: float) -> datetime:
    """So many minutes after `NOW`."""
    return NOW + timedelta(minutes=minutes)


@contextmanager
def declared(place: Place, text: str, *parents: str, hook: Hook | None = None) -> Iterator[tuple[Connection, Keeper]]:
    """A town with this register (after its parents), a connection that writes, and the register's keeper."""
    with place.engine.begin() as connection:
        for each in (*parents, text):
            register = declaration.read(each)
            if catalogue.find(connection, "demo", register.id) is None:
                catalogue.add(connection, "demo", each, by="cli", now=NOW)
        hooks = {} if hook is None else {register.id: hook}
        yield connection, kept.keeper(connection, "demo", register.id, ZONE, hooks)
