"""A damaged file of the broker's never keeps the town apart: it is set aside, an alert says so, gates send again (faults D)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.broker import mosquitto
from hub.broker.store import DAMAGED, STORE, BrokerStore
from hub.broker.store import main as stop_post
from hub.service.serve import PYTHON
from tests.hub.ledgers import table
from tests.hub.service.test_supervise import serving
from tests.hub.towns import Place
from tests.hub.wire import let_gates_in, until, with_ports

MAGIC = b"\x00\xb5\x00mosquitto db" + bytes(4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broker" / "data").mkdir(parents=True)
    (tmp_path / "broker" / "data" / STORE).write_bytes(bytes(100))
    return tmp_path


def test_one_bad_end_says_nothing_of_the_store_two_within_a_moment_do(folder: Path) -> None:
    store = BrokerStore(folder)
    assert not store.ended(1, 100.0)
    assert not store.ended(1, 200.0)
    assert store.notice() is None
    assert store.ended(-signal.SIGABRT, 201.0)
    aside = folder / "broker" / "data" / (STORE + DAMAGED)
    assert aside.read_bytes() == bytes(100)
    assert not (aside.parent / STORE).exists()
    assert (store.notice() or "").endswith(f" broker/data/{STORE}{DAMAGED}")
    # the next bad end begins to count anew, and without a store it is none of the store's
    assert not store.ended(1, 202.0)
    assert not store.ended(1, 203.0)


@pytest.mark.parametrize("code", [0, -signal.SIGTERM, -signal.SIGKILL, -signal.SIGHUP])
def test_a_broker_that_was_stopped_or_killed_keeps_its_store(folder: Path, code: int) -> None:
    store = BrokerStore(folder)
    for seconds in range(5):
        assert not store.ended(code, float(seconds))
    assert (folder / "broker" / "data" / STORE).exists()


@pytest.mark.parametrize(
    ("result", "status", "aside"),
    [
        ("exited", "1", True),
        ("exited", "0", False),
        ("killed", "TERM", False),
        ("killed", "KILL", False),
        ("dumped", "ABRT", True),
    ],
)
def test_systemd_says_how_the_broker_ended(folder: Path, result: str, status: str, aside: bool) -> None:
    for _ in range(2):
        stop_post(folder, result, status)
    assert (BrokerStore(folder).notice() is not None) is aside


def test_what_lies_in_the_counts_place_is_no_count(folder: Path, tmp_path: Path) -> None:
    store = BrokerStore(folder)
    for odd in (b"", b"nan", b"x" * 500, b"inf", b"-1e308"):
        (folder / "broker" / "ends").write_bytes(odd)
        assert not store.ended(1, 50.0)
    victim = tmp_path / "victim"
    victim.write_text("90.0")
    (folder / "broker" / "ends").unlink()
    (folder / "broker" / "ends").symlink_to(victim)
    assert not store.ended(1, 91.0)
    assert victim.read_text() == "90.0"


def nothing_but_zeros(data: Path) -> None:
    (data / STORE).write_bytes(bytes(20_000))


def cut_off(data: Path) -> None:
    (data / STORE).write_bytes(MAGIC + bytes([0, 0, 0, 6]) + bytes([0, 0, 0, 1, 0, 0, 0, 16]) + bytes(3))


def of_another_version(data: Path) -> None:
    (data / STORE).write_bytes(MAGIC + bytes([0, 0, 0, 9]))


def a_file_where_the_folder_was(data: Path) -> None:
    for each in data.iterdir():
        each.unlink()
    data.rmdir()
    data.write_bytes(b"x")


@contextmanager
def served(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    process = serving(place)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.mark.parametrize("damage", [nothing_but_zeros, cut_off, of_another_version, a_file_where_the_folder_was])
def test_the_broker_starts_with_an_empty_store_and_an_alert_says_so(place: Place, damage: object) -> None:
    settings = with_ports(place)
    let_gates_in(settings)
    mosquitto.write(settings)
    assert callable(damage)
    damage(mosquitto.folder(settings) / "data")
    with served(place) as process:
        until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]], 40)
        [alert] = until(lambda: [row for row in table(place, "alerts") if row["what"] == "broker_store"])
        assert DAMAGED in alert["detail"]
        assert process.poll() is None
    # it is told once, also by the listener's next life
    with served(place):
        until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]])
    assert [row["times"] for row in table(place, "alerts") if row["what"] == "broker_store"] == [1]


def test_the_service_runs_it_as_the_brokers_own_user(folder: Path) -> None:
    command = [*PYTHON, "-m", "hub.broker.store", os.fspath(folder)]
    for _ in range(2):
        environment = {**os.environ, "EXIT_CODE": "exited", "EXIT_STATUS": "1"}
        subprocess.run(command, env=environment, check=True, capture_output=True)
    assert BrokerStore(folder).notice()
    unit = (Path(__file__).parents[3] / "systemd" / "kakou-broker.service").read_text()
    assert "ExecStopPost=/opt/kakou/venv/bin/python -P -m hub.broker.store /var/lib/kakou-hub" in unit
    assert sys.executable == command[0]
