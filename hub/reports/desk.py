"""What a daily report says of the command post's desk: orders without a receipt, and the zero reports. No word of an order stands in it.

`inputs` is what is looked up once (who has to report, how villages are called); the rest is counted from what was written by then, so that it
comes out again. Tested in `tests/hub/reports/test_desk.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.console.display import chinese
from hub.orders import as_of
from hub.organisation import store as organisation
from hub.reports.parts import Cell, Row, Section
from hub.reports.ranges import Range
from hub.values.stored import part, text_of, time_of, whole_of
from hub.values.visible import short, visible
from hub.zero_reports import store as zero_reports

Content = dict[str, Any]
MOST_ORDERS, MOST_NAMED, MOST_REPORTERS = 60, 12, 500


def inputs(connection: Connection, town: str, range_: Range, zone: ZoneInfo, now: datetime) -> Content:
    """The moment of the report, the day of the zero reports that were due last before its end, who had to give them, names of units."""
    found: Content = {"at": wall_text(now)}
    start, end = wall_text(range_.start), wall_text(range_.end)
    units = {
        each.id: [each.zh or each.en, each.en or each.zh] for each in organisation.every(connection, town, closed=True)
    }
    named = {
        one for each in as_of.standing(connection, connection, town, start, end, wall_text(now)) for one in each.missing
    }
    if (there := zero_reports.terms(connection, town)) is not None:
        terms, since = there
        day = terms.last_due(range_.end, zone)
        if wall_text(terms.due_of(day, zone)) >= since:
            who = [each.id for each in zero_reports.reporters(connection, town, terms)][:MOST_REPORTERS]
            named |= set(who)
            found["zero"] = {"day": day.isoformat(), "due": wall_text(terms.due_of(day, zone)), "reporters": who}
    ids = {each.partition("/")[2] for each in named if each.startswith("unit/")}
    return {**found, "units": {id_: units[id_] for id_ in sorted(ids & set(units))}}


def counted(written: Connection, received: Connection, town: str, range_: Range, given: Mapping[str, Any]) -> Content:
    """The orders and zero reports as they stood then; `received`: where receipts of gates stand, up to the report's entry."""
    start, end, at = wall_text(range_.start), wall_text(range_.end), text_of(given.get("at")) or ""
    standing = as_of.standing(written, received, town, start, end, at)
    that_day = [each for each in standing if each.issued_at >= start]
    open_ = [each for each in standing if each.missing]
    found: Content = {
        "orders": {
            "sent": len(that_day), "recipients": sum(each.recipients for each in that_day),
            "confirmed": sum(each.confirmed for each in that_day), "late": sum(each.late for each in that_day),
            "missing": len(open_),
            "rows": [
                {
                    "order": each.id, "at": each.issued_at, "due": each.due_at or each.expires_at, "urgent": each.urgent,
                    "confirmed": each.confirmed, "recipients": each.recipients, "missing": list(each.missing),
                }
                for each in open_[:MOST_ORDERS]
            ],
        }
    }  # fmt: skip
    if zero := part(given, "zero"):
        reports = zero_reports.as_of(written, town, str(zero.get("day")), at)
        found["zero"] = {
            who: {"count": each.count, "at": each.at, "late": each.late, "version": each.version}
            for who in map(str, zero.get("reporters") or [])
            if (each := reports.get(who)) is not None
        }
    return found


class Desk:
    """The tables of a kept report about the desk, in the words of the language that is spoken. `gates`: their names; `zone`: of its times."""

    def __init__(self, content: Mapping[str, Any], gates: Mapping[str, Any], zone: ZoneInfo):
        self._given, self._desk = part(part(content, "inputs"), "desk"), part(content, "desk")
        self._gates, self._zone = gates, zone

    def orders(self) -> Section:
        """How many orders were sent that day, and each that somebody has not confirmed."""
        found = part(self._desk, "orders")
        rows: list[Row] = []
        for row in found.get("rows") or []:
            missing = [self._name(each) for each in row["missing"]]
            more = gettext("and %(count)s more", count=len(missing) - MOST_NAMED) if len(missing) > MOST_NAMED else ""
            given = gettext("%(n)s of %(all)s", n=row["confirmed"], all=row["recipients"])
            when = Cell(self._time(row["at"]), 1, {"to": "order", "order": row["order"]})
            names = " ".join(filter(None, (self._listed(missing[:MOST_NAMED]), more)))
            urgent = gettext("Yes") if row["urgent"] else "–"
            rows.append(
                (Cell(len(rows) + 1), when, Cell(urgent), Cell(self._time(row["due"])), Cell(given), Cell(names))
            )
        heads = tuple(
            Cell(each)
            for each in (gettext("No."), gettext("Sent"), gettext("Urgent"), gettext("Receipt due"), gettext("Receipts"), gettext("Without a receipt"))
        )  # fmt: skip
        sent, to, confirmed, late = (
            whole_of(found.get(name)) or 0 for name in ("sent", "recipients", "confirmed", "late")
        )
        note = gettext(
            "Sent that day: %(sent)s orders to %(to)s recipients, %(confirmed)s confirmed, %(late)s of them late.",
            sent=sent, to=to, confirmed=confirmed, late=late,
        )  # fmt: skip
        left = (whole_of(found.get("missing")) or 0) - len(rows)
        note += " " + gettext("%(n)s more are only counted.", n=left) if left > 0 else ""
        return Section(gettext("Orders without a receipt"), (heads,), tuple(rows), (3, 9, 5, 9, 8, 28), note)

    def zero(self) -> Section | None:
        """Who has reported, “none” as it was said, and first who has not; None where a town has no zero reports."""
        given, reports = part(self._given, "zero"), part(self._desk, "zero")
        if not given:
            return None
        who = sorted(map(str, given.get("reporters") or []), key=lambda each: each in reports)
        rows: list[Row] = []
        for each in who:
            said = part(reports, each)
            count = Cell((whole_of(said.get("count")) or gettext("None")) if said else gettext("not reported"))
            late = Cell(gettext("late") if said.get("late") else "–")
            rows.append((Cell(len(rows) + 1), Cell(self._name(each)), count, Cell(self._time(said.get("at"))), late))
        heads = tuple(
            Cell(each)
            for each in (
                gettext("No."),
                gettext("Who reports"),
                gettext("How many"),
                gettext("Reported at"),
                gettext("Late"),
            )
        )
        note = gettext(
            "For %(day)s, due %(due)s: %(reported)s of %(all)s have reported, %(none)s of them “none”.",
            day=str(given.get("day")), due=self._time(given.get("due")), reported=len(reports), all=len(who),
            none=sum(part(reports, each).get("count") == 0 for each in reports),
        )  # fmt: skip
        return Section(gettext("Zero reports"), (heads,), tuple(rows), (3, 16, 10, 10, 6), note)

    def _name(self, recipient: str) -> str:
        kind, _, id_ = recipient.partition("/")
        words = self._gates.get(id_) if kind == "gate" else part(self._given, "units").get(id_)
        found = words[0 if chinese() else 1] if isinstance(words, list) and len(words) == 2 else id_
        return short(visible(str(found)), 80)

    def _listed(self, names: list[str]) -> str:
        return ("、" if chinese() else ", ").join(names)

    def _time(self, text: object) -> str:
        at = time_of(text)
        return "–" if at is None else at.astimezone(self._zone).strftime("%m-%d %H:%M")
