"""Walks the whole ledger and names the first thing that does not hold.

What is checked, and what it finds: the town's chain over `raw` (any byte of raw, an entry removed, added, moved); each
gate's own chain (`hash`, `prev`, a gap in seq: only a quarantined record that holds the place, or a `lost` entry, explains
one); that a record with which a gap was bridged is the one that came; every column against what `raw` says; personal values against their commitments; every gate's signatures, and that
one covers its last entry; the hub's signed head (a tail cut off), and the heads that gates witnessed; the type of every column; what quarantined rows say against
their digest; last, every projection against what the entries give anew (`compare.py`). No line holds a personal value.

A key of before a rekey (`former.py`) counts for the entries that were there then.

Honest limits: `received_at` is the hub's own word. A quarantined row that holds no place in a chain, and a signature that a
later one covers, can be deleted unseen: neither is needed to prove an entry. Who holds the hub's key can write another ledger; the heads that gates keep from their acks contradict it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Integer, LargeBinary, Row, Table, and_, exists, func, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import signed_by
from edge.contract.facts import Kind
from edge.contract.records import ZERO_HASH, Record, chain_hash, commitment, signed_head
from edge.contract.topics import HUB
from hub.database.copies import verbatim
from hub.database.schema import bridges, cursors, entries, ledgers, quarantine, signatures
from hub.database.statements import as_stored
from hub.errors import HubError
from hub.ledger.bridged import contradicted
from hub.ledger.former import Former
from hub.ledger.head import read_ledger
from hub.ledger.projections.compare import first_difference
from hub.ledger.projections.derive import Fresh, stored
from hub.ledger.received import digest
from hub.ledger.witness import contradictions
from hub.values.stored import pairs_of, part, said, whole_of
from hub.values.visible import short

CHUNK = 2000
HASH = re.compile("[0-9a-f]{64}")
Entry = Row[Any]
Journal = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sound:
    """Everything holds."""

    entries: int
    journals: int
    signatures: int
    head: str
    odd: int = 0
    """Entries with values that an older version took and this one would not; they hold all the same."""


class BrokenError(HubError):
    """The first thing that does not hold, in one line."""


@dataclass
class _End:
    """Where the walk stands in one journal: the last seq and hash, and the last seq that a signature covers."""

    seq: int = 0
    hash: str = ZERO_HASH
    signed: int = 0
    entry: int = 0


@dataclass
class _Walk:
    connection: Connection
    town: str
    keys: Mapping[str, Ed25519PublicKey]
    former: Former
    """Keys of before a rekey."""
    destroyed: bool
    """True if an entry says that personal values were destroyed."""
    ends: dict[Journal, _End] = field(default_factory=dict)
    chain: str = ZERO_HASH
    last_id: int = 0
    count: int = 0
    signatures: int = 0
    odd: int = 0


def verify(connection: Connection, town: str, *, gates: Mapping[str, Ed25519PublicKey], hub: Ed25519PublicKey) -> Sound:
    """Checks the ledger in one consistent look; `BrokenError` names the first entry (by id) that does not hold.

    `gates`: the key of every gate that ever wrote, retired ones too.
    """
    with verbatim(connection):
        return _verify(connection, town, gates, hub)


def _verify(connection: Connection, town: str, gates: Mapping[str, Ed25519PublicKey], hub: Ed25519PublicKey) -> Sound:
    _check_types(connection, town)
    walk = _Walk(connection, town, {**gates, HUB: hub}, Former.read(connection, town), _any_destroyed(connection, town))
    gapless = _gapless(connection)
    for row in _entries(connection, town):
        if gapless and row.id != walk.last_id + 1:
            raise BrokenError(f"entry {walk.last_id + 1}: is not there (the next one is {row.id})")
        _check(walk, row)
    _check_head(walk, hub)
    _check_signatures(walk)
    _check_ends(walk)
    _check_bridges(walk)
    for gate, why in contradictions(connection, read_ledger(connection, town), hub):
        raise BrokenError(f"ledger: gate {gate} {why}")
    wrong = first_difference(connection, town, _derivable(connection, town))
    if wrong is not None and wrong.startswith("entry "):
        raise BrokenError(wrong)
    if wrong is not None:
        raise BrokenError(f"{wrong}: the table says other than the entries (kakou-hub rebuild derives it anew)")
    return Sound(walk.count, len(walk.ends), walk.signatures, walk.chain, walk.odd)


def _derivable(connection: Connection, town: str) -> Iterator[tuple[Entry, Fresh]]:
    for row in _entries(connection, town):
        yield row, stored(row)


def _check_types(connection: Connection, town: str) -> None:
    """The rows beside the entries have the types of their columns, and quarantined ones the digest of what they hold."""
    for table in (ledgers, cursors, signatures, quarantine):
        query = select(*as_stored(table)).where(table.c.town == town).order_by(*table.primary_key)
        for number, row in enumerate(connection.execute(query.execution_options(yield_per=CHUNK)), start=1):
            place = f"quarantine {row.id}" if table is quarantine else f"{table.name} {number}"
            wrong = _fault(table, row._mapping)
            if wrong is not None:
                raise BrokenError(f"{place}{_journal(row._mapping)}: {wrong}")
            if table is quarantine and row.digest != digest(row.topic, row.raw, row.hash):
                raise BrokenError(f"{place}{_journal(row._mapping)}: topic or raw is not what its digest says")


def _fault(table: Table, row: Mapping[Any, Any]) -> str | None:
    """What is wrong with the type of a stored row's first bad column, without its value."""
    for column in table.columns:
        value = row[column.name]
        if value is None and column.nullable:
            continue
        if isinstance(column.type, Integer):
            if not isinstance(value, int):
                return f"{column.name} is not a whole number"
        elif isinstance(column.type, LargeBinary):
            if not isinstance(value, bytes):
                return f"{column.name} is not bytes"
        elif not _is_text(value):
            return f"{column.name} is not text"
        elif column.name in ("hash", "prev", "chain") and not HASH.fullmatch(value):
            return f"{column.name} is not 64 hexadecimal digits"
    return None


def _is_text(value: object) -> bool:
    # a surrogate stands for a byte that is no UTF-8
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


def _journal(row: Mapping[Any, Any]) -> str:
    """` (gate east, seq 3)`, as far as the row says so in the right types."""
    parts = [f"gate {row['gate']}"] if "gate" in row and _is_text(row["gate"]) else []
    parts += [f"seq {row['seq']}"] if "seq" in row and isinstance(row["seq"], int) else []
    return f" ({', '.join(parts)})" if parts else ""


def _gapless(connection: Connection) -> bool:
    # SQLite takes back the ids of a transaction that is rolled back, PostgreSQL does not; and towns share one sequence
    towns = connection.execute(select(func.count()).select_from(ledgers)).scalar_one()
    return connection.dialect.name == "sqlite" and towns == 1


def _any_destroyed(connection: Connection, town: str) -> bool:
    query = select(entries.c.id).where(entries.c.town == town, entries.c.kind == Kind.DESTROYED.value).limit(1)
    return connection.execute(query).first() is not None


def _entries(connection: Connection, town: str) -> Iterator[Entry]:
    same = and_(*(signatures.c[name] == entries.c[name] for name in ("town", "gate", "epoch", "seq")))
    query = (
        select(*as_stored(entries), signatures.c.hash.label("signed_hash"), signatures.c.sig)
        .outerjoin(signatures, same)
        .where(entries.c.town == town)
        .order_by(entries.c.id)
        .limit(CHUNK)
    )
    last = -(2**62)
    while rows := connection.execute(query.where(entries.c.id > last)).all():
        yield from rows
        last = rows[-1].id


def _check(walk: _Walk, row: Entry) -> None:
    where = f"entry {row.id}{_journal(row._mapping)}"
    wrong = _fault(entries, row._mapping)
    if wrong is not None:
        raise BrokenError(f"{where}: {wrong}")
    if chain_hash(walk.chain, row.raw) != row.chain:
        raise BrokenError(
            f"{where}: the town's chain breaks here: raw or chain was changed, or an entry before it removed"
        )
    end = walk.ends.setdefault((row.gate, row.epoch), _End())
    if row.seq <= end.seq:
        _check_released(walk, row, where)
        walk.chain, walk.last_id, walk.count = row.chain, row.id, walk.count + 1
        return
    if row.seq != end.seq + 1:
        _cross_gap(walk, row, end, where)
    if row.prev != end.hash:
        raise BrokenError(f"{where}: prev is not the hash of the gate's record {row.seq - 1}")
    if chain_hash(row.prev, row.raw) != row.hash:
        raise BrokenError(f"{where}: hash is not that of prev and raw")
    _check_record(walk, row, where)
    if row.sig is not None:
        _check_signature(walk, row, where)
        end.signed = row.seq
    end.seq, end.hash, end.entry = row.seq, row.hash, row.id
    walk.chain, walk.last_id, walk.count = row.chain, row.id, walk.count + 1


def _check_record(walk: _Walk, row: Entry, where: str) -> None:
    # whatever the values are: they were taken, by this version or an older one, and their hash holds
    value = said(row.raw)
    if not value:
        raise BrokenError(f"{where}: raw is no JSON object")
    for column in ("town", "gate", "epoch", "seq", "kind", "visit"):
        found = whole_of(value.get(column)) if column == "seq" else value.get(column)
        if found != row._mapping[column]:
            raise BrokenError(f"{where}: {column} is {row._mapping[column]!r}, raw says {short(repr(found), 80)}")
    private, wrong = pairs_of(row.private), _shape_of_private(row.private)
    if wrong is not None:
        raise BrokenError(f"{where}: {wrong}")
    commitments = part(value, "commitments")
    for name, (salt, personal) in private.items():
        if name not in commitments:
            # whatever the name is, it is not the record's: it may be a value
            raise BrokenError(f"{where}: private holds a field to which raw did not commit")
        if not _committed(commitments[name], name, salt, personal):
            raise BrokenError(f"{where}: private.{name} is not what raw committed to")
    walk.odd += not _taken_today(row.raw)
    gone = commitments.keys() - private.keys()
    if gone and not walk.destroyed:
        raise BrokenError(f"{where}: private.{min(gone)} is gone, and no entry says that it was destroyed")


def _shape_of_private(text: str) -> str | None:
    if text == "{}":
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or len(pairs_of(text)) != len(value):
        return "private is not {field: [salt, value]}"
    return None


def _committed(promised: object, field: str, salt: str, value: str) -> bool:
    try:
        return promised == commitment(salt, field, value)
    except ValueError:
        return False  # halves of characters have no bytes to commit to


def _taken_today(raw: str) -> bool:
    try:
        Record.parse(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _check_signature(walk: _Walk, row: Entry, where: str, *, released: bool = False) -> None:
    # what lay in the quarantine came earlier than its entry
    key, keys = walk.keys.get(row.gate), walk.former.of(row.gate, 0 if released else row.id)
    if key is None:
        raise BrokenError(f"{where}: no key of gate {row.gate!r} is known")
    if row.signed_hash != row.hash:
        raise BrokenError(f"{where}: the signature kept for it is over another hash")
    head = signed_head(walk.town, row.gate, row.epoch, row.seq, row.hash)
    if not any(signed_by(each, head, row.sig) for each in (*keys, key)):
        raise BrokenError(f"{where}: the signature is not gate {row.gate!r}'s")
    walk.signatures += 1


def _cross_gap(walk: _Walk, row: Entry, end: _End, where: str) -> None:
    """Follows the chain past records that lie in the quarantine; a `lost` entry ends the need for one."""
    _follow_quarantine(walk, (row.gate, row.epoch), end, row.seq - 1)
    if end.seq == row.seq - 1:
        return
    if not _lost(walk, row, end.seq + 1, row.seq - 1):
        raise BrokenError(f"{where}: the gate's records {end.seq + 1} to {row.seq - 1} are missing before it")
    end.hash = row.prev


def _check_released(walk: _Walk, row: Entry, where: str) -> None:
    """An entry behind its place: it lay in the quarantine, whose row holds the place with the same hash, and was let in."""
    held = walk.connection.execute(
        select(quarantine.c.prev, quarantine.c.hash).where(
            quarantine.c.town == walk.town,
            quarantine.c.gate == row.gate,
            quarantine.c.epoch == row.epoch,
            quarantine.c.seq == row.seq,
            quarantine.c.hash.is_not(None),
        )
    ).first()
    if held is None:
        raise BrokenError(f"{where}: seq {row.seq} comes after a later one, and did not lie in the quarantine")
    if (held.prev, held.hash) != (row.prev, row.hash) or chain_hash(row.prev, row.raw) != row.hash:
        raise BrokenError(f"{where}: is not what held its place in the quarantine")
    _check_record(walk, row, where)
    if row.sig is not None:
        _check_signature(walk, row, where, released=True)


def _follow_quarantine(walk: _Walk, journal: Journal, end: _End, last: int) -> None:
    gate, epoch = journal
    query = (
        select(quarantine)
        .where(
            quarantine.c.town == walk.town,
            quarantine.c.gate == gate,
            quarantine.c.epoch == epoch,
            quarantine.c.seq.between(end.seq + 1, last),
            quarantine.c.hash.is_not(None),
        )
        .order_by(quarantine.c.seq)
    )
    for row in walk.connection.execute(query):
        if row.seq == end.seq + 1:
            raw = _raw_of(row.raw)
            if row.prev != end.hash or raw is None or chain_hash(row.prev, raw) != row.hash:
                raise BrokenError(
                    f"quarantine {row.id} (gate {gate}, seq {row.seq}): does not hold its place in the chain"
                )
            end.seq, end.hash = row.seq, row.hash


def _raw_of(data: bytes) -> str | None:
    try:
        raw = json.loads(data)["raw"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return raw if isinstance(raw, str) else None


def _lost(walk: _Walk, row: Entry, first: int, last: int) -> bool:
    query = select(entries.c.raw).where(
        entries.c.town == walk.town,
        entries.c.gate == row.gate,
        entries.c.epoch == row.epoch,
        entries.c.kind == "lost",
        entries.c.seq > last,
    )
    # one whose raw is none of a record's is named when the walk gets there
    if any(_says_lost(said(raw), first, last) for raw in walk.connection.execute(query).scalars()):
        return True
    return _bridged(walk, row, first, last)


def _says_lost(value: Mapping[str, Any], first: int, last: int) -> bool:
    body = part(value, "body")
    return value.get("kind") == Kind.LOST.value and (whole_of(body.get("first")), whole_of(body.get("last"))) == (
        first,
        last,
    )


def _bridged(walk: _Walk, row: Entry, first: int, last: int) -> bool:
    """Returns True if the gate's signed word for the gap is here, though the record itself may not have come in its place yet."""
    query = select(bridges).where(
        bridges.c.town == walk.town,
        bridges.c.gate == row.gate,
        bridges.c.epoch == row.epoch,
        bridges.c.first == first,
    )
    bridge = walk.connection.execute(query).first()
    return bridge is not None and bridge.last == last and _stands(walk, bridge)


def _stands(walk: _Walk, bridge: Row[Any]) -> bool:
    """Returns True if a bridge is a `lost` record over its gap, in its place, signed by its gate."""
    key = walk.keys.get(bridge.gate)
    if key is None:
        return False
    value = said(bridge.raw)
    place = tuple(value.get(name) for name in ("town", "gate", "epoch", "seq"))
    named = place == (walk.town, bridge.gate, bridge.epoch, bridge.seq)
    says = _says_lost(value, bridge.first, bridge.last)
    whole = chain_hash(bridge.prev, bridge.raw) == bridge.hash
    head = signed_head(walk.town, bridge.gate, bridge.epoch, bridge.seq, bridge.hash)
    signed = any(signed_by(each, head, bridge.sig) for each in (*walk.former.of(bridge.gate, 0), key))
    return named and says and whole and signed


def _check_bridges(walk: _Walk) -> None:
    """Each bridge is its gate's signed word, and the record that it was laid with is the one that came."""
    for row in walk.connection.execute(select(*as_stored(bridges)).where(bridges.c.town == walk.town)):
        place = f"bridge{_journal(row._mapping)}"
        wrong = _fault(bridges, row._mapping)
        if wrong is not None:
            raise BrokenError(f"{place}: {wrong}")
        if not _stands(walk, row):
            raise BrokenError(f"{place}: is not the gate's signed word over records {row.first} to {row.last}")
    for gate, first, last, seq in contradicted(walk.connection, walk.town):
        raise BrokenError(
            f"bridge (gate {gate}, seq {seq}): records {first} to {last} were passed over with another record than the ledger holds"
        )


def _check_head(walk: _Walk, hub: Ed25519PublicKey) -> None:
    try:
        head = read_ledger(walk.connection, walk.town).head
    except ValidationError:
        raise BrokenError("ledger: the head is not shaped as the hub writes it") from None
    if not head.holds(walk.town, hub):
        raise BrokenError("ledger: the head is not signed by the hub")
    if walk.count < head.count:
        raise BrokenError(
            f"entry {walk.last_id + 1}: is not there (the signed head counts {head.count} entries, {walk.count} are here)"
        )
    if (head.count, head.chain) != (walk.count, walk.chain):
        raise BrokenError(f"entry {walk.last_id}: is beyond the signed head ({head.count} entries)")


def _check_signatures(walk: _Walk) -> None:
    """Every signature speaks of a record that is there."""
    columns = ("town", "gate", "epoch", "seq", "hash")
    there = [
        exists().where(*(table.c[name] == signatures.c[name] for name in columns)) for table in (entries, quarantine)
    ]
    row = walk.connection.execute(
        select(signatures).where(signatures.c.town == walk.town, ~there[0], ~there[1]).limit(1)
    ).first()
    if row is not None:
        raise BrokenError(f"signature of gate {row.gate}, seq {row.seq}: the record it speaks of is not there")


def _check_ends(walk: _Walk) -> None:
    """Each journal ends where its cursor says, and a signature covers its end."""
    for row in walk.connection.execute(select(cursors).where(cursors.c.town == walk.town)):
        end = walk.ends.setdefault((row.gate, row.epoch), _End())
        _follow_quarantine(walk, (row.gate, row.epoch), end, row.committed)
        if (end.seq, end.hash) != (row.committed, row.hash):
            raise BrokenError(f"gate {row.gate}: acknowledged up to seq {row.committed}, held up to {end.seq}")
    for (gate, epoch), end in walk.ends.items():
        if not end.entry:
            continue
        signed = walk.connection.execute(
            select(func.max(signatures.c.seq)).where(
                signatures.c.town == walk.town, signatures.c.gate == gate, signatures.c.epoch == epoch
            )
        ).scalar()
        if signed is None or signed < end.seq:
            raise BrokenError(f"entry {end.entry} (gate {gate}, seq {end.seq}): no signature of the gate covers it")
