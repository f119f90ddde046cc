"""The content of a daily report: what the ledger says of its period, as plain JSON without personal values of drivers.

It is made from tables that are derived from the ledger, from the history of registers' rows, from orders and zero reports as they stood at its moment, and from `Inputs`, which stand in the content itself.
So the same content comes out again from the ledger up to the same entry and the history up to the same change (`remade`), however much came later.

Tested in `tests/hub/reports/test_daily.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from edge.contract.facts import Kind
from edge.contract.policy import Policy
from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.database.schema import visits
from hub.database.statements import among
from hub.errors import HubError
from hub.ledger.projections.as_of import as_of
from hub.ledger.projections.sums import What
from hub.registers import figures as registers
from hub.reports import desk, happened, store
from hub.reports.figures import figures, percentile
from hub.reports.period import Period, shifts
from hub.reports.ranges import Range
from hub.town.settings import Settings
from hub.values.stored import part, text_of, time_of, whole_of

Content = dict[str, Any]
VERSION = 1


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a report is made of besides the ledger: its period, up to which entry, the shifts' hours, the names of then."""

    day: str
    range: Range
    since: datetime
    """From when on the cumulative figures count."""
    entry: int
    zone: str
    shifts: tuple[str, ...]
    names: Mapping[str, Any]
    change: int | None = None
    """Up to which change of a register's row; None in a report of before there were registers."""
    overdue: Mapping[str, int] = field(default_factory=dict)
    """By register, the rows that were overdue when the report was made: a matter of the clock, which no record says again."""

    desk: Mapping[str, Any] = field(default_factory=dict)
    """What is looked up once about orders and zero reports; nothing in a report of before they stood in it."""

    def as_json(self) -> Content:
        """As it stands in the content."""
        registers = {} if self.change is None else {"change": self.change, "overdue": dict(self.overdue)}
        desk = {"desk": dict(self.desk)} if self.desk else {}
        return {
            "day": self.day, "start": wall_text(self.range.start), "end": wall_text(self.range.end), "since": wall_text(self.since),
            "entry": self.entry, "zone": self.zone, "shifts": list(self.shifts), "names": dict(self.names), **registers, **desk,
        }  # fmt: skip

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Inputs":
        """The inputs of a kept report; `HubError` if somebody changed it to what no report says."""
        inputs = part(content, "inputs")
        start, end, since = (time_of(inputs.get(name)) for name in ("start", "end", "since"))
        entry, day, zone, hours = (
            whole_of(inputs.get("entry")),
            text_of(inputs.get("day")),
            inputs.get("zone"),
            inputs.get("shifts"),
        )
        if None in (start, end, since, entry, day) or not isinstance(hours, list) or not isinstance(zone, str):
            raise HubError("the kept report is not shaped as the hub writes it")
        assert start
        assert end
        assert since
        assert entry is not None
        assert day
        names, overdue = part(inputs, "names"), part(inputs, "overdue")
        change = whole_of(inputs.get("change"))
        shifts_ = tuple(map(str, hours))
        return cls(day, Range.of(start, end), since, entry, zone, shifts_, names, change, overdue, part(inputs, "desk"))


def inputs_of(
    connection: Connection, town: str, settings: Settings, asked: Period, policy: Policy | None, entry: int, now: datetime
) -> Inputs:  # fmt: skip
    """The inputs of a report that is made now."""
    starts = time_of(policy.operation.starts) if policy else None
    since = starts or store.first_hour(connection, town) or asked.range.start
    names = {
        "gates": {id_: [gate.zh, gate.en] for id_, gate in policy.gates.items()} if policy else {},
        "users": accounts.names(connection),
        "operation": [policy.operation.zh, policy.operation.en] if policy else [],
        "registers": registers.names(connection, town),
    }
    since = min(Range.of(since, since).start, asked.range.start)
    change, overdue = registers.last_change(connection, town), registers.overdue(connection, town, wall_text(now))
    at_desk = desk.inputs(connection, town, asked.range, settings.zone, now)
    return Inputs(
        asked.text, asked.range, since, entry, settings.timezone, settings.shifts, names, change, overdue, at_desk
    )  # fmt: skip


def made(connection: Connection, town: str, inputs: Inputs, written: Connection | None = None) -> Content:
    """The content, from the tables as they stand; `written`: where registers stand, if the ledger's tables are others."""
    range_ = inputs.range
    start, end = wall_text(range_.start), wall_text(range_.end)
    so_far = Range(inputs.since, range_.end)
    day, total = (_figures(connection, town, each, inputs) for each in (range_, so_far))
    events = happened.special(connection, town, start, end)
    a_day_before = wall_text(range_.end - timedelta(days=1))
    matters = happened.open_matters(connection, town, start, end, a_day_before)
    return {
        "v": VERSION,
        "town": town,
        "inputs": inputs.as_json(),
        "day": day,
        "total": total,
        "shifts": [
            {"start": wall_text(each.start), "end": wall_text(each.end), **_figures(connection, town, each, inputs)}
            for each in shifts(range_, inputs.shifts, ZoneInfo(inputs.zone))
        ],
        "inside": store.inside_before(connection, town, Range(range_.end, range_.end)),
        "events": {kind: {"count": each.count, "rows": each.rows} for kind, each in events.items()},
        "matters": {kind: {"count": each.count, "rows": each.rows} for kind, each in matters.items()},
        "staff": happened.staff(connection, town, start, end),
        **_registers(written or connection, town, inputs),
        **({"desk": desk.counted(written or connection, connection, town, range_, inputs.desk)} if inputs.desk else {}),
    }


def _registers(connection: Connection, town: str, inputs: Inputs) -> Content:
    """The figures of the registers that had a name then, up to the same change of a row."""
    if inputs.change is None:
        return {}
    start, end = wall_text(inputs.range.start), wall_text(inputs.range.end)
    named = part(inputs.names, "registers")
    return {"registers": registers.counted(connection, town, named, start, end, inputs.change)}


def with_names_of(found: Content, inputs: Inputs) -> Inputs:
    """The inputs with the names of those alone whom the content names: a report is no list of all users."""
    rows = [row for each in found["events"].values() for row in each["rows"]] + found["staff"]
    named = {row.get("officer") for row in rows}
    users = {id_: name for id_, name in part(inputs.names, "users").items() if id_ in named}
    return replace(inputs, names={**inputs.names, "users": users})


def remade(connection: Connection, town: str, inputs: Inputs) -> Content:
    """The content anew: from the entries of the ledger and the changes of registers' rows up to the same ones, and nothing else."""
    with as_of(connection, town, inputs.entry) as derived:
        return made(derived, town, inputs, connection)


def text(content: Content) -> str:
    """The content as it is kept and hashed: canonical JSON."""
    return canonical(content).decode()


def digest(content: str) -> str:
    """The SHA-256 of a kept content."""
    return hashlib.sha256(content.encode()).hexdigest()


def plates(connection: Connection, town: str, content: Content) -> dict[str, str]:
    """The plates of the visits that a report names; they are kept beside its content and not in it, so that they can be destroyed."""
    rows = [row for name in ("events", "matters") for each in content[name].values() for row in each["rows"]]
    ids = [row["visit"] for row in rows if row.get("visit")]
    query = select(visits.c.visit_id, visits.c.plate).where(visits.c.town == town, among(visits.c.visit_id, ids))
    return {row.visit_id: row.plate for row in connection.execute(query) if row.plate}


def _figures(connection: Connection, town: str, range_: Range, inputs: Inputs) -> Content:
    """The figures of all gates and of each: those with something to count, and those that had a name then."""
    totals = store.totals(connection, town, range_)
    batches = store.count_events(
        connection, town, Kind.SOLUTION_PREPARED, wall_text(range_.start), wall_text(range_.end)
    )
    gates = sorted({*totals.gates, *batches, *part(inputs.names, "gates")})
    waits = totals.codes(What.WAITED)
    half, most = (percentile(waits, share) for share in (0.5, 0.95))
    return {
        "all": figures(totals, None, sum(batches.values())).as_json(),
        "gates": {gate: figures(totals, gate, batches.get(gate, 0)).as_json() for gate in gates},
        "waits": [None if each is None else [each.above, each.at_most] for each in (half, most)],
    }
