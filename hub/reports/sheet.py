"""A daily report as a sheet of paper has it: title, a computed sentence, tables with headings, lines to sign on. In the words of one language.

Page, PDF and workbook are drawn from the same sheet. What is empty says so: “无” is written and still sent. Called where a language is spoken
(a request, or `hub.console.speaking`).

Tested in `tests/hub/reports/test_daily.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from edge.contract.alarms import ALARMS
from edge.contract.plates import spoken
from hub.accounts.privacy import mask_plate
from hub.console.display import chinese, wait_words
from hub.console.labels import label
from hub.reports.content import Content
from hub.reports.desk import Desk
from hub.reports.figures import Figures
from hub.reports.kept import HUB, Report
from hub.reports.parts import Cell, Row, Section
from hub.reports.registers import section as registers_section
from hub.values.stored import part, time_of, whole_of
from hub.values.visible import short, visible

NUMBERS = (
    "arrived", "passed_in", "passed_out", "refused", "by_hand", "overridden", "disinfected",
)  # fmt: skip
ASKED: dict[str, dict[str, str]] = {
    "arrived": {}, "passed_in": {"outcome": "passed", "direction": "in"}, "passed_out": {"outcome": "passed", "direction": "out"},
    "refused": {"only": "refused"}, "by_hand": {"read_by": "hand"}, "overridden": {"only": "overridden"},
    "disinfected": {"disinfected": "yes"}, "owed": {"disinfected": "owed"}, "not_disinfected": {"disinfected": "no"},
    "not_required": {"disinfected": "not_required"},
}  # fmt: skip
"""Figure -> the filter of the ledger that lists its visits."""
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole report."""

    title: str
    sentence: str
    unit: str
    filled: str
    sections: tuple[Section, ...]
    remarks_title: str
    remarks: str
    instructions: str
    signatures: tuple[str, ...]
    nothing: str


class _Words:
    """The words of one report: names of its gates and people, times of its town."""

    def __init__(self, report: Report, *, masked: bool):
        self.content: Content = report.content
        self.inputs = part(self.content, "inputs")
        self.zone = _zone(self.inputs.get("zone"))
        self.plates, self.masked = report.plates, masked

    def named(self, table: str, id_: object) -> str:
        found = part(part(self.inputs, "names"), table).get(str(id_))
        if isinstance(found, list) and len(found) == 2:
            found = found[0 if chinese() else 1]
        return clean(found if isinstance(found, str) else id_ or "–")

    def gate(self, id_: object) -> str:
        return self.named("gates", id_)

    def user(self, id_: object) -> str:
        return self.named("users", id_)

    def time(self, text: object, form: str = "%m-%d %H:%M") -> str:
        at = time_of(text)
        return "–" if at is None else at.astimezone(self.zone).strftime(form)

    def plate(self, visit: object) -> str:
        plate = self.plates.get(str(visit))
        if not plate:
            return "–"
        return mask_plate(plate) if self.masked else clean(spoken(plate))


def clean(value: object) -> str:
    """A text of a record on one line, with nothing in it that cannot be seen."""
    return short(visible(str(value)), LONGEST_TEXT)


def sheet(report: Report, *, masked: bool) -> Sheet:
    """The sheet of a kept report in the language that is spoken; `masked`: its reader sees no plate in full."""
    words = _Words(report, masked=masked)
    content, inputs = words.content, words.inputs
    all_ = _figures(content, "day")
    operation = part(inputs, "names").get("operation")
    name = ""
    if isinstance(operation, list) and len(operation) == 2:
        name = clean(operation[0 if chinese() else 1])
    sentence = gettext(
        "%(arrived)s vehicles came: %(passed_in)s in, %(passed_out)s out, %(refused)s refused; %(disinfected)s disinfected; %(inside)s inside at the end.",
        **{each: getattr(all_, each) for each in ("arrived", "passed_in", "passed_out", "refused", "disinfected")},
        inside=whole_of(content.get("inside")) or 0,
    )
    unit = gettext("Reporting unit (seal): %(town)s", town=clean(content.get("town", "")))
    start, end = (words.time(inputs.get(each), "%Y-%m-%d %H:%M") for each in ("start", "end"))
    return Sheet(
        title=gettext("Daily report of the checkpoints, %(day)s", day=report.day) + (f" · {name}" if name else ""),
        sentence=sentence,
        unit=unit,
        filled=gettext("%(start)s to %(end)s · filled in %(time)s", start=start, end=end, time=words.time(report.made_at, "%Y-%m-%d %H:%M")),
        sections=tuple(_sections(words)),
        remarks_title=gettext("Remarks"),
        remarks=short("\n".join(visible(line) for line in report.remarks.splitlines()), 2000),
        instructions=gettext(
            "Made from the ledger up to entry %(entry)s, version %(version)s. “That day”: the 24 hours up to the cut-off; “total”: since %(since)s. "
            "Where there is nothing, “none” is written.",
            entry=report.entry, version=report.version, since=words.time(inputs.get("since"), "%Y-%m-%d %H:%M"),
        ),
        signatures=(gettext("Responsible"), gettext("Reviewed by"), gettext("Filled in by"), gettext("Date"), gettext("Phone")),
        nothing=gettext("None"),
    )  # fmt: skip


def _figures(content: Content, of: str, gate: str | None = None) -> Figures:
    whole = part(content, of)
    return Figures.from_json(part(whole, "all") if gate is None else part(part(whole, "gates"), gate))


def _sections(words: _Words) -> Iterator[Section]:
    yield _by_gate(words)
    yield _by_shift(words)
    yield _disinfection(words)
    yield _events(words)
    yield _matters(words)
    yield _staff(words)
    if "registers" in words.content:
        yield registers_section(words.content)
    if "desk" in words.content:
        desk = Desk(words.content, part(part(words.inputs, "names"), "gates"), words.zone)
        yield desk.orders()
        if (zero := desk.zero()) is not None:
            yield zero


def number_words() -> dict[str, str]:
    """What the figures of a report are called."""
    return {
        "arrived": gettext("Arrived"), "passed_in": gettext("Came in"), "passed_out": gettext("Went out"), "refused": gettext("Refused"),
        "by_hand": gettext("By hand"), "overridden": gettext("Let through by an officer"), "disinfected": gettext("Disinfected"),
        "owed": gettext("Disinfection owed"), "not_disinfected": gettext("Not disinfected"), "not_required": gettext("Disinfection not required"),
        "batches": gettext("Batches of solution"),
    }  # fmt: skip


def _head(text: str, span: int = 1) -> Cell:
    return Cell(text, span)


def _count(found: Figures, name: str, start: object, end: object, gate: str | None) -> Cell:
    n: int = getattr(found, name)
    if not n or name not in ASKED:
        return Cell(n)
    return Cell(n, 1, {"to": "visits", "start": start, "end": end, "gate": gate, "asked": ASKED[name]})


def _by_gate(words: _Words) -> Section:
    inputs, called = words.inputs, number_words()
    gates = sorted({*part(part(words.content, "total"), "gates"), *part(part(words.content, "day"), "gates")})
    rows = []
    for place, gate in enumerate((*gates, None), start=1):
        day, total = (_figures(words.content, of, gate) for of in ("day", "total"))
        cells = [Cell(place if gate else ""), Cell(words.gate(gate) if gate else gettext("All gates"))]
        for name in NUMBERS:
            cells.append(_count(day, name, inputs.get("start"), inputs.get("end"), gate))
            cells.append(_count(total, name, inputs.get("since"), inputs.get("end"), gate))
        rows.append(tuple(cells))
    first = (_head(gettext("No.")), _head(gettext("Gate")), *(_head(called[name], 2) for name in NUMBERS))
    second = (_head(""), _head(""), *(_head(each) for _ in NUMBERS for each in (gettext("That day"), gettext("Total"))))
    return Section(gettext("By gate"), (first, second), tuple(rows), (3, 7, *(4,) * (2 * len(NUMBERS))))


def _by_shift(words: _Words) -> Section:
    called, rows = number_words(), []
    for place, shift in enumerate(_rows(words.content.get("shifts")), start=1):
        start, end = shift.get("start"), shift.get("end")
        name = f"{words.time(start)} – {words.time(end, '%H:%M')}"
        gates = [gate for gate in sorted(part(shift, "gates")) if part(part(shift, "gates"), gate).get("arrived")]
        for gate in (*gates, None):
            found = Figures.from_json(part(shift, "all") if gate is None else part(part(shift, "gates"), gate))
            cells = [Cell(place), Cell(name), Cell(words.gate(gate) if gate else gettext("All gates"))]
            rows.append((*cells, *(_count(found, each, start, end, gate) for each in NUMBERS)))
    heads = (
        _head(gettext("No.")),
        _head(gettext("Shift")),
        _head(gettext("Gate")),
        *(_head(called[each]) for each in NUMBERS),
    )
    return Section(gettext("By shift"), (heads,), tuple(rows), (3, 12, 8, *(6,) * len(NUMBERS)))


def _disinfection(words: _Words) -> Section:
    called, inputs = number_words(), words.inputs
    names = ("disinfected", "owed", "not_disinfected", "not_required")
    rows = []
    for of, word, start in (
        ("day", gettext("That day"), inputs.get("start")),
        ("total", gettext("Total"), inputs.get("since")),
    ):
        found = _figures(words.content, of)
        waits = part(words.content, of).get("waits")
        waits = [_wait(each) for each in (waits if isinstance(waits, list) and len(waits) == 2 else (None, None))]
        counts = (_count(found, name, start, inputs.get("end"), None) for name in names)
        litres = Cell(round(found.millilitres / 1000, 1))
        rows.append((Cell(word), *counts, litres, Cell(found.batches), *map(Cell, waits)))
    heads = (
        _head(""), *(_head(called[name]) for name in names), _head(gettext("Litres of solution")), _head(called["batches"]),
        _head(gettext("Half waited")), _head(gettext("95 of 100 waited")),
    )  # fmt: skip
    return Section(gettext("Disinfection and waiting time"), (heads,), tuple(rows), (4, 6, 6, 6, 7, 7, 7, 8, 8))


def _wait(found: object) -> str:
    if not isinstance(found, list) or len(found) != 2:
        return "–"
    above, at_most = whole_of(found[0]) or 0, whole_of(found[1])
    return wait_words(above if at_most is None else 0, at_most)


def _alarm(code: object) -> str:
    known = ALARMS.get(str(code))
    return clean(code) if known is None else known.zh if chinese() else known.en[:1].upper() + known.en[1:]


def event_words() -> dict[str, str]:
    """What the kinds of special events and of open matters are called."""
    return {
        "emergency": gettext("Emergency vehicle let through"), "override": gettext("Let through by an officer"),
        "driven_through": gettext("Driven through"), "watched": gettext("Watched vehicle"), "help": gettext("Help was asked for"),
        "outage": gettext("Outage"), "lost": gettext("Records lost for good"), "conflict": gettext("Open conflict"),
        "detained": gettext("Detained"), "unclear": gettext("Unclear passage"), "inside_long": gettext("Inside for more than 24 hours"),
    }  # fmt: skip


def _events(words: _Words) -> Section:
    rows: list[Row] = []
    for kind, row in _listed(part(words.content, "events")):
        what = event_words().get(kind, clean(kind))
        if kind in ("driven_through", "outage"):
            what = f"{what}: {_alarm(row.get('code'))}"
        if kind == "override" and row.get("code"):
            what = f"{what} ({label('override_what', str(row['code']))})"
        detail = clean(row.get("detail") or "") if kind in ("override", "outage", "lost") else ""
        visit = row.get("visit")
        officer = words.user(row["officer"]) if row.get("officer") else "–"
        leads = {"to": "visit", "visit": visit} if visit else {}
        rows.append(
            (
                Cell(len(rows) + 1), Cell(words.time(row.get("at"), "%m-%d %H:%M:%S"), 1, leads), Cell(words.gate(row.get("gate"))), Cell(what),
                Cell(words.plate(visit)), Cell(officer), Cell(detail or "–"),
            )
        )  # fmt: skip
    heads = (
        _head(gettext("No.")), _head(gettext("Time")), _head(gettext("Gate")), _head(gettext("What")), _head(gettext("Plate")),
        _head(gettext("Officer")), _head(gettext("Reason")),
    )  # fmt: skip
    return Section(
        gettext("Special events"), (heads,), tuple(rows), (3, 9, 7, 18, 8, 7, 18), _rest(words.content, "events")
    )


def _matters(words: _Words) -> Section:
    rows: list[Row] = []
    for kind, row in _listed(part(words.content, "matters")):
        what = event_words().get(kind, clean(kind))
        leads = {"to": "visit", "visit": row.get("visit")} if row.get("visit") else {}
        if kind == "conflict":
            what = f"{what}: {label('conflict', str(row.get('code')))}"
            leads = {"to": "conflict", "conflict": row.get("conflict")}
        cells = (
            Cell(words.time(row.get("at"), "%m-%d %H:%M:%S"), 1, leads),
            Cell(words.gate(row.get("gate"))),
            Cell(what),
        )
        rows.append((Cell(len(rows) + 1), *cells, Cell(words.plate(row.get("visit")))))
    if long := whole_of(part(part(words.content, "matters"), "inside_long").get("count")):
        what = f"{event_words()['inside_long']}: {long}"
        rows.append((Cell(len(rows) + 1), Cell("–", 1, {"to": "inside"}), Cell("–"), Cell(what), Cell("–")))
    heads = (
        _head(gettext("No.")),
        _head(gettext("Time")),
        _head(gettext("Gate")),
        _head(gettext("What")),
        _head(gettext("Plate")),
    )
    return Section(
        gettext("Open matters"),
        (heads,),
        tuple(rows),
        (3, 9, 8, 30, 12),
        _rest(words.content, "matters", ("inside_long",)),
    )


def _staff(words: _Words) -> Section:
    rows: list[Row] = []
    for row in _rows(words.content.get("staff")):
        place = words.gate(row["gate"]) if row.get("gate") else gettext("The post")
        until = words.time(row.get("to")) if row.get("to") else gettext("still on duty")
        rows.append(
            (
                Cell(len(rows) + 1),
                Cell(place),
                Cell(words.user(row.get("officer"))),
                Cell(words.time(row.get("from"))),
                Cell(until),
            )
        )
    heads = (
        _head(gettext("No.")),
        _head(gettext("Place")),
        _head(gettext("Officer")),
        _head(gettext("From")),
        _head(gettext("To")),
    )
    return Section(gettext("Staff on duty"), (heads,), tuple(rows), (3, 10, 12, 10, 10))


def _listed(kinds: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The rows of all kinds in order of time."""
    found = [(kind, row) for kind in kinds for row in _rows(part(kinds, kind).get("rows"))]
    return sorted(found, key=lambda each: (str(each[1].get("at")), each[0]))


def _rows(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list, whatever else stands there."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _rest(content: Content, name: str, but: Sequence[str] = ()) -> str:
    kinds = part(content, name)
    more = sum(
        (whole_of(part(kinds, kind).get("count")) or 0) - len(_rows(part(kinds, kind).get("rows")))
        for kind in kinds
        if kind not in but
    )
    return gettext("%(n)s more are only counted.", n=more) if more > 0 else ""


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def made_by(report: Report, name: Callable[[str | None], str]) -> str:
    """Who made a report."""
    return gettext("by itself") if report.made_by == HUB else name(report.made_by)


def date_of(text: str, zone: ZoneInfo) -> datetime:
    """A stored time in the town's zone; of one that is none, the beginning of 1980, with which files without a date begin."""
    return (time_of(text) or datetime(1980, 1, 1, tzinfo=zone)).astimezone(zone)
