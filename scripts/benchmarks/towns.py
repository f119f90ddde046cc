"""A whole hub in a folder of the benchmark: founded, its broker and listener as the processes that they really are."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge.contract.messages import Bundle
from hub.broker import mosquitto
from hub.commands.common import changing, looking
from hub.enrolment.gates import add_gate, bundle_of, let_gates_in
from hub.lifecycle.founding import found
from hub.service.serve import web_command, web_environment
from hub.town.settings import Settings
from hub.town.town import Town
from scripts.benchmarks.rows import CannotRunError, wait_until

TOWN = "bench"
STARTING = 20.0
STOPPING = 10.0


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def found_town(folder: Path, host: str = "127.0.0.1") -> Town:
    """Founds a hub in `folder`, its broker on a free port of this address."""
    address: dict[str, object] = {"port": free_port(), "host": host, "bind": host}
    if os.geteuid() == 0:
        # the benchmark's folder is root's own: mosquitto could not enter it as anybody else
        address["user"] = "root"
    settings = Settings.of({"town": TOWN, "broker": address, "web": {"port": free_port()}}, folder)
    return found(settings, datetime.now(UTC)).town


def add_gates(town: Town, names: Sequence[str]) -> list[Bundle]:
    """New gates, each with the bundle that it would be enrolled with."""
    now = datetime.now(UTC)
    bundles = []
    for name in names:
        with changing(town) as connection:
            add_gate(town, connection, name, zh=name, en=name, by="bench", now=now)
            bundles.append(bundle_of(town, connection, name, by="bench", now=now))
    return bundles


@contextmanager
def broker_running(town: Town) -> Iterator[None]:
    """The town's mosquitto, with TLS, client certificates and access list."""
    port = town.settings.broker.port
    with looking(town) as connection:
        let_gates_in(town, connection)
    command = [mosquitto.program(), "-c", str(mosquitto.write(town.settings))]
    with _running("mosquitto", command, town) as process:
        wait_until(lambda: _listens(port) or process.poll() is not None, STARTING, "mosquitto does not listen", 0.02)
        yield


@contextmanager
def listener_running(town: Town) -> Iterator[Callable[[], bool]]:
    """The hub's listener, as `kakou-hub listener` starts it; tells whether it has ended, which is reported on leaving."""
    command = [sys.executable, "-m", "hub.cli", "--data", str(town.settings.folder), "listener"]
    with _running("listener", command, town) as process:
        yield lambda: process.poll() is not None


@contextmanager
def web_running(town: Town) -> Iterator[int]:
    """The hub's pages, as `kakou-hub serve` starts them; gives the process's number."""
    port, environment = town.settings.web.port, {**os.environ, **web_environment(town.settings)}
    with _running("web", list(web_command(town.settings)), town, environment) as process:
        wait_until(lambda: _listens(port) or process.poll() is not None, 3 * STARTING, "the pages do not answer", 0.02)
        yield process.pid


@contextmanager
def _running(
    name: str, command: list[str], town: Town, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    log = town.settings.log / f"{name}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, env=environment)
    try:
        yield process
        if process.poll() is not None:
            raise CannotRunError(f"{name} ended with {process.returncode}: {_last_line(log)}")
    except CannotRunError as error:
        # a time-out of ours is mostly the end of a process: its own last words say more
        if process.poll() is None:
            raise
        raise CannotRunError(f"{name} ended with {process.returncode}: {_last_line(log)}") from error
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing"
