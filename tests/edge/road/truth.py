"""What the judge notes of each visit in the journal: whose it truly is, and how it was said to end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.contract.facts import Outcome, ReadBy
from edge.contract.reasons import Verdict

if TYPE_CHECKING:
    from tests.edge.road.vehicles import Vehicle


@dataclass(slots=True, eq=False)
class VisitTruth:
    """A visit as the journal has it. `owner`: the vehicle whose pass or registration it was; None: nobody was there."""

    id: str
    lane: str
    read_by: ReadBy
    verdict: Verdict
    opened: float
    owner: Vehicle | None
    owes: bool
    outcome: Outcome | None = None
    closed: float | None = None
    orphan: bool = False
    """The gate ended while it was open."""
    closings: int = 0
    untrue: bool = False
    """An officer pressed anything, and this came of it."""
