"""The closing report (结束报告) of an operation: its decision, what happened at each gate, what is still open. No personal value stands in it.

It is made from one look at the ledger, kept with its hash, and written as the same bytes each time. Made again, it is a new version only if
it says something else.

Tested in `tests/hub/operations/test_closing.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical, sha256_hex
from edge.contract.facts import Kind
from edge.contract.records import wall_text
from edge.contract.values import parse_wall
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.database.schema import alerts, operation_reports, passes, visits
from hub.downlink.signed_lists import readable_policy
from hub.errors import RefusedError
from hub.ledger.queries import last_entry
from hub.operations import rules_file, store
from hub.operations.frame import Operation
from hub.reports import happened
from hub.reports import store as counted
from hub.reports.figures import figures
from hub.reports.ranges import Range
from hub.values.stored import said

VERSION = 1
_MINUTE = timedelta(minutes=1)
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClosingReport:
    """A kept closing report."""

    operation: str
    version: int
    made_at: str
    made_by: str
    entry: int
    text: str
    hash: str

    @property
    def content(self) -> Content:
        """What it says; empty if it was changed to what is no JSON."""
        return dict(said(self.text))

    @property
    def intact(self) -> bool:
        """Returns True if the content is what was kept."""
        return sha256_hex(self.text.encode()) == self.hash


def make(connection: Connection, town: str, id_: str, *, zone: str, by: str, now: datetime) -> ClosingReport:
    """Makes the report of an operation that has ended, and keeps it; the one that is kept already if it says the same."""
    operation = store.find(connection, town, id_)
    if operation is None or operation.ended_at is None:
        raise RefusedError(
            "operation %(operation)s has not ended: its closing report is made after its end", operation=id_
        )
    last = find(connection, town, id_)
    entry = last_entry(connection, town)
    text = canonical(_content(connection, town, operation, operation.ended_at, zone)).decode()
    if last is not None and last.text == text:
        return last
    version = 1 if last is None else last.version + 1
    made = ClosingReport(id_, version, wall_text(now), by, entry, text, sha256_hex(text.encode()))
    row = {"content" if name == "text" else name: getattr(made, name) for name in ClosingReport.__slots__}
    connection.execute(operation_reports.insert().values(town=town, **row))
    detail = {"number": version, "entry": entry}
    audit.note(connection, user=by, action="operation report made", object=f"operations/{id_}", detail=detail, now=now)
    return made


def find(connection: Connection, town: str, id_: str, version: int | None = None) -> ClosingReport | None:
    """The closing report of an operation: the newest version, or this one."""
    query = select(operation_reports).where(operation_reports.c.town == town, operation_reports.c.operation == id_)
    if version is not None:
        query = query.where(operation_reports.c.version == version)
    row = connection.execute(query.order_by(operation_reports.c.version.desc()).limit(1)).first()
    return None if row is None else _report(row)


def versions(connection: Connection, town: str, id_: str) -> list[int]:
    """The numbers of its versions, the newest first."""
    query = select(operation_reports.c.version).where(
        operation_reports.c.town == town, operation_reports.c.operation == id_
    )
    return list(connection.execute(query.order_by(operation_reports.c.version.desc())).scalars())


def _content(connection: Connection, town: str, operation: Operation, ended_at: str, zone: str) -> Content:
    over = parse_wall(ended_at)
    begin = min(parse_wall(operation.starts), over)
    range_ = Range.of(begin, over + _MINUTE)
    start, end = wall_text(range_.start), wall_text(range_.end)
    totals = counted.totals(connection, town, range_)
    batches = counted.count_events(connection, town, Kind.SOLUTION_PREPARED, start, end)
    policy = readable_policy(connection, town)
    names = {gate: [info.zh, info.en] for gate, info in policy.gates.items()} if policy else {}
    users = accounts.names(connection)
    history = store.history(connection, town, operation.id)
    people = {each.by for each in history}
    matters = happened.open_matters(connection, town, start, end, wall_text(over - timedelta(days=1)))
    return {
        "v": VERSION,
        "town": town,
        "zone": zone,
        "operation": {
            "id": operation.id, "zh": operation.zh, "en": operation.en, "template": operation.template, "starts": operation.starts,
            "ends": operation.ends, "ended_at": ended_at, "ended_by": operation.ended_by, "end_reason": operation.end_reason,
            **operation.frame.as_values(),
        },
        "history": [
            {"at": each.at, "by": each.by, "act": each.act, "number": each.number, "reason": each.reason}
            for each in reversed(history)
        ],
        "names": {"gates": names, "users": {id_: name for id_, name in users.items() if id_ in people}},
        "figures": {
            "all": figures(totals, None, sum(batches.values())).as_json(),
            "gates": {
                gate: figures(totals, gate, batches.get(gate, 0)).as_json()
                for gate in sorted({*totals.gates, *batches, *names})
            },
        },
        "passes": _passes(connection, town, start, ended_at),
        "rules": rules_file.count_of(connection, town, operation.id),
        "open": {
            "inside": counted.inside_before(connection, town, Range(range_.end, range_.end)),
            "visits": _open_visits(connection, town, ended_at),
            "alerts": _open_alerts(connection, town, ended_at),
        },
        "matters": {kind: {"count": each.count, "rows": each.rows} for kind, each in matters.items()},
    }  # fmt: skip


def _passes(connection: Connection, town: str, start: str, end: str) -> Mapping[str, int]:
    """How many passes were issued during the operation, and how many its end made expire."""
    during = (passes.c.town == town, passes.c.issued_at >= start, passes.c.issued_at <= end)
    issued = select(func.count()).select_from(passes).where(*during)
    cut = issued.where(passes.c.expires > end, (passes.c.revoked_at.is_(None)) | (passes.c.revoked_at > end))
    return {
        name: int(connection.execute(query).scalar() or 0) for name, query in (("issued", issued), ("expired", cut))
    }


def _open_visits(connection: Connection, town: str, at: str) -> int:
    query = select(func.count()).select_from(visits).where(
        visits.c.town == town, visits.c.opened_at <= at, (visits.c.closed_at.is_(None)) | (visits.c.closed_at > at)
    )  # fmt: skip
    return int(connection.execute(query).scalar() or 0)


def _open_alerts(connection: Connection, town: str, at: str) -> int:
    query = select(func.count()).select_from(alerts).where(
        alerts.c.town == town, alerts.c.first_at <= at, (alerts.c.acknowledged_at.is_(None)) | (alerts.c.acknowledged_at > at)
    )  # fmt: skip
    return int(connection.execute(query).scalar() or 0)


def _report(row: Row[Any]) -> ClosingReport:
    return ClosingReport(row.operation, row.version, row.made_at, row.made_by, row.entry, row.content, row.hash)
