"""Compares the records that gates call lost with those that the ledger holds: a newer backup may have brought some back.

A gate says `lost` when a hub that was restored lacks what a backup once held and the gate has pruned. Whoever then restores
that newer backup has those records, and receives the gate's earlier word about them as well: it is kept, like every word of a
gate, but nobody needs to be alarmed by it.
"""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from hub.ledger.append import Appended
from hub.ledger.cursors import held_places


def lacking(connection: Connection, town: str, appended: Appended) -> Iterator[tuple[str, str]]:
    """(gate, what is missing and why), once for each gate that has just said so of records that this ledger does not hold all."""
    found: dict[str, list[str]] = {}
    for gate, epoch, first, last, why in appended.lost:
        held = _held(connection, town, gate, epoch, first, last)
        if held == 0:
            found.setdefault(gate, []).append(f"records {first} to {last}: {why}")
        elif held < last - first + 1:
            found.setdefault(gate, []).append(f"records {first} to {last}, of which {held} are here: {why}")
    for gate, lines in found.items():
        more = len(lines) - 1
        yield gate, lines[0] if not more else f"{lines[0]} (and {more} more ranges)"


def late_of(appended: Appended) -> Iterator[tuple[str, str]]:
    """(gate, which records), once for each journal of which records came to the quarantine that had been called lost."""
    found: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for gate, epoch, first, last, count in appended.late:
        found.setdefault((gate, epoch), []).append((first, last, count))
    for (gate, epoch), ranges in found.items():
        first, last = min(each[0] for each in ranges), max(each[1] for each in ranges)
        count = sum(each[2] for each in ranges)
        yield gate, f"epoch {epoch[:8]}, records {first} to {last}: {count} of them are in the quarantine"


def _held(connection: Connection, town: str, gate: str, epoch: str, first: int, last: int) -> int:
    """How many of these numbers are held."""
    places = held_places(town, gate, epoch, first, last).subquery()
    return connection.execute(select(func.count(places.c.seq.distinct()))).scalar_one()
