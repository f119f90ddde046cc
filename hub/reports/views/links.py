"""From a number of the figures to the visits that it counts: the address of the ledger with exactly that filter.

Tested in `tests/hub/reports/test_views.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from hub.reports.ranges import Range

MINUTE = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a range, and of one gate where only its figures are shown."""

    range: Range
    zone: ZoneInfo
    gate: str | None = None
    unit: str | None = None
    """The branch whose figures are shown."""

    def visits(self, **asked: str) -> str:
        """The visits of the range that satisfy a filter of the ledger."""
        mine = {name: value for name, value in (("gate", self.gate), ("unit", self.unit)) if value}
        every: dict[str, Any] = {**self._times(self.range.start, self.range.end), **mine, **asked}
        return url_for("ledger.visits", **every)

    def between(self, start: datetime, end: datetime) -> "Links":
        """The same for a part of the range."""
        return replace(self, range=Range(start, end))

    def figures(self, start: datetime, end: datetime) -> str:
        """The figures of a part of the range."""
        every: dict[str, Any] = self._times(start, end)
        return url_for("reports.show", gate=self.gate, unit=self.unit, **every)

    def _times(self, start: datetime, end: datetime) -> dict[str, str]:
        return {name: at.astimezone(self.zone).strftime(MINUTE) for name, at in (("start", start), ("end", end))}
