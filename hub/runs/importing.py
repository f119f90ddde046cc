"""Plans of runs from a list: each row is a plan, from now on. Tested in `tests/hub/runs/test_importing.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.policy import Policy
from edge.contract.reasons import Direction
from hub.accounts import audit
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.imports.plain_list import Columns, Do, named, names_in
from hub.runs import store
from hub.runs.plan import EVERY_DAY, Plan, checked

COLUMNS = Columns(
    {
        "name": ("名称", "plan", "name"), "area": ("片区", "area"), "route": ("路线", "route"), "vehicle_class": ("车辆类别", "class"),
        "plates": ("车牌", "plates"), "passes": ("通行证", "passes"), "gates": ("卡口", "gates"), "direction": ("方向", "direction"),
        "every_minutes": ("间隔分钟", "every minutes"), "begins": ("开始", "from"), "ends": ("结束", "to"), "times": ("时刻", "times"),
        "weekdays": ("星期", "weekdays"), "tolerance_minutes": ("容差分钟", "tolerance"), "return_minutes": ("返回分钟", "back within"),
    },
    ("name",),
    (
        "编号", "number", "起始时间", "since", "计划人", "planned by", "停止时间", "stopped at", "停止人", "stopped by", "停止原因",
        "stopped because", "序号", "no.",
    ),
)  # fmt: skip
DIRECTIONS = {Direction.IN.value: ("驶入", "进", "in"), Direction.OUT.value: ("驶出", "出", "out")}
_DAYS = {
    "1": ("一", "周一", "mon"), "2": ("二", "周二", "tue"), "3": ("三", "周三", "wed"), "4": ("四", "周四", "thu"),
    "5": ("五", "周五", "fri"), "6": ("六", "周六", "sat"), "7": ("日", "周日", "sun"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Here:
    """Where plans are made: the town and its rules, who makes them, when."""

    town: str
    policy: Policy | None
    by: str
    now: datetime


class PlanReader:
    """Reads rows of plans; one that is the same as a plan that holds changes nothing."""

    def __init__(self, connection: Connection, here: Here) -> None:
        self._connection, self._here = connection, here
        self._gates = {id_: (each.zh, each.en) for id_, each in gates.infos(connection, here.town).items()}
        found = here.policy.classes if here.policy else ()
        self._classes = {each.id: (each.zh, each.en) for each in found}
        self._there = {each.plan for each in store.plans(connection, here.town) if each.stopped_at is None}
        self._before: set[Plan] = set()

    def row(self, said: Mapping[str, str]) -> Do | None:
        """A plan that is made; None if one like it holds."""
        plan = checked(self._plan(said), gates=self._gates, classes=self._classes)
        if plan in self._before:
            raise RefusedError("this plan stands in this list twice")
        self._before.add(plan)
        if plan in self._there:
            return None
        return lambda: self._add(plan)

    def _add(self, plan: Plan) -> None:
        here = self._here
        store.add(
            self._connection, town=here.town, plan=plan, gates=self._gates, classes=self._classes, by=here.by, now=here.now
        )  # fmt: skip

    def _plan(self, said: Mapping[str, str]) -> Plan:
        lists = {name: tuple(names_in(said.get(name, ""))) for name in ("plates", "passes", "times")}
        class_, direction = said.get("vehicle_class", ""), said.get("direction") or Direction.OUT.value
        return Plan(
            name=said["name"],
            area=said.get("area", ""),
            route=said.get("route", ""),
            # what is not known is refused by `checked`, in its own words
            vehicle_class=named(self._classes, class_) or class_ or None,
            gates=tuple(named(self._gates, each) or each for each in names_in(said.get("gates", ""))),
            direction=named(DIRECTIONS, direction) or direction,
            every_minutes=_minutes(said.get("every_minutes", "")),
            begins=said.get("begins") or "00:00",
            ends=said.get("ends") or "24:00",
            weekdays=_weekdays(said.get("weekdays", "")),
            tolerance_minutes=_minutes(said.get("tolerance_minutes", "")) or 10,
            return_minutes=_minutes(said.get("return_minutes", "")),
            **lists,
        )

    def taken(self, new: int, known: int) -> None:
        """Writes the row of the audit that the list was taken."""
        detail, here = {"added": new, "known": known}, self._here
        audit.note(self._connection, user=here.by, action="runs imported", object="runs", detail=detail, now=here.now)


def _minutes(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise RefusedError("minutes %(found)r: expected a whole number", found=text[:40])
    return int(text)


def _weekdays(text: str) -> str:
    """The days of a week: `1-5`-like digits as the export writes them, or their names; nothing: every day."""
    if not text:
        return EVERY_DAY
    if set(text) <= set(EVERY_DAY):
        return text
    days = [(named(_DAYS, each), each) for each in names_in(text)]
    if wrong := [each for day, each in days if day is None]:
        raise RefusedError("day of the week %(found)r: expected 1 (Monday) to 7", found=wrong[0][:40])
    return "".join(day for day, _each in days if day)
