"""What holds for findings beside what their register declares: a hook of its keeper, and until when one is to be put right.

Tested in `tests/hub/inspections/test_findings.py`.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.database.schema import alerts, visits
from hub.errors import RefusedError
from hub.registers.checks import Writer
from hub.registers.rows import RegisterRow

REGISTER = "inspections"
AT_ONCE = timedelta(hours=2)
"""For what is to be put right at once, unless a time is named."""


class FindingHook:
    """Looks at findings as they are written."""

    def __init__(self, town: str):
        self._town = town

    def kept(self, connection: Connection, row: RegisterRow, before: RegisterRow | None, writer: Writer) -> None:
        """Refuses a finding about a visit or an alert that is not there, a term without a time, and a judge in their own cause."""
        if before is None:
            self._about_something(connection, row, writer)
            if row.values.get("how") == "term" and "until" not in row.values:
                raise RefusedError("%(column)s: needed for what is put right within a term", column="整改时限 Due")
        elif before.state == "objected" and row.state in ("upheld", "withdrawn") and writer.user == row.created_by:
            raise RefusedError(
                "row %(number)s: who found it can't decide the objection; somebody else must", number=row.number
            )

    def _about_something(self, connection: Connection, row: RegisterRow, writer: Writer) -> None:
        visit, alert = row.links.visit, row.values.get("alert")
        if visit is not None:
            there = select(visits.c.visit_id).where(visits.c.town == self._town, visits.c.visit_id == visit)
            if connection.execute(there).first() is None:
                raise RefusedError("visit %(id)r: there is none", id=visit)
        if alert is not None:
            found = select(alerts.c.gate).where(alerts.c.town == self._town, alerts.c.id == alert)
            there_is = connection.execute(found).first()
            if there_is is None or (writer.within is not None and there_is.gate not in writer.within.gates):
                raise RefusedError("alert %(id)s: there is none", id=str(alert))


def until(how: str, named: datetime | None, now: datetime) -> datetime | None:
    """Until when a finding is to be put right: the time that was named; two hours from now for what is to be done at once."""
    return named if named is not None or how != "at_once" else now + AT_ONCE
