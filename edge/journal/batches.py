"""Makes batches: how many records go into a message, and the bridge over a gap. Tested in `tests/edge/journal/test_outbox.py`."""

import json
import sqlite3

from edge.contract.facts import Kind, Lost
from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import Bridge
from edge.contract.records import Record, Sealed

_ENVELOPE = 3 * 1024
"""Bytes of a message besides its records: a bridge is the largest part."""


def size_in_message(record: Sealed) -> int:
    return len(record.model_dump_json().encode())


def fill(reader: sqlite3.Connection, seq: int, limit: int) -> tuple[int, tuple[Sealed, ...]]:
    # (number of the last, the records); a hole in the journal ends the batch: `verify` names it, and the hub asks for it
    rows = reader.execute(
        "select seq, raw, private, hash, prev from records where seq > ? order by seq limit ?", [seq, limit]
    )
    chosen: list[Sealed] = []
    room = MAX_MESSAGE - _ENVELOPE
    last = 0
    for number, raw, private, hash_, prev in rows:
        record = as_kept(raw, private, prev, hash_)
        room -= size_in_message(record) + 1
        if chosen and (room < 0 or number != last + 1):
            break
        chosen.append(record)
        last = number
    return last, tuple(chosen)


def bridge_over(reader: sqlite3.Connection, first: int, last: int) -> Bridge | None:
    """The newest `lost` record that names exactly these numbers."""
    rows = reader.execute(
        "select r.seq, r.raw, r.private, r.prev, r.hash, s.sig from records r join signatures s on s.seq = r.seq"
        " where r.kind = ? order by r.seq desc",
        [Kind.LOST.value],
    )
    for seq, raw, private, prev, hash_, sig in rows:
        try:
            body = Record.parse(raw).body
        except ValueError:
            continue  # of an older version: no bridge that a hub would cross
        if isinstance(body, Lost) and (body.first, body.last) == (first, last):
            return Bridge(record=as_kept(raw, private, prev, hash_), seq=seq, sig=sig)
    return None


def as_kept(raw: str, private: str, prev: str, hash_: str) -> Sealed:
    """A row of the journal as it travels, without a check: the hub judges what an older version kept, and the gate sends it in any case."""
    salted = {name: (salt, value) for name, (salt, value) in json.loads(private).items()}
    return Sealed.model_construct(raw=raw, private=salted, prev=prev, hash=hash_)
