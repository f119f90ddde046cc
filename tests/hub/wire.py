"""A real mosquitto on a free port for a test's town, and a gate's side of the wire: its certificate, its messages."""

import json
import os
import queue
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.contract.messages import Ack, Bundle, Hello
from edge.contract.topics import Name, Topic
from hub.broker import mosquitto
from hub.commands.common import looking
from hub.enrolment import gates
from hub.enrolment.gates import bundle_of
from hub.service.supervise import Child, Supervisor
from hub.town.settings import Settings
from hub.town.town import Town
from tests.hub.towns import NOW, Gate, Place
from tests.ports import free_port

PATIENCE = 20.0


def until(happened: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Waits for something to become true, and gives it."""
    deadline = time.monotonic() + patience
    while not (found := happened()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return found


def with_ports(place: Place, **broker_values: Any) -> Settings:
    """The town on ports of its own, its broker as the test's user."""
    user = "root" if os.geteuid() == 0 else "mosquitto"
    settings = place.town.settings
    changed = settings.broker.model_copy(update={"port": free_port(), "user": user, **broker_values})
    web = settings.web.model_copy(update={"port": free_port()})
    settings = settings.model_copy(update={"broker": changed, "web": web})
    (settings.folder / "hub.toml").write_text(settings.text(), encoding="utf-8")
    place.town = Town.open(settings.folder)
    return place.town.settings


@contextmanager
def running(settings: Settings) -> Iterator[Supervisor]:
    """The town's broker as a process."""
    let_gates_in(settings)
    argv = (mosquitto.program(), "-c", str(mosquitto.write(settings)))
    supervisor = Supervisor([Child("broker", argv, settings.run, settings.log)])
    supervisor.start()
    try:
        until(lambda: _listens(settings.broker.port))
        yield supervisor
    finally:
        supervisor.stop()


def let_gates_in(settings: Settings) -> None:
    """As the listener does it: which gates may speak."""
    town = Town.open(settings.folder)
    with looking(town) as connection:
        gates.let_gates_in(town, connection)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Wire:
    """A gate's connection, as any client with its certificate may have it."""

    def __init__(
        self, place: Place, gate: str, folder: Path, client_id: str | None = None, bundle: Bundle | None = None
    ):
        with place.engine.begin() as connection:
            self.bundle: Bundle = bundle or bundle_of(place.town, connection, gate, by="cli", now=NOW)
        self.gate = gate
        self.heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.messages: list[tuple[str, bytes]] = []
        self.answers: dict[int, str] = {}
        folder.mkdir(exist_ok=True)
        files = {"ca.pem": self.bundle.ca, "cert.pem": self.bundle.certificate, "tls.key": self.bundle.tls_key}
        for name, text in files.items():
            (folder / name).write_text(text, encoding="ascii")
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        context.load_cert_chain(folder / "cert.pem", folder / "tls.key")
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or gate, protocol=MQTTProtocolVersion.MQTTv5
        )
        self.client.tls_set_context(context)
        self.client.on_message = lambda _client, _data, message: self.heard.put((message.topic, bytes(message.payload)))
        self.client.on_publish = lambda _c, _d, mid, reason, _p: self.answers.update({mid: str(reason)})
        self.client.reconnect_delay_set(1, 1)

        def subscribe(*_: object) -> None:
            names = (Name.ACK, Name.SIGHTINGS, Name.COMMAND)
            self.client.subscribe([(str(Topic(gate, name)), 1) for name in names] + [("kakou/v1/hub/+", 1)])

        self.client.on_connect = subscribe
        self.client.connect(place.town.settings.broker.host, place.town.settings.broker.port)
        self.client.loop_start()
        until(self.client.is_connected)

    def close(self) -> None:
        """Leaves."""
        self.client.disconnect()
        self.client.loop_stop()

    def say(self, name: Name, data: bytes, *, qos: int = 1, gate: str | None = None, retain: bool = False) -> str:
        """Publishes, and gives the broker's answer."""
        sent = self.client.publish(str(Topic(gate or self.gate, name)), data, qos=qos, retain=retain)
        return "" if qos == 0 else str(until(lambda: self.answers.get(sent.mid)))

    def has_heard(self, name: Name) -> bool:
        """Whether the hub has said something to this gate on its topic `name` that nobody has taken yet."""
        while not self.heard.empty():
            self.messages.append(self.heard.get_nowait())
        return any(topic == str(Topic(self.gate, name)) for topic, _ in self.messages)

    def next(self, topic: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next message on a topic that fits, as JSON."""

        def look() -> Any:
            while not self.heard.empty():
                self.messages.append(self.heard.get_nowait())
            for place, (heard, data) in enumerate(self.messages):
                value = json.loads(data)
                if heard == topic and fits(value):
                    # those before it on the same topic are past
                    later = self.messages[place + 1 :]
                    self.messages = [each for each in self.messages[:place] if each[0] != topic] + later
                    return value
            return None

        return until(look)

    def acked(self, committed: int) -> Ack:
        """Waits for an ack that reaches `committed`."""
        topic = str(Topic(self.gate, Name.ACK))
        return Ack.model_validate(self.next(topic, lambda value: value["committed"] >= committed))


def hello(gate: Gate, **values: Any) -> bytes:
    """What a gate says first."""
    head = gate.sealed[-1].hash if gate.sealed else "00" * 32
    said = Hello(
        town=gate.town, gate=gate.id, epoch=gate.epoch, oldest=1, head=len(gate.sealed), acked=0, head_hash=head,
        boot="00", clock="synced", policy=1, passlist=1, sighting=0, software="0.1.0",
    )  # fmt: skip
    return said.model_copy(update=values).encode()
