"""A list of passes, read where it can do no harm: `hub.passes.sheet` in a process of its own, whose rows come back as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub.passes import confined, sheet
from hub.passes.sheet import Cell, Line


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a file, the heading first, as `hub.passes.sheet.read` gives them."""

    lines: Sequence[Line]


def read(data: bytes, name: str) -> Listed:
    """Reads a file called `name`; `RefusedError` for what is no list, or too much. Call it before a transaction: it may take a minute."""
    if len(data) > sheet.MOST_BYTES:
        sheet.read(data, name)  # which says so, and need not be asked elsewhere
    found = json.loads(confined.run(as_json, data, name))
    return Listed([(number, [_cell(cell) for cell in cells]) for number, cells in found])


def as_json(data: bytes, name: str) -> bytes:
    """What the process gives: texts as they are, dates and times as `{"date"}` and `{"time"}`."""
    lines = [(number, [_plain(cell) for cell in cells]) for number, cells in sheet.read(data, name)]
    return json.dumps(lines).encode()


def _plain(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return {"time": cell.isoformat()}
    return {"date": cell.isoformat()} if isinstance(cell, date) else cell


def _cell(found: Any) -> Cell:
    if isinstance(found, str):
        return found
    return datetime.fromisoformat(found["time"]) if "time" in found else date.fromisoformat(found["date"])
