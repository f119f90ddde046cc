"""Sightings for the gates as signed messages: new ones, those that one gate missed, or a snapshot of who is inside.

    hub/sightings      each new range, right after the commit that numbered it
    <gate>/sightings   in answer to a hello: the range that it missed; or, if it counts in another series or is far behind, a
                       snapshot of who is inside

A snapshot in parts has one `last`; its first part has `first` 0 and begins anew, the others add to it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, canonical
from edge.contract.messages import Hello, Signed
from edge.contract.records import wall_text
from hub.ledger.head import read_ledger
from hub.ledger.projections import sightings
from hub.ledger.projections.sightings import Spoken

PART = 2000
"""Sightings in one message at most: about 400 kB, a tenth of what a gate takes."""
BEHIND = 5000
"""A gate that missed more than this gets a snapshot of who is inside instead."""


class SightingsWriter:
    """Writes a town's messages; `key` is the hub's own."""

    def __init__(self, town: str, key: Ed25519PrivateKey):
        self._town, self._key = town, key

    def since(self, connection: Connection, n: int, now: datetime) -> Iterator[Signed]:
        """The sightings after number `n`."""
        series = self._series(connection)
        while part := sightings.after(connection, self._town, n, PART):
            last = part[-1]["n"]
            yield self._signed(series, n + 1, last, part, now)
            if len(part) < PART:
                return
            n = last

    def answer(self, connection: Connection, hello: Hello, now: datetime) -> Iterator[Signed]:
        """The answer to a gate's hello: the range of sightings that the gate lacks (empty: none), or a snapshot."""
        series, last = self._series(connection), sightings.last(connection, self._town)
        if hello.series != series or not last - BEHIND <= hello.sighting <= last:
            yield from self._snapshot(connection, series, last, now)
        elif hello.sighting == last:
            yield self._signed(series, last + 1, last, [], now)
        else:
            yield from self.since(connection, hello.sighting, now)

    def _snapshot(self, connection: Connection, series: str, last: int, now: datetime) -> Iterator[Signed]:
        found = sightings.inside_now(connection, self._town)
        for first in range(0, max(len(found), 1), PART):
            yield self._signed(series, first, last, found[first : first + PART], now, snapshot=True)

    def _series(self, connection: Connection) -> str:
        ledger = read_ledger(connection, self._town)
        return f"{ledger.id}.{ledger.epoch}"

    def _signed(
        self, series: str, first: int, last: int, part: Sequence[Spoken], now: datetime, *, snapshot: bool = False
    ) -> Signed:
        """A `Sightings` of the contract."""
        body: dict[str, Json] = {
            "series": series,
            "first": first,
            "last": last,
            "snapshot": snapshot,
            "sightings": part,
        }
        return Signed.sign("sightings", self._town, last, wall_text(now), canonical(body).decode(), self._key)
