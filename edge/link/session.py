"""One connection of the gate to its broker, from CONNECT to its end, on the link's thread.

The session takes the events of its connection one by one and decides what is said to the hub; a fault in an answer is logged and
the loop goes on. The journal is the only queue.

    connect -> CONNACK: state online (retained), subscribe -> SUBACK: hello -> the hub's ack -> batches <-> acks
    hub/state says online anew, or another ledger epoch: hello again.  hub/state offline: no batches.
    sightings that do not follow those held: hello again, so that the hub sends what was missed.

Tested in `tests/edge/link/test_uplink.py`.
"""

import socket
from dataclasses import replace

import structlog
from paho.mqtt.client import MQTTMessage
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract.messages import Ack, State
from edge.contract.topics import HUB, Name, Topic
from edge.link.connection import Carried, Connected, Connection, Ended, Event, Subscribed
from edge.link.ends import Ends, LinkStatus
from edge.link.greeting import Greeting
from edge.link.list_intake import ListIntake
from edge.link.sender import ParcelSender, Sender

log = structlog.get_logger()

TICK = 0.2
"""Seconds between two looks at the clock while nothing happens."""


class Session:
    """One connection, with number `conn`. `open`, then `turn` until it returns False, then `close`.

    `wakeup`: a socket on which a byte means that there is something new to send. `status`: the link as the screen may show it.
    """

    def __init__(self, ends: Ends, conn: int, wakeup: socket.socket, before: LinkStatus) -> None:
        self._ends = ends
        self._conn = conn
        self._hub: State | None = None
        self._health_due = 0.0
        self._lists = ListIntake(ends)
        self._connection = Connection(
            ends.address,
            ends.times,
            wakeup,
            will_topic=self._topic(Name.STATE),
            will=self._state(online=False),
        )
        self._greeting = Greeting(ends, self._connection)
        self._sender = Sender(ends, self._connection, self._greeting)
        self._parcels = ParcelSender(ends.parcels, self._connection, ends.address.gate)
        self.status = replace(before, connected=False, hub_online=False, in_flight=0)

    # -- the connection ------------------------------------------------------------------------------------------------

    @property
    def over(self) -> str | None:
        """Why the connection is over; None while it stands."""
        return self._connection.over

    def open(self) -> None:
        """Connects; raises if the broker cannot be reached or is not who it should be."""
        self._connection.open()

    def turn(self) -> bool:
        """Waits a moment for news and answers it. Returns False if the connection is over, and `over` says why."""
        connection = self._connection
        connection.exchange(TICK)
        while connection.events:
            self._answer(connection.events.popleft())
        if connection.lost or connection.over is not None:
            connection.over = connection.over or "the connection was lost"
            return False
        if self.status.connected:
            self._attend(self._ends.clock.mono())
        self.status = replace(self.status, in_flight=len(self._sender.window.flights))
        return True

    def farewell(self, seconds: float = 1.0) -> None:
        """Says that the gate goes offline, in good order, so that no Will is needed."""
        if not self.status.connected:
            return
        connection = self._connection
        mid = connection.publish(self._topic(Name.STATE), self._state(online=False), qos=1, retain=True)
        until = self._ends.clock.mono() + seconds
        while not connection.lost and self._ends.clock.mono() < until:
            if any(isinstance(event, Carried) and event.mid == mid for event in connection.events):
                connection.disconnect()
                return
            connection.exchange(TICK)

    def close(self) -> None:
        """Lets go of the socket; without a farewell the broker then publishes the Will."""
        self._parcels.give_back()
        self._connection.close()

    # -- what comes ----------------------------------------------------------------------------------------------------

    def _answer(self, event: Event) -> None:
        try:
            match event:
                case Connected(code):
                    self._connected(code)
                case Subscribed(codes):
                    self._subscribed(codes)
                case Carried(mid, code):
                    self._carried(mid, code)
                case Ended(code):
                    self._connection.over = self._connection.over or f"the connection ended: {code}"
                case MQTTMessage():
                    self._message(Topic.parse(event.topic), bytes(event.payload), retained=event.retain)
        except Exception:
            # one bad message, or a full disk, must not end the link
            log.exception("fault while answering the hub", heard=type(event).__name__)

    def _connected(self, code: ReasonCode) -> None:
        if code.is_failure:
            self._connection.over = f"the broker refused the connection: {code}"
            return
        log.info("link up", conn=self._conn)
        self.status = replace(self.status, connected=True, fault=None)
        self._connection.publish(self._topic(Name.STATE), self._state(online=True), qos=1, retain=True)
        of_hub = [str(Topic(HUB, name)) for name in (Name.STATE, Name.POLICY, Name.PASSLIST, Name.SIGHTINGS)]
        of_gate = [self._topic(name) for name in (Name.ACK, Name.SIGHTINGS, Name.COMMAND)]
        self._connection.subscribe([*of_hub, *of_gate])

    def _subscribed(self, codes: tuple[ReasonCode, ...]) -> None:
        refused = next((code for code in codes if code.is_failure), None)
        if refused is not None:
            self._connection.over = f"the broker refused a subscription: {refused}"
            return
        self._greeting.say()

    def _carried(self, mid: int, code: ReasonCode) -> None:
        if code.is_failure:
            self._connection.over = f"the broker refused a message: {code}"
        elif not self._parcels.carried(mid):
            self._sender.window.carried(mid, self._ends.clock.mono())

    def _message(self, topic: Topic, payload: bytes, *, retained: bool) -> None:
        if not payload:
            return  # a retained message that was cleared
        match topic.owner, topic.name:
            case "hub", Name.STATE:
                self._hub_state(State.parse(payload), retained=retained)
            case _, Name.POLICY | Name.PASSLIST | Name.SIGHTINGS | Name.COMMAND:
                self._lists.take(topic.name, payload)
            case _, Name.ACK:
                self._ack(payload)

    def _hub_state(self, state: State, *, retained: bool) -> None:
        before = self._hub
        if before is not None and not state.online and state.conn < before.conn:
            return  # the late Will of a connection that has a successor
        self._hub = state
        self.status = replace(self.status, hub_online=state.online)
        if not state.online:
            self._sender.window.go_back(self._ends.clock.mono())
        elif before is None:
            # a retained word was there before our hello, which the hub therefore heard; a fresh one means that it is new here
            if not retained:
                self._greeting.say()
        elif (before.online, before.conn, before.ledger_epoch) != (True, state.conn, state.ledger_epoch):
            self._greeting.say()

    def _ack(self, payload: bytes) -> None:
        try:
            ack = Ack.parse(payload)
        except ValueError as error:
            self._ends.judge("bad_ack", str(error))
            return
        if not self._ends.delivery.usable:
            return
        why = self._ends.delivery.release(ack, self._ends.address.hub_key)
        self._ends.judge("bad_ack", why)
        if why is not None:
            return
        now = self._ends.clock.mono()
        self._greeting.answered = True
        self._sender.acked(now, missing=bool(ack.missing))
        self.status = replace(
            self.status,
            last_ack=now,
            ahead=max((self.status.ahead, *(last for _, last in ack.ahead))),
        )

    # -- what is said --------------------------------------------------------------------------------------------------

    def _attend(self, now: float) -> None:
        hub_online = self.status.hub_online
        self._sender.turn(now, hub_online=hub_online)
        self._parcels.turn(hub_online=hub_online)
        if self._ends.lists.inside.behind and hub_online and self._greeting.long_ago(now):
            self._greeting.say()
        # after the hello: what the hub last heard of another journal stands until it knows of this one
        if self._greeting.said_at is not None and now >= self._health_due and not self._connection.busy:
            self._health_due = now + self._ends.times.health
            if hub_online:
                self._lists.vouch()
            try:
                self._connection.publish(self._topic(Name.HEALTH), self._ends.health(), qos=0)
            except Exception:
                # a sensor that cannot be read must not end the link
                log.exception("fault in health")

    def _topic(self, name: Name) -> str:
        return str(Topic(self._ends.address.gate, name))

    def _state(self, *, online: bool) -> State:
        at, epoch = self._ends.clock.at().wall, self._ends.delivery.meta.epoch
        return State(online=online, conn=self._conn, at=at, epoch=epoch)
