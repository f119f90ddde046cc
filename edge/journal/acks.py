"""Judges an acknowledgement of the hub: whether the gate believes it, and which records it releases.

Tested in `tests/edge/journal/test_outbox.py`.
"""

import sqlite3
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.messages import Ack
from edge.contract.refusal import Refusal
from edge.journal.file import Meta


def disbelief(meta: Meta, ack: Ack, hub_key: Ed25519PublicKey) -> Refusal | None:
    """Why an acknowledgement is not believed, by what the journal holds of itself and of the hub; None if it is believed."""
    same_ledger = meta.ledger == ack.ledger
    if ack.epoch != meta.epoch:
        return Refusal(f"ack for epoch {ack.epoch}; this journal is {meta.epoch}")
    if not ack.head.holds(meta.town, hub_key):
        return Refusal("ack whose ledger head the hub has not signed")
    if ack.committed > meta.head:
        return Refusal(
            f"the hub holds records up to {ack.committed}, but this journal ends with {meta.head}: is it an old copy?"
        )
    if same_ledger and meta.ledger_epoch is not None and ack.ledger_epoch < meta.ledger_epoch:
        return Refusal(f"ack of ledger epoch {ack.ledger_epoch}, but {meta.ledger_epoch} has been seen")
    same_head = same_ledger and ack.ledger_epoch == meta.ledger_epoch and ack.head.count == meta.hub_count
    if same_head and ack.head.chain != meta.hub_chain:
        return Refusal(f"the hub has signed two ledgers of {ack.head.count} entries: one of them is not the true one")
    return None


def names_another_record(connection: sqlite3.Connection, meta: Meta, ack: Ack) -> Refusal | None:
    """Why an acknowledgement is not of this journal: the hub holds another record under that number (a cloned card's); None if it is."""
    if ack.hash is None or not meta.pruned < ack.committed <= meta.head:
        return None
    (hash_,) = connection.execute("select hash from records where seq = ?", [ack.committed]).fetchone()
    if hash_ == ack.hash:
        return None
    return Refusal(f"committed: the hub holds another record {ack.committed}: two journals of one name (a cloned card)")


def released_by(meta: Meta, ack: Ack) -> Meta:
    """The journal's row about itself after an acknowledgement that is believed."""
    same = (meta.ledger, meta.ledger_epoch) == (ack.ledger, ack.ledger_epoch)
    acked = max(meta.acked, ack.committed) if same else ack.committed
    backed_up = max(meta.backed_up, ack.backed_up) if same else ack.backed_up
    if ack.missing:
        acked = min(acked, ack.missing[0][0] - 1)
    acked = max(acked, 0)
    meta = replace(meta, acked=acked, backed_up=min(backed_up, acked), ledger=ack.ledger, ledger_epoch=ack.ledger_epoch)
    if same and ack.head.count < meta.hub_count:
        return meta  # an ack that was delivered late: the higher head is the better witness
    return replace(meta, hub_count=ack.head.count, hub_chain=ack.head.chain, hub_sig=ack.head.sig)
