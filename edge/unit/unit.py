"""The gate unit, put together: every part made once, started in order, taken down in reverse.

A camera that is missing is opened when it comes: screen, emergency and registering by hand need none. Threads: one for each
camera, the lanes' loop, the page's, the link's; the main thread watches them, feeds systemd's watchdog, and ends them on SIGTERM.
"""

import faulthandler
import os
import signal
import threading
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import structlog

from edge import config
from edge.config import Settings
from edge.contract.messages import Health
from edge.keys import FOLDER as KEYS
from edge.kiosk import Kiosk, create_app, secret
from edge.kiosk.pins import Pins
from edge.kiosk.tries import FILE as TRIES_FILE
from edge.kiosk.tries import TriesFile
from edge.lane.events import CommandsCame
from edge.lists.rules import open_lists
from edge.unit.base import Base
from edge.unit.cameras import Cameras, OpenCamera, camera_of
from edge.unit.desk import Desk
from edge.unit.health import health, measure_machine
from edge.unit.parts import (
    alarms_of_start,
    begin_journal,
    make_gate,
    make_link,
    make_pictures,
    make_voice,
    make_world,
    open_lane,
)
from edge.unit.watch import Watch

log = structlog.get_logger()

PID_FILE = "run/gate.pid"
PATIENCE = 5.0
"""Seconds that a thread is given to end."""


def run(folder: Path) -> int:
    """Runs the gate in `folder` until SIGTERM or SIGINT; 0 after an orderly end, 1 if its loop broke."""
    # a gate that systemd's watchdog aborts says where each of its threads stood
    faulthandler.enable()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    settings = config.load(folder)
    with ExitStack() as stack:
        unit = Unit(folder, settings, stack)
        unit.start()
        unit.watch.run(stop)
    return 0 if unit.watch.alive else 1


class Unit:
    """A gate with all its parts. What it opens is closed by `stack`, last opened first.

    `open_camera(lane)` opens a lane's camera, now and whenever it was lost.
    """

    def __init__(
        self, folder: Path, settings: Settings, stack: ExitStack, *, open_camera: OpenCamera = camera_of
    ) -> None:
        base = self.base = Base.of(folder, settings, stack)
        self.lists = open_lists(folder, settings, base.keys)
        stack.callback(self.lists.close)
        self.hardware = {lane.name: open_lane(base, lane, self.lists) for lane in settings.lanes}
        begun = begin_journal(base)
        self.journal = begun.journal
        stack.callback(self.journal.close)
        for alarm in alarms_of_start(begun, self.lists):
            base.post(alarm)
        self.cameras = Cameras(base, self.hardware)
        self.pictures = make_pictures(base, self.cameras.look)
        pins = Pins(base.clock.mono, TriesFile(folder / TRIES_FILE))
        self.voice = make_voice(base)
        self.gate = make_gate(
            base, begun, self.lists, self.hardware, self.pictures, self.voice,
            link=lambda: self.link, look_again=self.cameras.look_again, view=lambda: self.gate.view,
        )  # fmt: skip
        self.desk = Desk(
            base, self.gate, self.journal, self.lists, self.hardware, self.cameras, pins, link=lambda: self.link
        )
        self.kiosk = Kiosk(
            create_app(self.desk, secret(folder / KEYS / "kiosk.key")), settings.kiosk.host, settings.kiosk.port
        )
        self.world = make_world(base, self.kiosk.port)
        world = self.world
        opens = open_camera if world is None else lambda lane: world.camera(lane.name)
        for lane in settings.lanes:
            self.cameras.add(lane, self.gate, opens)
        self.link = make_link(base, self.journal, self.lists, self.health)
        self.watch = Watch(base, self.gate, begun, self.lists, pins, self.cameras, self.link)
        self._stop = threading.Event()

    def start(self) -> None:
        """Starts every thread; each is ended by the stack."""
        stack = self.base.stack
        self._write_pid()
        stack.callback(self.link.stop)
        lanes = threading.Thread(target=self._answer_events, name="lanes", daemon=True)
        lanes.start()
        stack.callback(lanes.join, PATIENCE)
        stack.callback(self._stop.set)
        for hardware in self.hardware.values():
            hardware.start()
        self.watch.ballast.take()
        if self.pictures is not None:
            self.pictures.start()
            stack.callback(self.pictures.stop)
        if self.voice is not None:
            self.voice.start()
            stack.callback(self.voice.stop)
        self.gate.post(CommandsCame(self.lists.snapshot().commands))
        self.link.start()
        self.kiosk.start()
        stack.callback(self.kiosk.stop)
        for loop in self.cameras.loops.values():
            loop.start()
            stack.callback(loop.stop)
        if self.world is not None:
            self.world.start()
            stack.callback(self.world.stop)
        log.info("gate running", gate=self.base.settings.gate, kiosk=self.kiosk.port)

    def health(self) -> Health:
        """How the gate is now, as the hub is told every few seconds."""
        view, lists, journal = self.gate.view, self.lists.snapshot(), self.journal
        return health(
            self.base.clock.at(),
            measure_machine(self.base.folder),
            software=version("kakou"),
            camera=self.cameras.ok,
            frames_per_second=self.cameras.frames_per_second,
            backlog=journal.backlog,
            epoch=journal.epoch if journal.usable else None,
            head=journal.head if journal.usable else None,
            officer=view.officer,
            policy=lists.policy_version,
            passlist=lists.passlist_version,
            lanes={lane.name: lane.shown for lane in view.lanes},
            alarms=view.alarms,
        )

    def _answer_events(self) -> None:
        try:
            self.gate.run(self._stop)
        except Exception:
            # hardware that breaks ends the program: systemd starts it anew, with the lane closed
            log.exception("the lanes' loop broke")
            self.watch.alive = False

    def _write_pid(self) -> None:
        path = self.base.folder / PID_FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:  # the lane needs no such file
            log.warning("the number of the process is not written", path=str(path), error=str(error))
        else:
            self.base.stack.callback(path.unlink, missing_ok=True)
