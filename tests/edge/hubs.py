"""A hub for the tests of the link: it holds what it is sent in memory, answers as the contract says, and can be deaf."""

import ssl
import threading
from typing import Any

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract.message import Message
from edge.contract.messages import Ack, Batch, Health, Hello, HubHead, Picture, State
from edge.contract.records import ZERO_HASH, Record
from edge.contract.topics import HUB, Name, Topic, from_every_gate
from tests.contract.samples import HUB_KEY, TOWN


class FakeHub:
    """Commits records in order; `deaf`: keeps no batch and says nothing; `mute`: keeps them and says nothing.

    `records`: seq -> hash of what is held; `twice`: how many records came although they were held.
    """

    def __init__(self, port: int, context: ssl.SSLContext | None, *, ledger_epoch: int = 1) -> None:
        self.ledger_epoch = ledger_epoch
        self.deaf = False
        self.mute = False
        self.records: dict[int, str] = {}
        self.live: list[Batch] = []
        self.twice = 0
        self.sizes: list[int] = []
        self.hellos: list[Hello] = []
        self.states: list[State] = []
        self.health: list[Health] = []
        self.pictures: list[Picture] = []
        self.acks = 0
        self._conn = 0
        self._lock = threading.Lock()
        self._online = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=HUB, protocol=MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        if context is not None:
            self._client.tls_set_context(context)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._announce()
        self._client.on_message = lambda _client, _data, message: self._hear(message)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.SessionExpiryInterval = 0xFFFFFFFF
        self._client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._online.wait(10)

    def close(self) -> None:
        """Says offline and goes."""
        self.say(Topic(HUB, Name.STATE), self._state(False), retain=True).wait_for_publish(5)
        self._client.disconnect()
        self._client.loop_stop()

    def lose(self, committed: int) -> None:
        """Restored from an old backup: what followed is gone, the ledger epoch rises, and the gates are told."""
        with self._lock:
            self.records = {seq: hash_ for seq, hash_ in self.records.items() if seq <= committed}
            self.ledger_epoch += 1
        self._announce()

    def say(self, topic: Topic, message: Message | bytes, *, retain: bool = False) -> Any:
        """Publishes something."""
        data = message if isinstance(message, bytes) else message.encode()
        return self._client.publish(str(topic), data, qos=1, retain=retain)

    def _state(self, online: bool) -> State:
        return State(online=online, conn=self._conn, at="2026-03-01T08:00:00.000Z", ledger_epoch=self.ledger_epoch)

    def _on_connect(self, client: Client, *_: object) -> None:
        self._conn += 1
        names = (Name.RECORDS, Name.HELLO, Name.STATE, Name.HEALTH, Name.PICTURE)
        client.subscribe([(from_every_gate(name), 1) for name in names])

    def _announce(self) -> None:
        self.say(Topic(HUB, Name.STATE), self._state(True), retain=True)
        self._online.set()

    def _hear(self, message: Any) -> None:
        topic = Topic.parse(message.topic)
        if topic.owner == HUB:
            return
        with self._lock:
            match topic.name:
                case Name.RECORDS:
                    self._batch(topic.owner, message.payload)
                case Name.HELLO:
                    self.hellos.append(Hello.parse(message.payload))
                    self._answer(topic.owner, self.hellos[-1].epoch, self.hellos[-1].head)
                case Name.STATE:
                    self.states.append(State.parse(message.payload))
                case Name.HEALTH:
                    self.health.append(Health.parse(message.payload))
                case Name.PICTURE:
                    self.pictures.append(Picture.parse(message.payload))

    def _batch(self, gate: str, payload: bytes) -> None:
        if self.deaf:
            return
        batch = Batch.parse(payload)
        if batch.live and batch.first > len(self.records) + 1:
            self.live.append(batch)
            return
        self.sizes.append(len(batch.records))
        for sealed in batch.records:
            seq = Record.parse(sealed.raw).seq
            if seq in self.records:
                assert self.records[seq] == sealed.hash, "a fork"
                self.twice += 1
            elif seq == len(self.records) + 1:
                self.records[seq] = sealed.hash
        self._answer(gate, batch.epoch, batch.seq)

    def _answer(self, gate: str, epoch: str, known: int) -> None:
        if self.deaf or self.mute:
            return
        held = len(self.records)
        missing = ((held + 1, known),) if known > held else ()
        ack = Ack(
            ledger="l-1", ledger_epoch=self.ledger_epoch, epoch=epoch, committed=held, backed_up=0, missing=missing,
            head=HubHead.signed(TOWN, held, ZERO_HASH, HUB_KEY),
        )  # fmt: skip
        self.acks += 1
        self.say(Topic(gate, Name.ACK), ack)
