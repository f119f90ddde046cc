"""The tables of the page of figures: each stands beside a chart, which is drawn from it, and each number leads to its visits.

Tested in `tests/hub/reports/test_views.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from hub.console.display import class_name, gate_name, reason_words, verdict_words, wait_words
from hub.console.labels import label
from hub.ledger import queries
from hub.ledger.projections.sums import UNKNOWN, What
from hub.reports.figures import Figures, Wait, figures, percentile, waits_in_groups
from hub.reports.ranges import Range, Unit
from hub.reports.store import Step, Totals
from hub.reports.views.links import Links


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table: how it is written, and where it leads (None: nowhere, for it counts no visits)."""

    number: float | None
    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its name, where that leads, its numbers."""

    name: str
    href: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its chart: `kind` as the chart's script names it; `series`: the columns that are drawn."""

    id: str
    title: str
    kind: str
    first: str
    columns: tuple[str, ...]
    series: tuple[int, ...]
    rows: tuple[TableRow, ...]
    lines: tuple[int, ...] = ()
    note: str = ""


def whole(n: int, href: str | None = None) -> Cell:
    """A count; one of 0 leads nowhere, for nothing is there."""
    return Cell(n, f"{n:,}", href if n else None)


def litres(millilitres: int) -> Cell:
    """Litres with one digit after the point."""
    return Cell(millilitres / 1000, f"{millilitres / 1000:,.1f}")


def wait(found: Wait | None) -> Cell:
    """A percentile of waits."""
    if found is None:
        return Cell(None, "–")
    return Cell(found.at_most, wait_words(found.above if found.at_most is None else 0, found.at_most))


def facts(all_: Figures, links: Links, p50: Wait | None, p95: Wait | None) -> list[tuple[str, Cell]]:
    """The figures of the range in a row."""
    to = links.visits
    return [
        (gettext("Arrived"), whole(all_.arrived, to())),
        (gettext("Came in"), whole(all_.passed_in, to(outcome="passed", direction="in"))),
        (gettext("Went out"), whole(all_.passed_out, to(outcome="passed", direction="out"))),
        (gettext("Refused"), whole(all_.refused, to(only=queries.REFUSED))),
        (gettext("By hand"), whole(all_.by_hand, to(read_by="hand"))),
        (gettext("Let through by an officer"), whole(all_.overridden, to(only=queries.OVERRIDDEN))),
        (gettext("Disinfected"), whole(all_.disinfected, to(disinfected="yes"))),
        (gettext("Disinfection owed"), whole(all_.owed, to(disinfected="owed"))),
        (gettext("Not disinfected"), whole(all_.not_disinfected, to(disinfected="no"))),
        (gettext("Disinfection not required"), whole(all_.not_required, to(disinfected="not_required"))),
        (gettext("Litres of solution"), litres(all_.millilitres)),
        (
            gettext("Batches of solution"),
            Cell(all_.batches, f"{all_.batches:,}", "#solutions" if all_.batches else None),
        ),
        (gettext("Half waited"), wait(p50)),
        (gettext("95 of 100 waited"), wait(p95)),
    ]


def every_table(
    totals: Totals, steps: Sequence[Step], batches: Mapping[str, int], range_: Range, links: Links
) -> list[Table]:
    """Every table of the page."""
    return [
        _over_time(steps, range_, links),
        _by_gate(totals, batches, links),
        _disinfection(totals, links),
        _waits(totals, links),
        _codes("class", gettext("By class"), gettext("Class"), totals, What.CLASS, _class, links, "vehicle_class"),
        _codes("reason", gettext("By reason"), gettext("Reason"), totals, What.REASON, reason_words, links, "reason"),
        _codes("verdict", gettext("By verdict"), gettext("Verdict"), totals, What.VERDICT, verdict_words, links, "verdict"),
        _codes("read_by", gettext("How registered"), gettext("Read by"), totals, What.READ_BY, _labelled("read_by"), links, "read_by"),
        _codes("outcome", gettext("By outcome"), gettext("Outcome"), totals, What.OUTCOME, _labelled("outcome"), links, "outcome"),
        _codes("direction", gettext("By direction"), gettext("Direction"), totals, What.DIRECTION, _labelled("direction"), links, "direction"),
    ]  # fmt: skip


def _over_time(steps: Sequence[Step], range_: Range, links: Links) -> Table:
    rows = []
    for each in steps:
        of = links.between(each.start, each.end)
        local = each.start.astimezone(links.zone)
        name = (
            local.strftime("%m-%d %H:%M")
            if range_.unit is Unit.HOUR or local.strftime("%H%M") != "0000"
            else local.strftime("%Y-%m-%d")
        )
        rows.append(
            TableRow(
                name,
                of.figures(each.start, each.end) if range_.unit is Unit.DAY else None,
                (
                    whole(each.arrived, of.visits()),
                    whole(each.passed_in, of.visits(outcome="passed", direction="in")),
                    whole(each.passed_out, of.visits(outcome="passed", direction="out")),
                    whole(each.refused, of.visits(only=queries.REFUSED)),
                    Cell(None, "–") if each.inside is None else Cell(each.inside, f"{each.inside:,}"),
                ),
            )
        )
    by_hour = range_.unit is Unit.HOUR
    inside = gettext("Inside at its end") if links.gate is None else gettext("More inside by this gate")
    return Table(
        "time", gettext("By hour") if by_hour else gettext("By day"), "time", gettext("Hour") if by_hour else gettext("Day"),
        (gettext("Arrived"), gettext("Came in"), gettext("Went out"), gettext("Refused"), inside), (1, 2, 3, 4), tuple(rows), (4,),
        gettext("Who is inside is counted by the vehicles' own times, late uploads included."),
    )  # fmt: skip


def _by_gate(totals: Totals, batches: Mapping[str, int], links: Links) -> Table:
    rows = []
    for gate in sorted({*totals.gates, *batches}):
        each = figures(totals, gate, batches.get(gate, 0))
        of = Links(links.range, links.zone, gate).visits
        waits = totals.codes(What.WAITED, gate)
        rows.append(
            TableRow(
                gate_name(gate),
                None,
                (
                    whole(each.arrived, of()),
                    whole(each.passed_in, of(outcome="passed", direction="in")),
                    whole(each.passed_out, of(outcome="passed", direction="out")),
                    whole(each.refused, of(only=queries.REFUSED)),
                    whole(each.by_hand, of(read_by="hand")),
                    whole(each.overridden, of(only=queries.OVERRIDDEN)),
                    whole(each.disinfected, of(disinfected="yes")),
                    litres(each.millilitres),
                    wait(percentile(waits, 0.5)),
                    wait(percentile(waits, 0.95)),
                ),
            )
        )
    columns = (
        gettext("Arrived"), gettext("Came in"), gettext("Went out"), gettext("Refused"), gettext("By hand"), gettext("Let through by an officer"),
        gettext("Disinfected"), gettext("Litres"), gettext("Half waited"), gettext("95 of 100 waited"),
    )  # fmt: skip
    return Table("gate", gettext("By gate"), "bar", gettext("Gate"), columns, (1, 2, 3), tuple(rows))


def _disinfection(totals: Totals, links: Links) -> Table:
    found = totals.codes(What.DISINFECTED)
    rows = [
        TableRow(label("disinfected", code), None, (whole(found.get(code, 0), links.visits(disinfected=code)),))
        for code in ("yes", "owed", "no", "not_required")
    ]
    return Table(
        "disinfection", gettext("Disinfection"), "bar", gettext("Disinfection"), (gettext("Visits"),), (0,), tuple(rows)
    )


def _waits(totals: Totals, links: Links) -> Table:
    found = totals.codes(What.WAITED)
    rows = [
        TableRow(wait_words(above, at_most), None, (whole(n, links.visits(waited=f"{above}-{at_most or ''}")),))
        for above, at_most, n in waits_in_groups(found)
    ]
    note = gettext(
        "From the arrival until the vehicle was through. Counted in steps of 5 s up to a minute, wider ones beyond: “half waited” is known to a step."
    )
    if unknown := found.get(UNKNOWN, 0):
        note += " " + gettext(
            "Of %(n)s nobody knows how long: the gate's clock was wrong or set in between.", n=unknown
        )
    return Table(
        "waited", gettext("Waiting time"), "bar", gettext("Waited"), (gettext("Vehicles"),), (0,), tuple(rows), (), note
    )


def _codes(
    id_: str, title: str, first: str, totals: Totals, what: What, words: Callable[[str], str], links: Links, field: str
) -> Table:  # fmt: skip
    rows = []
    for code, n in totals.codes(what).items():
        asked = code or {"vehicle_class": queries.NONE, "outcome": queries.OPEN}.get(field)
        rows.append(TableRow(words(code), None, (whole(n, links.visits(**{field: asked}) if asked else None),)))
    return Table(id_, title, "bar", first, (gettext("Visits"),), (0,), tuple(rows))


def _class(code: str) -> str:
    return class_name(code) if code else gettext("No class")


def _labelled(table: str) -> Callable[[str], str]:
    return lambda code: label(table, code or ("open" if table == "outcome" else None))
