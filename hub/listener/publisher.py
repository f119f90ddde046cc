"""Publishes the hub's messages at the broker: its state, new lists and commands, sightings, and answers.

Nothing is kept for whoever is not connected: lists lie at the broker, and what a gate missed it asks for with its next hello.
Tested in `tests/hub/listener/test_listener.py`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection, Engine

from edge.contract.messages import Ack, Hello, SignedKind, State
from edge.contract.records import wall_text
from edge.contract.topics import HUB, Name, Topic
from hub.downlink import signed_lists
from hub.downlink.sightings import SightingsWriter
from hub.gates import store as gates
from hub.ledger.head import read_ledger
from hub.ledger.projections import sightings
from hub.listener.connection import Link
from hub.listener.schedule import RECONNECT, Duty, Schedule
from hub.listener.status import Status
from hub.orders import pending
from hub.town.town import Town

log = structlog.get_logger()

LOOK_AT_LISTS = 0.5
RENEW = 2.0
BEAT = 10.0
LISTS: dict[SignedKind, Topic] = {"policy": Topic(HUB, Name.POLICY), "passlist": Topic(HUB, Name.PASSLIST)}


class Publisher:
    """Publishes new messages when they are due, and answers gates."""

    def __init__(
        self,
        town: Town,
        *,
        writing: Engine,
        reading: Engine,
        link: Link,
        status: Status,
        schedule: Schedule,
        now: Callable[[], datetime],
    ):
        self._town, self._writing, self._reading, self._link = town, writing, reading, link
        self._status, self._schedule, self._now = status, schedule, now
        self._sightings = SightingsWriter(town.id, town.key)
        self._number = self._ledger_epoch = self._greeted = 0
        self._published: dict[str, int] = {}
        self._last_sighting: int | None = None

    def connect(self) -> None:
        """Begins the next connection; `OSError` if the broker can't be reached, `UnusableError` if the database can't."""
        with self._writing.begin() as connection:
            self._number = gates.next_hub_connection(connection, self._town.id, self._now())
            self._link.listen_to(frozenset(gates.believed(connection, self._town.id)))
            self._ledger_epoch = read_ledger(connection, self._town.id).epoch
        self._link.connect(self._number, self._state(online=False))
        self._schedule.succeeded(Duty.RECONNECT)
        self._schedule.again_in(Duty.RECONNECT, RECONNECT[0])

    def close(self) -> None:
        """Says that the hub is offline, and ends the connection."""
        self._link.close(self._state(online=False))

    def publish_if_due(self) -> None:
        """At each connection, and whenever it is news: that the hub is there, then the lists (a killed broker lost them)."""
        if not self._link.online:
            return
        if self._greeted != self._number:
            log.info("connected to the broker", connection=self._number)
            self._greeted, self._published = self._number, {}
            self._schedule.at_once(Duty.BEAT, Duty.LISTS)
        if self._schedule.is_due(Duty.BEAT):
            self._link.publish(Topic(HUB, Name.STATE), self._state(online=True).encode(), retain=True)
            self._status.note(HUB, {"online": True, "last_seen": wall_text(self._now())})
            self._schedule.again_in(Duty.BEAT, BEAT)
        if self._schedule.is_due(Duty.RENEW):
            self._renew_commands()
            self._schedule.again_in(Duty.RENEW, RENEW)
        if self._schedule.is_due(Duty.LISTS):
            self._publish_lists()
            self._schedule.again_in(Duty.LISTS, LOOK_AT_LISTS)
        self._publish_sightings()

    def answer(self, acks: Sequence[tuple[str, Ack]], hellos: Sequence[tuple[str, Hello]]) -> None:
        """After the commit: the acks, and to each hello the sightings that its gate missed."""
        for gate, ack in acks:
            self._link.publish(Topic(gate, Name.ACK), ack.encode())
        if not hellos:
            return
        with self._reading.begin() as connection:
            for gate, hello in hellos:
                for message in self._sightings.answer(connection, hello, self._now()):
                    self._link.publish(Topic(gate, Name.SIGHTINGS), message.encode())

    def _publish_lists(self) -> None:
        with self._reading.begin() as connection:
            versions = signed_lists.versions(connection, self._town.id)
            if versions == self._published:
                return
            for kind, topic in LISTS.items():
                message = signed_lists.current(connection, self._town.id, kind)
                if message is not None and self._published.get(kind) != message.version:
                    self._link.publish(topic, message.encode(), retain=True)
                    log.info("list published", kind=kind, version=message.version)
            self._publish_commands(connection)
        self._published = versions

    def _publish_commands(self, connection: Connection) -> None:
        for gate, message in signed_lists.commands(connection, self._town.id).items():
            if self._published.get(signed_lists.commands_row(gate)) != message.version:
                self._link.publish(Topic(gate, Name.COMMAND), message.encode(), retain=True)
                log.info("commands published", gate=gate, version=message.version)

    def _renew_commands(self) -> None:
        """Commands change by themselves, too: an order expires, an answer comes. The next look at the lists publishes them."""
        with self._reading.begin() as connection:
            outdated = pending.outdated(connection, self._town.id, self._now())
        if outdated:
            with self._writing.begin() as connection:
                for gate in outdated:
                    pending.publish(connection, self._town.id, gate, key=self._town.key, now=self._now())

    def _publish_sightings(self) -> None:
        """Says to every gate what the last commits numbered; who was not there asks with its next hello."""
        with self._reading.begin() as connection:
            last = sightings.last(connection, self._town.id)
            if self._last_sighting is not None and last > self._last_sighting:
                for message in self._sightings.since(connection, self._last_sighting, self._now()):
                    self._link.publish(Topic(HUB, Name.SIGHTINGS), message.encode())
        self._last_sighting = last

    def _state(self, *, online: bool) -> State:
        return State(online=online, conn=self._number, at=wall_text(self._now()), ledger_epoch=self._ledger_epoch)
