"""What the main thread looks at once a second, on a unit whose loops rest."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.alarms import CAMERA, FILLING, LISTS_ANEW
from edge.journal.disk_space import Ballast, Disk
from edge.unit import watch
from edge.unit.camera_watch import SETTLING
from edge.unit.unit import Unit
from tests.edge.unit.units import answer_all, resting_unit

TOTAL = 1000 * 2**20
ROOMY, FILLED, FULL = Disk(TOTAL // 2, TOTAL), Disk(TOTAL // 10, TOTAL), Disk(0, TOTAL)


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    with resting_unit(tmp_path / "east") as unit:
        yield unit


def look(unit: Unit) -> frozenset[str]:
    """One look, and the alarms once the gate has answered it."""
    unit.watch.look()
    answer_all(unit)
    return frozenset(unit.gate.view.alarms)


def test_a_disk_that_fills_is_an_alarm_and_gives_its_ballast_up_once_it_is_full(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = ROOMY
    monkeypatch.setattr(watch, "measure", lambda folder: disk)
    ballast = unit.base.folder / "ballast"
    unit.watch.ballast.take()
    assert FILLING not in look(unit)
    disk = FILLED
    assert FILLING in look(unit)
    assert ballast.exists()
    disk = FULL
    assert FILLING in look(unit)
    assert not ballast.exists(), "the journal has room to say that the lane is closed"
    disk = ROOMY
    assert FILLING not in look(unit)
    assert ballast.exists()


def test_a_disk_that_stays_as_it_is_moves_no_ballast(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = []
    monkeypatch.setattr(watch, "measure", lambda folder: FULL)
    monkeypatch.setattr(Ballast, "give_up", lambda self: moved.append("given up"))
    for _ in range(3):
        look(unit)
    assert moved == ["given up"]


def test_a_camera_without_pictures_is_an_alarm_once_it_had_time_to_wake_up(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CAMERA not in look(unit)
    monkeypatch.setattr(unit.watch._camera_watch, "_started", unit.base.clock.mono() - SETTLING)
    assert CAMERA in look(unit)


def test_the_alarm_of_new_lists_stands_until_the_hub_has_sent_some(tmp_path: Path) -> None:
    folder = tmp_path / "west"
    folder.mkdir()
    (folder / "lists.db").write_bytes(b"\0" * 8192)
    with resting_unit(folder, lists=False) as unit:
        assert LISTS_ANEW in look(unit)
        assert LISTS_ANEW in look(unit), "nothing came yet"


def test_systemd_hears_when_the_gate_is_there_and_when_it_ends(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "WATCH", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        unit.watch.alive = False  # as when the lanes' loop broke
        unit.watch.run(threading.Event())
        assert [systemd.recv(64).decode() for _ in range(2)] == ["READY=1", "STOPPING=1"]
