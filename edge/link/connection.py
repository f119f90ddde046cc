"""The MQTT 5 client of one connection, driven with our own loop on the link's thread.

Each connection has a client of its own (clean start, a Will), so nothing of a broken connection lives on. The client's callbacks
only put events in `events`, where the session takes them one by one. Tested in `tests/edge/link/test_uplink.py`.
"""

import select
import socket
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract.message import Message
from edge.link.ends import Address, Times


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker has answered CONNECT."""

    code: ReasonCode


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker has answered the subscriptions."""

    codes: tuple[ReasonCode, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """The broker has answered a published message."""

    mid: int
    code: ReasonCode


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection has ended."""

    code: ReasonCode


Event = Connected | Subscribed | Carried | Ended | MQTTMessage


class Connection:
    """A client, its socket and its events. `over`: why the connection ended or must end; None while it stands.

    `wakeup`: a socket on which a byte means that there is something new to send. `will`: what the broker publishes under
    `will_topic` where the connection breaks.
    """

    def __init__(
        self, address: Address, times: Times, wakeup: socket.socket, *, will_topic: str, will: Message
    ) -> None:
        self._address = address
        self._keepalive = times.keepalive
        self._wakeup = wakeup
        self.events: deque[Event] = deque()
        self.over: str | None = None
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=address.gate, protocol=MQTTv5, reconnect_on_failure=False
        )
        put = self.events.append
        client.on_connect = lambda _client, _data, _flags, code, _properties: put(Connected(code))
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: put(Subscribed(tuple(codes)))
        client.on_publish = lambda _client, _data, mid, code, _properties: put(Carried(mid, code))
        client.on_message = lambda _client, _data, message: put(message)
        client.on_disconnect = lambda _client, _data, _flags, code, _properties: put(Ended(code))
        client.connect_timeout = times.connect
        client.will_set(will_topic, will.encode(), qos=1, retain=True)
        if address.tls is not None:
            client.tls_set_context(address.tls())
        self._client = client

    def open(self) -> None:
        """Connects; raises if the broker cannot be reached or is not who it should be."""
        self._client.connect(self._address.host, self._address.port, keepalive=self._keepalive, clean_start=True)
        # Nagle's algorithm holds a crossing back for 40 ms behind the receipt of the one before (measured)
        connection: Any = self._client.socket()
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def lost(self) -> bool:
        """Returns True if there is no socket any more."""
        return self._client.socket() is None

    @property
    def busy(self) -> bool:
        """Returns True while something waits to be written to the socket."""
        return self._client.want_write()

    def exchange(self, seconds: float) -> None:
        """Waits for the socket or a wake, `seconds` at most, and lets the client read and write."""
        connection: Any = self._client.socket()
        if connection is None:
            return
        poll = select.poll()
        poll.register(connection, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        poll.register(self._wakeup, select.POLLIN)
        # what TLS has decrypted already makes no socket readable
        decrypted = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        ready = dict(poll.poll(0 if decrypted else seconds * 1000))
        if self._wakeup.fileno() in ready:
            with suppress(BlockingIOError):
                self._wakeup.recv(65536)
        events = ready.get(connection.fileno(), 0)
        if decrypted or events & ~select.POLLOUT:
            self._client.loop_read()
        if events & select.POLLOUT:
            self._client.loop_write()
        self._client.loop_misc()

    def publish(self, topic: str, message: Message, *, qos: int, retain: bool = False) -> int:
        """Hands a message to the client; its id, by which `Carried` names it."""
        info = self._client.publish(topic, message.encode(), qos=qos, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.over = self.over or f"publish: {info.rc.name}"
        return info.mid

    def subscribe(self, topics: list[str]) -> None:
        """Asks for the messages of these topics, each at least once."""
        self._client.subscribe([(topic, 1) for topic in topics])

    def disconnect(self) -> None:
        """Ends the connection in good order: the broker does not publish the Will."""
        self._client.disconnect()

    def close(self) -> None:
        """Lets go of the socket; where the connection was not ended in good order, the broker then publishes the Will."""
        connection: Any = self._client.socket()
        if connection is not None:
            connection.close()
