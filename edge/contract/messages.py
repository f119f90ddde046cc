"""The messages between gate and hub, each parsed once from bytes into a type.

Sizes are capped before parsing; unknown fields are ignored; another `v` is an error (the hub quarantines it). What the hub
tells its gates about rules and passes travels in `Signed`: a text, and the hub's Ed25519 signature over it.
"""

from base64 import b64decode
from typing import Annotated, Any, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, Base64Encoder, EncodedBytes, Field, model_validator

from edge.contract.canonical import canonical, sha256_hex, sign, signed_by
from edge.contract.commands import Commands
from edge.contract.facts import LONGEST_PRIVATE, ClockTrust, Epoch, Fact, Hash, Hex, PassId, VisitId
from edge.contract.message import MAX_MESSAGE, KeyId, Message, Signature, body_of, sorted_sets
from edge.contract.policy import Policy
from edge.contract.reasons import Direction
from edge.contract.records import Sealed, signed_head
from edge.contract.values import (
    Celsius,
    Flag,
    Line,
    Name,
    Rate,
    Seq,
    Share,
    Slug,
    Wall,
    Whole,
)

MAX_BATCH_RECORDS = 200
MAX_LIST = 4 * 1024 * 1024

MAX_PICTURE = 90 * 1024
"""Bytes of a picture that a gate sends at most: in base64 it still fits a message."""
JPEG = b"\xff\xd8\xff"
"""How every JPEG begins."""

PublicKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Pem = Annotated[str, Field(max_length=32 * 1024)]
MOST_REFUSED = 20
"""Refusals that an ack names: the newest."""
MOST_ALARMS = 100
MOST_LANES = 32
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
    """New records, sent ahead of a backlog: those that it cannot take into the ledger yet the hub must keep outside it."""

    @property
    def first(self) -> int:
        """The sequence number of the first record."""
        return self.seq - len(self.records) + 1

    def signed_by(self, public: Ed25519PublicKey) -> bool:
        """Returns True if the gate with this key signed the batch's last record."""
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
        """Returns True if the hub with this key signed it."""
        return signed_by(public, ["head", town, self.count, self.chain], self.sig)


class Witness(Fact):
    """The last head that a gate holds, and of which life of which ledger it is."""

    ledger: Name
    ledger_epoch: Whole
    head: HubHead


class Hello(Message):
    """What a gate holds, sent at each connection before any record. `acked` is the hub's cursor as the gate knows it."""

    town: Slug
    gate: Slug
    epoch: Epoch
    oldest: Seq
    head: Whole
    acked: Whole
    head_hash: Hash
    boot: Hex
    clock: ClockTrust
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
    """A record or message that the hub did not take into the ledger, and why. `seq` None: a whole message, in which the hub found no record to name."""

    seq: Seq | None
    why: Line


class Ack(Message):
    """The acknowledgement: how far the hub's database holds one epoch of a gate without a gap, after the commit. Only this message releases records.

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
    """Ranges beyond the cursor that the hub keeps durably outside the ledger until the records before them have come. They release nothing."""
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
    """The state of a gate and its devices, sent every few seconds. None: not fitted, or not known."""

    at: Wall
    software: Name
    camera: Flag | None
    frames_per_second: Rate | None = None
    clock: ClockTrust
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
        """Returns True if it is the picture that it says it is; the absence of one always is."""
        return self.jpeg is None or (self.jpeg.startswith(JPEG) and sha256_hex(self.jpeg) == self.hash)


class TrustedKey(Fact):
    """A key whose passes count; `until` (RFC 3339) ends that."""

    kid: KeyId
    public: PublicKey
    until: Wall | None = None


class Watched(Fact):
    """A plate on the watch list (布控): the gate stops the vehicle on the way in, on the way out, or only reports it (`notify`). `why`: for officers."""

    plate: Line
    deny_in: Flag = False
    deny_out: Flag = False
    notify: Flag = True
    why: Line = ""


class PassList(Fact):
    """The pass list: trusted keys, revoked and blocked passes, watched plates.

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
        """The name by which the vehicle is known: its plate (a pass is bound to one), else its pass; None for neither."""
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
        """Signs a message of the hub to its gates."""
        text = canonical(sorted_sets(body.model_dump(mode="json"))).decode()
        return cls.sign(kind, town, version, issued, text, key)

    @classmethod
    def sign(cls, kind: SignedKind, town: str, version: int, issued: str, text: str, key: Ed25519PrivateKey) -> Self:
        """Signs a text that is canonical JSON already."""
        sig = sign(key, ["kakou", kind, town, version, issued, text])
        return cls(kind=kind, town=town, version=version, issued=issued, text=text, sig=sig)

    def holds(self, public: Ed25519PublicKey) -> bool:
        """Returns True if the hub with this key signed it."""
        return signed_by(public, ["kakou", self.kind, self.town, self.version, self.issued, self.text], self.sig)

    def policy(self) -> Policy:
        """The policy inside; `ValueError` in one line."""
        return body_of(Policy, self.text)

    def passlist(self) -> PassList:
        """The pass list inside; `ValueError` in one line."""
        return body_of(PassList, self.text)

    def sightings(self) -> Sightings:
        """The sightings inside; `ValueError` in one line."""
        return body_of(Sightings, self.text)

    def commands(self) -> Commands:
        """The commands inside; `ValueError` in one line."""
        return body_of(Commands, self.text)


class Bundle(Message):
    """The bundle with which a gate joins, one file on a stick: its keys and certificate, the hub's address, CA and public key."""

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
