"""The kinds of records, and for each kind a model of the facts that a record of it holds.

Tested in `tests/contract/test_values.py` and `tests/contract/test_schemas.py`.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.contract.fact import Destroyed, Fact, Hash, LongWhy, PartDecided
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.values import Flag, Line, Litres, Minutes, Name, Seconds, Seq, Wall, Whole

__all__ = ["Destroyed", "Fact", "Hash", "LongWhy", "PartDecided"]

LONGEST_REASON = 200
"""Characters of an override's reason at most."""


LONGEST_PRIVATE = 500
"""Characters of a personal value at most."""


Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]


Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


VisitId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


PassId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


Private = dict[str, tuple[str, str]]
"""`{field: [salt, value]}`, as it is stored."""


Why = Annotated[Line, Field(min_length=1)]


Part = Literal["tyres", "chassis", "body", "cab"]
"""What of a vehicle is sprayed."""


Parts = Annotated[tuple[Part, ...], Field(max_length=8)]


PERSONAL_FIELDS = frozenset(
    {"plate", "occupants", "origin", "destination", "purpose", "driver", "phone", "remark", "picture"}
)


class Kind(StrEnum):
    """The kinds of records: what happened."""

    VISIT_OPENED = "visit_opened"
    DISINFECTED = "disinfected"
    VISIT_CLOSED = "visit_closed"
    OVERRIDDEN = "overridden"
    SOLUTION_PREPARED = "solution_prepared"
    SHIFT_STARTED = "shift_started"
    SHIFT_ENDED = "shift_ended"
    ALARM_RAISED = "alarm_raised"
    ALARM_CLEARED = "alarm_cleared"
    CLOCK_SET = "clock_set"
    ORDER_RECEIVED = "order_received"
    LOST = "lost"
    CORRECTED = "corrected"
    CONFLICT_OPENED = "conflict_opened"
    CONFLICT_SETTLED = "conflict_settled"
    RELEASED = "released"
    DESTROYED = "destroyed"
    PART_DECIDED = "part_decided"
    DUTY_STARTED = "duty_started"
    DUTY_NOTED = "duty_noted"
    DUTY_OFFERED = "duty_offered"
    DUTY_ENDED = "duty_ended"


HUB_KINDS = frozenset({
    Kind.CORRECTED, Kind.CONFLICT_OPENED, Kind.CONFLICT_SETTLED, Kind.RELEASED, Kind.DESTROYED, Kind.PART_DECIDED,
    Kind.DUTY_STARTED, Kind.DUTY_NOTED, Kind.DUTY_OFFERED, Kind.DUTY_ENDED,
})  # fmt: skip


class ClockTrust(StrEnum):
    """How far the wall time of a record can be trusted."""

    SYNCED = "synced"
    RTC = "rtc"
    UNSYNCED = "unsynced"


class ReadBy(StrEnum):
    """How a vehicle was registered."""

    QR = "qr"
    HAND = "hand"
    EMERGENCY = "emergency"


class Outcome(StrEnum):
    """How a visit ended."""

    PASSED = "passed"
    TURNED_BACK = "turned_back"
    DETAINED = "detained"
    ABANDONED = "abandoned"
    UNCLEAR = "unclear"
    """The sensors cannot say whether it drove through or went back."""


class Disinfection(StrEnum):
    """The rule of an operation on the disinfection of a class of vehicle."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class VerifiedBy(StrEnum):
    """The proof that a vehicle was sprayed: a flow sensor that saw the flow, or the officer's button."""

    SENSOR = "sensor"
    OFFICER = "officer"


class VisitOpened(Fact):
    """A vehicle is at the lane and was judged. Private: plate and what the operation asks."""

    read_by: ReadBy
    direction: Direction
    verdict: Verdict
    reason: Reason
    vehicle_class: Name | None
    pass_id: PassId | None
    officer: Name | None
    operation: Name | None
    disinfection: Disinfection
    policy: Whole | None = None
    passlist: Whole | None = None
    first: VisitId | None = None
    """For `duplicate_read`: the visit that the same pass opened moments before."""
    picture: Hash | None = None
    """SHA-256 of the JPEG that the gate keeps of this moment."""


class Disinfected(Fact):
    """A vehicle was sprayed; `batch` points to a `solution_prepared`. Seconds and litres of a visit's records add up.

    Where the solution must act before the barrier opens, a second record with no seconds says how long it did.
    """

    batch: Name | None
    agent: Name | None
    concentration: Line | None
    parts: Parts
    washed_first: Flag
    seconds: Seconds
    """Of flow, where a flow sensor is fitted; else of the sprayer's relay."""
    contact_minutes: Minutes | None = None
    verified_by: VerifiedBy
    officer: Name | None
    litres: Litres | None = None
    """None: no flow sensor is fitted."""


class VisitClosed(Fact):
    """How the visit ended. `supplement`: said again for something filled in afterwards (an emergency's plate)."""

    outcome: Outcome
    officer: Name | None
    supplement: Flag = False
    why: Name | None = None
    """A code of the policy's `turn_back`, of a vehicle that was turned back or detained."""


class Overridden(Fact):
    """An officer let a vehicle pass against the verdict, by name and reason."""

    officer: Name
    """Who gave the PIN; need not be who is on shift."""
    reason: Why
    what: Literal["verdict", "disinfection"] = "verdict"


class SolutionPrepared(Fact):
    """A batch of disinfectant was mixed (配液). `concentration` in mg/L (`500 mg/L`), per cent or as a ratio (`1:200`)."""

    batch: Name
    agent: Name
    concentration: Line
    tank: Name
    expires_at: Wall
    officer: Name | None
    lot: Line | None = None
    label: Line | None = None
    """The strength that the product's label says."""
    target: Line | None = None
    strip: Line | None = None
    """What the test strip showed."""
    water_litres: Litres | None = None
    litres: Litres | None = None
    """How much stands in the tank."""
    made_at: Wall | None = None


class ShiftStarted(Fact):
    """An officer signed on at the gate."""

    officer: Name


class ShiftEnded(Fact):
    """An officer signed off, or handed over to another with so many matters open. Private: `remark`, the note."""

    officer: Name
    to: Name | None = None
    open_matters: Whole = 0


class AlarmRaised(Fact):
    """Something at the gate needs attention; `alarm` is its code (a key of `alarms.ALARMS`, or one that is newer)."""

    alarm: Name
    detail: Line


class AlarmCleared(Fact):
    """The alarm is over."""

    alarm: Name


class ClockSet(Fact):
    """The wall clock was set: what it showed, and what it should have shown at the same instant."""

    before: Wall
    after: Wall


class OrderReceived(Fact):
    """An order or command of the hub arrived; `result` says what became of it (`messages.Answered`). `detail`: why it failed."""

    order: Name
    result: Name
    officer: Name | None = None
    detail: Line = ""
    late: Flag | None = None
    """True: after the order's `due`, by the gate's clock; None: there is no such time, or the clock cannot be trusted."""


class Lost(Fact):
    """The only way past a gap: these sequence numbers will never come, and why."""

    first: Seq
    last: Seq
    why: Line

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError(f"a range from {self.first} to {self.last}: expected the first before the last")
        return self


class Corrected(Fact):
    """A user of the hub set a visit right; the new values stand in `private` under their field names."""

    user: Name
    reason: LongWhy
    entry: Seq
    """The ledger entry (its id) that is corrected."""


class Released(Fact):
    """A quarantined message was looked at and let in (or dismissed) by a user."""

    user: Name
    reason: LongWhy
    quarantine: Seq
    outcome: Literal["released", "dismissed"] = "released"


class ConflictOpened(Fact):
    """Two facts contradict each other; the entries are the evidence."""

    conflict: Name
    what: Name
    entries: Annotated[tuple[Seq, ...], Field(max_length=1000)]


class ConflictSettled(Fact):
    """A user settled a conflict."""

    conflict: Name
    user: Name
    reason: LongWhy


Matters = Annotated[tuple[Line, ...], Field(max_length=200)]
"""Open matters by kind and id, such as `alert/12`; those beyond 200 are only counted."""


class DutyStarted(Fact):
    """A duty officer signed on at the command post, alone, beside others, or in the place of the one who is relieved."""

    user: Name
    shift: Name
    """The post's shift, from one handover to the next: the same for all who work in it."""
    relieves: Name | None = None
    offer: Seq | None = None
    """The entry with which the relieved officer handed over; None: that officer was not there."""
    why: Line = ""
    """Why nobody handed over."""
    open_matters: Whole = 0
    taken: Matters = ()
    """The matters that were ticked as taken over."""


class DutyNoted(Fact):
    """A duty officer wrote something down. Private: `remark`, the note."""

    user: Name
    shift: Name


class DutyOffered(Fact):
    """A duty officer hands the post over; it counts once the next one signs on. Private: `remark`, the last word."""

    user: Name
    shift: Name
    to: Name | None = None
    """To whom; None: to any officer."""
    open_matters: Whole = 0
    matters: Matters = ()
    entered: Whole = 0
    """Vehicles that came in during the shift; `left`: that went out; `inside`: that are inside now."""
    left: Whole = 0
    turned_back: Whole = 0
    disinfected: Whole = 0
    inside: Whole = 0


class DutyEnded(Fact):
    """A duty officer signed off without handing over, or was signed off by somebody else."""

    user: Name
    shift: Name
    by: Name
    why: Line = ""


BODIES: dict[Kind, type[Fact]] = {
    Kind.VISIT_OPENED: VisitOpened,
    Kind.DISINFECTED: Disinfected,
    Kind.VISIT_CLOSED: VisitClosed,
    Kind.OVERRIDDEN: Overridden,
    Kind.SOLUTION_PREPARED: SolutionPrepared,
    Kind.SHIFT_STARTED: ShiftStarted,
    Kind.SHIFT_ENDED: ShiftEnded,
    Kind.ALARM_RAISED: AlarmRaised,
    Kind.ALARM_CLEARED: AlarmCleared,
    Kind.CLOCK_SET: ClockSet,
    Kind.ORDER_RECEIVED: OrderReceived,
    Kind.LOST: Lost,
    Kind.CORRECTED: Corrected,
    Kind.CONFLICT_OPENED: ConflictOpened,
    Kind.CONFLICT_SETTLED: ConflictSettled,
    Kind.RELEASED: Released,
    Kind.DESTROYED: Destroyed,
    Kind.PART_DECIDED: PartDecided,
    Kind.DUTY_STARTED: DutyStarted,
    Kind.DUTY_NOTED: DutyNoted,
    Kind.DUTY_OFFERED: DutyOffered,
    Kind.DUTY_ENDED: DutyEnded,
}


VISIT_KINDS = frozenset({Kind.VISIT_OPENED, Kind.DISINFECTED, Kind.VISIT_CLOSED, Kind.OVERRIDDEN, Kind.CORRECTED})
"""Kinds that belong to one visit and must name it; the others must not."""
