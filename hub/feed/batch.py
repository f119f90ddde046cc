"""A batch of the feed: entries of the ledger as one signed message. Pure but for the look at the ledger.

The body is JSON: `{"v":1,"town","target","ledger","epoch","first","last","entries":[…]}`; an entry is as `GET /api/v1/entries` has it, without personal
values. The hub signs, with the key that signs its ledger's head, the canonical array `["feed", town, target, timestamp, SHA-256 of the
body]`; timestamp and signature travel as headers.

Tested in `tests/hub/feed/test_batch.py`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, sha256_hex, sign
from edge.contract.records import wall_text
from hub.feed.store import Target
from hub.ledger import queries
from hub.ledger.following import entries_after
from hub.ledger.head import Ledger

VERSION = 1
MOST_ENTRIES = 200
MOST_BYTES = 512 * 1024
"""Of the entries of a batch, unless a single one is larger."""
TIMESTAMP, SIGNATURE = "Kakou-Timestamp", "Kakou-Signature"


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent next. `cursor`: where the target stands when it has confirmed this; no entries: nothing is to be sent."""

    entries: Sequence[Mapping[str, Any]]
    cursor: int


def following(connection: Connection, town: str, target: Target) -> Batch:
    """The entries that a target gets next, of those that this look at the ledger sees."""
    # first: what comes while we look stands above it
    newest = queries.last_entry(connection, town)
    rows = entries_after(connection, town, target.cursor, MOST_ENTRIES, target.kinds)
    entries: list[Mapping[str, Any]] = []
    room = MOST_BYTES
    for row in rows:
        room -= len(row["raw"])
        if entries and room < 0:
            break
        entries.append(entry(row))
    if len(entries) == len(rows) < MOST_ENTRIES:
        # what stands between is of kinds that this target does not get
        return Batch(entries, max([target.cursor, newest, *(each["id"] for each in entries[-1:])]))
    return Batch(entries, entries[-1]["id"])


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as other systems get it: nothing personal."""
    shown = {name: value for name, value in row.items() if name not in ("private", "sig")}
    shown["signature"] = None if row["sig"] is None else {"seq": row["seq"], "sig": row["sig"]}
    return shown


def body(ledger: Ledger, target: str, entries: Sequence[Mapping[str, Any]]) -> bytes:
    """The bytes that are sent. No entries: a test, which a target answers as it answers others."""
    ends = {"first": entries[0]["id"], "last": entries[-1]["id"]} if entries else {"first": None, "last": None}
    place = {"town": ledger.town, "target": target, "ledger": ledger.id, "epoch": ledger.epoch}
    said = {"v": VERSION, **place, **ends, "entries": list(entries)}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def headers(town: str, target: str, sent: bytes, key: Ed25519PrivateKey, now: datetime) -> dict[str, str]:
    """The headers of a batch: when it was sent, and the hub's signature."""
    timestamp = wall_text(now)
    signature = sign(key, signed(town, target, timestamp, sent))
    return {"Content-Type": "application/json", TIMESTAMP: timestamp, SIGNATURE: f"ed25519={signature}"}


def signed(town: str, target: str, timestamp: str, sent: bytes) -> list[Json]:
    """What the signature is over."""
    return ["feed", town, target, timestamp, sha256_hex(sent)]
