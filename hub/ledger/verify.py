"""Walks the whole ledger and names the first thing that does not hold.

What is checked, and what it finds: the town's chain over `raw` (any byte of raw, an entry removed, added, moved); each
gate's own chain (`hash`, `prev`, a gap in seq: only a quarantined record that holds the place, or a `lost` entry, explains
one); that a record with which a gap was bridged is the one that came; every column against what `raw` says; personal values against their commitments; every gate's signatures, and that
one covers its last entry; the hub's signed head (a tail cut off), and the heads that gates witnessed; the type of every column; what quarantined rows say against
their digest; last, every projection against what the entries give anew (`compare.py`). No line holds a personal value.

A key of before a rekey (`former_keys.py`) counts for the entries that were there then.

Honest limits: `received_at` is the hub's own word. A quarantined row that holds no place in a chain, and a signature that a
later one covers, can be deleted unseen: neither is needed to prove an entry. Who holds the hub's key can write another ledger; the heads that gates keep from their acks contradict it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import and_, exists, func, select
from sqlalchemy.engine import Connection

from edge.contract.records import chain_hash
from edge.contract.topics import HUB
from hub.database.copies import verbatim
from hub.database.schema import cursors, entries, ledgers, quarantine, signatures
from hub.database.statements import as_stored
from hub.ledger.destroyed import Gone
from hub.ledger.former_keys import Former
from hub.ledger.head import read_ledger
from hub.ledger.projections.compare import first_difference
from hub.ledger.projections.derive import Fresh, stored
from hub.ledger.verify_gaps import check_bridges, cross_gap, follow_quarantine
from hub.ledger.verify_record import check_record, check_signature
from hub.ledger.verify_types import CHUNK, check_types, fault, journal_of
from hub.ledger.verify_walk import BrokenError, End, Entry, Walk
from hub.ledger.witness import contradictions


@dataclass(frozen=True, slots=True)
class Sound:
    """Everything holds."""

    entries: int
    journals: int
    signatures: int
    head: str
    odd: int = 0
    """Entries with values that an older version took and this one would not; they hold all the same."""


def verify(connection: Connection, town: str, *, gates: Mapping[str, Ed25519PublicKey], hub: Ed25519PublicKey) -> Sound:
    """Checks the ledger in one consistent look; `BrokenError` names the first entry (by id) that does not hold.

    `gates`: the key of every gate that ever wrote, retired ones too.
    """
    with verbatim(connection):
        return _verify(connection, town, gates, hub)


def _verify(connection: Connection, town: str, gates: Mapping[str, Ed25519PublicKey], hub: Ed25519PublicKey) -> Sound:
    check_types(connection, town)
    walk = Walk(connection, town, {**gates, HUB: hub}, Former.read(connection, town), Gone(connection, town))
    gapless = _gapless(connection)
    for row in _entries(connection, town):
        if gapless and row.id != walk.last_id + 1:
            raise BrokenError(f"entry {walk.last_id + 1}: is not there (the next one is {row.id})")
        _check(walk, row)
    _check_head(walk, hub)
    _check_signatures(walk)
    _check_ends(walk)
    check_bridges(walk)
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


def _gapless(connection: Connection) -> bool:
    # SQLite takes back the ids of a transaction that is rolled back, PostgreSQL does not; and towns share one sequence
    towns = connection.execute(select(func.count()).select_from(ledgers)).scalar_one()
    return connection.dialect.name == "sqlite" and towns == 1


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


def _check(walk: Walk, row: Entry) -> None:
    where = f"entry {row.id}{journal_of(row._mapping)}"
    wrong = fault(entries, row._mapping)
    if wrong is not None:
        raise BrokenError(f"{where}: {wrong}")
    if chain_hash(walk.chain, row.raw) != row.chain:
        raise BrokenError(
            f"{where}: the town's chain breaks here: raw or chain was changed, or an entry before it removed"
        )
    end = walk.ends.setdefault((row.gate, row.epoch), End())
    if row.seq <= end.seq:
        _check_released(walk, row, where)
        walk.chain, walk.last_id, walk.count = row.chain, row.id, walk.count + 1
        return
    if row.seq != end.seq + 1:
        cross_gap(walk, row, end, where)
    if row.prev != end.hash:
        raise BrokenError(f"{where}: prev is not the hash of the gate's record {row.seq - 1}")
    if chain_hash(row.prev, row.raw) != row.hash:
        raise BrokenError(f"{where}: hash is not that of prev and raw")
    check_record(walk, row, where)
    if row.sig is not None:
        check_signature(walk, row, where)
        end.signed = row.seq
    end.seq, end.hash, end.entry = row.seq, row.hash, row.id
    walk.chain, walk.last_id, walk.count = row.chain, row.id, walk.count + 1


def _check_released(walk: Walk, row: Entry, where: str) -> None:
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
    check_record(walk, row, where)
    if row.sig is not None:
        check_signature(walk, row, where, released=True)


def _check_head(walk: Walk, hub: Ed25519PublicKey) -> None:
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


def _check_signatures(walk: Walk) -> None:
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


def _check_ends(walk: Walk) -> None:
    """Each journal ends where its cursor says, and a signature covers its end."""
    for row in walk.connection.execute(select(cursors).where(cursors.c.town == walk.town)):
        end = walk.ends.setdefault((row.gate, row.epoch), End())
        follow_quarantine(walk, (row.gate, row.epoch), end, row.committed)
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
