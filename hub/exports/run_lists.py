"""The questions of the lists of runs (each run that was due, with the crossing that marks it) and of their plans. Tested in `tests/hub/exports/test_lists.py`."""

from sqlalchemy import and_

from hub.database.schema import run_plans, runs
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question
from hub.runs import store

RUNS = (
    Column("due_at", "应发时间", "Due", Sort.TIME),
    Column("name", "名称", "Plan", group="plan"),
    Column("area", "片区", "Area", group="plan"),
    Column("route", "路线", "Route", group="plan"),
    Column("state", "状态", "State", group="state"),
    Column("gate", "卡口", "Gate", group="state"),
    Column("at", "通过时间", "Crossed", Sort.TIME),
    Column("known_at", "指挥部收到时间", "Known here since", Sort.TIME),
    Column("visit", "记录编号", "Visit"),
    Column("returned_at", "返回时间", "Back", Sort.TIME),
    Column("return_visit", "返回记录编号", "Visit of the return"),
)
PLANS = (
    Column("id", "编号", "Number"),
    Column("name", "名称", "Plan", group="plan"),
    Column("area", "片区", "Area", group="plan"),
    Column("route", "路线", "Route", group="plan"),
    Column("vehicle_class", "车辆类别", "Class", group="who"),
    Column("plates", "车牌", "Plates", group="who"),
    Column("passes", "通行证", "Passes", group="who"),
    Column("gates", "卡口", "Gates", group="who"),
    Column("direction", "方向", "Direction", group="who"),
    Column("every_minutes", "间隔分钟", "Every minutes", Sort.WHOLE, group="when"),
    Column("begins", "开始", "From", group="when"),
    Column("ends", "结束", "To", group="when"),
    Column("times", "时刻", "Times", group="when"),
    Column("weekdays", "星期", "Weekdays", group="when"),
    Column("tolerance_minutes", "容差分钟", "Tolerance", Sort.WHOLE, group="when"),
    Column("return_minutes", "返回分钟", "Back within", Sort.WHOLE, group="when"),
    Column("starts_at", "起始时间", "Since", Sort.TIME),
    Column("added_by", "计划人", "Planned by", group="by"),
    Column("stopped_at", "停止时间", "Stopped at", Sort.TIME),
    Column("stopped_by", "停止人", "Stopped by", group="stopped"),
    Column("stopped_reason", "停止原因", "Stopped because", group="stopped"),
)
"""In the columns that `hub.runs.importing` reads, so that a list may come back."""
_OF_PLAN = ("name", "area", "route")


def runs_asked(asked: Asked, reader: Reader) -> Question:
    """Runs that were due, newest first."""
    chosen = store.Asked(
        **{name: asked.get(name, "") for name in ("search", "plan", "area", "state", "start", "end")}
    )  # fmt: skip
    values = {each.name: (run_plans if each.name in _OF_PLAN else runs).c[each.name] for each in RUNS}
    source = runs.join(run_plans, and_(run_plans.c.town == runs.c.town, run_plans.c.id == runs.c.plan))
    order = (runs.c.due_at.desc(), runs.c.plan.desc())
    return Question(RUNS, values, store.conditions(reader.town, chosen), order, source)


def plans_asked(asked: Asked, reader: Reader) -> Question:
    """Plans of runs by area and name, with those that were stopped."""
    where = store.plan_conditions(reader.town, asked.get("search", ""))
    order = (run_plans.c.area, run_plans.c.name, run_plans.c.id)
    return Question(PLANS, {each.name: run_plans.c[each.name] for each in PLANS}, where, order, run_plans)
