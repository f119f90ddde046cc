"""The SQL of zero reports: the terms, who has to report, what was reported in which version, who is missing.

A later report of the same day is a version of its own and stands in the place of the one before, which stays. Each change is a row of the audit.

Tested in `tests/hub/zero_reports/test_store.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import gates, zero_report_terms, zero_reports
from hub.errors import RefusedError
from hub.organisation import store as organisation
from hub.organisation.units import Unit
from hub.zero_reports.terms import Terms

UNIT, GATE = "unit", "gate"
MOST_COUNT, LONGEST = 1_000_000, 500
_R, _T = zero_reports.c, zero_report_terms.c


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who has to report: `unit/east-village` or `gate/east`; a gate is called by its id, which pages translate."""

    id: str
    zh: str
    en: str

    @property
    def kind(self) -> str:
        """`unit` or `gate`."""
        return self.id.partition("/")[0]

    @property
    def of(self) -> str:
        """The id of the unit or the gate."""
        return self.id.partition("/")[2]


@dataclass(frozen=True, slots=True)
class ZeroReport:
    """One version of a report: `count` 0 is an explicit “none”."""

    day: str
    reporter: str
    version: int
    count: int
    text: str
    at: str
    by: str
    late: bool


@dataclass(frozen=True, slots=True)
class DayCount:
    """How a day went: who reported, how many of them “none”, how many too late."""

    day: str
    reported: int
    none: int
    late: int


def terms(connection: Connection, town: str) -> tuple[Terms, str] | None:
    """The terms and since when they hold; None where a town has no zero reports."""
    row = connection.execute(select(zero_report_terms).where(_T.town == town)).first()
    return None if row is None else (Terms(row.cut_off, row.due, row.level, bool(row.gates)), row.changed_at)


def set_terms(connection: Connection, town: str, new: Terms, *, by: str, now: datetime) -> None:
    """Writes the terms; `RefusedError` for hours that are none, or a due time before the cut-off."""
    new, before = new.checked(), terms(connection, town)
    row = {**asdict(new), "changed_at": wall_text(now), "changed_by": by}
    if before is None:
        connection.execute(insert(zero_report_terms).values(town=town, **row))
    else:
        connection.execute(update(zero_report_terms).where(_T.town == town).values(**row))
    detail = audit.changed({} if before is None else asdict(before[0]), asdict(new))
    audit.note(connection, user=by, action="zero report terms changed", object="zero-reports", detail=detail, now=now)


def reporters(connection: Connection, town: str, given: Terms, within: Unit | None = None) -> list[Reporter]:
    """Who has to report, in the order of the organisation, gates last; `within`: those of one branch."""
    found = organisation.every(connection, town, under=within) if given.level else []
    listed = [Reporter(f"{UNIT}/{each.id}", each.zh, each.en) for each in found if each.level == given.level]
    if given.gates:
        query = select(gates.c.gate).where(gates.c.town == town, gates.c.retired_at.is_(None)).order_by(gates.c.number)
        branch = None if within is None else set(organisation.gates_of(connection, town, within))
        ids = [id_ for id_ in connection.execute(query).scalars() if branch is None or id_ in branch]
        listed += [Reporter(f"{GATE}/{id_}", id_, id_) for id_ in ids]
    return listed


def report(
    connection: Connection, town: str, reporter: str, count: int, text: str, *, zone: tzinfo, by: str, now: datetime
) -> ZeroReport:
    """Keeps a report for the day that is open; `RefusedError` says what cannot stand. `count` 0 is “none”."""
    there = terms(connection, town)
    if there is None:
        raise RefusedError("zero reports: their hours are not set yet")
    given, text = there[0], text.strip()
    if reporter not in {each.id for each in reporters(connection, town, given)}:
        raise RefusedError("zero report: %(reporter)r has none to give", reporter=reporter[:60])
    if not 0 <= count <= MOST_COUNT:
        raise RefusedError("count: expected 0 to %(most)s", most=MOST_COUNT)
    if len(text) > LONGEST:
        raise RefusedError("what came up: expected at most %(most)s characters", most=LONGEST)
    if count and not text:
        raise RefusedError("what came up: say what it was, or report “none”")
    if text and not count:
        raise RefusedError("count: say how many there were; “none” has nothing to tell")
    day = given.open_day(now, zone)
    before = of_day(connection, town, day.isoformat()).get(reporter)
    kept = ZeroReport(
        day.isoformat(), reporter, 1 if before is None else before.version + 1, count, text, wall_text(now), by,
        now > given.due_of(day, zone),
    )  # fmt: skip
    connection.execute(insert(zero_reports).values(town=town, **asdict(kept)))
    detail: dict[str, Json] = {"day": kept.day, "count": count, "number": kept.version, "late": kept.late}
    audit.note(
        connection, user=by, action="zero report given", object=f"zero-reports/{reporter}", detail=detail, now=now
    )
    return kept


def of_day(connection: Connection, town: str, day: str) -> Mapping[str, ZeroReport]:
    """The reports of a day by reporter: of each its last version."""
    query = select(zero_reports).where(_R.town == town, _R.day == day).order_by(_R.reporter, _R.version)
    return {row.reporter: _report(row) for row in connection.execute(query)}


def as_of(connection: Connection, town: str, day: str, at: str) -> Mapping[str, ZeroReport]:
    """The reports of a day as they stood at a moment: of each reporter the last version that was given by then."""
    query = select(zero_reports).where(_R.town == town, _R.day == day, _R.at <= at).order_by(_R.reporter, _R.version)
    return {row.reporter: _report(row) for row in connection.execute(query)}


def versions(connection: Connection, town: str, day: str) -> Sequence[ZeroReport]:
    """Every report of a day, the newest first."""
    query = select(zero_reports).where(_R.town == town, _R.day == day).order_by(_R.at.desc(), _R.version.desc())
    return [_report(row) for row in connection.execute(query)]


def history(connection: Connection, town: str, before: str, limit: int) -> list[DayCount]:
    """How the days before a day went, newest first."""
    newest = (
        select(_R.day, _R.reporter, func.max(_R.version).label("version"))
        .where(_R.town == town, _R.day < before)
        .group_by(_R.day, _R.reporter)
        .subquery()
    )
    query = (
        select(_R.day, _R.count, _R.late)
        .join(newest, (newest.c.day == _R.day) & (newest.c.reporter == _R.reporter) & (newest.c.version == _R.version))
        .where(_R.town == town)
    )
    days: dict[str, list[tuple[int, bool]]] = {}
    for day, count, late in connection.execute(query.order_by(_R.day.desc())):
        days.setdefault(day, []).append((count, bool(late)))
    found = [
        DayCount(day, len(each), sum(not count for count, _ in each), sum(late for _, late in each))
        for day, each in days.items()
    ]
    return found[:limit]


def last_given(connection: Connection, town: str) -> str | None:
    """When the newest report was given; None where there is none."""
    return connection.execute(select(func.max(_R.at)).where(_R.town == town)).scalar()


def missing(connection: Connection, town: str, day: date, given: Terms) -> list[Reporter]:
    """Who has not reported for a day."""
    there = of_day(connection, town, day.isoformat())
    return [each for each in reporters(connection, town, given) if each.id not in there]


def _report(row: Row[tuple[object, ...]]) -> ZeroReport:
    # by name: a row has a method `count`
    said = row._mapping
    return ZeroReport(
        **{name: said[name] for name in ("day", "reporter", "version", "count", "text", "at", "by")},
        late=bool(said["late"]),
    )
