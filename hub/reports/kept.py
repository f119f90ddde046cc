"""The kept daily reports: made, made anew (a new version; the former ones stay), found, remarked upon. The only SQL of their table.

Tested in `tests/hub/reports/test_daily.py`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import audit as audit_table
from hub.database.schema import reports, visits
from hub.reports.content import Content, digest
from hub.values.stored import said, time_of

HUB = "hub"
"""Who made a report that the schedule made."""
LONGEST_REMARKS = 2000


@dataclass(frozen=True, slots=True)
class Report:
    """A kept report."""

    day: str
    version: int
    made_at: str
    made_by: str
    entry: int
    text: str
    plates: dict[str, str]
    hash: str
    remarks: str
    remarks_by: str | None
    remarks_at: str | None

    @property
    def content(self) -> Content:
        """What it says; empty if it was changed to what is no JSON."""
        return dict(said(self.text))

    @property
    def intact(self) -> bool:
        """Returns True if the content is what was kept."""
        return digest(self.text) == self.hash


def find(connection: Connection, town: str, day: str, version: int | None = None) -> Report | None:
    """The report of a day: the newest version, or this one."""
    query = select(reports).where(reports.c.town == town, reports.c.day == day)
    if version is not None:
        query = query.where(reports.c.version == version)
    row = connection.execute(query.order_by(reports.c.version.desc()).limit(1)).first()
    return None if row is None else _report(row)


def versions(connection: Connection, town: str, day: str) -> list[Report]:
    """Every version of a day's report, the newest first."""
    query = select(reports).where(reports.c.town == town, reports.c.day == day).order_by(reports.c.version.desc())
    return [_report(row) for row in connection.execute(query)]


def page(
    connection: Connection, town: str, *, first: str = "", last: str = "", before: str = "", limit: int
) -> tuple[list[Report], str | None]:
    """The newest version of each day's report, newest day first, from below the day `before`; and the day below which the next page begins."""
    newest = select(func.max(reports.c.id)).where(reports.c.town == town).group_by(reports.c.day)
    where: list[ColumnElement[bool]] = [reports.c.id.in_(newest)]
    where += [reports.c.day >= first] if first else []
    where += [reports.c.day <= last] if last else []
    where += [reports.c.day < before] if before else []
    rows = connection.execute(select(reports).where(*where).order_by(reports.c.day.desc()).limit(limit + 1))
    found = [_report(row) for row in rows]
    return found[:limit], found[limit - 1].day if len(found) > limit else None


def days(connection: Connection, town: str) -> set[str]:
    """The days that have a report."""
    return set(
        connection.execute(select(reports.c.day).where(reports.c.town == town).group_by(reports.c.day)).scalars()
    )


def founded(connection: Connection) -> datetime | None:
    """When the town was founded, as far as the audit says."""
    return time_of(connection.execute(select(audit_table.c.at).order_by(audit_table.c.id).limit(1)).scalar())


def began(connection: Connection, town: str) -> datetime | None:
    """When the town was founded or its first vehicle came, whichever was earlier; None: neither is known."""
    first = connection.execute(select(func.min(visits.c.opened_at)).where(visits.c.town == town)).scalar()
    return min(filter(None, (time_of(first), founded(connection))), default=None)


def keep(
    connection: Connection,
    town: str,
    content: str,
    plates: dict[str, str],
    *,
    day: str,
    entry: int,
    by: str,
    now: datetime,
) -> int:
    """Keeps a report as the newest version of its day, with the remarks of the version before; gives its number."""
    before = find(connection, town, day)
    version = 1 if before is None else before.version + 1
    row = {
        "town": town, "day": day, "version": version, "made_at": wall_text(now), "made_by": by, "entry": entry, "content": content,
        "private": canonical(plates).decode(), "hash": digest(content), "remarks": before.remarks if before else "",
        "remarks_by": before.remarks_by if before else None, "remarks_at": before.remarks_at if before else None,
    }  # fmt: skip
    connection.execute(reports.insert(), row)
    audit.note(
        connection,
        user=by,
        action="report made",
        object=f"reports/{day}",
        detail={"day": day, "number": version},
        now=now,
    )
    return version


def remark(connection: Connection, town: str, day: str, text: str, *, by: str, now: datetime) -> None:
    """Writes the remarks of a day's newest report; the audit keeps who did, and what stood there."""
    report = find(connection, town, day)
    assert report is not None, "the view found it"
    connection.execute(
        update(reports)
        .where(reports.c.town == town, reports.c.day == day, reports.c.version == report.version)
        .values(remarks=text, remarks_by=by, remarks_at=wall_text(now))
    )
    detail = {"day": day, "before": report.remarks, "after": text}
    audit.note(connection, user=by, action="report remarked", object=f"reports/{day}", detail=detail, now=now)


def _report(row: Row[Any]) -> Report:
    try:
        plates = json.loads(row.private)
    except ValueError:
        plates = {}
    return Report(
        row.day, row.version, row.made_at, row.made_by, row.entry, row.content, plates if isinstance(plates, dict) else {}, row.hash,
        row.remarks, row.remarks_by, row.remarks_at,
    )  # fmt: skip
