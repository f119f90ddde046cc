"""Rows of the database as they are written, and those as CSV text. Tested in `tests/hub/visits/test_export.py`."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from hub.exports.writing.cells import Rule


def written(rules: Sequence[Rule], rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as they are written, by the rules of their columns."""
    # a column at a time: most of a table is empty or needs nothing done
    cells: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, rule in enumerate(rules):
        if cells[place].count(None) < len(rows):
            cells[place] = rule(cells[place])
    return list(zip(*cells, strict=True))


def as_csv(rows: Sequence[Sequence[Any]]) -> str:
    """Written rows as CSV text."""
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
