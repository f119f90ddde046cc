"""What a daily report says of the registers: that day, in all and at its end, by kind and by state; “none” where there is nothing.

Tested in `tests/hub/reports/test_registers.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext

from hub.console.display import chinese
from hub.reports.parts import Cell, Row, Section
from hub.values.stored import part, whole_of
from hub.values.visible import short, visible


def section(content: Mapping[str, Any]) -> Section:
    """The table of all registers that had a name when the report was made; those without a row share the last line."""
    inputs = part(content, "inputs")
    named, counted, overdue = (
        part(part(inputs, "names"), "registers"),
        part(content, "registers"),
        part(inputs, "overdue"),
    )
    rows: list[Row] = []
    without = []
    for id_ in sorted(named):
        names, figures = part(named, id_), part(counted, id_)
        if not figures:
            without.append(_word(names.get("names"), id_))
            continue
        for place, cells in enumerate(_rows(names, figures, whole_of(overdue.get(id_)) or 0)):
            number = Cell(sum(1 for row in rows if row[0].value != "") + 1) if place == 0 else Cell("")
            rows.append((number, Cell(_word(names.get("names"), id_) if place == 0 else ""), *cells))
    if without and rows:
        others = gettext("%(names)s: none", names=("、" if chinese() else ", ").join(without))
        rows.append((Cell(""), Cell(others, 6)))
    heads = (
        Cell(gettext("No.")), Cell(gettext("Register")), Cell(gettext("Of these")), Cell(gettext("That day")), Cell(gettext("Total")),
        Cell(gettext("At the end")), Cell(gettext("Overdue")),
    )  # fmt: skip
    note = gettext("Overdue: as it was when the report was made.") if rows else ""
    return Section(gettext("Registers"), (heads,), tuple(rows), (3, 14, 14, 7, 7, 7, 7), note)


def _rows(names: Mapping[str, Any], figures: Mapping[str, Any], overdue: int) -> Iterator[Row]:
    """The lines of one register: all of it, and each kind and state in which there is something."""
    day, total, standing = (part(figures, name) for name in ("day", "total", "standing"))
    counts = (
        whole_of(day.get("added")) or 0,
        whole_of(total.get("added")) or 0,
        sum(whole_of(each) or 0 for each in standing.values()),
    )
    yield (Cell(gettext("New")), *map(_count, counts), _count(overdue))
    for kind, words in part(names, "kinds").items():
        if part(total, "kinds").get(kind):
            yield (
                Cell(_word(words, kind)),
                *(_count(part(each, "kinds").get(kind)) for each in (day, total)),
                Cell("–"),
                Cell("–"),
            )
    for state, words in part(names, "states").items():
        if standing.get(state) or part(total, "states").get(state):
            yield (
            Cell(_word(words, state)), *(_count(part(each, "states").get(state)) for each in (day, total)), _count(standing.get(state)), Cell("–"),
        )  # fmt: skip


def _count(value: object) -> Cell:
    n = whole_of(value) or 0
    return Cell(n or gettext("None"))


def _word(words: object, otherwise: str) -> str:
    found = words[0 if chinese() else 1] if isinstance(words, list) and len(words) == 2 else otherwise
    return short(visible(str(found)), 80)
