"""What was shown at a lane, the town's rules and the time -> a decision with its reason. Plain values in, a plain value out.

First the text: `not_a_pass`, `bad_format`, `unknown_key`, `bad_signature`; nothing of an unsigned text is believed. A genuine
pass then goes through one table, in the order in which the reasons count; the first that holds is the reason.

- A pass that a revoked key signed is `revoked`, as long as the pass list still names the key; else it is `unknown_key`.
- `duplicate_read` stands before `emergency` and `priority`: it is the same crossing read twice, not a vehicle that waits.
- `emergency` and `priority` stand before all that would only make a vehicle wait or look like a copy: anti-passback, a clock
  that is not trusted, old lists, a disinfection that is due.
- `clock_untrusted` stands where nothing but the time speaks against a pass, and this gate's clock is not synchronised.
- On the way out nobody with a genuine pass is stopped but for `revoked`, `blocked` and the watch list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from edge.contract import passes, plates
from edge.contract.facts import Clock, Disinfection, ReadBy
from edge.contract.messages import Watched
from edge.contract.passes import Keys, Pass
from edge.contract.policy import AntiPassback, Policy, VehicleClass
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.events import NOTHING, Decision, Seen


@dataclass(frozen=True, slots=True)
class Rules:
    """What the gate knows of the town's rules: the last signed policy and pass list. A gate without any still works by hand.

    `keys` are those that are trusted now, `withdrawn` those that were revoked; `revoked` and `blocked` hold pass ids in
    hexadecimal; `watch` is by plate. `inside`: vehicle (plate, else pass id) -> its last sighting; `inside_known`: the hub
    has told who is inside, so that a vehicle which is not there did not come in. `received`: when the older list came.
    """

    policy: Policy | None = None
    policy_version: int | None = None
    keys: Keys = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()
    passlist_version: int | None = None
    withdrawn: Keys = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    watch: Mapping[str, Watched] = field(default_factory=dict)
    inside: Mapping[str, Seen] = field(default_factory=dict)
    inside_known: bool = False
    received: datetime | None = None

    def last_of(self, *names: str | None) -> Seen | None:
        """The last sighting of a vehicle that is known by these names."""
        found = [seen for name in names if name and (seen := self.inside.get(name))]
        return max(found, key=lambda seen: seen.at, default=None)

    def stale_at(self, now: datetime) -> bool:
        """Whether the lists are older than the policy lets them grow."""
        if self.policy is None or self.received is None:
            return False
        return now - self.received > timedelta(hours=self.policy.stale_hours)


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR text was shown."""

    text: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """An officer typed the vehicle in. `fields`: personal values that the operation asks for."""

    plate: str
    vehicle_class: str | None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmergencyCall:
    """The emergency button: nothing else is known yet."""


Shown = Qr | ByHand | EmergencyCall


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
    clock: Clock
    first: str | None
    last: Seen | None
    withdrawn: bool

    @property
    def priority(self) -> bool:
        """Whether the vehicle never waits: by its pass or by its class."""
        return self.pass_.priority or (self.vehicle_class is not None and self.vehicle_class.priority)

    @property
    def time_counts(self) -> bool:
        """Whether this gate's clock can speak against a pass."""
        return self.clock is not Clock.UNSYNCED

    @property
    def early(self) -> bool:
        """Before its time, as this gate's clock says."""
        return self.now.timestamp() < self.pass_.not_before

    @property
    def late(self) -> bool:
        """After its time, as this gate's clock says."""
        return self.now.timestamp() >= self.pass_.expires

    @property
    def passback(self) -> AntiPassback:
        """What being inside already means for its class."""
        return self.vehicle_class.anti_passback if self.vehicle_class else AntiPassback.OFF


def _denied(watched: Watched | None, direction: Direction) -> bool:
    if watched is None:
        return False
    return watched.deny_in if direction is Direction.IN else watched.deny_out


def _revoked(case: Case) -> bool:
    return case.withdrawn or case.pass_.id_hex in case.rules.revoked


def _watched(case: Case) -> bool:
    return _denied(case.rules.watch.get(case.plate), case.direction)


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
    return _rule(case.vehicle_class) is Disinfection.REQUIRED


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


def decide(
    shown: Shown,
    rules: Rules,
    *,
    gate: str,
    direction: Direction,
    now: datetime,
    recent: Mapping[str, str] = NOTHING,
    clock: Clock = Clock.SYNCED,
) -> Decision:
    """The decision on what was shown at `gate`.

    `now` is the aware wall time and `clock` how far it can be trusted. `recent` names the visits of passes (ids in
    hexadecimal) that were here moments ago.
    """
    match shown:
        case Qr(text):
            return _judge_qr(text, rules, gate, direction, now, recent, clock)
        case ByHand():
            return _judge_by_hand(shown, rules, direction)
        case EmergencyCall():
            return _decision(Reason.EMERGENCY, direction, ReadBy.EMERGENCY, rules)


def mismatched(made: Decision, *, disinfected: bool) -> Decision:
    """The decision on the same pass once an officer saw another plate on the vehicle. `disinfected`: that much was done."""
    return replace(
        made,
        reason=Reason.PLATE_MISMATCH,
        verdict=verdict_of(Reason.PLATE_MISMATCH, made.direction),
        disinfection=Disinfection.OFF if disinfected else made.disinfection,
        first=None,
        before=None,
    )


def _read(text: str, rules: Rules) -> tuple[Pass | Reason, bool]:
    """What the text is, and whether a revoked key signed it."""
    read = passes.read(text, rules.keys)
    if read is not Reason.UNKNOWN_KEY or not rules.withdrawn:
        return read, False
    again = passes.read(text, rules.withdrawn)
    return again, isinstance(again, Pass)


def _judge_qr(
    text: str, rules: Rules, gate: str, direction: Direction, now: datetime, recent: Mapping[str, str], clock: Clock
) -> Decision:
    read, withdrawn = _read(text, rules)
    if isinstance(read, Reason):
        return _decision(read, direction, ReadBy.QR, rules)
    class_ = rules.policy.class_numbered(read.vehicle_class) if rules.policy else None
    plate = plates.normalise(read.plate)
    first, last = recent.get(read.id_hex), rules.last_of(plate, read.id_hex)
    case = Case(read, plate, class_, rules, gate, direction, now, clock, first, last, withdrawn)
    reason = next(
        (reason for reason, directions, holds in CHECKS if direction in directions and holds(case)),
        Reason.OK if direction is Direction.IN else Reason.EXIT_OK,
    )
    return _decision(
        reason,
        direction,
        ReadBy.QR,
        rules,
        plate=plate,
        class_=class_,
        pass_id=read.id_hex,
        disinfection=_demanded(class_, waits=not case.priority),
        first=case.first if reason is Reason.DUPLICATE_READ else None,
        before=_before(case, reason),
    )


def _before(case: Case, reason: Reason) -> Seen | None:
    """When and where the vehicle was seen, where that is why."""
    if reason is Reason.DUPLICATE_READ:
        return case.last if case.last and case.last.visit == case.first else None
    return case.last if reason in {Reason.ALREADY_INSIDE, Reason.NOT_INSIDE} else None


def _judge_by_hand(shown: ByHand, rules: Rules, direction: Direction) -> Decision:
    class_ = rules.policy.class_named(shown.vehicle_class) if rules.policy else None
    urgent = class_ is not None and class_.emergency
    plate = plates.classify(shown.plate).text
    reason = Reason.EMERGENCY if urgent else Reason.NO_PASS
    return _decision(
        Reason.WATCH_LIST if _denied(rules.watch.get(plate), direction) else reason,
        direction,
        ReadBy.HAND,
        rules,
        plate=plate,
        class_=class_,
        disinfection=_demanded(class_, waits=class_ is None or not class_.priority),
        fields=shown.fields,
    )


def _decision(
    reason: Reason,
    direction: Direction,
    read_by: ReadBy,
    rules: Rules,
    *,
    plate: str = "",
    class_: VehicleClass | None = None,
    pass_id: str | None = None,
    disinfection: Disinfection = Disinfection.OFF,
    fields: Mapping[str, str] = NOTHING,
    first: str | None = None,
    before: Seen | None = None,
) -> Decision:
    watched = rules.watch.get(plate) if plate else None
    tell = watched is not None and (watched.notify or _denied(watched, direction))
    soft = class_ is not None and class_.anti_passback is AntiPassback.SOFT
    return Decision(
        reason=reason,
        verdict=verdict_of(reason, direction, soft=soft),
        direction=direction,
        read_by=read_by,
        plate=plate,
        vehicle_class=class_.id if class_ else None,
        pass_id=pass_id,
        disinfection=disinfection,
        fields=fields,
        first=first,
        operation=rules.policy.operation.id if rules.policy else None,
        policy=rules.policy_version,
        passlist=rules.passlist_version,
        before=before,
        watched=watched.why if watched and tell else None,
    )


def _rule(class_: VehicleClass | None) -> Disinfection:
    # a class that the rules do not know is disinfected: the safe side
    return class_.disinfection if class_ else Disinfection.REQUIRED


def _demanded(class_: VehicleClass | None, *, waits: bool) -> Disinfection:
    # priority and emergency vehicles never wait for the sprayer, whatever their class would owe
    urgent = class_ is not None and class_.emergency
    return _rule(class_) if waits and not urgent else Disinfection.OFF
