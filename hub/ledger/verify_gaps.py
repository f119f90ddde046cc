"""Checks gaps in a gate's chain: quarantined records that hold their places, `lost` entries, and bridges explain one, or it is broken.

Tested in `tests/hub/ledger/test_gaps.py`, `test_late.py` and `test_verify.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select

from edge.contract.canonical import signed_by
from edge.contract.facts import Kind
from edge.contract.records import chain_hash, signed_head
from hub.database.schema import bridges, entries, quarantine
from hub.database.statements import as_stored
from hub.ledger.bridge_promises import contradicted
from hub.ledger.cursors import JournalId
from hub.ledger.verify_types import fault, journal_of
from hub.ledger.verify_walk import BrokenError, End, Entry, Walk
from hub.values.stored import part, said, whole_of


def cross_gap(walk: Walk, row: Entry, end: End, where: str) -> None:
    """Follows the chain past records that lie in the quarantine; a `lost` entry ends the need for one."""
    follow_quarantine(walk, (row.gate, row.epoch), end, row.seq - 1)
    if end.seq == row.seq - 1:
        return
    if not _lost(walk, row, end.seq + 1, row.seq - 1):
        raise BrokenError(f"{where}: the gate's records {end.seq + 1} to {row.seq - 1} are missing before it")
    end.hash = row.prev


def follow_quarantine(walk: Walk, journal: JournalId, end: End, last: int) -> None:
    """Moves `end` past the quarantined records that hold a place in the chain, up to number `last`."""
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
    """The `raw` of a quarantined record; None if it has none."""
    try:
        raw = json.loads(data)["raw"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return raw if isinstance(raw, str) else None


def _lost(walk: Walk, row: Entry, first: int, last: int) -> bool:
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


def _bridged(walk: Walk, row: Entry, first: int, last: int) -> bool:
    """Returns True if the gate's signed word for the gap is here, though the record itself may not have come in its place yet."""
    query = select(bridges).where(
        bridges.c.town == walk.town,
        bridges.c.gate == row.gate,
        bridges.c.epoch == row.epoch,
        bridges.c.first == first,
    )
    bridge = walk.connection.execute(query).first()
    return bridge is not None and bridge.last == last and _stands(walk, bridge)


def _stands(walk: Walk, bridge: Row[Any]) -> bool:
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


def check_bridges(walk: Walk) -> None:
    """Each bridge is its gate's signed word, and the record that it was laid with is the one that came."""
    for row in walk.connection.execute(select(*as_stored(bridges)).where(bridges.c.town == walk.town)):
        place = f"bridge{journal_of(row._mapping)}"
        wrong = fault(bridges, row._mapping)
        if wrong is not None:
            raise BrokenError(f"{place}: {wrong}")
        if not _stands(walk, row):
            raise BrokenError(f"{place}: is not the gate's signed word over records {row.first} to {row.last}")
    for gate, first, last, seq in contradicted(walk.connection, walk.town):
        raise BrokenError(
            f"bridge (gate {gate}, seq {seq}): records {first} to {last} were passed over with another record than the ledger holds"
        )
