"""The alerts of missed runs: one for several of a plan that were missed one after the other, until a late crossing marks them.

Run by the listener's schedule. Tested in `tests/hub/runs/test_derive.py`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About, State
from hub.runs import store
from hub.runs.marks import RunState

SHOWN_FOR = timedelta(days=1)
"""After that a missed run calls nobody any more; it stays in the history."""


def missed_runs(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """A state for the first of each row of missed runs."""
    since = wall_text(now - SHOWN_FOR)
    plans = {each.id: each.plan for each in store.plans(connection, town, since=since)}
    before: dict[str, str] = {}
    for run in store.kept(connection, town, plans, since, wall_text(now)):
        if run.state == RunState.MISSED and before.get(run.plan) != RunState.MISSED:
            plan = plans[run.plan]
            name = " · ".join(filter(None, (plan.name, plan.area)))
            about = About(subject=f"{run.plan}/{run.due_at}", happened_at=run.due_at)
            yield State(AlertKind.RUN_MISSED, None, f"run {name}, due {run.due_at}", about)
        before[run.plan] = run.state
