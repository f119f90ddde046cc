"""(topic, bytes) -> a batch of records, or a row for the quarantine. Pure: no clock, no database, and it never raises.

Two sorts of fault. What makes the whole batch worthless (not JSON, another's name, a signature that is not the gate's, a
broken chain, a hole inside) sends all of it to the quarantine; the gate's answer names it and moves no cursor. A single record that
is in its place in the signed chain and can't be taken all the same (a kind from the future, a time that no calendar has, a commitment
that doesn't hold) is `Poison`: quarantined alone, while its place counts as held, so that it never blocks the records behind it.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, InstanceOf, ValidationError

from edge.contract.canonical import signed_by
from edge.contract.facts import HUB_KINDS, Epoch, Fact, Hash, Lost
from edge.contract.message import MAX_MESSAGE, Message, Signature
from edge.contract.messages import MAX_BATCH_RECORDS, Batch, Bridge
from edge.contract.records import Record, Sealed, chain_hash, commitments_hold, one_line, signed_head
from edge.contract.refusal import Refusal
from edge.contract.topics import HUB, Name, Topic
from edge.contract.values import Flag, One, Seq, Slug
from hub.ledger.projections.good_record import Good
from hub.ledger.projections.visit_facts import Tells
from hub.ledger.projections.visit_row import whole
from hub.ledger.received import Bridged, Poison, Quarantined, Received, cause

Keys = Mapping[str, Ed25519PublicKey]
"""The key of every gate whose records are taken."""


class _Link(Fact):
    """What a record needs to hold a place in the chain."""

    raw: InstanceOf[str]
    prev: Hash
    hash: Hash


class _Envelope(Message):
    """A batch whose records are not looked at yet."""

    v: One
    town: Slug
    gate: Slug
    epoch: Epoch
    records: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_BATCH_RECORDS)]
    seq: Seq
    sig: Signature
    bridge: Bridge | None = None
    live: Flag = False


class _Worthless(Exception):  # noqa: N818  a reason on its way to the quarantine, inside this module only
    """Why a whole message can't be taken; `epoch`: of the journal that it is of."""

    def __init__(self, why: str, epoch: str | None = None) -> None:
        super().__init__(why)
        self.epoch = epoch


def read_records(topic: str, data: bytes, *, town: str, keys: Keys) -> Received | Quarantined:
    """The batch in a message on a gate's `records` topic, or what goes to the quarantine."""
    gate = None
    try:
        gate = _owner(topic)
        return _read(gate, topic, data, town, keys)
    except (_Worthless, ValueError, RecursionError) as error:
        epoch = error.epoch if isinstance(error, _Worthless) else None
        return Quarantined(topic=topic, gate=gate, why=cause(error), raw=data[:MAX_MESSAGE], epoch=epoch)


def _owner(topic: str) -> str:
    parsed = Topic.parse(topic)
    if parsed.owner == HUB or parsed.name is not Name.RECORDS:
        raise _Worthless(f"topic {topic!r}: expected a gate's records")
    return parsed.owner


def _read(gate: str, topic: str, data: bytes, town: str, keys: Keys) -> Received:
    key = keys.get(gate)
    if key is None:
        raise _Worthless(f"gate {gate!r}: not a gate of this town")
    batch, records = _open(data)
    if batch.town != town:
        raise _Worthless(f"town: expected {town!r}, found {batch.town!r}")
    if batch.gate != gate:
        raise _Worthless(f"gate: sent by {gate!r}, says {batch.gate!r}")
    try:
        return _place(batch, records, topic, data, key)
    except (ValueError, _Worthless) as error:
        raise _Worthless(cause(error), batch.epoch) from None


def _place(
    batch: Batch | _Envelope,
    records: "tuple[Sealed | _Misshapen, ...]",
    topic: str,
    data: bytes,
    key: Ed25519PublicKey,
) -> Received:
    """The records in their places; `_Worthless` if they have none."""
    town, gate, epoch = batch.town, batch.gate, batch.epoch
    first = batch.seq - len(records) + 1
    if first < 1:
        raise _Worthless(f"seq: {len(records)} records can't end at {batch.seq}")
    if not signed_by(key, signed_head(town, gate, epoch, batch.seq, records[-1].hash), batch.sig):
        raise _Worthless(f"sig: not signed by gate {gate!r}")
    _check_chain(records, first)
    read = [_read_one(record) for record in records]
    _check_numbers(read, first)
    items = _told_whole(
        _item(sealed, record, town, gate, epoch, seq)
        for seq, (sealed, record) in enumerate(zip(records, read, strict=True), start=first)
    )
    bridge = None if batch.bridge is None else _bridged(batch.bridge, first, town, gate, epoch, key)
    return Received(
        gate=gate, epoch=epoch, first=first, items=items, sig=batch.sig, topic=topic, bridge=bridge,
        live=data if batch.live else None,
    )  # fmt: skip


def _bridged(bridge: Bridge, first: int, town: str, gate: str, epoch: str, key: Ed25519PublicKey) -> Bridged:
    sealed = bridge.record
    record = Record.parse(sealed.raw)
    if not sealed.whole or not signed_by(key, signed_head(town, gate, epoch, bridge.seq, sealed.hash), bridge.sig):
        raise _Worthless(f"bridge: not signed by gate {gate!r}")
    wrong = _contradiction(record, sealed, town, gate, epoch, bridge.seq)
    if wrong is not None:
        raise _Worthless(f"bridge: {wrong}")
    if not isinstance(record.body, Lost) or record.body.last != first - 1:
        raise _Worthless(f"bridge: not a lost record whose gap ends with {first - 1}")
    return Bridged(record.body.first, record.body.last, bridge.seq, sealed, bridge.sig)


def _open(data: bytes) -> tuple[Batch | _Envelope, tuple["Sealed | _Misshapen", ...]]:
    try:
        batch = Batch.parse(data)
        return batch, batch.records
    except ValueError:
        pass
    # perhaps one record is ill-formed: the rest need not suffer for it
    envelope = _envelope(data)
    return envelope, tuple(_shape(number, value, envelope.epoch) for number, value in enumerate(envelope.records))


def _envelope(data: bytes) -> _Envelope:
    if len(data) > MAX_MESSAGE:
        raise _Worthless(f"message of {len(data)} bytes: at most {MAX_MESSAGE} are allowed")
    # a reader that takes half a surrogate pair, which the other refuses wherever it stands: one record may have it
    value = json.loads(data.decode())
    try:
        return _Envelope.model_validate(value)
    except ValidationError as error:
        raise _Worthless(one_line(error)) from None


class _Misshapen(_Link):
    """A record with a place in the chain whose other parts are ill-formed."""

    why: str
    data: bytes


def _shape(number: int, value: dict[str, Any], epoch: str) -> Sealed | _Misshapen:
    try:
        return Sealed.model_validate(value)
    except ValidationError as error:
        why = one_line(error)
    try:
        link = _Link.model_validate(value)
    except ValidationError as error:
        raise _Worthless(f"records.{number}.{one_line(error)}", epoch) from None
    data = json.dumps(value).encode()
    return _Misshapen.model_construct(raw=link.raw, prev=link.prev, hash=link.hash, why=why, data=data)


def _check_chain(records: tuple[Sealed | _Misshapen, ...], first: int) -> None:
    prev = records[0].prev
    for seq, record in enumerate(records, start=first):
        if record.prev != prev:
            raise _Worthless(f"record {seq}: prev is not the hash of record {seq - 1}")
        if chain_hash(record.prev, record.raw) != record.hash:
            raise _Worthless(f"record {seq}: hash does not hold")
        prev = record.hash


def _read_one(sealed: Sealed | _Misshapen) -> Record | str:
    """What a record says, or why that can't be read."""
    if isinstance(sealed, _Misshapen):
        return sealed.why
    try:
        return Record.parse(sealed.raw)
    except ValueError as error:
        return str(error)


def _check_numbers(read: list[Record | str], first: int) -> None:
    """`_Worthless` for a batch with a hole inside: it ends with its number, and fewer records than its numbers are there."""
    numbers = [record.seq for record in read if isinstance(record, Record)]
    if len(numbers) != len(read) or numbers[0] >= first or numbers[-1] != first + len(read) - 1:
        return
    for before, after in pairwise(numbers):
        if after > before + 1:
            raise _Worthless(f"records: {before} is followed by {after}, a hole inside the batch")


def _item(
    sealed: Sealed | _Misshapen, record: Record | str, town: str, gate: str, epoch: str, seq: int
) -> Good | Poison:
    why: str
    without: Good | None = None
    if isinstance(record, Record) and isinstance(sealed, Sealed):
        refusal = _contradiction(record, sealed, town, gate, epoch, seq)
        if refusal is None:
            return Good.of(sealed, record)
        why = refusal
        if _contradiction(record, sealed, town, gate, epoch, seq, destroyed=True) is None:
            without = Good.of(sealed, record)
    else:
        why = str(record)
    data = sealed.data if isinstance(sealed, _Misshapen) else sealed.model_dump_json().encode()
    return Poison(prev=sealed.prev, hash=sealed.hash, why=cause(f"record {seq}: {why}"), data=data, without=without)


def _told_whole(items: Iterable[Good | Poison]) -> tuple[Good | Poison, ...]:
    """The same records; of a visit that begins with them the last one tells everything, and the others nothing."""
    found = list(items)
    of_visits: dict[str, list[tuple[int, Good, Tells]]] = {}
    for place, item in enumerate(found):
        if isinstance(item, Good) and isinstance(item.tells, Tells):
            of_visits.setdefault(item.tells.visit, []).append((place, item, item.tells))
    for run in of_visits.values():
        told = whole([tells for _, _, tells in run])
        if told is not None:
            last, item, _ = run[-1]
            for place, each, _ in run[:-1]:
                found[place] = each.telling(None)
            found[last] = item.telling(told)
    return tuple(found)


def _contradiction(
    record: Record, sealed: Sealed, town: str, gate: str, epoch: str, seq: int, *, destroyed: bool = False
) -> Refusal | None:
    """What a record says against its place or its values; `destroyed`: values that are not there are none."""
    if (record.town, record.gate, record.epoch, record.seq) != (town, gate, epoch, seq):
        return Refusal("names another town, gate, epoch or seq than its batch")
    if record.kind in HUB_KINDS:
        return Refusal(f"kind {record.kind}: only the hub writes it")
    field = commitments_hold(record, sealed.private)
    if field is not None:
        return Refusal(f"private.{field}: not what raw committed to")
    absent = set() if destroyed else record.commitments.keys() - sealed.private.keys()
    return Refusal(f"private.{min(absent)}: committed to, and not there") if absent else None
