"""From a gate's message to the page that shows it, and what two hundred idle streams cost.

A gate publishes a crossing (three records in a batch) or an alarm; the clock stops when a client that sits on the event stream, as a
browser does, was told and has the part of the page that shows it. The floor is the hub's ack for the same batch: by then it is
committed. Then 200 more streams are opened by nine users: the memory of the web process and the time of a page beside them,
against the same before.
"""

import http.client
import re
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.client import Client, MQTTMessage

from edge.clock import FixedClock
from edge.contract.facts import AlarmRaised, Kind
from edge.contract.messages import Ack, Bundle
from edge.contract.topics import Name, Topic
from edge.journal.outbox import NewRecord, Outbox
from hub.accounts.roles import Role
from hub.commands.common import changing
from hub.enrolment.officers import add_user
from scripts.benchmarks.rows import Plan, Row, median, percentile, wait_until
from scripts.benchmarks.senders import client, identity
from scripts.benchmarks.towns import add_gates, broker_running, found_town, listener_running, web_running
from scripts.benchmarks.traffic import LANE, Day, Message, hello, messages, prepare

PASSWORD = "a password of the benchmark"
USERS = 10
"""One of them follows what happens, the others only sit there: a user may have 24 streams."""
IDLE = 200
PATIENCE = 20.0
PAUSE = 0.4
"""Seconds between two messages: vehicles do not come at once."""
PAGES = ("/", "/ledger", "/alerts")
MIB = 1024


class Visitor:
    """A browser of few words: signed in, with one stream or many."""

    def __init__(self, port: int, login: str) -> None:
        self._port, self._cookies = port, dict[str, str]()
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login"))
        assert token is not None, "the sign-in has no token"
        form = {"csrf_token": token[1], "login": login, "password": PASSWORD}
        link = self._link()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        link.request("POST", "/login", urllib.parse.urlencode(form), {**self._headers, **kind})
        self._keep(link.getresponse())
        link.close()

    def get(self, path: str) -> str:
        """A page, over a connection of its own."""
        link = self._link()
        link.request("GET", path, headers=self._headers)
        answer = link.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, f"{path}: {answer.status}"
        self._keep(answer)
        link.close()
        return text

    def stream(self) -> http.client.HTTPResponse:
        """The event stream of a page that has just been loaded."""
        address = re.search(r'sse-connect="([^"]+)"', self.get("/alerts"))
        assert address is not None, "the page has no stream"
        link = self._link()
        link.request("GET", address[1].replace("&amp;", "&"), headers=self._headers)
        answer = link.getresponse()
        assert answer.status == 200, f"stream: {answer.status}"
        return answer

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def _link(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for each in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = each.partition("=")
            self._cookies[name] = rest.partition(";")[0]


class Watcher:
    """A page that follows its stream: when it had the part that an event told it of."""

    def __init__(self, visitor: Visitor, parts: dict[str, str]) -> None:
        self._visitor, self._parts, self._answer = visitor, parts, visitor.stream()
        self.shown: dict[str, list[float]] = {event: [] for event in parts}
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for line in self._answer:
            event = line.decode().removeprefix("event: ").strip()
            if event in self._parts:
                self._visitor.get(self._parts[event])
                self.shown[event].append(time.perf_counter())


class Gate:
    """A gate that publishes one prepared batch after the other, and notes when each was acknowledged."""

    def __init__(self, day: Day, folder: Path) -> None:
        self._day, self._acked, self._greeted = day, 0, threading.Event()
        self.acked_at: dict[int, float] = {}
        self._client = client(day.bundle.gate, identity(day, folder))
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self._client.connect(day.bundle.host, day.bundle.port)
        self._client.loop_start()
        wait_until(self._greeted.is_set, PATIENCE, "the listener did not answer a hello", 0.02)

    def publish(self, message: Message) -> float:
        """Sends a batch, waits for its ack; gives when it was sent."""
        began = time.perf_counter()
        self._client.publish(str(Topic(self._day.bundle.gate, Name.RECORDS)), message.payload, qos=1)
        wait_until(lambda: message.last in self.acked_at, PATIENCE, "a batch was not acknowledged")
        return began

    def close(self) -> None:
        """Leaves."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, *_: object) -> None:
        self._client.subscribe(str(Topic(self._day.bundle.gate, Name.ACK)), qos=1)
        threading.Timer(1.0, self._greet).start()

    def _greet(self) -> None:
        self._client.publish(str(Topic(self._day.bundle.gate, Name.HELLO)), self._day.hello, qos=1)

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._greeted.set()
        self.acked_at.setdefault(Ack.parse(bytes(message.payload)).committed, time.perf_counter())


def run(plan: Plan) -> Iterator[Row]:
    """The rows of crossings, of alerts, and of idle streams."""
    count = plan.size(200, 4)
    plan.say(f"founding a town, preparing {count} crossings and {count} alarms")
    town = found_town(plan.folder / "hub")
    crossing, alarm = add_gates(town, ["crossing", "alarm"])
    crossings = prepare(crossing, plan.folder / "crossing", 3 * count, plan.seed, at_once=3)
    alarms = _alarms(alarm, plan.folder / "alarm", count)
    with changing(town) as connection:
        for number in range(USERS):
            add_user(
                town,
                connection,
                login=f"u{number}",
                name="-",
                role=Role.OFFICER,
                password=PASSWORD,
                by="bench",
                now=datetime.now(UTC),
            )
    with ExitStack() as stack:
        stack.enter_context(broker_running(town))
        stack.enter_context(listener_running(town))
        process = stack.enter_context(web_running(town))
        visitors = [Visitor(town.settings.web.port, f"u{number}") for number in range(USERS)]
        for name, day, event, part in (
            ("crossing", crossings, "ledger", "/live/board"),
            ("alert", alarms, "alerts", "/alerts/bar"),
        ):
            plan.say(f"{name}: {count} messages")
            yield from _to_page(name, day, plan.folder, Watcher(visitors[0], {event: part}), event)
        yield from _idle(plan, process, visitors)


def _to_page(name: str, day: Day, folder: Path, watcher: Watcher, event: str) -> Iterator[Row]:
    took, acked, shown = [], [], watcher.shown[event]
    with closing(Gate(day, folder)) as gate:
        for number, message in enumerate(day.messages, 1):
            began = gate.publish(message)
            _wait_for(shown, number, f"no page shows {name} {number}")
            took.append(1000 * (shown[-1] - began))
            acked.append(1000 * (gate.acked_at[message.last] - began))
            time.sleep(PAUSE)
    note = f"{len(took)} messages, one at a time; until the page has the part that shows it"
    yield Row(f"stream.{name}_p50", median(took), "ms", median(acked), "the hub's ack", note)
    yield Row(f"stream.{name}_p99", percentile(took, 0.99), "ms", percentile(acked, 0.99), "the hub's ack", note)


def _wait_for(shown: Sequence[float], number: int, what: str) -> None:
    wait_until(lambda: len(shown) >= number, PATIENCE, what)


def _idle(plan: Plan, process: int, visitors: Sequence[Visitor]) -> Iterator[Row]:
    looks, idle = plan.size(100, 5), plan.size(IDLE, 20)
    plan.say(f"pages before, then beside {idle} idle streams")
    before, memory = _pages(visitors[0], looks), _resident(process)
    streams = [visitors[1 + number % (USERS - 1)].stream() for number in range(idle)]
    threads = [threading.Thread(target=each.read, daemon=True) for each in streams]
    for each in threads:
        each.start()
    time.sleep(plan.size(20, 1))
    with_streams, beside = _resident(process), _pages(visitors[0], looks)
    assert all(each.is_alive() for each in threads), "a stream ended"
    note = f"{idle} streams of {USERS - 1} users: {with_streams - memory:.0f} MiB"
    yield Row("stream.idle_memory", with_streams, "MiB", memory, "the same without them", note)
    yield Row(
        "stream.page_p95", percentile(beside, 0.95), "ms", percentile(before, 0.95), "the same without them", note
    )


def _pages(visitor: Visitor, looks: int) -> list[float]:
    def took(path: str) -> float:
        began = time.perf_counter()
        visitor.get(path)
        return 1000 * (time.perf_counter() - began)

    return [took(path) for _ in range(looks) for path in PAGES]


def _resident(process: int) -> float:
    """Resident memory of a process, MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / MIB


def _alarms(bundle: Bundle, folder: Path, count: int) -> Day:
    """As many vehicles that follow another through: each is counted by the same alert."""
    folder.mkdir()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bundle.signing_key))
    clock = FixedClock(datetime.now(UTC))
    outbox = Outbox.open(folder / "journal.db", town=bundle.town, gate=bundle.gate, key=key, clock=clock)
    raised = AlarmRaised(alarm="tailgating", detail=f"lane {LANE}, in")
    with closing(outbox):
        outbox.keep_all([NewRecord(Kind.ALARM_RAISED, raised, None, LANE) for _ in range(count)])
        return Day(bundle, hello(bundle, outbox), tuple(messages(outbox, 1)))
