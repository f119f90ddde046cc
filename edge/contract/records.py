"""A record: one fact that a gate (or the hub) saw, hashed, chained and kept for ever.

`raw` is the canonical JSON that is hashed. Personal values stand beside it in `private`, each with a random salt; `raw`
holds only SHA-256 commitments of them, so that destroying the values at the end of an operation leaves the chain whole.

    hash = SHA-256(prev || raw)        the first prev is 32 zero bytes
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator
from rfc8785 import CanonicalizationError

from edge.contract.canonical import Json, canonical, is_canonical, sha256_hex
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.values import (
    EXPECTED,
    MOST,
    Flag,
    Line,
    Litres,
    Minutes,
    Name,
    One,
    Seconds,
    Seq,
    Slug,
    Wall,
    Whole,
    parse_wall,
    visible,
    visible_lines,
    wall_text,
)

__all__ = ["Seq", "parse_wall", "wall_text"]

VERSION = 1
ZERO_HASH = "00" * 32
MAX_RAW = 16 * 1024
"""Bytes of one `raw` at most; a gate never writes a longer one and the hub quarantines it."""
MAX_DEPTH = 32
"""Lists and objects in each other in one `raw` at most: the deepest of ours has four."""

LONGEST_REASON = 200
"""Characters of an override's reason at most."""

LONGEST_PRIVATE = 500
"""Characters of a personal value at most."""

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
VisitId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
PassId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Salt = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Private = dict[str, tuple[str, str]]
"""`{field: [salt, value]}`, as it is stored."""
PrivateAsSent = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], tuple[Salt, Annotated[str, Field(max_length=LONGEST_PRIVATE)]]
    ],
    Field(max_length=16),
]
"""`{field: [salt, value]}`, as it travels: salt of 32 hexadecimal digits, value as text."""
Why = Annotated[Line, Field(min_length=1)]
LongWhy = Annotated[str, Field(min_length=1, max_length=500)]

Part = Literal["tyres", "chassis", "body", "cab"]
"""What of a vehicle is sprayed."""
Parts = Annotated[tuple[Part, ...], Field(max_length=8)]

PERSONAL_FIELDS = frozenset(
    {"plate", "occupants", "origin", "destination", "purpose", "driver", "phone", "remark", "picture"}
)


class Fact(BaseModel):
    """A value that came over the boundary: frozen, unknown fields ignored (a newer sender may say more)."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Kind(StrEnum):
    """What happened."""

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


HUB_KINDS = frozenset({Kind.CORRECTED, Kind.CONFLICT_OPENED, Kind.CONFLICT_SETTLED, Kind.RELEASED, Kind.DESTROYED})


class Clock(StrEnum):
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


class Disinfection(StrEnum):
    """What an operation demands of a class of vehicle."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class VerifiedBy(StrEnum):
    """Who vouches that it was sprayed: a flow sensor that saw the flow, or the officer's button."""

    SENSOR = "sensor"
    OFFICER = "officer"


class At(Fact):
    """When: wall time, and milliseconds of the monotonic clock of one boot, which never lies about order."""

    wall: Wall
    boot: Hex
    mono_ms: Whole
    clock: Clock

    @property
    def time(self) -> datetime:
        """The wall time as an aware datetime."""
        return parse_wall(self.wall)


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


class Destroyed(Fact):
    """Personal values of an operation were destroyed."""

    operation: Name
    user: Name
    values: Whole


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
}

VISIT_KINDS = frozenset({Kind.VISIT_OPENED, Kind.DISINFECTED, Kind.VISIT_CLOSED, Kind.OVERRIDDEN, Kind.CORRECTED})
"""Kinds that belong to one visit and must name it; the others must not."""


class Head(Fact):
    """What every record says besides its body."""

    v: One
    town: Slug
    gate: Slug
    epoch: Epoch
    seq: Seq
    kind: Kind
    visit: VisitId | None
    lane: Name | None
    at: At
    commitments: Annotated[dict[Annotated[str, Field(max_length=32)], Hash], Field(max_length=16)]


class Record(Head):
    """One parsed record, with its body as the type that belongs to its kind."""

    body: Fact

    @classmethod
    def parse(cls, raw: str) -> Self:
        """The record in `raw`; `ValueError` with one line that says what is wrong.

        Accepts only canonical bytes: a second spelling of the same JSON would be a second hash of the same fact.
        """
        try:
            value = _loads(raw)
            kind = value.get("kind")
            shape = _SHAPES.get(kind, Record) if isinstance(kind, str) else Record
            record = cast(Self, shape.model_validate(value))
        except ValidationError as error:
            raise ValueError(one_line(error)) from None
        if (record.visit is not None) != (record.kind in VISIT_KINDS):
            raise ValueError(f"kind {record.kind}: visit must {'be named' if record.visit is None else 'be null'}")
        if not record.commitments.keys() <= PERSONAL_FIELDS:
            raise ValueError(f"commitments: unknown field {min(record.commitments.keys() - PERSONAL_FIELDS)!r}")
        if isinstance(record.body, Lost) and record.body.last >= record.seq:
            raise ValueError(f"body.last: record {record.seq} can't say that {record.body.last} is lost")
        return record


_SHAPES: dict[str, type[Record]] = {
    kind.value: create_model(f"{body.__name__}Record", __base__=Record, body=(body, ...))
    for kind, body in BODIES.items()
}
"""The whole of a record of each kind, read in one go."""


def shape_of(kind: Kind) -> type[Record]:
    """The type of the whole record of a kind."""
    return _SHAPES[kind]


class Sealed(Fact):
    """A record as it travels and is stored: the hashed bytes, the personal values beside them, its place in the chain."""

    raw: Annotated[str, Field(max_length=8 * MAX_RAW, json_schema_extra={"maxLength": MAX_RAW})]
    """Its length is judged with what it says, so that one that is too long is refused alone."""
    private: PrivateAsSent
    prev: Hash
    hash: Hash

    @property
    def whole(self) -> bool:
        """Whether `hash` is the hash of `prev` and `raw`."""
        return self.hash == chain_hash(self.prev, self.raw)


def new_epoch() -> str:
    """128 random bits, made with a journal."""
    return secrets.token_hex(16)


def new_visit() -> str:
    """128 random bits that name one vehicle's stay at one lane."""
    return secrets.token_hex(16)


def chain_hash(prev: str, raw: str) -> str:
    """SHA-256 over the 32 bytes of `prev` and the UTF-8 bytes of `raw`, in hexadecimal."""
    return sha256_hex(bytes.fromhex(prev), raw.encode())


def commitment(salt: str, field: str, value: str) -> str:
    """What `raw` holds of a personal value: SHA-256 of the canonical array `[salt, field, value]`."""
    return sha256_hex(canonical([salt, field, value]))


def commitments_hold(record: Head, private: Private) -> str | None:
    """None if `private` is what `raw` committed to (or was destroyed, field by field); else the field that is not."""
    for field, (salt, value) in private.items():
        if record.commitments.get(field) != commitment(salt, field, value):
            return field
    return None


def seal(
    *,
    town: str,
    gate: str,
    epoch: str,
    seq: int,
    kind: Kind,
    visit: str | None,
    lane: str | None,
    at: At,
    body: Fact,
    private: Mapping[str, str],
    prev: str,
    salt: Callable[[], str] = lambda: secrets.token_hex(16),
) -> Sealed:
    """Writes a record: salts and commits the personal values, spells `raw` canonically, chains it to `prev`.

    What can't be seen is left out of personal values; of texts in `body` their types have left it out.
    """
    salted: Private = {
        field: (salt(), visible_lines(value) if field == "remark" else visible(value))
        for field, value in private.items()
    }
    value: dict[str, Json] = {
        "v": VERSION,
        "town": town,
        "gate": gate,
        "epoch": epoch,
        "seq": seq,
        "kind": kind.value,
        "visit": visit,
        "lane": lane,
        "at": at.model_dump(mode="json"),
        "body": body.model_dump(mode="json"),
        "commitments": {field: commitment(s, field, v) for field, (s, v) in salted.items()},
    }
    raw = canonical(value).decode()
    return Sealed(raw=raw, private=salted, prev=prev, hash=chain_hash(prev, raw))


def signed_head(town: str, gate: str, epoch: str, seq: int, hash_: str) -> list[Json]:
    """What a gate signs for a batch: the place and the hash of its last record."""
    return [town, gate, epoch, seq, hash_]


def one_line(error: ValidationError) -> str:
    """The first fault that pydantic found, as `field: what`; no value is in it, for it may be a personal one."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "message"
    pattern = first.get("ctx", {}).get("pattern")
    what = f"expected {EXPECTED[pattern]}" if pattern in EXPECTED else first["msg"].replace("\n", " ")
    return f"{where}: {what}"


def _depth(value: Any) -> int:
    """How many lists and objects stand in each other."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


def _loads(raw: str) -> dict[str, Any]:
    text = raw.encode("utf-8", "surrogatepass")
    if len(text) > MAX_RAW:
        raise ValueError(f"raw: longer than {MAX_RAW} bytes")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"raw: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("raw: expected a JSON object")
    # counted, not tried: how deep a parser gets depends on who calls it
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(f"raw: nested deeper than {MAX_DEPTH} levels")
    version = value.get("v")
    if type(version) is not int or version != VERSION:
        raise ValueError(f"v: expected {VERSION}, found {repr(version)[:40]}")
    try:
        if not is_canonical(value, text):
            raise ValueError("raw: not canonical JSON (RFC 8785)")
    except RecursionError:
        raise ValueError("raw: nested too deep") from None
    except CanonicalizationError:
        raise ValueError(f"raw: a number beyond {MOST} (RFC 8785)") from None
    return value
