"""What gates are told of who went in or out, as signed messages: what is new, what one gate missed, or who is inside.

    hub/sightings      each new range, right after the commit that numbered it
    <gate>/sightings   in answer to a hello: the range that it missed; or, if it counts in another series or is far behind, a
                       snapshot of who is inside

A snapshot in parts has one `last`; its first part has `first` 0 and begins anew, the others add to it.
"""

from collections.abc import Iterator
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.messages import Hello, Sightings, Signed
from edge.contract.records import wall_text
from hub.ledger import sightings
from hub.ledger.head import read_ledger

PART = 2000
"""Sightings in one message at most: about 400 kB, a tenth of what a gate takes."""
BEHIND = 5000
"""A gate that missed more than this is told who is inside instead."""


class Told:
    """Writes a town's messages; `key` is the hub's own."""

    def __init__(self, town: str, key: Ed25519PrivateKey):
        self._town, self._key = town, key

    def since(self, connection: Connection, n: int, now: datetime) -> Iterator[Signed]:
        """The sightings after number `n`."""
        series = self._series(connection)
        while part := sightings.after(connection, self._town, n, PART):
            yield self._signed(Sightings(series=series, first=n + 1, last=part[-1].n, sightings=tuple(part)), now)
            n = part[-1].n

    def answer(self, connection: Connection, hello: Hello, now: datetime) -> Iterator[Signed]:
        """What the gate that says this lacks: a range (an empty one says that it lacks nothing), or a snapshot."""
        series, last = self._series(connection), sightings.last(connection, self._town)
        if hello.series != series or not last - BEHIND <= hello.sighting <= last:
            yield from self._snapshot(connection, series, last, now)
        elif hello.sighting == last:
            yield self._signed(Sightings(series=series, first=last + 1, last=last), now)
        else:
            yield from self.since(connection, hello.sighting, now)

    def _snapshot(self, connection: Connection, series: str, last: int, now: datetime) -> Iterator[Signed]:
        found = sightings.inside_now(connection, self._town)
        for first in range(0, max(len(found), 1), PART):
            part = tuple(found[first : first + PART])
            yield self._signed(Sightings(series=series, first=first, last=last, snapshot=True, sightings=part), now)

    def _series(self, connection: Connection) -> str:
        ledger = read_ledger(connection, self._town)
        return f"{ledger.id}.{ledger.epoch}"

    def _signed(self, body: Sightings, now: datetime) -> Signed:
        return Signed.seal("sightings", self._town, body.last, wall_text(now), body, self._key)
