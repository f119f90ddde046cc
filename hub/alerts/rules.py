"""The rules of alerts as one table: how bad each kind is, where it comes from, what ends it, whether its sound repeats.

| severity | on the pages | sound, until somebody acknowledges or snoozes it |
|---|---|---|
| critical | first in the bar | three high tones, again every 5 s |
| serious | behind those | two tones, again every 20 s where the rule says `repeats`, else once |
| notice | last | one low tone, once |

What is over no longer sounds. It stays in the bar until somebody acknowledges it; a notice that is over is closed by the hub itself.

Tested in `tests/hub/alerts/test_rules.py`.
"""

from enum import StrEnum
from typing import NamedTuple

from edge.contract import alarms
from hub.accounts.roles import Role
from hub.alerts.kinds import AlertKind


class Severity(StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    NOTICE = "notice"


class Source(StrEnum):
    """Where the hub knows it from."""

    ALARM = "alarm"
    """A gate's record `alarm_raised`, of the codes that stand beside; as a second way its health, which lists the same codes."""
    RECORD = "record"
    """Another record of a gate."""
    CONFLICT = "conflict"
    """The hub's own entry that opens a conflict, of the kinds that stand beside."""
    STATE = "state"
    """A look every few seconds at what gates said of themselves, and at the hub."""
    HUB = "hub"
    """The part of the hub that notices it."""


class Ends(StrEnum):
    """What ends it, beside somebody's acknowledgement."""

    NEVER = "never"
    """It has happened: nothing undoes it."""
    CLEARED = "cleared"
    """The gate's record `alarm_cleared`."""
    SETTLED = "settled"
    """The hub's entry that settles the conflict: by a person, or because a late record explains it."""
    GONE = "gone"
    """The look that does not find it any more."""
    HUB = "hub"
    """The part of the hub that raised it."""


class Rule(NamedTuple):
    """What holds for one kind. `codes`: alarms of gates, or kinds of conflicts, that raise it; `role`: the least that may acknowledge it."""

    severity: Severity
    source: Source
    ends: Ends
    repeats: bool = False
    codes: tuple[str, ...] = ()
    role: Role = Role.OFFICER


_CRITICAL, _SERIOUS, _NOTICE = Severity
_K = AlertKind

RULES: dict[AlertKind, Rule] = {
    # a person or a vehicle at a gate
    _K.HELP: Rule(_CRITICAL, Source.ALARM, Ends.CLEARED, True, (alarms.HELP,)),
    _K.WATCHED: Rule(_CRITICAL, Source.ALARM, Ends.NEVER, True, (alarms.WATCH_LIST,)),
    _K.FORCED: Rule(_CRITICAL, Source.ALARM, Ends.NEVER, True, (alarms.FORCED,)),
    _K.UNREGISTERED: Rule(_SERIOUS, Source.ALARM, Ends.NEVER, True, (alarms.UNREGISTERED,)),
    _K.TAILGATING: Rule(_SERIOUS, Source.ALARM, Ends.NEVER, True, (alarms.TAILGATING,)),
    _K.UNCLEAR: Rule(_SERIOUS, Source.ALARM, Ends.NEVER, False, (alarms.UNCLEAR,)),
    _K.REVERSING: Rule(_NOTICE, Source.ALARM, Ends.NEVER, False, (alarms.REVERSING,)),
    _K.EMERGENCY: Rule(_SERIOUS, Source.RECORD, Ends.NEVER, True),
    _K.OVERRIDE: Rule(_NOTICE, Source.RECORD, Ends.NEVER),
    _K.WRONG_PIN: Rule(_NOTICE, Source.ALARM, Ends.NEVER, False, ("wrong_pin",)),
    _K.UNMANNED: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.ORDER_UNANSWERED: Rule(_SERIOUS, Source.STATE, Ends.GONE, True),
    _K.QUESTION_OVERDUE: Rule(_SERIOUS, Source.STATE, Ends.GONE, True),
    _K.RUN_MISSED: Rule(_SERIOUS, Source.STATE, Ends.GONE, True),
    _K.ZERO_REPORT: Rule(_SERIOUS, Source.STATE, Ends.GONE, True),
    _K.UNATTENDED: Rule(_SERIOUS, Source.STATE, Ends.GONE, True),
    _K.ROSTER_GAP: Rule(_NOTICE, Source.STATE, Ends.GONE),
    # a gate's devices
    _K.SILENT: Rule(_SERIOUS, Source.STATE, Ends.GONE, True),
    _K.BARRIER: Rule(_SERIOUS, Source.ALARM, Ends.CLEARED, True, (alarms.BARRIER_STUCK,)),
    _K.CAMERA: Rule(_SERIOUS, Source.ALARM, Ends.CLEARED, False, (alarms.CAMERA, alarms.DECODER)),
    _K.SPRAYER: Rule(_SERIOUS, Source.ALARM, Ends.CLEARED, False, (alarms.NO_FLOW, alarms.FLOW_UNASKED)),
    _K.SOLUTION: Rule(_SERIOUS, Source.ALARM, Ends.CLEARED, False, (alarms.NO_SOLUTION,)),
    _K.TANK: Rule(_NOTICE, Source.ALARM, Ends.CLEARED, False, (alarms.TANK_LOW, alarms.SOLUTION_LOW)),
    _K.DEVICE: Rule(
        _NOTICE,
        Source.ALARM,
        Ends.CLEARED,
        False,
        (alarms.CAMERA_SETTINGS, alarms.PICTURES, alarms.NOT_FITTED, "voice"),
    ),
    _K.GATE_STORAGE: Rule(_CRITICAL, Source.ALARM, Ends.CLEARED, True, (alarms.JOURNAL, alarms.CLOSED)),
    _K.GATE_DISK: Rule(_SERIOUS, Source.ALARM, Ends.CLEARED, False, (alarms.FILLING,)),
    _K.GATE_ANEW: Rule(_SERIOUS, Source.ALARM, Ends.CLEARED, False, (alarms.JOURNAL_ANEW, alarms.LISTS_ANEW)),
    _K.REFUSED_LISTS: Rule(
        _SERIOUS,
        Source.ALARM,
        Ends.CLEARED,
        False,
        ("bad_command", "bad_policy", "bad_passlist", "bad_sightings", "bad_ack"),
    ),
    _K.POWER: Rule(_NOTICE, Source.STATE, Ends.GONE),
    _K.CLOCK: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.BACKLOG: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.GATE_ALARM: Rule(_NOTICE, Source.ALARM, Ends.CLEARED),
    _K.RETIRED: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    # contradictions
    _K.CLONED: Rule(_SERIOUS, Source.CONFLICT, Ends.SETTLED, True, ("too_fast",)),
    _K.TWICE: Rule(_NOTICE, Source.CONFLICT, Ends.SETTLED, False, ("in_twice", "out_twice")),
    _K.REVOKED: Rule(_SERIOUS, Source.CONFLICT, Ends.SETTLED, True, ("revoked_after",)),
    _K.OVERSTAY: Rule(_NOTICE, Source.CONFLICT, Ends.SETTLED, False, ("overstay",)),
    # the ledger and the hub
    _K.QUARANTINE: Rule(_NOTICE, Source.STATE, Ends.GONE),
    _K.FORK: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.NEW_JOURNAL: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.CONTRADICTED: Rule(_CRITICAL, Source.HUB, Ends.NEVER, True),
    _K.LOST: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.LATE: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.DISK_FULL: Rule(_CRITICAL, Source.HUB, Ends.HUB, True),
    _K.DISK: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.BACKUP: Rule(_SERIOUS, Source.HUB, Ends.HUB),
    _K.BACKUP_OLD: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.FEED: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.CERTIFICATE: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.BROKER_STORE: Rule(_NOTICE, Source.HUB, Ends.NEVER),
    _K.RESTORED: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.FLOOD: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.NOT_KEPT: Rule(_SERIOUS, Source.HUB, Ends.NEVER),
    _K.STANDSTILL: Rule(_CRITICAL, Source.HUB, Ends.NEVER, True),
    _K.UNDERIVED: Rule(_SERIOUS, Source.HUB, Ends.HUB),
    _K.UNJUDGED: Rule(_SERIOUS, Source.HUB, Ends.HUB),
    _K.OPERATION_ENDS: Rule(_NOTICE, Source.STATE, Ends.GONE),
    _K.OPERATION_OVER: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.KEPT_PAST: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.BROUGHT_BACK: Rule(_CRITICAL, Source.STATE, Ends.GONE, True),
    _K.RULES: Rule(_SERIOUS, Source.HUB, Ends.HUB),
    # registers
    _K.REGISTER_OVERDUE: Rule(_SERIOUS, Source.STATE, Ends.GONE),
    _K.REGISTER_ESCALATED: Rule(_CRITICAL, Source.STATE, Ends.GONE, True, role=Role.SUPERVISOR),
}

_UNKNOWN = Rule(Severity.SERIOUS, Source.HUB, Ends.NEVER)
_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_OF_ALARMS = {code: kind for kind, rule in RULES.items() if rule.source is Source.ALARM for code in rule.codes}
_OF_CONFLICTS = {code: kind for kind, rule in RULES.items() if rule.source is Source.CONFLICT for code in rule.codes}
_OF_CONFLICTS["watch_list"] = AlertKind.WATCHED


def rule_of(what: str) -> Rule:
    """The rule of a kind as a row names it; of one that a newer version raised: serious, ended by nobody."""
    return RULES[AlertKind(what)] if what in set(AlertKind) else _UNKNOWN


def rank(what: str) -> int:
    """0 for the worst kinds."""
    return _RANKS[rule_of(what).severity]


def of_alarm(code: str) -> AlertKind:
    """The kind that a gate's alarm raises."""
    return _OF_ALARMS.get(code, AlertKind.GATE_ALARM)


def of_conflict(what: str) -> AlertKind | None:
    """The kind that a conflict raises, if it does."""
    return _OF_CONFLICTS.get(what)


def kinds_of(severity: Severity) -> tuple[AlertKind, ...]:
    """Every kind of a severity."""
    return tuple(kind for kind, rule in RULES.items() if rule.severity is severity)


def closes_itself(what: str) -> bool:
    """Returns True if nobody needs to acknowledge an alert of this kind that is over."""
    return rule_of(what).severity is Severity.NOTICE
