"""The broker keeps nothing on the disk: no plate on its way outlives it, and no damaged file of an older version keeps the town apart."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.broker import mosquitto, store
from hub.destruction import plan
from hub.service.serve import PYTHON
from tests.hub.ledgers import table
from tests.hub.service.test_supervise import serving
from tests.hub.towns import NOW, Place
from tests.hub.wire import let_gates_in, until, with_ports

STORE = "mosquitto.db"
MAGIC = b"\x00\xb5\x00mosquitto db" + bytes(4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broker" / "data").mkdir(parents=True)
    for name in (STORE, f"{STORE}.damaged"):
        (tmp_path / "broker" / "data" / name).write_bytes(bytes(100))
    (tmp_path / "broker" / "set-aside").write_bytes(b"2026")
    (tmp_path / "broker" / "acl").write_bytes(b"user hub")
    return tmp_path


def test_what_an_older_version_kept_is_destroyed_and_nothing_else(folder: Path) -> None:
    assert store.left(folder)
    assert store.forget(folder) == 3
    assert [each.name for each in (folder / "broker").iterdir()] == ["acl"]
    assert not store.left(folder)
    assert store.forget(folder) == 0


def test_a_link_in_the_brokers_folder_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "keys").write_bytes(b"secret")
    data = folder / "broker" / "data"
    (data / STORE).unlink()
    (data / STORE).symlink_to(victim / "keys")
    (data / "deep").symlink_to(victim)
    store.forget(folder)
    (folder / "broker" / "data").symlink_to(victim)
    store.forget(folder)
    assert (victim / "keys").read_bytes() == b"secret"
    assert not store.left(folder)


def test_what_cannot_be_destroyed_stays_and_is_named_as_out_of_reach(place: Place) -> None:
    data = place.folder / "broker" / "data"
    (data / "a folder" / "in it").mkdir(parents=True)
    assert store.forget(place.folder) == 0
    with place.engine.begin() as connection:
        out = plan.unreached(connection, place.town.settings, NOW)
    assert [each.which for each in out if each.what == "broker_store"] == [("broker/data",)]


def nothing_but_zeros(data: Path) -> None:
    (data / STORE).write_bytes(bytes(20_000))


def cut_off(data: Path) -> None:
    (data / STORE).write_bytes(MAGIC + bytes([0, 0, 0, 6]) + bytes([0, 0, 0, 1, 0, 0, 0, 16]) + bytes(3))


def of_another_version(data: Path) -> None:
    (data / STORE).write_bytes(MAGIC + bytes([0, 0, 0, 9]))


def a_file_where_the_folder_was(data: Path) -> None:
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
def test_the_broker_starts_whatever_an_older_one_left_and_keeps_nothing(place: Place, damage: object) -> None:
    settings = with_ports(place)
    let_gates_in(settings)
    mosquitto.write(settings)
    data = mosquitto.folder(settings) / "data"
    data.mkdir()
    assert callable(damage)
    damage(data)
    with served(place) as process:
        until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]], 40)
        assert process.poll() is None
    assert not data.exists()
    assert "persistence false" in (mosquitto.folder(settings) / "mosquitto.conf").read_text().splitlines()


def test_the_service_runs_it_as_the_brokers_own_user(folder: Path) -> None:
    subprocess.run([*PYTHON, "-m", "hub.broker.store", os.fspath(folder)], check=True, capture_output=True)
    assert not store.left(folder)
    unit = (Path(__file__).parents[3] / "systemd" / "kakou-broker.service").read_text()
    assert "ExecStopPost=/opt/kakou/hub/venv/bin/python -P -m hub.broker.store /var/lib/kakou-hub" in unit
