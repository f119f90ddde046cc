"""faults F: what stands in the place of a file that the hub writes is set aside with the time, and ends no service."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from hub import generated_files
from hub.alerts.not_storing import Trouble
from hub.broker import mosquitto
from hub.broker.access import Reload
from hub.lifecycle.founding import mend_brokers_certificate
from hub.service.serve import Schedule, children
from hub.service.supervise import Child, Supervisor
from tests.hub.service.test_supervise import alive, answers, serving
from tests.hub.towns import Place
from tests.hub.wire import until, with_ports

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


def _a_folder(path: Path) -> None:
    path.mkdir()
    (path / "kept").write_text("somebody's")


def _unreadable(path: Path) -> None:
    path.write_text("x")
    path.chmod(0)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a folder": _a_folder,
    "a broken link": lambda path: path.symlink_to("nowhere/at/all"),
    "a pipe": os.mkfifo,
    "nothing in it": Path.touch,
    "unreadable": _unreadable,
}
each_damage = pytest.mark.parametrize("what", sorted(DAMAGES))


def damage(path: Path, what: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    DAMAGES[what](path)


def aside(path: Path) -> list[Path]:
    return [
        each
        for each in path.parent.iterdir()
        if re.fullmatch(rf"{re.escape(path.name)}\.broken-\d{{8}}T\d{{6}}Z.*", each.name)
    ]


@each_damage
@pytest.mark.parametrize(
    "file", ["access/acl", "broker/acl", "broker/mosquitto.conf", "broker/acl.new", "access/acl.new"]
)
def test_the_brokers_files_are_made_anew(place: Place, file: str, what: str) -> None:
    settings = place.town.settings
    path = place.folder / file
    damage(path, what)
    mosquitto.write(settings)
    assert Reload(place.folder).take() is False
    assert (place.folder / "broker" / "acl").read_text() == (place.folder / "access" / "acl").read_text()
    assert "listener" in (place.folder / "broker" / "mosquitto.conf").read_text()
    mosquitto.let_in(settings, ["east"])
    assert Reload(place.folder).take() is True
    assert "user east" in (place.folder / "broker" / "acl").read_text()
    if what == "a folder":
        assert (aside(path)[0] / "kept").read_text() == "somebody's", "set aside, never deleted"


@each_damage
@pytest.mark.parametrize("file", ["run/sleeper.pid", "log/sleeper.log", "log/sleeper.log.1", "run", "log"])
def test_a_child_starts_whatever_stands_in_the_place_of_its_files(tmp_path: Path, file: str, what: str) -> None:
    if file in ("run", "log") and what == "a folder":
        return
    damage(tmp_path / file, what)
    if (tmp_path / "log" / "sleeper.log").is_file() is False and file == "log/sleeper.log.1":
        (tmp_path / "log" / "sleeper.log").write_bytes(b"")
    sleeper = (sys.executable, "-c", "import time; time.sleep(600)")
    supervisor = Supervisor([Child("sleeper", sleeper, tmp_path / "run", tmp_path / "log")])
    try:
        supervisor.end_left_over()
        supervisor.start()
        assert int((tmp_path / "run" / "sleeper.pid").read_text()) == supervisor.pid("sleeper")
    finally:
        supervisor.stop()


@each_damage
@pytest.mark.parametrize("file", ["run/listener.trouble", "run"])
def test_what_keeps_the_hub_from_storing_can_be_said(tmp_path: Path, file: str, what: str) -> None:
    if file == "run" and what == "a folder":
        return
    damage(tmp_path / file, what)
    trouble = Trouble(tmp_path / "run")
    trouble.say("no space left on device")
    assert trouble.read() == "no space left on device"


@each_damage
def test_a_scheduled_backup_starts_whatever_stands_in_the_place_of_its_log(
    place: Place, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    damage(place.folder / "log" / "backup.log", what)
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *given, **_named: started.append(given))
    monkeypatch.setattr("hub.backup.due.Due.is_due", lambda _self: True)
    Schedule(place.town.settings).poll()
    assert len(started) == 1


@pytest.mark.parametrize("what", ["a folder", "nothing in it", "a broken link"])
@pytest.mark.parametrize("file", ["broker", "broker/server.pem", "broker/server.key", "broker/ca.pem", "broker/data"])
def test_the_broker_has_a_certificate_of_the_towns_ca_whatever_happened_to_its_folder(
    place: Place, file: str, what: str
) -> None:
    settings = with_ports(place)
    damage(place.folder / file, what)
    children(settings)
    ca = x509.load_pem_x509_certificate((place.folder / "ca" / "ca.pem").read_bytes())
    x509.load_pem_x509_certificate((place.folder / "broker" / "server.pem").read_bytes()).verify_directly_issued_by(ca)
    assert (place.folder / "broker" / "acl").read_text().startswith("user hub\n")


def test_a_certificate_that_is_there_stays(place: Place) -> None:
    before = (place.folder / "broker" / "server.pem").read_bytes()
    mend_brokers_certificate(place.town.settings, NOW)
    assert (place.folder / "broker" / "server.pem").read_bytes() == before


def test_a_file_that_can_be_used_stays_and_a_link_to_one_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "place").mkdir()
    (tmp_path / "disk").symlink_to("place")
    for name in ("file", "link"):
        generated_files.make_way(tmp_path / name)
    for name in ("place", "disk"):
        generated_files.folder(tmp_path / name)
    assert {each.name for each in tmp_path.iterdir()} == {"file", "link", "place", "disk"}


def test_serve_starts_with_everything_wrong_at_once_and_says_what_it_set_aside(place: Place) -> None:
    settings = with_ports(place)
    for name in ("run", "log"):
        shutil.rmtree(place.folder / name)
        (place.folder / name).touch()
    for name in ("access/acl", "broker/acl", "broker/mosquitto.conf"):
        damage(place.folder / name, "a folder")
    process = serving(place)
    try:
        until(lambda: answers(f"http://{settings.web.host}:{settings.web.port}/login"))
        for name in ("broker", "listener", "web"):
            assert alive(place, name)
        assert aside(place.folder / "run")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
