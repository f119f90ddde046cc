"""What is kept at the gate reaches the hub exactly once, through a real broker and whatever happens to it."""

import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from edge.clock import SystemClock
from edge.contract.facts import AlarmRaised as AlarmRaisedBody
from edge.contract.facts import Kind, Lost
from edge.contract.messages import Ack, Health, PassList, Picture, Sightings, Signed
from edge.contract.records import Record
from edge.contract.topics import HUB, Name, Topic
from edge.journal.no_journal import NoJournal
from edge.journal.outbox import NewRecord, Outbox
from edge.lane.events import AlarmBegan, AlarmEnded, CommandsCame
from edge.link import session
from edge.link.uplink import MOST_PARCELS, Address, Parcel, Times, Uplink, tls_context
from edge.lists.store import Lists
from edge.unit.health import Machine, health
from tests import brokers
from tests.brokers import Broker, until
from tests.contract.samples import COMMANDS, GATE, HUB_KEY, ISSUED, PASSLIST, PICTURE, POLICY, SEEN, TOWN
from tests.edge.hubs import FakeHub
from tests.edge.journals import ack, keep_shifts, keep_visit, open_journal

QUICK = Times(
    connect=2.0, keepalive=5, back_off=0.05, most_back_off=0.2, health=0.1, answer=0.3, patience=0.5, most_patience=1.0
)
SHIFT = NewRecord(Kind.ALARM_RAISED, AlarmRaisedBody(alarm="camera", detail="dark"))


class Gate:
    """A gate's journal, lists and link, without the gate."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clock = SystemClock()
        self.folder = folder
        self.outbox = open_journal(folder, self.clock)
        stack.callback(self.outbox.close)
        self.journal: Outbox | NoJournal = self.outbox
        """What the link is given: the outbox, where a test puts nothing in its place."""
        self.lists = Lists.open(folder / "lists.db", town=TOWN, hub_key=HUB_KEY.public_key())
        stack.callback(self.lists.close)
        self.alarms: list[AlarmBegan | AlarmEnded | CommandsCame] = []
        self._stack = stack

    def connect(
        self,
        broker: Broker,
        *,
        tls: Callable[[], ssl.SSLContext] | None = None,
        host: str = "127.0.0.1",
        times: Times = QUICK,
        also: Callable[[], tuple[str, ...]] = tuple,
    ) -> Uplink:
        """A started link."""
        context = tls or ((lambda: tls_context(broker.keys(GATE))) if broker.tls else None)
        link = Uplink(
            Address(TOWN, GATE, host, broker.port, context, HUB_KEY.public_key(), also),
            delivery=self.journal.delivery,
            lists=self.lists,
            clock=self.clock,
            health=self.health,
            post=self.alarms.append,
            software="test",
            times=times,
        )
        self._stack.callback(link.stop)
        link.start()
        return link

    def health(self) -> Health:
        return health(
            self.clock.at(), Machine(None, None, None), software="test", camera=True, frames_per_second=15.0,
            backlog=self.journal.backlog, epoch=self.journal.epoch, head=self.journal.head, officer=None, policy=None, passlist=None, lanes={}, alarms=(),
        )  # fmt: skip


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def gate(tmp_path: Path, stack: ExitStack) -> Gate:
    return Gate(tmp_path, stack)


@pytest.fixture
def broker(tmp_path: Path, stack: ExitStack) -> Broker:
    return stack.enter_context(brokers.running(tmp_path, tls=False))


@contextmanager
def hub_of(broker: Broker) -> Iterator[FakeHub]:
    hub = FakeHub(broker.port, broker.context(HUB) if broker.tls else None)
    try:
        yield hub
    finally:
        hub.close()


@pytest.fixture
def hub(broker: Broker, stack: ExitStack) -> FakeHub:
    return stack.enter_context(hub_of(broker))


def kept(outbox: Outbox) -> dict[int, str]:
    """seq -> hash of everything in the journal."""
    found: dict[int, str] = {}
    seq = 0
    while (batch := outbox.delivery.batch_after(seq)) is not None:
        for place, record in enumerate(batch.records, start=seq + 1):
            found[place] = record.hash
        seq = batch.seq
    return found


def arrived(gate: Gate, hub: FakeHub) -> bool:
    return gate.outbox.backlog == 0 and hub.records == kept(gate.outbox)


# -- the ordinary way --------------------------------------------------------------------------------------------------


def test_link_speaks_tls_and_the_whole_journal_reaches_the_hub(tmp_path: Path, gate: Gate, stack: ExitStack) -> None:
    broker = stack.enter_context(brokers.running(tmp_path))
    hub = stack.enter_context(hub_of(broker))
    gate.outbox.keep_all([SHIFT] * 1500)
    link = gate.connect(broker)
    until(lambda: arrived(gate, hub))
    assert hub.twice == 0
    assert max(hub.sizes) > hub.sizes[0] == 25
    assert link.status().connected
    assert link.status().hub_online
    until(lambda: link.status().in_flight == 0)
    assert link.status().last_ack is not None


def test_live_crossing_goes_out_at_once(
    gate: Gate, broker: Broker, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = gate.connect(broker)
    until(lambda: hub.acks)
    until(lambda: gate.outbox.backlog == 0)
    # whoever waits for the clock now waits longer than the test does, on a slow machine too
    monkeypatch.setattr(session, "TICK", 600.0)
    for _ in range(20):
        keep_visit(gate.outbox)
        link.wake()
        until(lambda: arrived(gate, hub))


def test_gate_says_hello_with_what_it_holds(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    keep_visit(gate.outbox)
    assert gate.lists.accept(Signed.seal("policy", TOWN, 4, ISSUED, POLICY, HUB_KEY), gate.clock.now()) is None
    gate.connect(broker)
    until(lambda: hub.hellos)
    hello = hub.hellos[0]
    assert (hello.epoch, hello.oldest, hello.head, hello.acked) == (gate.outbox.epoch, 1, 2, 0)
    assert (hello.head_hash, hello.policy, hello.passlist) == (gate.outbox.meta.head_hash, 4, None)


def test_hub_sees_the_gate_come_and_go(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    link = gate.connect(broker)
    until(lambda: hub.states and hub.health)
    link.stop()
    until(lambda: len(hub.states) == 2)
    assert said(hub) == [(True, 1), (False, 1)]


def test_lost_connection_is_told_by_the_will_with_its_own_number(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    link = gate.connect(broker)
    until(lambda: hub.states)
    # a second client of the same name takes the first one's place, as a gate does that was cut off
    other = Client(CallbackAPIVersion.VERSION2, client_id=GATE, protocol=MQTTv5)
    other.connect("127.0.0.1", broker.port)
    other.loop_start()
    until(lambda: any(not state.online for state in hub.states))
    other.disconnect()
    other.loop_stop()
    # until the latest connection has said so: the words of one that was pushed out may still be on their way
    until(lambda: link.status().connected and said(hub)[-1] == (True, gate.outbox.meta.conn))
    assert said(hub)[:2] == [(True, 1), (False, 1)]
    # numbers count within one journal, which the Will names too
    assert {state.epoch for state in hub.states} == {gate.outbox.epoch}


def said(hub: FakeHub) -> list[tuple[bool, int]]:
    """What the gate said of itself: online, number of the connection."""
    return [(state.online, state.conn) for state in hub.states]


def test_lists_are_taken_and_a_forged_one_raises_an_alarm(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    gate.connect(broker)
    topic = Topic(HUB, Name.PASSLIST)
    hub.say(topic, Signed.seal("passlist", TOWN, 2, ISSUED, PASSLIST, HUB_KEY), retain=True)
    until(lambda: gate.lists.snapshot().passlist_version == 2)
    forged = Signed.seal("passlist", TOWN, 3, ISSUED, PassList(keys=()), HUB_KEY).model_copy(update={"version": 4})
    hub.say(topic, forged)
    until(lambda: AlarmBegan("bad_passlist", "passlist version 4 is not signed by the hub") in gate.alarms)
    hub.say(topic, Signed.seal("policy", TOWN, 5, ISSUED, POLICY, HUB_KEY))
    until(lambda: AlarmBegan("bad_passlist", "a policy came as passlist") in gate.alarms)
    hub.say(topic, Signed.seal("passlist", TOWN, 3, ISSUED, PASSLIST, HUB_KEY), retain=True)
    until(lambda: judged(gate, "bad_passlist")[-1] == AlarmEnded("bad_passlist"))
    assert gate.lists.snapshot().revoked == PASSLIST.revoked


def judged(gate: Gate, alarm: str) -> list[AlarmBegan | AlarmEnded]:
    """What the link said of one alarm, in its order."""
    return [each for each in gate.alarms if not isinstance(each, CommandsCame) and each.alarm == alarm]


def told(first: int, last: int, *, series: str = "l-1.1", snapshot: bool = False) -> Signed:
    return Signed.seal("sightings", TOWN, last, ISSUED, sightings(first, last, series, snapshot), HUB_KEY)


def sightings(first: int, last: int, series: str, snapshot: bool) -> Sightings:
    numbers = range(max(1, first), last + 1)
    seen = (SEEN.model_copy(update={"n": n, "visit": f"{n:032x}", "plate": f"鲁B{n:05d}"}) for n in numbers)
    return Sightings(series=series, first=first, last=last, snapshot=snapshot, sightings=tuple(seen))


def test_gate_knows_who_is_inside_and_asks_again_where_a_number_is_missing(
    gate: Gate, broker: Broker, hub: FakeHub
) -> None:
    gate.connect(broker)
    until(lambda: hub.hellos)
    assert (hub.hellos[0].series, hub.hellos[0].sighting) == (None, 0)
    own, everybody = Topic(GATE, Name.SIGHTINGS), Topic(HUB, Name.SIGHTINGS)
    hub.say(own, told(0, 2, snapshot=True))
    hub.say(everybody, told(3, 3))
    until(lambda: gate.lists.inside.number == 3)
    greeted = len(hub.hellos)
    hub.say(everybody, told(5, 5))
    until(lambda: len(hub.hellos) > greeted)
    assert (hub.hellos[-1].series, hub.hellos[-1].sighting) == ("l-1.1", 3)
    hub.say(own, told(4, 5))
    until(lambda: gate.lists.inside.number == 5)
    assert (gate.lists.inside.count, gate.lists.inside.behind) == (5, False)


def test_gate_asks_again_until_a_restored_hub_has_told_its_new_series(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    gate.connect(broker)
    until(lambda: hub.hellos)
    hub.say(Topic(GATE, Name.SIGHTINGS), told(0, 2, snapshot=True))
    hub.say(Topic(HUB, Name.SIGHTINGS), told(1, 1, series="l-1.2"))
    until(lambda: len(hub.hellos) >= 3)
    hub.say(Topic(GATE, Name.SIGHTINGS), told(0, 1, series="l-1.2", snapshot=True))
    until(lambda: gate.lists.inside.series == "l-1.2")
    greeted = len(hub.hellos)
    assert gate.lists.inside.count == 1
    heard = len(hub.health)
    until(lambda: len(hub.health) > heard + 10)
    assert len(hub.hellos) <= greeted + 1


def test_forged_sightings_raise_an_alarm(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    gate.connect(broker)
    until(lambda: hub.hellos)
    hub.say(Topic(HUB, Name.SIGHTINGS), told(1, 1).model_copy(update={"version": 9}))
    until(lambda: AlarmBegan("bad_sightings", "sightings version 9 is not signed by the hub") in gate.alarms)
    assert gate.lists.inside.count == 0


def test_lists_stay_fresh_while_the_hub_is_there_and_grow_old_without_it(
    gate: Gate, broker: Broker, stack: ExitStack
) -> None:
    hub = FakeHub(broker.port, None)
    hub.say(Topic(HUB, Name.POLICY), Signed.seal("policy", TOWN, 1, ISSUED, POLICY, HUB_KEY), retain=True)
    link = gate.connect(broker)
    until(lambda: gate.lists.snapshot().policy_received)
    first = received(gate)
    until(lambda: received(gate) > first)
    hub.close()
    until(lambda: not link.status().hub_online)
    last, conn = gate.lists.snapshot().policy_received, gate.clock.mono()
    until(lambda: gate.clock.mono() > conn + 5 * QUICK.health)
    assert gate.lists.snapshot().policy_received == last


def received(gate: Gate) -> datetime:
    """When the gate last had its policy from the hub."""
    moment = gate.lists.snapshot().policy_received
    assert moment is not None
    return moment


# -- what fails --------------------------------------------------------------------------------------------------------


def test_nothing_is_drained_while_the_hub_is_away(gate: Gate, broker: Broker, stack: ExitStack) -> None:
    heard = ear(broker, stack)
    link = gate.connect(broker)
    keep_shifts(gate.outbox, 5)
    link.wake()
    until(lambda: heard.count(f"kakou/v1/{GATE}/health") > 5)
    assert f"kakou/v1/{GATE}/records" not in heard
    hub = stack.enter_context(hub_of(broker))
    until(lambda: arrived(gate, hub))
    until(lambda: f"kakou/v1/{GATE}/records" in heard)


def test_the_hub_hears_which_journal_it_is_before_it_hears_of_its_health(
    gate: Gate, broker: Broker, stack: ExitStack
) -> None:
    heard = ear(broker, stack)
    gate.connect(broker)
    until(lambda: f"kakou/v1/{GATE}/health" in heard)
    assert heard.index(f"kakou/v1/{GATE}/hello") < heard.index(f"kakou/v1/{GATE}/health")


@pytest.mark.parametrize("when", ["at the start", "in the middle"])
def test_a_gate_without_a_journal_tells_the_hub_so_and_claims_nothing(
    gate: Gate, broker: Broker, stack: ExitStack, when: str
) -> None:
    """faults D: the link says it: health comes, in a new connection too; no hello speaks of records that nobody can read."""
    heard = ear(broker, stack)
    hub = stack.enter_context(hub_of(broker))
    if when == "at the start":
        gate.journal = NoJournal("journal.db: file is not a database")
    link = gate.connect(broker)
    if when == "in the middle":
        keep_shifts(gate.outbox, 3)
        link.wake()
        until(lambda: arrived(gate, hub))
        (gate.folder / "journal.db").unlink()
        gate.outbox.check()
        link.stop()
        until(lambda: f"kakou/v1/{GATE}/hello" in heard)
        heard.clear()
        gate.connect(broker)
    assert not gate.journal.usable
    until(lambda: heard.count(f"kakou/v1/{GATE}/health") > 5)
    assert f"kakou/v1/{GATE}/hello" not in heard
    assert f"kakou/v1/{GATE}/records" not in heard


def test_draining_stops_when_the_hub_goes(gate: Gate, broker: Broker, stack: ExitStack) -> None:
    heard = ear(broker, stack)
    hub = FakeHub(broker.port, None)
    link = gate.connect(broker)
    until(lambda: hub.acks)
    hub.close()
    until(lambda: not link.status().hub_online)
    heard.clear()
    keep_shifts(gate.outbox, 5)
    link.wake()
    until(lambda: heard.count(f"kakou/v1/{GATE}/health") > 5)
    assert f"kakou/v1/{GATE}/records" not in heard


def ear(broker: Broker, stack: ExitStack) -> list[str]:
    """The topics of everything that is said on the broker, as it is said."""
    heard: list[str] = []
    subscribed = threading.Event()
    listener = Client(CallbackAPIVersion.VERSION2, client_id="ear", protocol=MQTTv5)
    listener.on_message = lambda _client, _data, message: heard.append(message.topic)
    listener.on_subscribe = lambda *_: subscribed.set()
    listener.on_connect = lambda client, *_: client.subscribe("kakou/v1/+/+", qos=1)
    listener.connect("127.0.0.1", broker.port)
    listener.loop_start()
    stack.callback(lambda: (listener.disconnect(), listener.loop_stop()))
    assert subscribed.wait(10)
    return heard


def test_brokers_receipt_releases_nothing_and_lost_acks_are_made_good(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    hub.mute = True
    keep_shifts(gate.outbox, 40)
    gate.connect(broker)
    until(lambda: len(hub.records) == 25)
    assert gate.outbox.acked == 0
    until(lambda: hub.twice >= 25)  # no ack: sent again
    hub.mute = False
    until(lambda: arrived(gate, hub))


def test_lost_batch_is_sent_again(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    gate.connect(broker)
    until(lambda: hub.acks)
    hub.deaf = True
    keep_shifts(gate.outbox, 60)
    until(lambda: len(hub.hellos) >= 2)  # the link lost its patience
    hub.deaf = False
    until(lambda: arrived(gate, hub))


def test_restored_hub_gets_the_records_again(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    gate.connect(broker)
    keep_shifts(gate.outbox, 50)
    until(lambda: arrived(gate, hub))
    hub.lose(10)
    until(lambda: len(hub.records) == 50 and gate.outbox.backlog == 0)
    assert hub.records == kept(gate.outbox)
    assert gate.outbox.meta.ledger_epoch == 2


def test_an_old_word_of_the_hub_makes_a_gate_call_nothing_lost(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    gate.connect(broker)
    keep_shifts(gate.outbox, 20)
    until(lambda: arrived(gate, hub))
    assert gate.outbox.delivery.release(ack(gate.outbox, 20, backed_up=20), HUB_KEY.public_key()) is None
    gate.outbox.delivery.prune(keep=1)
    # the broker had kept it back: it is of the time before the hub had the first record
    asked = len(hub.hellos)
    hub.say(Topic(GATE, Name.ACK), ack(gate.outbox, 0, missing=((1, 20),)))
    until(lambda: len(hub.hellos) > asked)
    keep_shifts(gate.outbox, 1)
    until(lambda: len(hub.records) == 21 and gate.outbox.acked == 21)
    assert gate.outbox.recent((Kind.LOST,), 10) == ()


def test_what_the_hub_lacks_and_the_gate_has_pruned_is_called_lost_once_it_was_asked(
    gate: Gate, broker: Broker, hub: FakeHub
) -> None:
    gate.connect(broker)
    keep_shifts(gate.outbox, 20)
    until(lambda: arrived(gate, hub))
    assert gate.outbox.delivery.release(ack(gate.outbox, 20, backed_up=20), HUB_KEY.public_key()) is None
    gate.outbox.delivery.prune(keep=1)
    hub.mute = True
    hub.lose(5)
    hub.say(Topic(GATE, Name.ACK), ack(gate.outbox, 5, ledger_epoch=2))
    asked = len(hub.hellos)
    # as long as the hub does not answer, it is asked again
    until(lambda: len(hub.hellos) >= asked + 2)
    assert gate.outbox.recent((Kind.LOST,), 10) == ()
    hub.mute = False
    until(lambda: gate.outbox.recent((Kind.LOST,), 10))
    (kept_,) = gate.outbox.recent((Kind.LOST,), 10)
    assert isinstance(kept_.record.body, Lost)
    assert (kept_.record.body.first, kept_.record.body.last) == (6, 19)


def test_forged_head_releases_nothing(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    hub.mute = True
    gate.connect(broker)
    keep_shifts(gate.outbox, 5)
    until(lambda: len(hub.records) == 5)
    good = ack(gate.outbox, 5)
    forged = good.model_copy(update={"head": good.head.model_copy(update={"count": 6})})
    hub.say(Topic(GATE, Name.ACK), forged)
    until(lambda: any(isinstance(alarm, AlarmBegan) and alarm.alarm == "bad_ack" for alarm in gate.alarms))
    assert gate.outbox.acked == 0


def test_killed_broker_loses_nothing(tmp_path: Path, gate: Gate, stack: ExitStack) -> None:
    broker = stack.enter_context(brokers.running(tmp_path))
    hub = stack.enter_context(hub_of(broker))
    link = gate.connect(broker)
    for _ in range(2):
        until(lambda: link.status().hub_online)
        for _ in range(10):
            keep_visit(gate.outbox)
            link.wake()
        broker.kill()
        for _ in range(10):
            keep_visit(gate.outbox)
            link.wake()
        broker.start()
    until(lambda: arrived(gate, hub), 30)
    assert gate.outbox.head == 80
    assert gate.outbox.verify() is None


def test_fault_while_answering_does_not_end_the_link(
    gate: Gate, broker: Broker, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = gate.connect(broker)
    until(lambda: hub.acks)
    true_release, broken = gate.outbox.delivery.release, threading.Event()

    def release(ack: Ack, key: Ed25519PublicKey) -> str | None:
        if not broken.is_set():
            broken.set()
            raise OSError("no space left on device")
        return true_release(ack, key)

    monkeypatch.setattr(gate.outbox.delivery, "release", release)
    with structlog.testing.capture_logs() as logged:
        hub.say(Topic(HUB, Name.STATE), b"certainly no JSON")
        hub.say(Topic(GATE, Name.ACK), b"{}")
        keep_shifts(gate.outbox, 3)
        until(lambda: arrived(gate, hub))
    assert broken.is_set()
    assert sum(line["event"] == "fault while answering the hub" for line in logged) >= 2
    assert link.status().connected
    assert len(hub.states) == 1, "it was the same connection all the time"


def test_fault_in_health_does_not_stop_the_draining(
    gate: Gate, broker: Broker, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Health:
        raise RuntimeError("no sensor")

    monkeypatch.setattr(gate, "health", broken)
    gate.connect(broker, times=QUICK)
    keep_shifts(gate.outbox, 3)
    until(lambda: arrived(gate, hub))
    keep_shifts(gate.outbox, 3)
    until(lambda: arrived(gate, hub))


def test_keeping_never_waits_for_a_dead_link(tmp_path: Path, gate: Gate, stack: ExitStack) -> None:
    """A broker that takes the connection and then says nothing is the worst link there is."""
    broker = stack.enter_context(brokers.running(tmp_path, tls=False))
    hub = stack.enter_context(hub_of(broker))
    link = gate.connect(broker)
    until(lambda: link.status().hub_online)
    stalled = broker.process
    stalled.send_signal(signal.SIGSTOP)
    try:
        slowest = 0.0
        for _ in range(200):
            started = time.monotonic()
            keep_visit(gate.outbox)
            link.wake()
            slowest = max(slowest, time.monotonic() - started)
        assert slowest < 5.0
        wait_for_a_beat(link)
    finally:
        stalled.send_signal(signal.SIGCONT)
    until(lambda: arrived(gate, hub), 30)


def fault(link: Uplink) -> str:
    """Why there is no connection, once the link says so."""
    until(lambda: link.status().fault)
    found = link.status().fault
    assert found is not None
    return found


def wait_for_a_beat(link: Uplink) -> None:
    beat = link.beat
    until(lambda: link.beat != beat)


def test_link_beats_while_nobody_listens(gate: Gate, tmp_path: Path) -> None:
    link = gate.connect(brokers.Broker(tmp_path / "never-started", tls=False))
    for _ in range(3):
        wait_for_a_beat(link)
    assert "refused" in fault(link).lower()
    assert gate.outbox.meta.conn == 1, "attempts that reach nobody use up no numbers"


# -- ahead of a backlog ------------------------------------------------------------------------------------------------


def test_a_new_crossing_goes_ahead_of_a_backlog(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    keep_shifts(gate.outbox, 1500)
    hub.mute = True
    link = gate.connect(broker)
    until(lambda: link.status().hub_online)
    visit = keep_visit(gate.outbox)
    link.wake()
    until(lambda: hub.live)
    batch = hub.live[0]
    records = [Record.parse(sealed.raw) for sealed in batch.records]
    assert [record.seq for record in records] == [1501, 1502]
    assert {record.visit for record in records} == {visit}
    said = ack(gate.outbox, 0, ahead=((1501, 1502),))
    hub.say(Topic(GATE, Name.ACK), said)
    until(lambda: link.status().ahead == 1502)
    assert gate.outbox.acked == 0, "held aside releases nothing"
    hub.mute = False
    until(lambda: arrived(gate, hub), 40)


def test_nothing_goes_ahead_of_what_the_window_holds(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    link = gate.connect(broker)
    until(lambda: link.status().hub_online)
    for _ in range(20):
        keep_visit(gate.outbox)
        link.wake()
    until(lambda: arrived(gate, hub))
    assert hub.live == []


# -- commands ----------------------------------------------------------------------------------------------------------


def commands(version: int, *, gate: str = GATE, key: Ed25519PrivateKey = HUB_KEY) -> Signed:
    return Signed.seal("command", TOWN, version, ISSUED, COMMANDS.model_copy(update={"gate": gate}), key)


def test_commands_reach_the_gate_and_outlive_a_restart(
    gate: Gate, broker: Broker, hub: FakeHub, tmp_path: Path
) -> None:
    link = gate.connect(broker)
    until(lambda: link.status().hub_online)
    hub.say(Topic(GATE, Name.COMMAND), commands(7), retain=True)
    until(lambda: CommandsCame(COMMANDS.commands) in gate.alarms)
    link.stop()
    gate.lists.close()
    gate.lists = Lists.open(tmp_path / "lists.db", town=TOWN, hub_key=HUB_KEY.public_key())
    assert gate.lists.snapshot().commands == COMMANDS.commands


def test_forged_old_and_foreign_commands_raise_an_alarm_and_are_not_done(
    gate: Gate, broker: Broker, hub: FakeHub
) -> None:
    link = gate.connect(broker)
    until(lambda: link.status().hub_online)
    stranger = Ed25519PrivateKey.generate()
    for place, (wrong, why) in enumerate(
        ((commands(9, key=stranger), "not signed"), (commands(9, gate="west"), "'west'"), (commands(5), "older")), 1
    ):
        if place == 3:
            hub.say(Topic(GATE, Name.COMMAND), commands(8))
            until(lambda: CommandsCame(COMMANDS.commands) in gate.alarms)
            gate.alarms.clear()
        hub.say(Topic(GATE, Name.COMMAND), wrong)
        until(partial(complained, gate, why))
        assert CommandsCame(COMMANDS.commands) not in gate.alarms


def complained(gate: Gate, why: str) -> bool:
    return any(isinstance(each, AlarmBegan) and why in each.detail for each in gate.alarms)


def a_picture(number: int) -> Picture:
    return Picture.model_construct(hash=f"{number:064x}", jpeg=PICTURE * 2000, at=ISSUED)


def test_pictures_go_one_after_the_other_and_the_broker_has_each_before_it_is_done(
    gate: Gate, broker: Broker, hub: FakeHub
) -> None:
    link = gate.connect(broker)
    done: list[int] = []
    for number in range(3):
        assert link.send(Parcel(Name.PICTURE, a_picture(number), partial(done.append, number)))
    until(lambda: len(hub.pictures) == 3)
    assert hub.pictures == [a_picture(number) for number in range(3)]
    until(lambda: done == [0, 1, 2])


def test_a_picture_waits_for_the_link_and_no_more_wait_than_fit(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    broker.kill()
    link = gate.connect(broker)
    done: list[int] = []
    sent = [link.send(Parcel(Name.PICTURE, a_picture(0), lambda: done.append(0))) for _ in range(MOST_PARCELS + 1)]
    assert sent == [True] * MOST_PARCELS + [False]
    broker.start()
    until(lambda: len(done) == MOST_PARCELS)


def test_a_picture_whose_connection_broke_is_sent_again(gate: Gate, broker: Broker, hub: FakeHub) -> None:
    link = gate.connect(broker)
    done: list[int] = []
    until(lambda: link.status().hub_online)
    session = link._session
    assert session is not None
    session._parcels.on_the_way = (-1, Parcel(Name.PICTURE, a_picture(7), lambda: done.append(7)))
    broker.kill()
    broker.start()
    until(lambda: done == [7])
    until(lambda: a_picture(7) in hub.pictures)


# -- who speaks --------------------------------------------------------------------------------------------------------


# paho leaves the socket of a failed handshake to the garbage collector
failed_handshake = pytest.mark.filterwarnings(
    "ignore:unclosed <ssl.SSLSocket:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@failed_handshake
def test_broker_of_another_town_is_not_spoken_to(tmp_path: Path, gate: Gate, stack: ExitStack) -> None:
    broker = stack.enter_context(brokers.running(tmp_path))
    stranger = brokers.Broker(tmp_path / "stranger")
    link = gate.connect(broker, tls=lambda: tls_context(stranger.keys(GATE)))
    assert "certificate verify failed" in fault(link)


@failed_handshake
def test_broker_under_another_name_is_not_spoken_to(tmp_path: Path, gate: Gate, stack: ExitStack) -> None:
    broker = stack.enter_context(brokers.running(tmp_path, host="hub.example"))
    link = gate.connect(broker)
    assert "IP address mismatch" in fault(link)


def test_a_gate_whose_hub_moved_finds_it_at_an_address_that_it_was_told(
    tmp_path: Path, gate: Gate, stack: ExitStack
) -> None:
    broker = stack.enter_context(brokers.running(tmp_path))
    # nobody listens at the first two
    link = gate.connect(broker, host="127.0.0.2", also=lambda: ("127.0.0.2", "127.0.0.3", "127.0.0.1"))
    until(lambda: link.status().connected)
    # it stays with the one that works, also after the broker's next start
    broker.kill()
    until(lambda: not link.status().connected)
    broker.start()
    until(lambda: link.status().connected)


def test_a_gate_that_was_told_nothing_tries_its_own_address_for_ever(
    tmp_path: Path, gate: Gate, stack: ExitStack
) -> None:
    broker = stack.enter_context(brokers.running(tmp_path))
    told: list[str] = []
    link = gate.connect(broker, host="127.0.0.2", also=lambda: tuple(told))
    assert "refused" in fault(link)
    told.append("127.0.0.1")
    until(lambda: link.status().connected)


def test_old_tls_is_refused(tmp_path: Path) -> None:
    context = tls_context(brokers.Broker(tmp_path / "b").keys(GATE))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
