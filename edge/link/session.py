"""One connection of the gate to its broker, from CONNECT to its end, on the link's thread.

The MQTT 5 client is driven with our own loop, and each connection has a client of its own (clean start, a Will with the
connection's number), so nothing of a broken connection lives on: the journal is the only queue. What the client's callbacks
hear is put in an inbox and answered one by one; a fault in an answer is logged and the loop goes on.

    connect -> CONNACK: state online (retained), subscribe -> SUBACK: hello -> the hub's ack -> batches <-> acks
    hub/state says online anew, or another ledger epoch: hello again.  hub/state offline: no batches.
    sightings that do not follow those held: hello again, so that the hub tells what was missed.
"""

import select
import socket
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract.message import Message
from edge.contract.messages import (
    MAX_BATCH_RECORDS,
    MAX_LIST,
    Ack,
    Hello,
    Signed,
    SignedKind,
    State,
)
from edge.contract.steps import reached
from edge.contract.topics import HUB, Name, Topic
from edge.link.ends import Ends, LinkStatus, Parcel
from edge.link.window import Drain

log = structlog.get_logger()

TICK = 0.2
"""Seconds between two looks at the clock while nothing happens."""
LIVE_BEHIND = 4 * MAX_BATCH_RECORDS
"""Records not sent yet beyond which new ones go ahead: as many as the window holds at its widest."""
LIVE_EVERY = 0.5
"""Seconds between two batches that go ahead."""
_HOLD = 5.0
"""Seconds without another try after the journal could not be read."""


@dataclass(frozen=True, slots=True)
class _Connected:
    code: ReasonCode


@dataclass(frozen=True, slots=True)
class _Subscribed:
    codes: tuple[ReasonCode, ...]


@dataclass(frozen=True, slots=True)
class _Carried:
    mid: int
    code: ReasonCode


@dataclass(frozen=True, slots=True)
class _Ended:
    code: ReasonCode


_Heard = _Connected | _Subscribed | _Carried | _Ended | MQTTMessage


class Session:
    """One connection, with number `conn`. `open`, then `turn` until it says False, then `close`.

    `ear`: a socket on which a byte means that there is something new to send.
    """

    def __init__(self, ends: Ends, conn: int, ear: socket.socket, before: LinkStatus) -> None:
        self._ends = ends
        self._conn = conn
        self._ear = ear
        self._inbox: deque[_Heard] = deque()
        self._hub: State | None = None
        self._hello_at: float | None = None
        self._answered = False
        self._health_due = 0.0
        self._send_from = 0.0
        self._prune = True
        self._current: set[SignedKind] = set()
        self._live = ends.outbox.head
        self._live_due = 0.0
        self._parcel: tuple[int, Parcel] | None = None
        self._gap: int | None = None
        self._drain = Drain(ends.outbox.acked, patience=ends.times.patience, most_patience=ends.times.most_patience)
        self._client = self._make_client()
        self.status = replace(before, connected=False, hub_online=False, in_flight=0)
        self.over: str | None = None

    # -- the connection ------------------------------------------------------------------------------------------------

    def _make_client(self) -> Client:
        gate, times, tls = self._ends.address.gate, self._ends.times, self._ends.address.tls
        client = Client(CallbackAPIVersion.VERSION2, client_id=gate, protocol=MQTTv5, reconnect_on_failure=False)
        hear = self._inbox.append
        client.on_connect = lambda _client, _data, _flags, code, _properties: hear(_Connected(code))
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: hear(_Subscribed(tuple(codes)))
        client.on_publish = lambda _client, _data, mid, code, _properties: hear(_Carried(mid, code))
        client.on_message = lambda _client, _data, message: hear(message)
        client.on_disconnect = lambda _client, _data, _flags, code, _properties: hear(_Ended(code))
        client.connect_timeout = times.connect
        client.will_set(self._own(Name.STATE), self._state(online=False).encode(), qos=1, retain=True)
        if tls is not None:
            client.tls_set_context(tls())
        return client

    def open(self) -> None:
        """Connects; raises if the broker cannot be reached or is not who it should be."""
        address = self._ends.address
        self._client.connect(address.host, address.port, keepalive=self._ends.times.keepalive, clean_start=True)
        # Nagle's algorithm holds a crossing back for 40 ms behind the receipt of the one before (measured)
        connection: Any = self._client.socket()
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def turn(self) -> bool:
        """Waits a moment for news and answers it. False: the connection is over, and `over` says why."""
        self._exchange(TICK)
        while self._inbox:
            self._answer(self._inbox.popleft())
        if self._client.socket() is None or self.over is not None:
            self.over = self.over or "the connection was lost"
            return False
        if self.status.connected:
            self._attend(self._ends.clock.mono())
        self.status = replace(self.status, in_flight=len(self._drain.flights))
        return True

    def farewell(self, seconds: float = 1.0) -> None:
        """Says that the gate goes offline, in good order, so that no Will is needed."""
        if not self.status.connected:
            return
        mid = self._publish(self._own(Name.STATE), self._state(online=False), qos=1, retain=True)
        until = self._ends.clock.mono() + seconds
        while self._client.socket() is not None and self._ends.clock.mono() < until:
            if any(isinstance(heard, _Carried) and heard.mid == mid for heard in self._inbox):
                self._client.disconnect()
                return
            self._exchange(TICK)

    def close(self) -> None:
        """Lets go of the socket; without a farewell the broker then publishes the Will."""
        if self._parcel is not None:
            # the broker may not have it: the next connection sends it again
            self._ends.parcels.appendleft(self._parcel[1])
            self._parcel = None
        connection: Any = self._client.socket()
        if connection is not None:
            connection.close()

    def _exchange(self, seconds: float) -> None:
        """Waits for the socket or a wake, `seconds` at most, and lets the client read and write."""
        connection: Any = self._client.socket()
        if connection is None:
            return
        poll = select.poll()
        poll.register(connection, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        poll.register(self._ear, select.POLLIN)
        # what TLS has decrypted already makes no socket readable
        decrypted = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        ready = dict(poll.poll(0 if decrypted else seconds * 1000))
        if self._ear.fileno() in ready:
            with suppress(BlockingIOError):
                self._ear.recv(65536)
        events = ready.get(connection.fileno(), 0)
        if decrypted or events & ~select.POLLOUT:
            self._client.loop_read()
        if events & select.POLLOUT:
            self._client.loop_write()
        self._client.loop_misc()

    # -- what is heard -------------------------------------------------------------------------------------------------

    def _answer(self, heard: _Heard) -> None:
        try:
            match heard:
                case _Connected(code):
                    self._connected(code)
                case _Subscribed(codes):
                    self._subscribed(codes)
                case _Carried(mid, code):
                    self._carried(mid, code)
                case _Ended(code):
                    self.over = self.over or f"the connection ended: {code}"
                case MQTTMessage():
                    self._message(Topic.parse(heard.topic), bytes(heard.payload), retained=heard.retain)
        except Exception:
            # one bad message, or a full disk, must not end the link
            log.exception("fault while answering the hub", heard=type(heard).__name__)

    def _connected(self, code: ReasonCode) -> None:
        if code.is_failure:
            self.over = f"the broker refused the connection: {code}"
            return
        log.info("link up", conn=self._conn)
        self.status = replace(self.status, connected=True, fault=None)
        self._publish(self._own(Name.STATE), self._state(online=True), qos=1, retain=True)
        hub = [str(Topic(HUB, name)) for name in (Name.STATE, Name.POLICY, Name.PASSLIST, Name.SIGHTINGS)]
        own = [self._own(name) for name in (Name.ACK, Name.SIGHTINGS, Name.COMMAND)]
        self._client.subscribe([(topic, 1) for topic in (*hub, *own)])

    def _subscribed(self, codes: tuple[ReasonCode, ...]) -> None:
        refused = next((code for code in codes if code.is_failure), None)
        if refused is not None:
            self.over = f"the broker refused a subscription: {refused}"
            return
        self._hello()

    def _carried(self, mid: int, code: ReasonCode) -> None:
        if code.is_failure:
            self.over = f"the broker refused a message: {code}"
            return
        if self._parcel is not None and self._parcel[0] == mid:
            carried, self._parcel = self._parcel[1].carried, None
            carried()
            return
        self._drain.carried(mid, self._ends.clock.mono())

    def _message(self, topic: Topic, payload: bytes, *, retained: bool) -> None:
        if not payload:
            return  # a retained message that was cleared
        match topic.owner, topic.name:
            case "hub", Name.STATE:
                self._hub_state(State.parse(payload), retained=retained)
            case _, Name.POLICY | Name.PASSLIST | Name.SIGHTINGS | Name.COMMAND:
                self._list(topic.name, payload)
            case _, Name.ACK:
                self._ack(payload)

    def _hub_state(self, state: State, *, retained: bool) -> None:
        before = self._hub
        if before is not None and not state.online and state.conn < before.conn:
            return  # the late Will of a connection that has a successor
        self._hub = state
        self.status = replace(self.status, hub_online=state.online)
        if not state.online:
            self._drain.go_back(self._ends.clock.mono())
        elif before is None:
            # a retained word was there before our hello, which the hub therefore heard; a fresh one means that it is new here
            if not retained:
                self._hello()
        elif (before.online, before.conn, before.ledger_epoch) != (True, state.conn, state.ledger_epoch):
            self._hello()

    def _list(self, name: Name, payload: bytes) -> None:
        try:
            signed = Signed.parse(payload, MAX_LIST)
            if signed.kind != name:
                raise ValueError(f"a {signed.kind} came as {name}")
            if signed.kind == "command" and (gate := signed.commands().gate) != self._ends.address.gate:
                raise ValueError(f"commands for gate {gate!r} came here")
            # what the hub holds of this gate in whole, its snapshot knows
            settled = self._ends.outbox.acked >= self._ends.outbox.head
            why = self._ends.lists.accept(signed, self._ends.clock.now(), settled=settled)
            if why is None:
                self._current.add(signed.kind)
                if signed.kind == "command":
                    self._ends.ordered(signed.commands().commands)
            else:
                self._current.discard(signed.kind)
        except ValueError as error:
            why = str(error)
        self._ends.judge(f"bad_{name}", why)

    def _ack(self, payload: bytes) -> None:
        try:
            ack = Ack.parse(payload)
        except ValueError as error:
            self._ends.judge("bad_ack", str(error))
            return
        if not self._ends.outbox.usable:
            return
        why = self._ends.outbox.release(ack, self._ends.address.hub_key)
        self._ends.judge("bad_ack", why)
        if why is not None:
            return
        now = self._ends.clock.mono()
        self._answered = True
        self._prune = True
        self._drain.acked(self._ends.outbox.acked, missing=bool(ack.missing), now=now)
        self.status = replace(
            self.status,
            last_ack=now,
            last_ack_at=self._ends.clock.now(),
            ahead=max((self.status.ahead, *(last for _, last in ack.ahead))),
        )

    # -- what is said --------------------------------------------------------------------------------------------------

    def _attend(self, now: float) -> None:
        if now >= self._send_from:
            try:
                self._send(now)
                if self._prune and self._ends.outbox.usable:
                    self._prune = self._ends.outbox.prune() > 0
            except Exception:
                # a broken journal or a full disk: the link stays, to say so to the hub
                self._send_from = now + _HOLD
                log.exception("fault while sending")
        self._send_parcel()
        if self._ends.lists.inside.behind and self._asked_long_ago(now):
            self._hello()
        # after the hello: what the hub last heard of another journal stands until it knows of this one
        if self._hello_at is not None and now >= self._health_due and not self._client.want_write():
            self._health_due = now + self._ends.times.health
            if self.status.hub_online:
                # what the hub retains was sent at the subscription, and every newer version since
                self._ends.lists.vouch(self._current, self._ends.clock.now())
            try:
                self._publish(self._own(Name.HEALTH), self._ends.health(), qos=0)
            except Exception:
                log.exception("fault in health")

    def _asked_long_ago(self, now: float) -> bool:
        if not self.status.hub_online or self._hello_at is None:
            return False
        return now - self._hello_at >= self._ends.times.patience

    def _send(self, now: float) -> None:
        if not self._ends.outbox.usable or self._hub is None or not self._hub.online or self._hello_at is None:
            return
        if self._drain.overdue(now):
            log.warning("the hub does not acknowledge", acked=self._ends.outbox.acked)
            self._drain.lose_patience(now)
            self._hello()
        if not self._answered and now - self._hello_at < self._ends.times.answer:
            return
        self._send_live(now)
        while (limit := self._drain.limit) is not None:
            batch = self._ends.outbox.batch_after(self._drain.cursor, limit)
            if batch is not None and batch.first > self._drain.cursor + 1 and batch.bridge is None:
                if not self._asked_for_gap(self._drain.cursor, now):
                    return
                self._ends.outbox.explain_gap(self._drain.cursor + 1, batch.first - 1)
                batch = self._ends.outbox.batch_after(self._drain.cursor, limit)
            if batch is None:
                return
            mid = self._publish(self._own(Name.RECORDS), batch, qos=1)
            self._drain.sent(batch.seq, mid, now)
            reached("uplink.sent")

    def _asked_for_gap(self, cursor: int, now: float) -> bool:
        """Whether the hub has answered since it was asked for what is no longer here; asks it first.

        A word that it lacks something may be an old one that came late, and what is once called lost is so for ever.
        """
        if self._gap != cursor or (not self._answered and self._asked_long_ago(now)):
            self._gap = cursor
            self._hello()
        return self._answered

    def _send_live(self, now: float) -> None:
        """What is new goes ahead of a backlog that fills more than the window, in order; the drain sends it again in its turn.

        So a crossing is durable at the hub within a moment, whatever waits before it. The ledger takes it when its turn comes.
        """
        outbox = self._ends.outbox
        if outbox.head - self._drain.cursor <= LIVE_BEHIND:
            self._live = outbox.head
            return
        if now < self._live_due or outbox.head == self._live:
            return
        batch = outbox.batch_after(self._live, MAX_BATCH_RECORDS)
        if batch is not None:
            self._publish(self._own(Name.RECORDS), batch.model_copy(update={"live": True}), qos=1)
            self._live, self._live_due = batch.seq, now + LIVE_EVERY

    def _send_parcel(self) -> None:
        """The next parcel, when the one before has arrived and nothing else waits for the wire."""
        if self._parcel is None and self._ends.parcels and self.status.hub_online and not self._client.want_write():
            parcel = self._ends.parcels.popleft()
            self._parcel = (self._publish(self._own(parcel.name), parcel.message, qos=1), parcel)

    def _hello(self) -> None:
        outbox, held, at = self._ends.outbox, self._ends.lists.snapshot(), self._ends.clock.at()
        told = self._ends.lists.inside
        self._hello_at = self._ends.clock.mono()
        self._answered = False
        if not outbox.usable:
            return  # nothing is claimed of records; the health that follows says what is wrong
        hello = Hello(
            town=self._ends.address.town,
            gate=self._ends.address.gate,
            epoch=outbox.epoch,
            oldest=outbox.oldest,
            head=outbox.head,
            acked=outbox.acked,
            head_hash=outbox.head_hash,
            boot=at.boot,
            clock=at.clock,
            policy=held.policy_version,
            passlist=held.passlist_version,
            sighting=told.number,
            series=told.series,
            software=self._ends.software,
            witness=outbox.witness,
        )
        self._publish(self._own(Name.HELLO), hello, qos=1)

    def _publish(self, topic: str, message: Message, *, qos: int, retain: bool = False) -> int:
        info = self._client.publish(topic, message.encode(), qos=qos, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.over = self.over or f"publish: {info.rc.name}"
        return info.mid

    def _own(self, name: Name) -> str:
        return str(Topic(self._ends.address.gate, name))

    def _state(self, *, online: bool) -> State:
        return State(online=online, conn=self._conn, at=self._ends.clock.at().wall, epoch=self._ends.outbox.epoch)
