"""What one gate's flood costs another gate: from its batch to the hub's ack, while the first one sends what it must not.

A gate sends the three records of a crossing and waits for the ack, again and again, through mosquitto with TLS and the real listener;
meanwhile another gate's certificate, in a process of its own, publishes as fast as the broker takes it. A batch that is lost is sent
again after five seconds, as gates do, and its time counts from the first try. Floors: the same gate's batches in the same run with
nobody else about, and the broker's own receipt for them (PUBACK). Then how much hub.db grew beside what one gate may leave there, and
the most memory that the listener and the broker had.
"""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from paho.mqtt.client import Client, MQTTMessage

from edge.contract.limits import AHEAD, FORKS, LATE, MIB, NOISE, POISON
from edge.contract.messages import Ack, Bundle
from edge.contract.topics import HUB, Name, Topic
from hub.town.town import Town
from scripts.benchmarks.rows import CannotRunError, Plan, Row, percentile, wait_until
from scripts.benchmarks.senders import client, context
from scripts.benchmarks.towns import add_gates, broker_running, found_town, listener_running
from scripts.benchmarks.traffic import Day, Message, prepare

PAUSE = 0.02
"""Seconds between an ack and the next batch."""
AGAIN = 5.0
AFTER = 3.0
"""Seconds for which is measured on when the last of a flood has left."""
PATIENCE = 120.0
CROSSING = 3
FLOODS = ("junk", "hellos", "noise", "huge")
"""What is sent, and the gates that send it: no record; a good hello; 127 KiB of chance; 60 MiB."""
AT_ONCE = 100
"""Packets in one write."""
BIG = 127 * 1024
HUGE = 60 * MIB
ROOM = NOISE.bytes + FORKS.bytes + LATE.bytes + POISON.bytes + AHEAD.bytes


class Crossings:
    """The gate that keeps to the contract: one batch at a time, each timed until its receipt and until its ack."""

    def __init__(self, day: Day, tls: Any) -> None:
        self._day, self._next = day, 0
        self._ack, self._sent = threading.Event(), 0.0
        self._client = client(day.bundle.gate, tls)
        self._client.on_connect = lambda *_: self._subscribe()
        self._client.on_message = self._heard
        self._client.on_publish = lambda *_: self.receipts.append(time.perf_counter() - self._sent)
        self._committed = -1
        self.receipts: list[float] = []
        self.acks: list[float] = []

    @contextmanager
    def connected(self) -> Iterator["Crossings"]:
        """Connected, with the hub's answer to its hello."""
        self._client.connect(self._day.bundle.host, self._day.bundle.port)
        self._client.loop_start()
        try:
            wait_until(lambda: self._committed >= 0, PATIENCE, "the listener did not answer a hello", 0.02)
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def until(self, over: Callable[[], bool]) -> tuple[list[float], list[float]]:
        """Sends batches until something is over: seconds until each one's receipt, and until each one's ack."""
        self.receipts, self.acks = [], []
        while not over():
            self._cross(self._day.messages[self._next])
            self._next += 1
            time.sleep(PAUSE)
        return self.receipts, self.acks

    def _cross(self, message: Message) -> None:
        began = time.perf_counter()
        while self._committed < message.last:
            self._ack.clear()
            self._sent = time.perf_counter()
            self._publish(Name.RECORDS, message.payload)
            deadline = time.monotonic() + AGAIN
            while self._committed < message.last and time.monotonic() < deadline:
                self._ack.wait(AGAIN)
                self._ack.clear()
            if time.perf_counter() - began > PATIENCE:
                raise CannotRunError(f"no ack within {PATIENCE:g} s")
        self.acks.append(time.perf_counter() - began)

    def _subscribe(self) -> None:
        gate = self._day.bundle.gate
        self._client.subscribe([(str(Topic(gate, Name.ACK)), 1), (str(Topic(HUB, Name.STATE)), 1)])

    def _heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.topic == str(Topic(HUB, Name.STATE)):
            if self._committed < 0:
                self._publish(Name.HELLO, self._day.hello)
            return
        self._committed = max(self._committed, Ack.parse(bytes(message.payload)).committed)
        self._ack.set()

    def _publish(self, name: Name, payload: bytes) -> None:
        self._client.publish(str(Topic(self._day.bundle.gate, name)), payload, qos=1)


def run(plan: Plan) -> Iterator[Row]:
    """The rows: quiet, then under each flood, then what the floods left behind."""
    plan.say("founding a town, preparing crossings")
    town = found_town(plan.folder / "hub")
    good, *bad = add_gates(town, ["east", *FLOODS])
    day = prepare(good, plan.folder / "east", plan.size(20_000, 1_500), plan.seed, CROSSING)
    hello = prepare(bad[FLOODS.index("hellos")], plan.folder / "flood", CROSSING, plan.seed).hello
    tls = {each.gate: _identity(each, plan.folder) for each in (good, *bad)}
    floods: tuple[tuple[Name, int, bytes], ...] = (
        (Name.RECORDS, plan.size(10_000, 300), b"this is no batch " * 12),
        (Name.HELLO, plan.size(3_000, 300), hello),
        (Name.RECORDS, plan.size(1_000, 40), b""),
        (Name.RECORDS, plan.size(6, 2), b"x" * HUGE),
    )
    with broker_running(town), listener_running(town), Crossings(day, context(*tls["east"])).connected() as crossings:
        _wait(crossings, plan.size(5, 1))
        plan.say("quiet")
        receipts, quiet = _wait(crossings, plan.size(20, 2))
        note = f"{len(quiet)} crossings of {CROSSING} records, one at a time"
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            floor = 1000 * percentile(receipts, share)
            yield Row(
                f"flood.quiet_{label}", 1000 * percentile(quiet, share), "ms", floor, "the broker's receipt", note
            )
        before = _stored(town)
        for name, bundle, flood in zip(FLOODS, bad, floods, strict=True):
            plan.say(name)
            took, acks = _under(crossings, tls[name], bundle, flood)
            note = (
                f"{flood[1]} messages in {took:.1f} s, {len(acks)} crossings meanwhile, the slowest {max(acks):.2f} s"
            )
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                floor = 1000 * percentile(quiet, share)
                yield Row(
                    f"flood.{name}_{label}", 1000 * percentile(acks, share), "ms", floor, "nobody else about", note
                )
        grown = (_stored(town) - before) / MIB
        yield Row(
            "flood.stored", grown, "MiB", ROOM / MIB, "what one gate may leave", "hub.db and its log, the crossings too"
        )
        for process in psutil.Process().children(recursive=True):
            for name, word in (("broker", "mosquitto.conf"), ("listener", "listener")):
                if any(part.endswith(word) for part in process.cmdline()[1:]):
                    yield Row(f"flood.{name}_memory", _most_memory(process.pid), "MiB", note="the most it had")


def _wait(crossings: Crossings, seconds: float) -> tuple[list[float], list[float]]:
    end = time.monotonic() + seconds
    return crossings.until(lambda: time.monotonic() > end)


def _under(
    crossings: Crossings, tls: tuple[str, Path, Path], bundle: Bundle, flood: tuple[Name, int, bytes]
) -> tuple[float, list[float]]:
    """Seconds that a flood took to leave, and those until each ack meanwhile and a little longer."""
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_flood, args=(tls, bundle.gate, bundle.port, flood, there), daemon=True)
    process.start()
    try:
        if not here.poll(PATIENCE):
            raise CannotRunError("the flood could not connect")
        here.recv()
        here.send("begin")
        began = time.monotonic()
        ended: list[float] = []

        def over() -> bool:
            if not ended and here.poll():
                ended.append(time.monotonic())
            return time.monotonic() > (ended[0] + AFTER if ended else began + PATIENCE)

        _, acks = crossings.until(over)
    finally:
        process.kill()
        process.join()
    return (ended[0] if ended else time.monotonic()) - began, acks


def _flood(tls: tuple[str, Path, Path], gate: str, port: int, flood: tuple[Name, int, bytes], pipe: Connection) -> None:
    """Writes the packets of a flood down the wire and throws away what comes back: no client library that waits for anything."""
    name, count, payload = flood
    topic = str(Topic(gate, name)).encode()
    connection = _connect(tls, port)
    pipe.send("ready")
    pipe.recv()
    packets = (_publish(topic, number, payload or os.urandom(BIG)) for number in range(1, count + 1))
    while several := list(islice(packets, AT_ONCE if len(payload) < HUGE else 1)):
        try:
            connection.sendall(b"".join(several))
        except OSError:
            # the broker ended it
            connection = _connect(tls, port)
    pipe.send("done")
    time.sleep(PATIENCE)


def _connect(tls: tuple[str, Path, Path], port: int) -> ssl.SSLSocket:
    """A connection that has said CONNECT (MQTT 5), and a thread that reads what the broker answers."""
    connection = context(*tls).wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
    flags, keep_alive, nothing = b"\x02", b"\xff\xff", b"\x00"
    connection.sendall(_packet(0x10, b"\x00\x04MQTT\x05" + flags + keep_alive + nothing + b"\x00\x00"))
    connection.recv(1024)

    def read() -> None:
        with suppress(OSError):
            while connection.recv(65536):
                pass

    threading.Thread(target=read, daemon=True).start()
    return connection


def _publish(topic: bytes, number: int, payload: bytes) -> bytes:
    """PUBLISH, QoS 1, without properties."""
    head = len(topic).to_bytes(2, "big") + topic + (number % 65535 + 1).to_bytes(2, "big") + b"\x00"
    return _packet(0x32, head + payload)


def _packet(kind: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (128 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + body


def _identity(bundle: Bundle, folder: Path) -> tuple[str, Path, Path]:
    certificate, key = folder / f"{bundle.gate}.pem", folder / f"{bundle.gate}.key"
    certificate.write_text(bundle.certificate, encoding="ascii")
    key.touch(mode=0o600)
    key.write_text(bundle.tls_key, encoding="ascii")
    return bundle.ca, certificate, key


def _stored(town: Town) -> int:
    """Bytes of the database and its log."""
    return sum(path.stat().st_size for path in town.settings.folder.glob("hub.db*"))


def _most_memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
