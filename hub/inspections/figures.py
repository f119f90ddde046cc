"""Figures of findings: per gate, per unit of the organisation and per who is responsible, how many are open, overdue, closed in time and late. Pure.

Tested in `tests/hub/inspections/test_figures.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Finding(NamedTuple):
    """What counts of a finding; `until` and `fixed_at` are None where nothing was said."""

    gate: str | None
    unit: str | None
    responsible: str
    state: str | None
    due_at: str | None
    until: str | None
    fixed_at: str | None


@dataclass
class Figures:
    """The figures of one gate, of one unit or of who is responsible. `overdue` are among the open ones; `withdrawn` count as nothing else."""

    found: int = 0
    open: int = 0
    overdue: int = 0
    in_time: int = 0
    late: int = 0
    withdrawn: int = 0

    def add(self, row: Finding, now: str) -> None:
        """Counts a finding."""
        self.found += 1
        if row.state == "withdrawn":
            self.withdrawn += 1
        elif row.state == "closed":
            if in_time(row):
                self.in_time += 1
            else:
                self.late += 1
        else:
            self.open += 1
            self.overdue += (row.due_at or "~") < now


def in_time(row: Finding) -> bool:
    """Returns True if a finding was put right by its term, however long it took to check; one without a term is in time."""
    return row.until is None or (row.fixed_at is not None and row.fixed_at <= row.until)


def figures(rows: Iterable[Finding], now: str) -> tuple[Mapping[str, Figures], ...]:
    """By gate, by unit (its id) and by who is responsible (empty: none is named), each in the order of open ones, the most first."""
    kept = list(rows)
    keys = (lambda row: row.gate or "", lambda row: row.unit or "", lambda row: row.responsible)
    return tuple(_by(kept, key, now) for key in keys)


def _by(rows: Iterable[Finding], key: Callable[[Finding], str], now: str) -> Mapping[str, Figures]:
    found: dict[str, Figures] = {}
    for row in rows:
        found.setdefault(key(row), Figures()).add(row, now)
    return dict(sorted(found.items(), key=lambda each: (-each[1].overdue, -each[1].open, each[0])))
