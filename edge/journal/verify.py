"""A journal read from its first record to its last: every hash, every signature, every place.

Tested in `tests/edge/journal/test_outbox.py`.
"""

import json
import sqlite3

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.canonical import signed_by
from edge.contract.records import Record, chain_hash, commitments_hold
from edge.journal.file import Meta


def walk(connection: sqlite3.Connection, public: Ed25519PublicKey) -> str | None:
    """None if every record, its chain, its signature and its personal values hold, else the first that does not and why."""
    meta = Meta.read(connection)
    seq, prev = meta.pruned, meta.pruned_hash
    rows = connection.execute(
        "select r.seq, r.raw, r.private, r.hash, r.prev, r.kind, r.visit, s.hash, s.sig"
        " from records r left join signatures s on s.seq = r.seq order by r.seq"
    )
    for row in rows:
        expected, seq = seq + 1, row[0]
        if seq != expected:
            return f"record {expected}: missing, the next one is {seq}"
        why = _fault(meta, row, prev, public)
        if why is not None:
            return f"record {seq}: {why}"
        prev = row[3]
    if seq > meta.head:
        return f"record {meta.head + 1}: follows the head that the journal remembers"
    if seq < meta.head:
        return f"record {seq + 1}: missing, the journal should end with {meta.head}"
    return None if prev == meta.head_hash else f"record {seq}: not the head that the journal remembers"


_Row = tuple[int, str, str, str, str, str, str | None, str | None, str | None]


def _fault(meta: Meta, row: _Row, expected_prev: str, public: Ed25519PublicKey) -> str | None:
    seq, raw, private, hash_, prev, kind, visit, signed_hash, sig = row
    if prev != expected_prev:
        return "prev is not the hash of the record before"
    if hash_ != chain_hash(prev, raw):
        return "hash is not that of its bytes"
    try:
        record = Record.parse(raw)
        values = json.loads(private)
        broken = commitments_hold(record, values)
    except (ValueError, TypeError, AttributeError) as error:
        return str(error)
    if (record.town, record.gate, record.epoch, record.seq) != (meta.town, meta.gate, meta.epoch, seq):
        return "raw names another town, gate, epoch or number"
    if (record.kind, record.visit) != (kind, visit):
        return "kind or visit is not what raw says"
    if broken is not None:
        return f"private {broken} is not what raw committed to"
    if signed_hash != hash_ or sig is None or not signed_by(public, meta.head_of(seq, hash_), sig):
        return "not signed by this gate"
    return None
