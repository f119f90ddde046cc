"""MQTT clients as thin as they can be: a gate that sends what was prepared, and a subscriber that only counts."""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.contract.messages import Ack
from edge.contract.topics import HUB, Name, Topic, from_every_gate
from scripts.benchmarks.rows import CannotRunError
from scripts.benchmarks.traffic import Day

IN_FLIGHT = 4
"""Batches that a gate has unacknowledged at most."""
CONNECTING = 20.0
PATIENCE = 120.0


def context(ca: str, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS as gates and listener speak it: the town's authority alone, and a client's own certificate."""
    made = ssl.create_default_context(cadata=ca)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    return made


def client(name: str, tls: ssl.SSLContext) -> Client:
    """A paho client of MQTT 5."""
    made = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
    made.tls_set_context(tls)
    return made


class Sender:
    """One gate: says hello, then sends its day, at most four batches ahead of what the hub has acknowledged."""

    def __init__(self, day: Day, folder: Path) -> None:
        self._day = day
        self._ahead = iter(day.messages)
        self._waiting: list[int] = []
        self._client = client(day.bundle.gate, identity(day, folder))
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self.greeted = threading.Event()
        self.finished = threading.Event()

    @contextmanager
    def connected(self) -> Iterator["Sender"]:
        """Connected, with paho's thread running."""
        self._client.connect(self._day.bundle.host, self._day.bundle.port)
        self._client.loop_start()
        try:
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def begin(self) -> None:
        """Sends the first batches; each ack brings the next."""
        for _ in range(IN_FLIGHT):
            self._send_next()

    def send_all(self) -> None:
        """Hands everything to the broker at once, for whoever listens; nobody's ack is waited for."""
        for message in self._day.messages:
            self._publish(Name.RECORDS, message.payload)

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(str(Topic(self._day.bundle.gate, Name.ACK)), qos=1)
        self._client.subscribe(str(Topic(HUB, Name.STATE)), qos=1)

    def _heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.topic == str(Topic(HUB, Name.STATE)):
            self._publish(Name.HELLO, self._day.hello)
            return
        committed = Ack.parse(bytes(message.payload)).committed
        self.greeted.set()
        while self._waiting and self._waiting[0] <= committed:
            self._waiting.pop(0)
            self._send_next()
        if committed >= self._day.records:
            self.finished.set()

    def _send_next(self) -> None:
        message = next(self._ahead, None)
        if message is not None:
            self._waiting.append(message.last)
            self._publish(Name.RECORDS, message.payload)

    def _publish(self, name: Name, payload: bytes) -> None:
        self._client.publish(str(Topic(self._day.bundle.gate, name)), payload, qos=1)


def identity(day: Day, folder: Path) -> ssl.SSLContext:
    """TLS with the certificate that a gate was enrolled with."""
    certificate, key = folder / f"{day.bundle.gate}.pem", folder / f"{day.bundle.gate}.key"
    certificate.write_text(day.bundle.certificate, encoding="ascii")
    key.touch(mode=0o600)
    key.write_text(day.bundle.tls_key, encoding="ascii")
    return context(day.bundle.ca, certificate, key)


@contextmanager
def counting(keys: Path, port: int, messages: int) -> Iterator[Connection]:
    """A process of its own that subscribes as the hub does; its pipe gives True when all messages have come."""
    # spawned, not forked: paho's threads and locks do not survive a fork
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_count, args=(keys, port, messages, there), daemon=True)
    process.start()
    try:
        if not here.poll(CONNECTING) or here.recv() != "ready":
            raise CannotRunError("the bare subscriber could not subscribe")
        yield here
    finally:
        process.kill()
        process.join()


def _count(keys: Path, port: int, messages: int, pipe: Connection) -> None:
    counted = 0
    done = threading.Event()

    def heard(_client: Client, _data: Any, _message: MQTTMessage) -> None:
        nonlocal counted
        counted += 1
        if counted == messages:
            done.set()

    def subscribe(*_: Any) -> None:
        subscriber.subscribe(from_every_gate(Name.RECORDS), qos=1)

    ca = (keys / "ca.pem").read_text(encoding="ascii")
    subscriber = client("bench-count", context(ca, keys / "listener.pem", keys / "listener.key"))
    subscriber.on_message = heard
    subscriber.on_connect = subscribe
    subscriber.on_subscribe = lambda *_: pipe.send("ready")
    subscriber.connect("127.0.0.1", port)
    subscriber.loop_start()
    done.wait()
    pipe.send("done")


def wait_for(events: Iterable[threading.Event], ended: Callable[[], bool], what: str) -> None:
    """Waits for all events; returns early when the process that they depend on has ended, which its owner reports."""
    deadline = time.monotonic() + PATIENCE
    for event in events:
        # woken by the event itself: polling would take the processor from what is measured
        while not event.wait(0.2):
            if ended():
                return
            if time.monotonic() > deadline:
                raise CannotRunError(f"{what} within {PATIENCE:g} s")
