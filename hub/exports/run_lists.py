"""The question of the list of runs: each run that was due, with the crossing that marks it. Tested in `tests/hub/exports/test_lists.py`."""

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
