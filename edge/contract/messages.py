"""The messages between gate and hub, each parsed once from bytes into a type.

Sizes are capped before parsing; unknown fields are ignored; another `v` is an error (the hub quarantines it). What the hub
tells its gates about rules and passes travels in `Signed`: a text, and the hub's Ed25519 signature over it.
"""

from base64 import b64decode
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, Base64Encoder, ConfigDict, EncodedBytes, Field, ValidationError, model_validator

from edge.contract.canonical import Json, canonical, sha256_hex, sign, signed_by
from edge.contract.reasons import Direction
from edge.contract.records import (
    LONGEST_PRIVATE,
    Clock,
    Disinfection,
    Epoch,
    Fact,
    Hash,
    Hex,
    Parts,
    PassId,
    Sealed,
    VisitId,
    one_line,
    signed_head,
)
from edge.contract.values import (
    Celsius,
    Flag,
    Line,
    Lines,
    Minutes,
    Name,
    One,
    Rate,
    Seconds,
    Seq,
    Share,
    Slug,
    Wall,
    Whole,
)

MAX_BATCH_RECORDS = 200
MAX_MESSAGE = 128 * 1024
"""Bytes of one message from a gate at most. Lists from the hub may be larger (10,000 revoked ids are 200 kB)."""
MAX_LIST = 4 * 1024 * 1024
MOST_HOURS = 24 * 3660
"""Ten years. With more than a calendar can count a gate could judge nobody."""

MAX_PICTURE = 90 * 1024
"""Bytes of a picture that a gate sends at most: in base64 it still fits a message."""
JPEG = b"\xff\xd8\xff"
"""How every JPEG begins."""

KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
T = TypeVar("T", bound=Fact)
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
PublicKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PinHash = Annotated[str, Field(max_length=300)]
Pem = Annotated[str, Field(max_length=32 * 1024)]
Days = Annotated[float, Field(strict=True, gt=0, le=3660, allow_inf_nan=False)]
Hours = Annotated[float, Field(strict=True, ge=0, le=MOST_HOURS, allow_inf_nan=False)]
MOST_REFUSED = 20
"""Refusals that an ack names: the newest."""
MOST_ALARMS = 100
MOST_LANES = 32
MOST_GATES = 256
MOST_LISTED = 220_000
"""Entries of one list: as many pass ids as a message of 4 MiB holds."""


class _Base64(Base64Encoder):
    """Base64 of RFC 4648 and nothing between its characters: one picture has one length, which a JSON Schema can say."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        """The bytes; `ValueError` if any character is none of base64's."""
        return b64decode(data, validate=True)


def _base64_of(most: int) -> dict[str, Any]:
    pattern = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
    return {"contentEncoding": "base64", "pattern": pattern, "maxLength": (most + 2) // 3 * 4}


Jpeg = Annotated[
    bytes, EncodedBytes(encoder=_Base64), Field(max_length=MAX_PICTURE, json_schema_extra=_base64_of(MAX_PICTURE))
]


def _in_order(range_: tuple[int, int]) -> tuple[int, int]:
    if range_[0] > range_[1]:
        raise ValueError(f"a range from {range_[0]} to {range_[1]}: expected the first before the last")
    return range_


Span = Annotated[tuple[Seq, Seq], AfterValidator(_in_order)]
"""A range [first, last], both of them in it."""
Spans = Annotated[tuple[Span, ...], Field(max_length=200)]


def _v_required(schema: dict[str, Any]) -> None:
    schema["required"] = ["v", *(name for name in schema.get("required", []) if name != "v")]


class Message(Fact):
    """What travels: JSON in UTF-8 with `v`."""

    model_config = ConfigDict(json_schema_extra=_v_required)

    v: One = 1

    @classmethod
    def parse(cls, data: bytes, limit: int = MAX_MESSAGE) -> Self:
        """The message in `data`; `ValueError` with one line that says what is wrong."""
        if len(data) > limit:
            raise ValueError(f"message of {len(data)} bytes: at most {limit} are allowed")
        try:
            message = cls.model_validate_json(data)
        except ValidationError as error:
            raise ValueError(one_line(error)) from None
        if "v" not in message.model_fields_set:
            raise ValueError("v: expected 1, found nothing")
        return message

    def encode(self) -> bytes:
        """The bytes to publish."""
        return self.model_dump_json().encode()


class Bridge(Fact):
    """A signed `lost` record that lies further on in the same journal, sent ahead: the hub holds nothing of the gap it names."""

    record: Sealed
    seq: Seq
    sig: Signature


class Batch(Message):
    """Records in order of seq, signed by the gate over the head of the last one. `bridge`: over the gap right before them."""

    town: Slug
    gate: Slug
    epoch: Epoch
    records: Annotated[tuple[Sealed, ...], Field(min_length=1, max_length=MAX_BATCH_RECORDS)]
    seq: Seq
    """The sequence number of the last record."""
    sig: Signature
    bridge: Bridge | None = None
    live: Flag = False
    """New records, sent ahead of a backlog: what the hub can't take into the ledger yet it shall hold aside."""

    @property
    def first(self) -> int:
        """The sequence number of the first record."""
        return self.seq - len(self.records) + 1

    def signed_by(self, public: Ed25519PublicKey) -> bool:
        """Whether the gate with this key signed the batch's last record."""
        head = signed_head(self.town, self.gate, self.epoch, self.seq, self.records[-1].hash)
        return signed_by(public, head, self.sig)


class HubHead(Fact):
    """The hub's ledger at the moment of an ack: how many entries, the chain's last hash, the hub's signature over both.

    Gates keep the last one: a hub that later shows a shorter or another ledger is contradicted by its own signature.
    """

    count: Whole
    chain: Hash
    sig: Signature

    @classmethod
    def signed(cls, town: str, count: int, chain: str, key: Ed25519PrivateKey) -> Self:
        """The head, signed over the canonical array `["head", town, count, chain]`."""
        return cls(count=count, chain=chain, sig=sign(key, ["head", town, count, chain]))

    def holds(self, town: str, public: Ed25519PublicKey) -> bool:
        """Whether the hub with this key signed it."""
        return signed_by(public, ["head", town, self.count, self.chain], self.sig)


class Witness(Fact):
    """The last head that a gate holds, and of which life of which ledger it is."""

    ledger: Name
    ledger_epoch: Whole
    head: HubHead


class Hello(Message):
    """What a gate has: said at each connect, before it drains. `acked` is the hub's cursor as the gate knows it."""

    town: Slug
    gate: Slug
    epoch: Epoch
    oldest: Seq
    head: Whole
    acked: Whole
    head_hash: Hash
    boot: Hex
    clock: Clock
    policy: Whole | None
    passlist: Whole | None
    sighting: Whole
    """The number of the last sighting it holds; 0 for none."""
    series: Name | None = None
    """The series that number belongs to: after a restored hub the numbers begin a new one."""
    software: Name
    witness: Witness | None = None

    @model_validator(mode="after")
    def _within_its_journal(self) -> Self:
        if self.acked > self.head:
            raise ValueError(f"acked {self.acked}: beyond the head, {self.head}")
        if self.oldest > self.head + 1:
            raise ValueError(f"oldest {self.oldest}: beyond the head, {self.head}")
        return self


class Refused(Fact):
    """What the hub did not take into the ledger, and why. `seq` None: a whole message, in which it found no record to name."""

    seq: Seq | None
    why: Line


class Ack(Message):
    """What the hub's database holds of one epoch of a gate, without a gap, after the commit. It alone releases records.

    `committed`: up to here; `hash`: of that record, as the hub holds it (none: nothing is held), so that a cloned card does not
    take its twin's records for its own; `backed_up`: up to here in a backup too (the gate may prune); `missing`: ranges
    [first, last] that the hub wants, oldest first.
    """

    ledger: Name
    ledger_epoch: Whole
    epoch: Epoch
    committed: Whole
    hash: Hash | None = None
    backed_up: Whole
    missing: Spans = ()
    ahead: Spans = ()
    """Ranges beyond the cursor that the hub holds aside, durably, until what is before them has come. They release nothing."""
    head: HubHead
    refused: Annotated[tuple[Refused, ...], Field(max_length=MOST_REFUSED)] | None = None
    """What lies in the quarantine of what this gate sent, the newest last; None: this ack does not speak of it."""


class State(Message):
    """Online or offline, with the number of the connection it speaks of, so that a late Will of an old one is ignored.

    A gate's numbers begin anew with each journal, so it says its `epoch` too. `ledger_epoch`: the hub's.
    """

    online: Flag
    conn: Whole
    at: Wall
    epoch: Epoch | None = None
    ledger_epoch: Whole | None = None


class Health(Message):
    """What a gate knows of itself, every few seconds. None: not fitted, or not known."""

    at: Wall
    software: Name
    camera: Flag | None
    frames_per_second: Rate | None = None
    clock: Clock
    backlog: Whole
    epoch: Epoch | None = None
    """The journal that `backlog` and `head` are of."""
    head: Whole | None = None
    """The number of its last record."""
    disk_free: Whole | None = None
    """Bytes."""
    temperature: Celsius | None = None
    """Degrees Celsius of the processor."""
    under_voltage: Flag | None = None
    tank: Share | None = None
    """Share of the tank that is full, 0 to 1."""
    officer: Name | None = None
    policy: Whole | None = None
    passlist: Whole | None = None
    lanes: Annotated[dict[Name, Name], Field(default_factory=dict, max_length=MOST_LANES)]
    """Lane name: the state it is in."""
    alarms: Annotated[tuple[Name, ...], Field(max_length=MOST_ALARMS)] = ()


class Picture(Message):
    """A crossing's picture that the hub asked for by the SHA-256 in its record. `jpeg` None: the gate no longer has it."""

    hash: Hash
    jpeg: Jpeg | None
    at: Wall

    @property
    def whole(self) -> bool:
        """Whether it is the picture that it says it is; the absence of one always is."""
        return self.jpeg is None or (self.jpeg.startswith(JPEG) and sha256_hex(self.jpeg) == self.hash)


class GateInfo(Fact):
    """A gate as the policy knows it. `number` is its bit in a pass's gates and is never reused."""

    number: Annotated[int, Field(strict=True, ge=0, le=MOST_GATES - 1)]
    zh: Line
    en: Line


class AntiPassback(StrEnum):
    """What a pass that is already inside makes of another entry: nothing, a look, or a stop."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class Mark(StrEnum):
    """The shape printed on a class's passes beside its colour, for whoever can't tell colours apart."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    HEXAGON = "hexagon"
    STAR = "star"


class VehicleClass(Fact):
    """A class of vehicle and its rules. `gates` None: every gate.

    `default_days`, `most_days`: how long its passes are valid. `passback_hours`: an entry older than this no longer counts
    as being inside (None: it always does). `transit_minutes`: how long a vehicle of it may stay (None: no limit).
    `spray_seconds`: how long it is sprayed (None: as long as the policy says). `contact_seconds`: how long the solution must
    act before the barrier opens.
    """

    number: Annotated[int, Field(strict=True, ge=0, le=65535)]
    id: Name
    zh: Line
    en: Line
    gates: Annotated[tuple[Slug, ...], Field(max_length=MOST_GATES)] | None = None
    priority: Flag = False
    emergency: Flag = False
    disinfection: Disinfection = Disinfection.REQUIRED
    spray_seconds: Annotated[Seconds, Field(gt=0, le=3600)] | None = None
    contact_seconds: Annotated[Seconds, Field(le=3600)] = 0.0
    default_days: Days = 30.0
    most_days: Days = 366.0
    anti_passback: AntiPassback = AntiPassback.OFF
    passback_hours: Annotated[Hours, Field(gt=0)] | None = None
    transit_minutes: Annotated[Minutes, Field(gt=0)] | None = None
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#17568b"
    mark: Mark = Mark.CIRCLE


class Travel(Fact):
    """The least time it takes to drive between two gates inside the closed area, whichever way."""

    gates: tuple[Slug, Slug]
    least_minutes: Annotated[Minutes, Field(gt=0)]


class Agent(Fact):
    """A disinfectant that counts in this operation, with the concentration that officers mix."""

    id: Name
    zh: Line
    en: Line
    concentration: Line
    shelf_hours: Hours = 24.0


class Officer(Fact):
    """Somebody who may sign on at a gate. Records name the id only.

    `pin`: the argon2id hash of a PIN, with which the officer may override at a gate's screen; None: may not. The hub sends it to the
    gates of that officer's roster alone (`Commands.pins`), and not with the policy, which every gate reads; older hubs did.
    """

    id: Name
    name: Line
    pin: PinHash | None = None


class Coded(Fact):
    """One choice of a list that the operation gives its officers: a code for records, words for people."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
    zh: Line
    en: Line


TURN_BACK = (
    Coded(id="no_pass", zh="无通行证", en="no pass"),
    Coded(id="expired", zh="通行证已过期", en="pass has expired"),
    Coded(id="not_allowed", zh="不准通行", en="not allowed to pass"),
    Coded(id="wrong_gate", zh="须走其他卡口", en="must use another gate"),
    Coded(id="refuses_disinfection", zh="拒绝消毒", en="refuses the disinfection"),
    Coded(id="other", zh="其他", en="other"),
)
"""Why vehicles are turned back, unless the operation says otherwise."""
OVERRIDES = (
    Coded(id="medical", zh="急病就医", en="medical need"),
    Coded(id="supplies", zh="急需物资", en="urgent supplies"),
    Coded(id="ordered", zh="指挥部指令", en="ordered by the command post"),
)
"""Why vehicles pass all the same, unless the operation says otherwise."""


class Operation(Fact):
    """The operation (行动) whose rules these are."""

    id: Name
    zh: Line
    en: Line
    starts: Wall
    ends: Wall | None = None


class Policy(Fact):
    """The rules of the operation: what a gate demands is data, not code."""

    operation: Operation
    gates: Annotated[dict[Slug, GateInfo], Field(max_length=MOST_GATES)]
    classes: Annotated[tuple[VehicleClass, ...], Field(max_length=1000)]
    agents: Annotated[tuple[Agent, ...], Field(max_length=1000)]
    officers: Annotated[tuple[Officer, ...], Field(max_length=10_000)]
    asked: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """Personal fields that are asked of a vehicle registered by hand, besides the plate."""
    spray_seconds: Seconds = 10.0
    duplicate_seconds: Seconds = 10.0
    stale_hours: Hours = 24.0
    unmatched_hours: Hours = 24.0
    """An entry with no exit for longer than this is listed apart."""
    travel: Annotated[tuple[Travel, ...], Field(max_length=40_000)] = ()
    parts: Parts = ("tyres", "chassis", "body")
    """What of a vehicle is sprayed, unless the officer says otherwise."""
    turn_back: Annotated[tuple[Coded, ...], Field(max_length=100)] = TURN_BACK
    overrides: Annotated[tuple[Coded, ...], Field(max_length=100)] = OVERRIDES
    fail_barrier: Literal["closed", "open"] = "closed"
    """Where the barrier goes when the gate breaks or starts: down (an officer opens it by key), or up until one takes over.

    Never down onto a vehicle.
    """

    @property
    def fails_open(self) -> bool:
        """Whether the barrier goes up in a fault."""
        return self.fail_barrier == "open"

    def spray_of(self, id_: str | None) -> float:
        """Seconds that a vehicle of this class is sprayed."""
        class_ = self.class_named(id_)
        return class_.spray_seconds if class_ and class_.spray_seconds else self.spray_seconds

    def contact_of(self, id_: str | None) -> float:
        """Seconds that the solution must act on a vehicle of this class before the barrier opens."""
        class_ = self.class_named(id_)
        return class_.contact_seconds if class_ else 0.0

    def class_numbered(self, number: int) -> VehicleClass | None:
        """The class that passes name by this number."""
        return next((each for each in self.classes if each.number == number), None)

    def class_named(self, id_: str | None) -> VehicleClass | None:
        """The class with this id."""
        return next((each for each in self.classes if each.id == id_), None)


class TrustedKey(Fact):
    """A key whose passes count; `until` (RFC 3339) ends that."""

    kid: KeyId
    public: PublicKey
    until: Wall | None = None


class Watched(Fact):
    """A plate on the watch list (布控): stop it on the way in, on the way out, or only tell (`notify`). `why`: for officers."""

    plate: Line
    deny_in: Flag = False
    deny_out: Flag = False
    notify: Flag = True
    why: Line = ""


class PassList(Fact):
    """Which keys are trusted, which passes are not, and which plates are watched.

    `revoked` is for ever, `blocked` is not; `revoked_keys` (key ids) ends every pass that such a key signed.
    """

    keys: Annotated[tuple[TrustedKey, ...], Field(max_length=10_000)]
    revoked: Annotated[frozenset[PassId], Field(max_length=MOST_LISTED)] = frozenset()
    blocked: Annotated[frozenset[PassId], Field(max_length=MOST_LISTED)] = frozenset()
    revoked_keys: Annotated[frozenset[KeyId], Field(max_length=MOST_LISTED)] = frozenset()
    watch: Annotated[tuple[Watched, ...], Field(max_length=MOST_LISTED)] = ()


class Sighting(Fact):
    """A vehicle went in or out: number `n` of its series. Known by its plate, or, without one, by its pass."""

    n: Seq
    visit: VisitId
    gate: Slug
    direction: Direction
    pass_id: PassId | None
    plate: Annotated[str, Field(max_length=LONGEST_PRIVATE)] | None
    at: Wall

    @property
    def vehicle(self) -> str | None:
        """What the vehicle is known by: its plate (a pass is bound to one), else its pass; None for neither."""
        return self.plate or self.pass_id


class Sightings(Fact):
    """Sightings `first` to `last` without a gap; or, as a `snapshot`, the last of each vehicle that is inside after `last`.

    A snapshot in parts has one `last`: its first part has `first` 0, the others more. `series` names the numbering: a hub
    restored from a backup begins a new one, and a gate with another asks for a snapshot.
    """

    series: Name
    first: Whole
    last: Whole
    snapshot: Flag = False
    sightings: Annotated[tuple[Sighting, ...], Field(max_length=MOST_LISTED)] = ()


class CommandKind(StrEnum):
    """What a gate can be asked for: an order for the officer to read and confirm; the picture of a visit."""

    ORDER = "order"
    PICTURE = "picture"


class Command(Fact):
    """One thing that the hub wants of a gate until `expires` (RFC 3339). A gate does it once at most.

    `kind` is open: a gate answers one that it does not know with `unsupported`. `order`: `zh` and `en` are for the officer.
    `picture`: `visit` says whose.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
    issued: Wall
    expires: Wall
    zh: Lines = ""
    en: Lines = ""
    visit: VisitId | None = None


class Commands(Fact):
    """Everything that the hub wants of one gate now: what is not here any more was cancelled, answered, or has expired.

    `pins`: officer id -> the argon2id hash of the PIN with which that officer may override here. None: an older hub, whose policy has them.
    """

    gate: Slug
    commands: Annotated[tuple[Command, ...], Field(max_length=10_000)] = ()
    pins: Annotated[dict[Name, PinHash], Field(max_length=10_000)] | None = None


class Answered(StrEnum):
    """What an `order_received` says of a command. Whatever a gate does, it writes the record first: never twice.

    SHOWN: on the officer's screen; RECEIVED: an officer confirmed it; STARTED, DONE, FAILED: of what the gate does by itself;
    EXPIRED: it came too late; UNSUPPORTED: this gate does not know how.
    """

    SHOWN = "shown"
    RECEIVED = "received"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    UNSUPPORTED = "unsupported"


LAST_ANSWERS = frozenset(Answered) - {Answered.SHOWN, Answered.STARTED}
"""After one of these the hub asks no more, and leaves the command out of its next message."""

SignedKind = Literal["policy", "passlist", "sightings", "command"]


class Signed(Message):
    """A versioned text under the hub's signature over the canonical array `["kakou", kind, town, version, issued, text]`."""

    kind: SignedKind
    town: Slug
    version: Whole
    """Of sightings: the number of the last; of commands: milliseconds since 1970, or one more than the version before."""
    issued: Wall
    text: Annotated[str, Field(max_length=MAX_LIST)]
    sig: Signature

    @classmethod
    def seal(cls, kind: SignedKind, town: str, version: int, issued: str, body: Fact, key: Ed25519PrivateKey) -> Self:
        """Signs what the hub tells its gates."""
        text = canonical(_sorted_sets(body.model_dump(mode="json"))).decode()
        return cls.sign(kind, town, version, issued, text, key)

    @classmethod
    def sign(cls, kind: SignedKind, town: str, version: int, issued: str, text: str, key: Ed25519PrivateKey) -> Self:
        """Signs a text that is canonical JSON already."""
        sig = sign(key, ["kakou", kind, town, version, issued, text])
        return cls(kind=kind, town=town, version=version, issued=issued, text=text, sig=sig)

    def holds(self, public: Ed25519PublicKey) -> bool:
        """Whether the hub with this key signed it."""
        return signed_by(public, ["kakou", self.kind, self.town, self.version, self.issued, self.text], self.sig)

    def policy(self) -> Policy:
        """The policy inside; `ValueError` in one line."""
        return _body(Policy, self.text)

    def passlist(self) -> PassList:
        """The pass list inside; `ValueError` in one line."""
        return _body(PassList, self.text)

    def sightings(self) -> Sightings:
        """The sightings inside; `ValueError` in one line."""
        return _body(Sightings, self.text)

    def commands(self) -> Commands:
        """The commands inside; `ValueError` in one line."""
        return _body(Commands, self.text)


class Bundle(Message):
    """What a gate needs to join, as one file on a stick: its keys and certificate, the hub's address, CA and public key."""

    town: Slug
    gate: Slug
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]
    port: Annotated[int, Field(strict=True, ge=1, le=65535)]
    ca: Pem
    """PEM."""
    certificate: Pem
    """PEM, CN = the gate's id."""
    tls_key: Pem
    """PEM."""
    signing_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The gate's Ed25519 seed, hexadecimal."""
    hub_key: PublicKey
    """The hub's Ed25519 public key, hexadecimal: policy, lists and heads are signed with it."""
    policy: Signed
    passlist: Signed
    command: Signed | None = None
    """What the hub wants of this gate, with the PINs of its officers: the first shift needs no network."""

    @classmethod
    def parse(cls, data: bytes, limit: int = MAX_MESSAGE) -> Self:
        """As of every message; what is signed inside names its `v` too."""
        bundle = super().parse(data, limit)
        for name in ("policy", "passlist", "command"):
            signed: Signed | None = getattr(bundle, name)
            if signed is not None and "v" not in signed.model_fields_set:
                raise ValueError(f"{name}.v: expected 1, found nothing")
        return bundle


def _body(type_: type[T], text: str) -> T:
    try:
        return type_.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(one_line(error)) from None


_SETS = frozenset({"revoked", "blocked", "revoked_keys"})


def _sorted_sets(value: dict[str, Json]) -> dict[str, Json]:
    # a set has no order; the signed text must have one
    return {name: sorted(each) if name in _SETS and isinstance(each, list) else each for name, each in value.items()}
