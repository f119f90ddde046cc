"""The hub's own entries: gate `hub`, its own epoch, sequence, chain and key, in the same ledger as everybody's.

Tested in `tests/hub/ledger/test_verify.py`.
"""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.canonical import sign
from edge.contract.facts import HUB_KINDS, Fact, Kind
from edge.contract.records import At, Record, seal, signed_head
from edge.contract.topics import HUB
from hub.ledger.append import Appended, append
from hub.ledger.cursors import read_cursors
from hub.ledger.head import read_ledger
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Received


def append_own(
    connection: Connection,
    *,
    town: str,
    kind: Kind,
    visit: str | None,
    body: Fact,
    private: Mapping[str, str],
    at: At,
    key: Ed25519PrivateKey,
) -> Appended:
    """Writes one entry of the hub's own, in the caller's transaction; `ValueError` for a kind that only gates write."""
    return _append(connection, town, kind, [(visit, body, private)], at, key)


def append_own_all(
    connection: Connection, *, town: str, kind: Kind, bodies: Sequence[Fact], at: At, key: Ed25519PrivateKey
) -> Appended:
    """Writes an entry of the hub's own for each of these facts, which belong to no visit: one batch with one signature, as gates send theirs."""
    return _append(connection, town, kind, [(None, body, {}) for body in bodies], at, key)


def _append(
    connection: Connection,
    town: str,
    kind: Kind,
    said: Sequence[tuple[str | None, Fact, Mapping[str, str]]],
    at: At,
    key: Ed25519PrivateKey,
) -> Appended:
    if kind not in HUB_KINDS:
        raise ValueError(f"kind {kind}: only gates write it")
    epoch = read_ledger(connection, town, lock=True).hub_epoch
    cursor = read_cursors(connection, town, [(HUB, epoch)])[HUB, epoch]
    items: list[Good] = []
    prev = cursor.hash
    for seq, (visit, body, private) in enumerate(said, start=cursor.committed + 1):
        sealed = seal(
            town=town,
            gate=HUB,
            epoch=epoch,
            seq=seq,
            kind=kind,
            visit=visit,
            lane=None,
            at=at,
            body=body,
            private=private,
            prev=prev,
        )
        items.append(Good.of(sealed, Record.parse(sealed.raw)))
        prev = sealed.hash
    sig = sign(key, signed_head(town, HUB, epoch, cursor.committed + len(items), prev))
    batch = Received(gate=HUB, epoch=epoch, first=cursor.committed + 1, items=tuple(items), sig=sig, topic="")
    return append(connection, town=town, arrived=[batch], key=key, now=at.time)
