"""Sends on one connection: the journal's records, and other messages when there is time for them.

Tested in `tests/edge/link/test_uplink.py`.
"""

from collections import deque

import structlog

from edge.contract.messages import MAX_BATCH_RECORDS
from edge.contract.steps import reached
from edge.contract.topics import Name, Topic
from edge.link.connection import Connection
from edge.link.ends import Ends, Parcel
from edge.link.greeting import Greeting
from edge.link.window import SendWindow

log = structlog.get_logger()

LIVE_BEHIND = 4 * MAX_BATCH_RECORDS
"""Records not sent yet beyond which new ones go ahead: as many as the window holds at its widest."""
LIVE_EVERY = 0.5
"""Seconds between two batches that go ahead."""
_HOLD = 5.0
"""Seconds without another try after the journal could not be read."""


class Sender:
    """Sends the journal's records batch by batch, as wide as the `window` allows, and prunes what the hub's backup holds."""

    def __init__(self, ends: Ends, connection: Connection, greeting: Greeting) -> None:
        self._delivery = ends.delivery
        self._connection = connection
        self._greeting = greeting
        self._topic = str(Topic(ends.address.gate, Name.RECORDS))
        self._send_from = 0.0
        self._prune = True
        self._live = ends.delivery.meta.head
        self._live_due = 0.0
        self._gap: int | None = None
        self.window = SendWindow(
            ends.delivery.meta.acked, patience=ends.times.patience, most_patience=ends.times.most_patience
        )

    def turn(self, now: float, *, hub_online: bool) -> None:
        """Sends what the window allows, and prunes some; a fault is logged, and the next try waits a while."""
        if now < self._send_from:
            return
        try:
            if hub_online and self._delivery.usable and self._greeting.said_at is not None:
                self._send(now)
            if self._prune and self._delivery.usable:
                self._prune = self._delivery.prune() > 0
        except Exception:
            # a broken journal or a full disk: the link stays, to say so to the hub
            self._send_from = now + _HOLD
            log.exception("fault while sending")

    def acked(self, now: float, *, missing: bool) -> None:
        """Goes on after an acknowledgement that the journal has taken; the hub says in it whether a later record is missing."""
        self._prune = True
        self.window.acked(self._delivery.meta.acked, missing=missing, now=now)

    def _send(self, now: float) -> None:
        if self.window.overdue(now):
            log.warning("the hub does not acknowledge", acked=self._delivery.meta.acked)
            self.window.lose_patience(now)
            self._greeting.say()
        if self._greeting.awaits_answer(now):
            return
        self._send_live(now)
        while (limit := self.window.limit) is not None:
            batch = self._delivery.batch_after(self.window.cursor, limit)
            if batch is not None and batch.first > self.window.cursor + 1 and batch.bridge is None:
                if not self._asked_for_gap(self.window.cursor, now):
                    return
                self._delivery.explain_gap(self.window.cursor + 1, batch.first - 1)
                batch = self._delivery.batch_after(self.window.cursor, limit)
            if batch is None:
                return
            mid = self._connection.publish(self._topic, batch, qos=1)
            self.window.sent(batch.seq, mid, now)
            reached("uplink.sent")

    def _asked_for_gap(self, cursor: int, now: float) -> bool:
        """Returns True if the hub has answered since it was asked for what is no longer here; asks it first.

        A word that it lacks something may be an old one that came late, and what is once called lost is so for ever.
        """
        greeting = self._greeting
        if self._gap != cursor or (not greeting.answered and greeting.long_ago(now)):
            self._gap = cursor
            greeting.say()
        return greeting.answered

    def _send_live(self, now: float) -> None:
        """What is new goes ahead of a backlog that fills more than the window, in order; the window sends it again in its turn.

        So a crossing is durable at the hub within a moment, whatever waits before it. The ledger takes it when its turn comes.
        """
        head = self._delivery.meta.head
        if head - self.window.cursor <= LIVE_BEHIND:
            self._live = head
            return
        if now < self._live_due or head == self._live:
            return
        batch = self._delivery.batch_after(self._live, MAX_BATCH_RECORDS)
        if batch is not None:
            self._connection.publish(self._topic, batch.model_copy(update={"live": True}), qos=1)
            self._live, self._live_due = batch.seq, now + LIVE_EVERY


class ParcelSender:
    """Sends what waits beside the records, one after the other. `on_the_way`: message id and parcel that the broker may not have."""

    def __init__(self, waiting: deque[Parcel], connection: Connection, gate: str) -> None:
        self._waiting = waiting
        self._connection = connection
        self._gate = gate
        self.on_the_way: tuple[int, Parcel] | None = None

    def turn(self, *, hub_online: bool) -> None:
        """Sends the next parcel, when the one before has arrived and nothing else waits for the wire."""
        if self.on_the_way is None and self._waiting and hub_online and not self._connection.busy:
            parcel = self._waiting.popleft()
            mid = self._connection.publish(str(Topic(self._gate, parcel.name)), parcel.message, qos=1)
            self.on_the_way = (mid, parcel)

    def carried(self, mid: int) -> bool:
        """The broker has the message `mid`. Returns False if that is no parcel."""
        if self.on_the_way is None or self.on_the_way[0] != mid:
            return False
        parcel, self.on_the_way = self.on_the_way[1], None
        parcel.carried()
        return True

    def give_back(self) -> None:
        """The connection ends: the broker may not have the last parcel, and the next connection sends it again."""
        if self.on_the_way is not None:
            self._waiting.appendleft(self.on_the_way[1])
            self.on_the_way = None
