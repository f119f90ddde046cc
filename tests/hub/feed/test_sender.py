"""The feed's sender against real servers: in order, nothing lost, whoever is killed."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.canonical import canonical, public_hex
from hub.broker import mosquitto
from hub.database.engine import reader
from hub.errors import HubError
from hub.feed import store
from hub.feed.sender import LONGEST, Sender, is_needed, pause
from hub.lifecycle.founding import mend_brokers_certificate
from tests.hub import busy
from tests.hub.feed.receiver import context, receiving
from tests.hub.ledgers import journal, send, table
from tests.hub.towns import NOW, Place
from tests.ports import free_port


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


def target(place: Place, url: str, **more: object) -> store.Target:
    with place.engine.begin() as connection:
        return store.add(
            connection, town="demo", name="county", url=url, **{"cursor": 0, "by": "cli", "now": NOW, **more}  # type: ignore[arg-type]  # as a test has it
        )  # fmt: skip


def state(place: Place) -> store.Target:
    with place.engine.begin() as connection:
        return store.known(connection, "demo", "f-1")


ROOT = Path(__file__).resolve().parents[3]


class Sending:
    """A sender in this process, whose clock a test moves."""

    def __init__(self, place: Place) -> None:
        self.seconds = 0.0
        self._reading = reader(place.town.settings.database_url)
        self._sender = Sender(place.town, self._reading, place.engine, lambda: NOW, lambda: self.seconds)

    def once(self) -> None:
        """One look, and all that it begins."""
        with ThreadPoolExecutor() as threads:
            self._sender.look(threads, Event())


@pytest.fixture
def sending(town: Place) -> Iterator[Sending]:
    found = Sending(town)
    yield found
    found._reading.dispose()


def certificate(place: Place) -> tuple[tuple[str, str], str]:
    """A server's certificate and key, and the authority that signed it: those of the town's broker will do."""
    settings = place.town.settings
    mend_brokers_certificate(settings, NOW)
    folder = mosquitto.folder(settings)
    return (str(folder / "server.pem"), str(folder / "server.key")), str(settings.folder / "ca" / "ca.pem")


def more_entries(place: Place, visits: int) -> None:
    gate = journal(place.town, "east", epoch="cd" * 16)
    for number in range(visits):
        gate.visit(f"鲁B{number:05d}", NOW + timedelta(seconds=number))
    while gate.sent < len(gate.sealed):
        send(place, gate)


def test_every_entry_comes_in_order_signed_and_without_personal_values(town: Place, sending: Sending) -> None:
    more_entries(town, 40)
    came: list[tuple[Mapping[str, str], bytes]] = []

    def answer(headers: Mapping[str, str], data: bytes) -> tuple[int, dict[str, str]]:
        came.append((headers, data))
        return 200, {}

    with receiving(answer) as port:
        target(town, f"http://127.0.0.1:{port}/in?town=demo")
        sending.once()
    entries = [entry for _, data in came for entry in json.loads(data)["entries"]]
    rows = table(town, "entries")
    assert len(came) > 1
    assert [entry["id"] for entry in entries] == [row["id"] for row in rows]
    assert [entry["raw"] for entry in entries] == [row["raw"] for row in rows]
    assert not any(busy.PERSONAL["phone"].encode() in data or b"private" in data for _, data in came)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex(town.town.key.public_key())))
    for headers, data in came:
        digest = hashlib.sha256(data).hexdigest()
        signed = canonical(["feed", "demo", "f-1", headers["Kakou-Timestamp"], digest])
        key.verify(bytes.fromhex(headers["Kakou-Signature"].removeprefix("ed25519=")), signed)
    assert (state(town).cursor, state(town).sent, state(town).error) == (rows[-1]["id"], len(rows), None)


def test_a_target_that_fails_is_asked_again_later_and_later_and_loses_nothing(town: Place, sending: Sending) -> None:
    answers = [(500, {}), (302, {"Location": "http://127.0.0.1:1/"}), (503, {"Retry-After": "60"}), (200, {})]
    asked: list[float] = []

    def answer(_headers: Mapping[str, str], _data: bytes) -> tuple[int, dict[str, str]]:
        asked.append(sending.seconds)
        return answers[len(asked) - 1]

    with receiving(answer) as port:
        target(town, f"http://127.0.0.1:{port}/")
        for seconds in range(70):
            sending.seconds = float(seconds)
            sending.once()
            if seconds == 1:
                failing = state(town)
                assert (failing.cursor, failing.tries, failing.error) == (0, 2, "answers 302")
    assert asked == [0.0, 1.0, 3.0, 63.0]
    assert (state(town).error, state(town).tries, state(town).cursor) == (None, 0, table(town, "entries")[-1]["id"])


def test_the_pause_doubles_and_is_never_longer_than_five_minutes() -> None:
    assert [pause(tries) for tries in (1, 2, 3, 9, 10, 1000)] == [1.0, 2.0, 4.0, 256.0, LONGEST, LONGEST]


def test_a_target_gets_the_kinds_that_it_asked_for_and_its_cursor_goes_on(town: Place, sending: Sending) -> None:
    came: list[str] = []

    def answer(_headers: Mapping[str, str], data: bytes) -> tuple[int, dict[str, str]]:
        came.extend(entry["kind"] for entry in json.loads(data)["entries"])
        return 200, {}

    with receiving(answer) as port:
        target(town, f"http://127.0.0.1:{port}/", kinds=["visit_closed"])
        sending.once()
        assert set(came) == {"visit_closed"}
        assert state(town).cursor == table(town, "entries")[-1]["id"]
        assert (
            state(town).sent
            == len(came)
            == len([row for row in table(town, "entries") if row["kind"] == "visit_closed"])
        )


def test_one_target_that_hangs_does_not_hold_another(town: Place, sending: Sending) -> None:
    release = Event()
    with (
        receiving(lambda _headers, _data: (release.wait(20), (200, {}))[1]) as slow,
        receiving(lambda _headers, _data: (200, {})) as fast,
    ):
        target(town, f"http://127.0.0.1:{slow}/")
        target(town, f"http://127.0.0.1:{fast}/")
        with ThreadPoolExecutor() as threads:
            sending._sender.look(threads, Event())
            deadline = time.monotonic() + 10
            while table(town, "feed_targets")[1]["cursor"] == 0:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert state(town).cursor == 0
            release.set()


def test_https_believes_the_authority_that_the_target_names_and_no_other(town: Place, sending: Sending) -> None:
    tls, ca = certificate(town)
    with receiving(lambda _headers, _data: (200, {}), tls=context(*tls)) as port:
        target(town, f"https://127.0.0.1:{port}/")
        sending.once()
        assert "certificate" in (state(town).error or "").lower()
        assert state(town).cursor == 0
        target(town, f"https://127.0.0.1:{port}/", ca=ca)
        sending.once()
    assert table(town, "feed_targets")[1]["cursor"] == table(town, "entries")[-1]["id"]


def test_nothing_is_lost_or_turned_round_though_sender_and_target_are_killed(town: Place, tmp_path: Path) -> None:
    more_entries(town, 500)
    port, file = free_port(), tmp_path / "received"
    tls, ca = certificate(town)
    receiver = [sys.executable, "-m", "tests.hub.feed.receiver", str(port), str(file), *tls]
    sender = [sys.executable, "-m", "hub.cli", "--data", str(town.folder), "feed", "run"]
    target(town, f"https://127.0.0.1:{port}/", ca=ca)
    wanted = [row["id"] for row in table(town, "entries")]
    running = {"receiver": _start(receiver), "sender": _start(sender)}
    try:
        killed, deadline = 0, time.monotonic() + 90
        while state(town).cursor < wanted[-1]:
            assert time.monotonic() < deadline, state(town)
            came = len(file.read_bytes()) if file.exists() else 0
            if killed < 4 and came > killed * 100_000:
                # in the middle of what is under way
                who, command = (("receiver", receiver), ("sender", sender))[killed % 2]
                running[who].send_signal(signal.SIGKILL)
                running[who].wait()
                running[who] = _start(command)
                killed += 1
            time.sleep(0.02)
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    assert killed == 4
    lines = [line for line in file.read_bytes().split(b"\n") if line.endswith(b"}")]
    came_in_order = list(dict.fromkeys(json.loads(line)["id"] for line in lines if line.startswith(b'{"id"')))
    assert came_in_order == wanted


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_hub_without_a_target_needs_no_sender(town: Place, sending: Sending) -> None:
    assert not is_needed("demo", sending._reading)
    target(town, "https://county.example/in")
    assert is_needed("demo", sending._reading)
    with town.engine.begin() as connection:
        store.remove(connection, town="demo", id_="f-1", by="cli", now=NOW)
    assert not is_needed("demo", sending._reading)
    with pytest.raises(HubError, match="no such target"):
        state(town)
