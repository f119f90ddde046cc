"""Decides on a vehicle: a QR text, a registration or an emergency, with the town's rules and the time -> a decision with its reason.

First the text: `not_a_pass`, `bad_format`, `unknown_key`, `bad_signature`; nothing of an unsigned text is believed. A genuine
pass then goes through one table, in the order in which the reasons count; the first that holds is the reason.

- A pass that a revoked key signed is `revoked`, as long as the pass list still names the key; else it is `unknown_key`.
- `duplicate_read` stands before `emergency` and `priority`: it is the same crossing read twice, not a vehicle that waits.
- `emergency` and `priority` stand before all that would only make a vehicle wait or look like a copy: anti-passback, a clock
  that is not trusted, old lists, a disinfection that is due.
- `clock_untrusted` stands where nothing but the time speaks against a pass, and this gate's clock is not synchronised.
- On the way out nobody with a genuine pass is stopped but for `revoked`, `blocked` and the watch list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from edge.contract import passes, plates
from edge.contract.facts import ClockTrust, Disinfection, ReadBy
from edge.contract.passes import Pass
from edge.contract.policy import AntiPassback, VehicleClass
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.decision.checks import CHECKS, Case, denied, rule
from edge.decision.decision import NOTHING, Decision, LastSeen
from edge.decision.rules import Rules


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


def decide(
    shown: Shown,
    rules: Rules,
    *,
    gate: str,
    direction: Direction,
    now: datetime,
    recent: Mapping[str, str] = NOTHING,
    clock: ClockTrust = ClockTrust.SYNCED,
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
    text: str,
    rules: Rules,
    gate: str,
    direction: Direction,
    now: datetime,
    recent: Mapping[str, str],
    clock: ClockTrust,
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


def _before(case: Case, reason: Reason) -> LastSeen | None:
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
        Reason.WATCH_LIST if denied(rules.watch.get(plate), direction) else reason,
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
    before: LastSeen | None = None,
) -> Decision:
    watched = rules.watch.get(plate) if plate else None
    tell = watched is not None and (watched.notify or denied(watched, direction))
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


def _demanded(class_: VehicleClass | None, *, waits: bool) -> Disinfection:
    # priority and emergency vehicles never wait for the sprayer, whatever their class would owe
    urgent = class_ is not None and class_.emergency
    return rule(class_) if waits and not urgent else Disinfection.OFF
