"""The rows as a table that a person reads, and the line about the machine above it."""

from collections.abc import Iterable
from typing import Any

from scripts.benchmarks.rows import Row

HEADS = ("figure", "value", "", "floor", "what the floor is", "ratio")
FOOT = "ratio = value / floor. Of ms the lower is the better one, of rates and shares the higher."


def lines(machine: dict[str, Any], rows: Iterable[Row]) -> list[str]:
    """The whole table, line by line: first the machine, then each row, its note below it."""
    rows = list(rows)
    cells = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(each[column]) for each in cells) for column in range(len(HEADS))]
    load = f"load {machine['load']:.2f} before, {machine['load_after']:.2f} after"
    text = [f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, {machine['disk']}, {load}", ""]
    text += [_line(HEADS, widths), _line(tuple("-" * width for width in widths), widths)]
    for row, shown in zip(rows, cells[1:], strict=True):
        text.append(_line(shown, widths))
        if row.note:
            text.append(f"    {row.note}")
    return [*text, "", FOOT]


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return (row.name, _number(row.value), row.unit, _number(row.floor), row.floor_name, ratio)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 20 else f"{value:.2f}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    numbers = {1, 3, 5}
    fitted = (
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(fitted).rstrip()
