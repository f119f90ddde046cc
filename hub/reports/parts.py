"""The parts of a report's sheet: cells, rows and tables. Tested in `tests/hub/reports/test_daily.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: a text or a number; how many columns it spans; what it leads to (`visits` of a filter between two times, a `visit`, a `conflict`)."""

    value: str | int | float
    span: int = 1
    leads_to: Mapping[str, Any] = field(default_factory=dict)


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its heading. `widths`: of its columns, in parts."""

    title: str
    heads: tuple[Row, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...]
    note: str = ""
