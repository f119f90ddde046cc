"""A closing report as a sheet of paper has it, in the words of one language; page, PDF and workbook are drawn from it (`hub.reports`).

Tested in `tests/hub/operations/test_closing.py`.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from hub.console.display import chinese
from hub.console.labels import label
from hub.operations.closing import ClosingReport
from hub.reports.figures import Figures
from hub.reports.parts import Cell, Section
from hub.reports.sheet import Sheet, clean, event_words, number_words
from hub.values.stored import part, time_of, whole_of

GATE_NUMBERS = (
    "arrived", "passed_in", "passed_out", "refused", "turned_back", "by_hand", "emergency", "overridden", "disinfected", "owed", "batches",
)  # fmt: skip
FRAME = ("organ", "number", "scope", "measures", "laws")


class _Words:
    """The words of one report: its names, its town's time."""

    def __init__(self, content: Mapping[str, Any]):
        self.content = content
        self.operation = part(content, "operation")
        try:
            self.zone = ZoneInfo(str(content.get("zone")))
        except (KeyError, ValueError, OSError):
            self.zone = ZoneInfo("UTC")

    def time(self, text: object) -> str:
        at = time_of(text)
        return "–" if at is None else at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def named(self, table: str, id_: object) -> str:
        found = part(part(self.content, "names"), table).get(str(id_))
        if isinstance(found, list) and len(found) == 2:
            found = found[0 if chinese() else 1]
        return clean(found if isinstance(found, str) else id_ or "–")

    @property
    def name(self) -> str:
        return clean(self.operation.get("zh" if chinese() else "en") or "–")


def closing_sheet(report: ClosingReport) -> Sheet:
    """The sheet of a kept closing report in the language that is spoken."""
    words = _Words(report.content)
    operation, all_ = words.operation, Figures.from_json(part(part(report.content, "figures"), "all"))
    still = part(report.content, "open")
    return Sheet(
        title=gettext("Closing report: %(name)s", name=words.name),
        sentence=gettext(
            "%(arrived)s vehicles came: %(passed_in)s in, %(passed_out)s out, %(refused)s refused; %(disinfected)s disinfected; %(inside)s inside at the end.",
            **{each: getattr(all_, each) for each in ("arrived", "passed_in", "passed_out", "refused", "disinfected")},
            inside=whole_of(still.get("inside")) or 0,
        ),
        unit=gettext("Reporting unit (seal): %(town)s", town=clean(report.content.get("town", ""))),
        filled=gettext(
            "%(start)s to %(end)s · filled in %(time)s",
            start=words.time(operation.get("starts")), end=words.time(operation.get("ended_at")), time=words.time(report.made_at),
        ),
        sections=(_decision(words), _history(words), _by_gate(words), _open(words), _matters(words)),
        remarks_title=gettext("Reason of the end"),
        remarks=clean(operation.get("end_reason") or ""),
        instructions=gettext(
            "Made from the ledger up to entry %(entry)s, version %(version)s; SHA-256 %(hash)s. Where there is nothing, “none” is written.",
            entry=report.entry, version=report.version, hash=report.hash,
        ),
        signatures=(gettext("Responsible"), gettext("Reviewed by"), gettext("Filled in by"), gettext("Date"), gettext("Phone")),
        nothing=gettext("None"),
    )  # fmt: skip


def _decision(words: _Words) -> Section:
    operation = words.operation
    rows = [
        (
            Cell(gettext("Document number") if name == "number" else label("detail", name)),
            Cell("; ".join(str(operation.get(name) or "–").splitlines())),
        )
        for name in FRAME
    ]
    rows.append(
        (
            Cell(gettext("Period decided")),
            Cell(f"{words.time(operation.get('starts'))} – {words.time(operation.get('ends'))}"),
        )
    )
    rows.append(
        (
            Cell(gettext("Ended")),
            Cell(f"{words.time(operation.get('ended_at'))} {words.named('users', operation.get('ended_by'))}"),
        )
    )
    cut = tuple((head, Cell(clean(text.value))) for head, text in rows)
    return Section(gettext("What was decided"), ((Cell(gettext("Part")), Cell(gettext("Text"))),), cut, (6, 30))


def _history(words: _Words) -> Section:
    rows = []
    for place, each in enumerate(_rows(words.content.get("history")), start=1):
        cells = (
            words.time(each.get("at")),
            label("operation_act", str(each.get("act"))),
            clean(each.get("number") or "–"),
        )
        who = words.named("users", each.get("by"))
        rows.append((Cell(place), *map(Cell, cells), Cell(clean(each.get("reason") or "–")), Cell(who)))
    heads = (
        gettext("No."),
        gettext("Time"),
        gettext("What"),
        gettext("Document number"),
        gettext("Reason"),
        gettext("Who"),
    )
    return Section(gettext("History"), (tuple(map(Cell, heads)),), tuple(rows), (3, 9, 10, 10, 14, 7))


def _by_gate(words: _Words) -> Section:
    called, found = number_words(), part(words.content, "figures")
    called |= {"turned_back": gettext("Turned back"), "emergency": gettext("Emergency")}
    rows = []
    for place, gate in enumerate((*sorted(part(found, "gates")), None), start=1):
        counts = Figures.from_json(part(found, "all") if gate is None else part(part(found, "gates"), gate))
        name = gettext("All gates") if gate is None else words.named("gates", gate)
        numbers = (Cell(getattr(counts, each)) for each in GATE_NUMBERS)
        rows.append((Cell(place if gate else ""), Cell(name), *numbers, Cell(round(counts.millilitres / 1000, 1))))
    heads = (gettext("No."), gettext("Gate"), *(called[each] for each in GATE_NUMBERS), gettext("Litres of solution"))
    return Section(gettext("By gate"), (tuple(map(Cell, heads)),), tuple(rows), (3, 7, *(5,) * (len(GATE_NUMBERS) + 1)))


def _open(words: _Words) -> Section:
    still, passes = part(words.content, "open"), part(words.content, "passes")
    rows = (
        (gettext("Vehicles inside, which may leave"), still.get("inside")),
        (gettext("Visits that had not ended"), still.get("visits")),
        (gettext("Alerts that nobody had acknowledged"), still.get("alerts")),
        (gettext("Passes issued"), passes.get("issued")),
        (gettext("Passes that the end made expire"), passes.get("expired")),
        (gettext("Versions of the rules"), words.content.get("rules")),
    )
    cells = tuple((Cell(text), Cell(whole_of(count) or 0)) for text, count in rows)
    return Section(gettext("At the end"), ((Cell(gettext("What")), Cell(gettext("Count"))),), cells, (24, 6))


def _matters(words: _Words) -> Section:
    rows: list[tuple[Cell, ...]] = []
    kinds = part(words.content, "matters")
    for kind in kinds:
        for row in _rows(part(kinds, kind).get("rows")):
            what = event_words().get(kind, clean(kind))
            if kind == "conflict":
                what = f"{what}: {label('conflict', str(row.get('code')))}"
            leads = {"to": "visit", "visit": row["visit"]} if row.get("visit") else {}
            place = len(rows) + 1
            rows.append(
                (
                    Cell(place),
                    Cell(words.time(row.get("at")), 1, leads),
                    Cell(words.named("gates", row.get("gate"))),
                    Cell(what),
                )
            )
        if kind == "inside_long" and (count := whole_of(part(kinds, kind).get("count"))):
            rows.append((Cell(len(rows) + 1), Cell("–"), Cell("–"), Cell(f"{event_words()[kind]}: {count}")))
    heads = (gettext("No."), gettext("Time"), gettext("Gate"), gettext("What"))
    return Section(gettext("Open matters"), (tuple(map(Cell, heads)),), tuple(rows), (3, 9, 8, 30))


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
