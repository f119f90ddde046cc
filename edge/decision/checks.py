"""The checks on a genuine pass, in their order (`CHECKS`): the first check that holds gives the reason.

Tested in `tests/edge/decision/test_decide.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.contract.facts import ClockTrust, Disinfection
from edge.contract.messages import Watched
from edge.contract.passes import Pass
from edge.contract.policy import AntiPassback, VehicleClass
from edge.contract.reasons import Direction, Reason
from edge.decision.decision import LastSeen
from edge.decision.rules import Rules


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the checks of a genuine pass look at.

    `first`: the visit this pass made moments ago; `last`: the last sighting of its vehicle; `withdrawn`: its key was revoked.
    """

    pass_: Pass
    plate: str
    vehicle_class: VehicleClass | None
    rules: Rules
    gate: str
    direction: Direction
    now: datetime
    clock: ClockTrust
    first: str | None
    last: LastSeen | None
    withdrawn: bool

    @property
    def priority(self) -> bool:
        """Returns True if the vehicle never waits: by its pass or by its class."""
        return self.pass_.priority or (self.vehicle_class is not None and self.vehicle_class.priority)

    @property
    def time_counts(self) -> bool:
        """Returns True if this gate's clock can speak against a pass."""
        return self.clock is not ClockTrust.UNSYNCED

    @property
    def early(self) -> bool:
        """Returns True if the pass is not valid yet, by this gate's clock."""
        return self.now.timestamp() < self.pass_.not_before

    @property
    def late(self) -> bool:
        """Returns True if the pass has expired, by this gate's clock, or the operation that it was issued for is over."""
        return self.now.timestamp() >= self.pass_.expires or self.over

    @property
    def over(self) -> bool:
        """Returns True if the operation has ended, or the pass is one of a former operation."""
        operation = self.rules.policy.operation if self.rules.policy else None
        return operation is not None and (operation.has_ended(self.now) or operation.is_former(self.pass_.not_before))

    @property
    def passback(self) -> AntiPassback:
        """The rule of the vehicle's class for a vehicle that is inside already."""
        return self.vehicle_class.anti_passback if self.vehicle_class else AntiPassback.OFF


def denied(watched: Watched | None, direction: Direction) -> bool:
    if watched is None:
        return False
    return watched.deny_in if direction is Direction.IN else watched.deny_out


def _revoked(case: Case) -> bool:
    return case.withdrawn or case.pass_.id_hex in case.rules.revoked


def _watched(case: Case) -> bool:
    return denied(case.rules.watch.get(case.plate), case.direction)


def _wrong_class(case: Case) -> bool:
    allowed = case.vehicle_class
    return allowed is None or (allowed.gates is not None and case.gate not in allowed.gates)


def _wrong_gate(case: Case) -> bool:
    if case.pass_.gates is None:
        return False
    info = case.rules.policy.gates.get(case.gate) if case.rules.policy else None
    return info is None or not case.pass_.allows_gate(info.number)


def _emergency(case: Case) -> bool:
    return case.vehicle_class is not None and case.vehicle_class.emergency


def _already_inside(case: Case) -> bool:
    if case.passback is AntiPassback.OFF or case.last is None or case.last.direction is not Direction.IN:
        return False
    hours = case.vehicle_class.passback_hours if case.vehicle_class else None
    return hours is None or case.now - case.last.at < timedelta(hours=hours)


def _not_inside(case: Case) -> bool:
    # an entry is on record however old it is: the time-out frees the way in and never bars the way out
    if case.passback is AntiPassback.OFF or not case.rules.inside_known:
        return False
    return case.last is None or case.last.direction is not Direction.IN


def _due(case: Case) -> bool:
    return rule(case.vehicle_class) is Disinfection.REQUIRED


IN_ONLY = frozenset({Direction.IN})


OUT_ONLY = frozenset({Direction.OUT})


BOTH_WAYS = frozenset({Direction.IN, Direction.OUT})


# in the order in which they count: (the reason, the directions in which it is looked at, whether it holds)
CHECKS: tuple[tuple[Reason, frozenset[Direction], Callable[[Case], bool]], ...] = (
    (Reason.REVOKED, BOTH_WAYS, _revoked),
    (Reason.BLOCKED, BOTH_WAYS, lambda case: case.pass_.id_hex in case.rules.blocked),
    (Reason.WATCH_LIST, BOTH_WAYS, _watched),
    (Reason.NOT_YET_VALID, IN_ONLY, lambda case: case.time_counts and case.early),
    (Reason.EXPIRED, IN_ONLY, lambda case: case.time_counts and case.late),
    (Reason.WRONG_CLASS, IN_ONLY, _wrong_class),
    (Reason.WRONG_GATE, IN_ONLY, _wrong_gate),
    (Reason.DUPLICATE_READ, BOTH_WAYS, lambda case: case.first is not None),
    (Reason.EMERGENCY, BOTH_WAYS, _emergency),
    (Reason.PRIORITY, BOTH_WAYS, lambda case: case.priority),
    (Reason.ALREADY_INSIDE, IN_ONLY, _already_inside),
    (Reason.NOT_INSIDE, OUT_ONLY, _not_inside),
    (Reason.CLOCK_UNTRUSTED, IN_ONLY, lambda case: case.early or case.late),
    (Reason.LISTS_STALE, BOTH_WAYS, lambda case: case.rules.stale_at(case.now)),
    (Reason.DISINFECTION_DUE, BOTH_WAYS, _due),
)


def rule(class_: VehicleClass | None) -> Disinfection:
    # a class that the rules do not know is disinfected: the safe side
    return class_.disinfection if class_ else Disinfection.REQUIRED
