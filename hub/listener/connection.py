"""The listener's connection to the broker: MQTT 5, TLS, a session that outlives it, every acknowledgement by hand.

A connection has a number of its own, higher than all before it, which its Will carries too; each gets a fresh paho client, so
that nothing of a dead one lingers. paho's thread only puts arrivals in their gates' lines (`turns`), and acknowledges at once what
finds no room there, so that one gate never holds all of what may be unacknowledged. An exception in a callback would kill that thread
while `is_connected()` stays true, so callbacks are guarded, and a PUBACK that does not come shows a thread that is dead.

Tested in `tests/hub/listener/test_listener.py`.
"""

import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import State
from edge.contract.topics import FROM_GATE, HUB, Name, Topic, from_every_gate
from hub.listener.muting import Muting
from hub.listener.reader_process import Begun
from hub.listener.turns import Turns

log = structlog.get_logger()
P = ParamSpec("P")

KEEPALIVE = 15
SILENT = 45.0
"""Seconds without any PUBACK after which a connection is given up; the listener publishes every ten."""
OWED = 100
"""Messages that were dropped and are not acknowledged to the broker yet, at most: half of what may be unacknowledged."""
CATCHING_UP = 5.0
"""Seconds of a connection in which nothing is an offence: what gates said while nobody listened comes all at once."""
FOR_EVER = 0xFFFFFFFF
HUB_STATE = str(Topic(HUB, Name.STATE))


@dataclass(frozen=True, slots=True)
class Address:
    """The broker's address, and the certificates that prove both sides to each other."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message, what is needed to acknowledge it on the connection it came by, and what `begin` made of it.

    `data` of one that is too long ends one byte behind the limit.
    """

    topic: str
    data: bytes
    mid: int
    qos: int
    connection: int
    begun: Begun | None = None

    @property
    def ready(self) -> bool:
        """Returns True if nobody is reading it at this moment."""
        return self.begun is None or self.begun.answer.done()


def guarded(callback: Callable[P, None]) -> Callable[P, None]:
    """A callback that logs what it raises instead of ending paho's thread."""

    @wraps(callback)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            log.exception("a callback failed", callback=callback.__name__)

    return run


class Link:
    """The listener's connection, one at a time; `turns` holds the messages that came. `begin(topic, data)` is called as soon as a message is let in there."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        in_flight: int,
        begin: Callable[[str, bytes], Begun | None] = lambda _topic, _data: None,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._begin = begin
        self.turns: Turns[Arrival] = Turns(monotonic)
        self._muting, self._gates = Muting(), frozenset[str]()
        self._owed: deque[tuple[int, int, int]] = deque()
        self._connected = 0.0
        self._address, self._client_id, self._in_flight, self._monotonic = address, client_id, in_flight, monotonic
        self._client: mqtt.Client | None = None
        self._number = 0
        self._online = False
        self._lost = False
        self._heard = 0.0

    @property
    def online(self) -> bool:
        """Returns True if the broker took us and the connection still moves."""
        return self._online and not self._lost and self._monotonic() - self._heard < SILENT

    @property
    def broken(self) -> bool:
        """Returns True if a connection is to be made: there is none, it was lost, or it is silent."""
        return self._client is None or self._lost or self._monotonic() - self._heard >= SILENT

    def connect(self, number: int, will: State) -> None:
        """Gives up what there was and begins connection `number`; `OSError` if the broker can't be reached."""
        self.drop()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        context = ssl.create_default_context(cafile=str(self._address.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._address.certificate, self._address.key)
        client.tls_set_context(context)
        client.will_set(HUB_STATE, will.encode(), qos=1, retain=True)
        client.connect_timeout = 5.0
        client.on_connect = guarded(self._on_connect)
        client.on_disconnect = guarded(self._on_disconnect)
        client.on_message = guarded(self._on_message)
        client.on_publish = guarded(self._on_publish)
        client.user_data_set(number)
        self._client, self._number, self._online, self._lost = client, number, False, False
        self._heard = self._monotonic()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.SessionExpiryInterval = FOR_EVER
        properties.ReceiveMaximum = self._in_flight
        try:
            client.connect(self._address.host, self._address.port, KEEPALIVE, clean_start=False, properties=properties)
        except BaseException:
            self._client = None
            raise
        client.loop_start()

    def publish(self, topic: Topic, data: bytes, *, retain: bool = False) -> None:
        """Sends a message if there is a connection; if not it is not kept: a gate that missed it asks again."""
        if self._client is not None and self.online:
            self._client.publish(str(topic), data, qos=1, retain=retain)

    def done(self, arrival: Arrival) -> None:
        """Tells the broker that this message is dealt with; what came by an earlier connection comes again by itself."""
        if self._client is not None and arrival.qos and arrival.connection == self._number:
            self._client.ack(arrival.mid, arrival.qos)

    def listen_to(self, gates: frozenset[str]) -> None:
        """Subscribes to the messages of each gate, with a queue for each. Gates whose pause is over are listened to again."""
        before, self._gates, self.turns.gates = self._gates, gates, gates
        again = self._muting.over(self._monotonic()) & gates
        if self._client is not None and self.online:
            _subscribe(self._client, (gates - before - self._muting.muted) | again)
            _unsubscribe(self._client, before - gates)

    def offend(self, gate: str) -> None:
        """A gate has sent what none of the contract's does; after a flood of that it is not listened to for a while."""
        if gate not in self._gates or not self._muting.offend(gate, self._monotonic()):
            return
        log.error("a gate floods the hub, which does not listen to it for a while", gate=gate)
        self.turns.mute(gate)
        if self._client is not None:
            _unsubscribe(self._client, frozenset({gate}))

    def settle(self) -> None:
        """Acknowledges to the broker what was dropped.

        Not one by one: a flood reaches the broker in long runs, of which it reads one between any two words of ours, so the word that
        ends it must not stand behind a hundred receipts.
        """
        with suppress(IndexError):  # two threads may be at it
            while True:
                number, mid, qos = self._owed.popleft()
                if self._client is not None and number == self._number:
                    self._client.ack(mid, qos)

    def close(self, last_word: State) -> None:
        """Sends a last message, then ends the connection in order, so that the broker does not publish its Will."""
        if self._client is not None and self.online:
            self._client.publish(HUB_STATE, last_word.encode(), qos=1, retain=True).wait_for_publish(2)
        self.drop()

    def drop(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
        self._client = None
        self._online = False

    def _on_connect(
        self, client: mqtt.Client, number: int, _flags: mqtt.ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if number != self._number:
            return
        if reason.is_failure:
            log.warning("the broker refuses the listener", reason=str(reason))
            self._lost = True
            return
        # an older version's session listens to all gates with one word
        client.unsubscribe([from_every_gate(name) for name in sorted(FROM_GATE)])
        gates = self._gates
        _subscribe(client, gates - self._muting.muted)
        self._heard = self._connected = self._monotonic()
        self._online = True
        # of a gate that came between these two steps
        _subscribe(client, self._gates - gates)

    def _on_disconnect(
        self, _client: mqtt.Client, number: int, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if number == self._number:
            log.warning("the connection to the broker ended", reason=str(reason), connection=number)
            self._lost = True

    def _on_message(self, client: mqtt.Client, number: int, message: mqtt.MQTTMessage) -> None:
        self._heard = self._monotonic()
        topic = message.topic
        if self._is_muted(topic):
            # what the broker still had of it: out of everybody's way at once
            if message.qos:
                client.ack(message.mid, message.qos)
            return
        if message.retain and not topic.endswith(f"/{Name.STATE}"):
            # nothing but a gate's state is retained: what somebody left at the broker would be said anew at each of our starts
            log.warning("a retained message is dropped", topic=topic)
            if message.qos:
                self._owed.append((number, message.mid, message.qos))
            return
        data = bytes(message.payload[: MAX_MESSAGE + 1])
        if self.turns.admit(topic, len(data)):
            self.turns.put(Arrival(topic, data, message.mid, message.qos, number, self._begin(topic, data)))
            return
        if message.qos:
            self._owed.append((number, message.mid, message.qos))
        if self._monotonic() - self._connected >= CATCHING_UP:
            self.offend(self.turns.owner(topic))
        if len(self._owed) >= OWED:
            self.settle()

    def _is_muted(self, topic: str) -> bool:
        muted = self._muting.muted
        return bool(muted) and topic.split("/")[2] in muted

    def _on_publish(self, _client: mqtt.Client, number: int, _mid: int, _reason: Any, _properties: Any) -> None:
        if number == self._number:
            self._heard = self._monotonic()


def _subscribe(client: mqtt.Client, gates: frozenset[str]) -> None:
    # health is worth nothing late; of the rest the broker keeps what we have not acknowledged
    wanted = [
        (str(Topic(gate, name)), SubscribeOptions(qos=0 if name is Name.HEALTH else 1, noLocal=True))
        for gate in sorted(gates)
        for name in sorted(FROM_GATE)
    ]
    if wanted:
        client.subscribe(wanted)


def _unsubscribe(client: mqtt.Client, gates: frozenset[str]) -> None:
    if gates:
        client.unsubscribe([str(Topic(gate, name)) for gate in sorted(gates) for name in sorted(FROM_GATE)])
