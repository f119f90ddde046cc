"""The whole hub in one command: broker, listener and console as children that are kept alive.

Tested in `tests/hub/service/test_supervise.py`.
"""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event

import structlog

from hub import generated_files
from hub.alerts.not_storing import Trouble
from hub.backup import asking
from hub.backup.due import Due
from hub.broker import mosquitto
from hub.broker.access import Reload
from hub.database.engine import reader
from hub.errors import HubError
from hub.exports import files
from hub.feed.sender import is_needed
from hub.lifecycle.founding import mend_brokers_certificate
from hub.service.reports import Reports
from hub.service.supervise import Child, Supervisor
from hub.service.wait_for_disk import wait_for_room
from hub.town.settings import Settings, fresh_backup

log = structlog.get_logger()
FEED_LOOK = 5.0
"""Seconds between two looks whether the feed has a target."""
LOOK = 60.0
"""Seconds between two looks whether a backup is due; one that failed is made again after as long."""
SWEEP = 600.0
"""Seconds between two looks for exports that are a day old."""
PYTHON = (sys.executable, "-P")
"""How a child is started: it imports nothing from the folder that somebody happens to stand in, where a town may be called `hub`."""


def web_command(settings: Settings) -> tuple[str, ...]:
    """The console's process: one, for its poller fans out to all streams."""
    bind = f"--bind={_bind(settings.web.host, settings.web.port)}"
    return (*PYTHON, "-m", "hub.web.server", bind, "--graceful-timeout=5")


def web_environment(settings: Settings) -> dict[str, str]:
    """The environment of the console's process."""
    return {"KAKOU_HUB_DATA": str(settings.folder)}


def children(settings: Settings) -> list[Child]:
    """The processes of the hub, in the order in which they start."""
    hub = (*PYTHON, "-m", "hub.cli", "--data", str(settings.folder))
    found = []
    if settings.broker.run:
        mend_brokers_certificate(settings, datetime.now(UTC))
        configuration = mosquitto.write(settings)
        mosquitto.hand_over(settings)
        argv = (mosquitto.program(), "-c", str(configuration))
        found.append(Child("broker", argv, settings.run, settings.log))
    found.append(Child("listener", (*hub, "listener"), settings.run, settings.log))
    found.append(
        Child("web", web_command(settings), settings.run, settings.log, web_environment(settings), settings.run)
    )
    return found


def serve(settings: Settings, stop: Event) -> None:
    """Runs the hub until `stop`; `HubError` if it runs already, or a port is taken."""
    with _alone(settings.run):
        processes = wait_for_room(partial(children, settings), stop, Trouble(settings.run).say)
        if processes is None:
            return
        supervisor = Supervisor(processes)
        supervisor.end_left_over()
        if settings.broker.run:
            check_free(settings.broker.bind, settings.broker.port, "broker.port")
        check_free(settings.web.host, settings.web.port, "web.port")
        try:
            if wait_for_room(partial(_start, supervisor), stop, Trouble(settings.run).say) is None:
                return
            log.info("the hub serves", console=f"http://{_bind(settings.web.host, settings.web.port)}/")
            backups, access = Schedule(settings), Reload(settings.folder)
            feed, exports = FeedWatch(settings, supervisor), Sweep(settings)
            reports = Reports(settings, (*PYTHON, "-m", "hub.cli", "--data", str(settings.folder), "report", "due"))
            while not stop.wait(0.3):
                for each in (backups, exports, reports, feed):
                    each.poll()
                if settings.broker.run:
                    access.poll(lambda: supervisor.pid("broker"))
                for died in supervisor.poll():
                    log.error("a child died and was started again", child=died.name, code=died.code)
        finally:
            supervisor.stop()


def _start(supervisor: Supervisor) -> bool:
    supervisor.start()
    return True


class FeedWatch:
    """Starts the feed's sender once there is a target for it: a hub that sends nothing has no such process."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        self._settings, self._supervisor = settings, supervisor
        self._added, self._runs, self._looked = False, False, -FEED_LOOK

    def poll(self) -> None:
        """Looks now and then; call it as often as you like."""
        if self._runs or time.monotonic() - self._looked < FEED_LOOK:
            return
        self._looked = time.monotonic()
        try:
            if self._added:
                # the supervisor's, and not started yet
                self._supervisor.start()
            elif self._is_needed():
                self._added = True
                argv = (*PYTHON, "-m", "hub.cli", "--data", str(self._settings.folder), "feed", "run")
                self._supervisor.add(Child("feed", argv, self._settings.run, self._settings.log))
            self._runs = self._added
        except OSError as error:
            # a full disk, no memory: the next look tries again
            log.error("the feed could not be started", error=str(error))

    def _is_needed(self) -> bool:
        reading = reader(self._settings.database_url)
        try:
            return is_needed(self._settings.town, reading)
        finally:
            reading.dispose()


class Schedule:
    """Runs `backup` as a process of its own every `backup.hours`, from the last one that was made, or when somebody asks; one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: subprocess.Popen[bytes] | None = None
        self._looked = -LOOK
        self._due = Due(settings, lambda: datetime.now(UTC), time.monotonic)

    def poll(self) -> None:
        """Starts one if it is due; call it as often as you like."""
        if self._running is not None:
            if self._running.poll() is None:
                return
            if self._running.returncode != 0:
                log.error("a backup failed; an alert says why", code=self._running.returncode)
            self._running = None
        asked = asking.is_asked(self._settings.run)
        if not asked and time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        try:
            # hub.toml may have been changed while we run
            if asked or (fresh_backup(self._settings).hours and self._due.is_due()):
                self._start()
        except OSError as error:
            # a full disk, no memory: the next look tries again
            log.error("a backup could not be started", error=str(error))

    def _start(self) -> None:
        command = (*PYTHON, "-m", "hub.cli", "--data", str(self._settings.folder), "backup")
        generated_files.folder(self._settings.log)
        generated_files.make_way(self._settings.log / "backup.log")
        with (self._settings.log / "backup.log").open("ab") as out:
            self._running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


class Sweep:
    """Erases exported files that are a day old, also where nobody looks at the page of exports any more."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.exports
        self._looked = -SWEEP

    def poll(self) -> None:
        """Looks if it is time; call it as often as you like."""
        if time.monotonic() - self._looked < SWEEP:
            return
        self._looked = time.monotonic()
        try:
            files.sweep(self._folder, time.time())
        except OSError as error:
            log.error("old exports can't be erased", error=str(error))


def check_free(host: str, port: int, key: str, patience: float = 3.0) -> None:
    """`HubError` if something else listens there; a port that a dead predecessor is about to give back is waited for."""
    deadline = time.monotonic() + patience
    while True:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise HubError(f"hub.toml: {key}: {_bind(host, port)}: {error.strerror}") from None
            else:
                return
        time.sleep(0.1)


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    generated_files.folder(run)
    generated_files.make_way(run / "serve.pid")
    with (run / "serve.pid").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise HubError(f"{run.parent}: served already, by process {file.read().strip() or '?'}") from None
        file.truncate(0)
        try:
            file.write(f"{os.getpid()}\n")
            file.flush()
        except OSError as error:
            # the lock holds without it
            log.warning("our number can't be written", error=str(error))
        yield
        file.truncate(0)


def _bind(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
