"""The head of a town's ledger: how many entries, where the chain stands, and the hub's signature over both.

Tested in `tests/hub/ledger/test_append.py` and `tests/hub/lifecycle/test_rekey.py`.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from edge.contract.messages import HubHead
from edge.contract.records import ZERO_HASH, new_epoch
from hub.database.schema import ledgers
from hub.database.statements import Often, insert, upsert
from hub.errors import HubError

_LEDGER = Often(select(ledgers).where(ledgers.c.town == bindparam("town")))
_LEDGER_LOCKED = Often(select(ledgers).where(ledgers.c.town == bindparam("town")).with_for_update())


@dataclass(frozen=True, slots=True)
class Ledger:
    """A town's ledger as its row says it. `epoch` rises when the hub is restored; `hub_epoch` is of its own entries."""

    town: str
    id: str
    epoch: int
    hub_epoch: str
    head: HubHead


def found_ledger(connection: Connection, town: str, key: Ed25519PrivateKey) -> Ledger:
    """An empty ledger for a town that has none."""
    head = HubHead.signed(town, 0, ZERO_HASH, key)
    ledger = Ledger(town, f"l-{secrets.token_hex(8)}", 1, new_epoch(), head)
    insert(connection, ledgers, [_row(ledger)])
    return ledger


def read_ledger(connection: Connection, town: str, *, lock: bool = False) -> Ledger:
    """The town's ledger; with `lock` no other transaction can append until this one ends (SQLite: it holds the lock already)."""
    row = next(iter((_LEDGER_LOCKED if lock else _LEDGER)(connection, town=town)), None)
    if row is None:
        raise HubError(f"ledger: town {town!r} has none in this database (kakou-hub init makes one)")
    # row.count is a tuple's method, not the column
    head = HubHead(count=row._mapping["count"], chain=row.chain, sig=row.sig)
    return Ledger(town, row.ledger, row.ledger_epoch, row.hub_epoch, head)


def move_head(connection: Connection, ledger: Ledger, count: int, chain: str, key: Ed25519PrivateKey) -> Ledger:
    """The ledger with its head after more entries, signed."""
    moved = replace(ledger, head=HubHead.signed(ledger.town, count, chain, key))
    upsert(connection, ledgers, [_row(moved)])
    return moved


def _row(ledger: Ledger) -> dict[str, Any]:
    place = {"town": ledger.town, "ledger": ledger.id, "ledger_epoch": ledger.epoch, "hub_epoch": ledger.hub_epoch}
    return {**place, **ledger.head.model_dump()}
