"""Children that die are started again within two seconds; a killed supervisor leaves nothing that stands in the way."""

import errno
import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from hub.errors import HubError
from hub.service.serve import PYTHON, check_free, children
from hub.service.supervise import Child, Supervisor
from hub.town.settings import Settings
from tests.hub.ledgers import table
from tests.hub.towns import Place
from tests.hub.wire import until, with_ports
from tests.ports import free_port

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


def child(folder: Path, name: str = "sleeper", argv: tuple[str, ...] = SLEEPER) -> Child:
    return Child(name, argv, folder / "run", folder / "log")


def test_a_killed_child_lives_again_within_two_seconds(tmp_path: Path) -> None:
    moment = 0.0
    supervisor = Supervisor([child(tmp_path)], monotonic=lambda: moment)
    supervisor.start()
    try:
        first = supervisor.pid("sleeper")
        os.kill(first, signal.SIGKILL)
        # two seconds of the supervisor's own clock, however slow the machine is
        moment = 2.0
        [died] = until(supervisor.poll)
        assert (died.name, died.code) == ("sleeper", -signal.SIGKILL)
        assert int((tmp_path / "run" / "sleeper.pid").read_text()) == died.pid == supervisor.pid("sleeper") != first
    finally:
        supervisor.stop()
    assert not psutil.pid_exists(died.pid)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_child_that_can_not_be_started_again_is_tried_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: Path) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    moment = 0.0
    supervisor = Supervisor([child(tmp_path)], monotonic=lambda: moment)
    supervisor.start()
    try:
        first = psutil.Process(supervisor.pid("sleeper"))
        first.kill()
        until(lambda: first.status() == psutil.STATUS_ZOMBIE)
        moment = 2.0
        monkeypatch.setattr("hub.generated_files.make_way", full)
        assert supervisor.poll() == []
        monkeypatch.undo()
        [died] = until(supervisor.poll)
        assert psutil.pid_exists(died.pid)
    finally:
        supervisor.stop()


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    supervisor = Supervisor([child(tmp_path, argv=(sys.executable, "-c", stubborn))])
    supervisor.start()
    pid = supervisor.pid("sleeper")
    until(lambda: "deaf" in (tmp_path / "log" / "sleeper.log").read_text())
    supervisor.stop(grace=0.2)
    assert not psutil.pid_exists(pid)


def is_ready(log: Path) -> bool:
    return "ready" in log.read_text()


def test_children_are_stopped_last_started_first(tmp_path: Path) -> None:
    last_word = (
        "import signal, sys, time, pathlib\n"
        "def end(*_):\n"
        f"    with open({str(tmp_path / 'order')!r}, 'a') as out: out.write(sys.argv[1])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    names = ("a", "b", "c")
    supervisor = Supervisor([child(tmp_path, name, (sys.executable, "-c", last_word, name)) for name in names])
    supervisor.start()
    for name in names:
        until(partial(is_ready, tmp_path / "log" / f"{name}.log"))
    supervisor.stop()
    assert (tmp_path / "order").read_text() == "cba"


def test_a_process_left_over_by_a_killed_supervisor_is_ended(tmp_path: Path) -> None:
    lost = Supervisor([child(tmp_path)])
    lost.start()
    supervisor = Supervisor([child(tmp_path)])
    supervisor.start()
    try:
        assert supervisor.pid("sleeper") != lost.pid("sleeper")
        until(lambda: not psutil.pid_exists(lost.pid("sleeper")) or lost.poll())
    finally:
        lost.stop()
        supervisor.stop()


def test_a_pid_that_now_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(601)"])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "sleeper.pid").write_text(f"{other.pid}\n")
    supervisor = Supervisor([child(tmp_path)])
    supervisor.start()
    supervisor.stop()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_busy_port_is_named() -> None:

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(HubError, match=rf"hub.toml: web.port: 127.0.0.1:{port}: Address already in use"):
            check_free("127.0.0.1", port, "web.port", patience=0)
    check_free("127.0.0.1", free_port(), "web.port", patience=0)


def serving(place: Place) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "--data", str(place.folder), "serve"], stderr=subprocess.PIPE
    )


def alive(place: Place, name: str, not_pid: int = 0) -> int:
    """The pid of a child that runs."""

    def look() -> int:
        try:
            pid = int((place.folder / "run" / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return 0
        return pid if pid != not_pid and psutil.pid_exists(pid) else 0

    return int(until(look))


def test_serve_keeps_everything_alive_and_stops_everything(place: Place) -> None:
    with_ports(place)
    process = serving(place)
    names = ("broker", "listener", "web")
    try:
        first = {name: alive(place, name) for name in names}
        for name in names:
            os.kill(first[name], signal.SIGKILL)
        again = {name: alive(place, name, first[name]) for name in names}
        until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]])
        second = subprocess.run(
            [sys.executable, "-m", "hub.cli", "--data", str(place.folder), "serve"], capture_output=True, check=False
        )
        assert second.returncode == 1
        assert second.stderr.decode().strip() == f"kakou-hub: {place.folder}: served already, by process {process.pid}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert not any(psutil.pid_exists(pid) for pid in again.values())


def test_serve_names_a_busy_port_and_starts_nothing(place: Place) -> None:

    settings = with_ports(place)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", settings.web.port))
        busy.listen()
        process = serving(place)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    line = f"kakou-hub: hub.toml: web.port: 127.0.0.1:{settings.web.port}: Address already in use"
    assert errors.decode().strip() == line
    assert [path.name for path in (place.folder / "run").iterdir()] == ["serve.pid"]


def test_a_town_called_hub_is_served_from_the_folder_it_lies_in(place: Place) -> None:
    """Faults D: the children took the town's folder for the package."""
    with_ports(place)
    assert place.folder.name == "hub"
    (place.folder.parent / "gunicorn.conf.py").write_text("raise SystemExit(9)")
    command = [*PYTHON, "-m", "hub.cli", "--data", "hub", "serve"]
    process = subprocess.Popen(command, cwd=place.folder.parent, stderr=subprocess.PIPE)
    try:
        until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]])
        until(lambda: answers(f"http://127.0.0.1:{Settings.load(place.folder).web.port}/healthz"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_no_child_imports_from_where_somebody_stands(place: Place) -> None:
    for child in children(with_ports(place)):
        assert child.name == "broker" or child.argv[: len(PYTHON)] == PYTHON
