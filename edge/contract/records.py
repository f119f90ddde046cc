"""A record: one fact that a gate (or the hub) saw, hashed, chained and kept for ever.

`raw` is the canonical JSON that is hashed. Personal values stand beside it in `private`, each with a random salt; `raw`
holds only SHA-256 commitments of them, so that destroying the values at the end of an operation leaves the chain whole.

    hash = SHA-256(prev || raw)        the first prev is 32 zero bytes
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Self, cast

import orjson
from pydantic import Field, ValidationError, create_model
from rfc8785 import CanonicalizationError

from edge.contract.canonical import Json, canonical, is_canonical, sha256_hex
from edge.contract.facts import (
    BODIES,
    LONGEST_PRIVATE,
    VISIT_KINDS,
    ClockTrust,
    Epoch,
    Fact,
    Hash,
    Hex,
    Kind,
    Lost,
    Private,
    VisitId,
)
from edge.contract.personal import is_personal
from edge.contract.values import (
    EXPECTED,
    MOST,
    Name,
    One,
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
MOST_FIELDS = 32
"""Personal fields of one record at most."""
MAX_DEPTH = 32
"""Lists and objects in each other in one `raw` at most: the deepest of ours has four."""


Salt = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
PrivateAsSent = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], tuple[Salt, Annotated[str, Field(max_length=LONGEST_PRIVATE)]]
    ],
    Field(max_length=MOST_FIELDS),
]
"""`{field: [salt, value]}`, as it travels: salt of 32 hexadecimal digits, value as text."""


class At(Fact):
    """The time of a record: wall time, and milliseconds of the monotonic clock of one boot, which never lies about order."""

    wall: Wall
    boot: Hex
    mono_ms: Whole
    clock: ClockTrust

    @property
    def time(self) -> datetime:
        """The wall time as an aware datetime."""
        return parse_wall(self.wall)


class Head(Fact):
    """The head of a record: the members that every record has besides its body."""

    v: One
    town: Slug
    gate: Slug
    epoch: Epoch
    seq: Seq
    kind: Kind
    visit: VisitId | None
    lane: Name | None
    at: At
    commitments: Annotated[dict[Annotated[str, Field(max_length=32)], Hash], Field(max_length=MOST_FIELDS)]


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
        unknown = [field for field in record.commitments if not is_personal(field)]
        if unknown:
            raise ValueError(f"commitments: unknown field {min(unknown)!r}")
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
        """Returns True if `hash` is the hash of `prev` and `raw`."""
        return self.hash == chain_hash(self.prev, self.raw)


def new_epoch() -> str:
    """128 random bits, made with a journal."""
    return secrets.token_hex(16)


def new_visit() -> str:
    """128 random bits that name one vehicle's stay at one lane."""
    return secrets.token_hex(16)


def chain_hash(prev: str, raw: str) -> str:
    """SHA-256 over the 32 bytes of `prev` and the UTF-8 bytes of `raw`, in hexadecimal.

    Half a surrogate pair has no UTF-8, and no record may have it; who hashes it all the same hashes these three bytes.
    """
    return sha256_hex(bytes.fromhex(prev), raw.encode("utf-8", "surrogatepass"))


def commitment(salt: str, field: str, value: str) -> str:
    """The commitment to a personal value, which stands in `raw`: SHA-256 of the canonical array `[salt, field, value]`."""
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
    """The values that a gate signs for a batch: the place and the hash of its last record."""
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
