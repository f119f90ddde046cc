"""The decision on a vehicle, and the last sighting of a vehicle, as values.

Tested in `tests/edge/decision/test_decide.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from edge.contract.facts import Disinfection, ReadBy
from edge.contract.reasons import Direction, Reason, Verdict

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A vehicle went in or out: in which visit, at which gate, when (aware)."""

    visit: str
    gate: str
    direction: Direction
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The judgement on one vehicle, as the record will say it. `owed`: it must be disinfected before the barrier opens.

    `plate` and `fields` are personal and stand in the record's private part. `first`: for `duplicate_read`, the visit that
    the same pass made moments before. For the screen alone: `before`, when and where the vehicle was seen last, if that
    speaks against it; `watched`, why its plate is on the watch list (may be empty; None: it is not, or nobody asked to know).
    """

    reason: Reason
    verdict: Verdict
    direction: Direction
    read_by: ReadBy
    plate: str = ""
    vehicle_class: str | None = None
    pass_id: str | None = None
    disinfection: Disinfection = Disinfection.OFF
    fields: Mapping[str, str] = field(default_factory=dict)
    first: str | None = None
    operation: str | None = None
    policy: int | None = None
    passlist: int | None = None
    before: LastSeen | None = None
    watched: str | None = None

    @property
    def owed(self) -> bool:
        """Returns True if the barrier has to wait for a disinfection."""
        return self.disinfection is Disinfection.REQUIRED
