"""The gate unit, put together: every part made once, started in order, taken down in reverse.

A camera that is missing is opened when it comes: screen, emergency and registering by hand need none. Threads: one for each
camera, the lanes' loop, the page's, the link's; the main thread watches them, feeds systemd's watchdog, and ends them on SIGTERM.
"""

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from edge import config
from edge.camera.frames import Camera, Hint, Look
from edge.camera.pictures import FOLDER as PICTURE_FOLDER
from edge.camera.pictures import Live, Pictures, Ring
from edge.camera.upkeep import Care
from edge.clock import ClockWatch, SystemClock
from edge.config import ConfigError, LaneSettings, Settings
from edge.contract.alarms import FILLING, JOURNAL, JOURNAL_ANEW, LISTS_ANEW, PICTURES
from edge.contract.commands import CommandKind
from edge.contract.facts import ClockTrust, Kind, VisitOpened
from edge.contract.files import set_aside
from edge.contract.messages import Health
from edge.contract.policy import Policy
from edge.contract.topics import Name
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.commands import NO_ERRANDS
from edge.gate.inbox import Inbox
from edge.gate.loop import Gate
from edge.gate.send_picture import SendPicture
from edge.gate.view import GateView
from edge.hardware.barrier_mark import raised_mark
from edge.hardware.lamp import Lamp
from edge.hardware.lane import LaneHardware
from edge.hardware.pins import HardwareError, pin_factory
from edge.journal.disk_space import Ballast, Room, judge, measure, room_text
from edge.journal.file import JournalError
from edge.journal.outbox import Outbox
from edge.keys import FOLDER as KEYS
from edge.keys import Keys
from edge.kiosk import Kiosk, Known, News, create_app, secret
from edge.kiosk.pins import WRONG_PIN, Pins
from edge.kiosk.tries import FILE as TRIES_FILE
from edge.kiosk.tries import TriesFile
from edge.kiosk.voice import FOLDER as SOUNDS
from edge.kiosk.voice import Espeak, Tones, Voice
from edge.lane.events import AlarmBegan, AlarmEnded, ClockChanged, CommandsCame, Event, QrSeen, RoomChanged
from edge.link.uplink import Address, Parcel, Uplink, tls_context
from edge.lists.rules import open_lists, rules_at
from edge.scanner.decoder_process import Bounded
from edge.scanner.loop import CameraLoop
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from edge.simulation.scenario import Scenario
from edge.simulation.world import World
from edge.unit.camera_watch import CameraWatch, Seeing
from edge.unit.desk import KNOWN
from edge.unit.health import feel, health
from edge.unit.journal_start import begin
from edge.unit.journal_watch import JournalWatch
from edge.unit.parts import MB, REAL_CAMERAS, VOICE, camera_of, remember
from edge.unit.systemd import Watchdog, ready, stopping
from edge.unit.watch import WATCH, beat_of

log = structlog.get_logger()

JOURNAL_FILE = "journal.db"
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
        unit.keep_watch(stop)
    return 0 if unit.alive else 1


class Unit:
    """A gate with all its parts. What it opens is closed by `stack`, last opened first.

    `eye(lane)` opens a lane's camera, now and whenever it was lost.
    """

    def __init__(
        self, folder: Path, settings: Settings, stack: ExitStack, *, eye: Callable[[LaneSettings], Camera] | None = None
    ) -> None:
        self._open = eye or camera_of
        self.folder = folder
        self.settings = settings
        simulated = settings.simulation
        self.clock = SystemClock(assumed=ClockTrust(simulated.clock) if simulated else None)
        self.alive = True
        self._stack = stack
        self._stop = threading.Event()
        # the wires speak as soon as they are opened, long before there is a gate that answers
        self._inbox = Inbox()
        self.keys = Keys.load(folder)
        self.factory = pin_factory(settings.hardware.factory)
        self.lists = open_lists(folder, settings, self.keys)
        stack.callback(self.lists.close)
        self.hands = {lane.name: self._open_lane(lane) for lane in settings.lanes}
        begun = begin(folder, self._open_journal, remember)
        self.outbox, self._past = begun.journal, begun.past
        stack.callback(self.outbox.close)
        self._journal_watch = JournalWatch(folder, begun, self._try_journal, self.clock.mono)
        if begun.anew is not None:
            self._post(AlarmBegan(JOURNAL_ANEW, begun.anew))
        if self.lists.moved_aside is not None:
            self._post(AlarmBegan(LISTS_ANEW, self.lists.moved_aside))
        if begun.journal.fault is not None:
            self._post(AlarmBegan(JOURNAL, begun.journal.fault))
        self.live = Live(self.look)
        self.pictures = self._make_pictures()
        self.pins = Pins(self.clock.mono, TriesFile(folder / TRIES_FILE))
        self.voice = self._make_voice()
        self.gate = self._make_gate()
        self.kiosk = Kiosk(
            create_app(self, secret(folder / KEYS / "kiosk.key")), settings.kiosk.host, settings.kiosk.port
        )
        self.world = self._make_world()
        self.decoders: dict[str, Bounded] = {}
        self.cameras = {lane.name: self._make_loop(lane) for lane in settings.lanes}
        self.link = self._make_link()
        self._watchdog = Watchdog(
            {
                "lanes": lambda: self.gate.beat,
                "link": lambda: self.link.beat,
                **{f"camera {name}": beat_of(loop) for name, loop in self.cameras.items()},
            }
        )
        self._camera_watch = CameraWatch(time.monotonic())
        self._clock_watch = ClockWatch()
        self._ballast = Ballast(folder)
        self._room: Room | None = None

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts every thread; each is ended by the stack."""
        self._write_pid()
        self._stack.callback(self.link.stop)
        lanes = threading.Thread(target=self._answer_events, name="lanes", daemon=True)
        lanes.start()
        self._stack.callback(lanes.join, PATIENCE)
        self._stack.callback(self._stop.set)
        for hands in self.hands.values():
            hands.start()
        self._ballast.take()
        if self.pictures is not None:
            self.pictures.start()
            self._stack.callback(self.pictures.stop)
        if self.voice is not None:
            self.voice.start()
            self._stack.callback(self.voice.stop)
        self.gate.post(CommandsCame(self.lists.snapshot().commands))
        self.link.start()
        self.kiosk.start()
        self._stack.callback(self.kiosk.stop)
        for camera in self.cameras.values():
            camera.start()
            self._stack.callback(camera.stop)
        if self.world is not None:
            self.world.start()
            self._stack.callback(self.world.stop)
        log.info("gate running", gate=self.settings.gate, kiosk=self.kiosk.port)

    def keep_watch(self, stop: threading.Event) -> None:
        """Tells systemd that the gate is there, and watches it until `stop` is set or its loop broke."""
        ready()
        while not stop.wait(WATCH) and self.alive:
            self.watch()
        stopping()
        log.info("gate stopping", gate=self.settings.gate)

    def watch(self) -> None:
        """What the main thread does: feeds the watchdog while every loop moves, and tells of blind cameras."""
        self._watchdog.feed()
        self._watch_clock()
        self._watch_disk()
        self._watch_journal()
        if self.pins.quiet and WRONG_PIN in self.gate.view.alarms:
            self.gate.post(AlarmEnded(WRONG_PIN))
        for name, loop in self.cameras.items():
            for alarm in self._camera_watch.look(name, _seeing(loop, self.decoders[name]), time.monotonic()):
                self.gate.post(alarm)

    def _watch_clock(self) -> None:
        was_set = self._clock_watch.look(self.clock.at())
        if was_set is not None:
            self.gate.post(ClockChanged(was_set.before, was_set.after))

    def _watch_disk(self) -> None:
        """Tells the gate before the disk is full, and gives the ballast up so that it can say so."""
        disk = measure(self.folder)
        # nothing was said yet: the last run may have left its alarm standing
        before, self._room = self._room, judge(disk, self._room or Room.ENOUGH)
        if self._room is before:
            return
        if self._room is Room.CLOSED:
            self._ballast.give_up()
        elif before is Room.CLOSED:
            self._ballast.take()
        self.gate.post(RoomChanged(room_text(disk) if self._room is Room.CLOSED else None))
        self.gate.post(AlarmEnded(FILLING) if self._room is Room.ENOUGH else AlarmBegan(FILLING, room_text(disk)))

    def _watch_journal(self) -> None:
        """Tells the gate that its journal is of no use, and ends the program when it is again: systemd starts it with the journal."""
        fault = self._journal_watch.look()
        if self._journal_watch.mended:
            log.warning("the journal can be used again: the gate starts anew")
            self.alive = False
        elif fault is not None and JOURNAL not in self.gate.view.alarms:
            self.gate.post(AlarmBegan(JOURNAL, fault))
        if JOURNAL_ANEW in self.gate.view.alarms and self.outbox.acked > 0:
            # the hub has the new journal's first records, and its own alert
            self.gate.post(AlarmEnded(JOURNAL_ANEW))
        if LISTS_ANEW in self.gate.view.alarms and self.lists.snapshot().received is not None:
            self.gate.post(AlarmEnded(LISTS_ANEW))

    def _open_journal(self, path: Path) -> Outbox:
        opened = Outbox.open(
            path, town=self.settings.town, gate=self.settings.gate, key=self.keys.signing, clock=self.clock
        )
        opened.sign_anew(self.keys.former)
        return opened

    def _try_journal(self) -> bool:
        """Returns True if a start would find a journal now, also a new one where the file was taken away."""
        path = self.folder / JOURNAL_FILE
        if not path.exists():
            return True
        tried = begin(self.folder, self._open_journal, remember)
        tried.journal.close()
        return tried.journal.usable

    def _answer_events(self) -> None:
        try:
            self.gate.run(self._stop)
        except Exception:
            # hardware that breaks ends the program: systemd starts it anew, with the lane closed
            log.exception("the lanes' loop broke")
            self.alive = False

    def _write_pid(self) -> None:
        path = self.folder / PID_FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:  # the lane needs no such file
            log.warning("the number of the process is not written", path=str(path), error=str(error))
        else:
            self._stack.callback(path.unlink, missing_ok=True)

    # -- the desk of the page ------------------------------------------------------------------------------------------

    @property
    def town(self) -> str:
        """The town's id."""
        return self.settings.town

    @property
    def gate_id(self) -> str:
        """The gate's id."""
        return self.settings.gate

    def ask(self, event: Event) -> bool:
        """Has an event answered by the loop."""
        return self.gate.ask(event)

    def view(self) -> GateView:
        """The last picture of the gate."""
        return self.gate.view

    def policy(self) -> Policy | None:
        """The rules as they stand."""
        return self.lists.snapshot().policy

    def look(self, lane: str) -> Look | None:
        """What the lane's camera sees; None: no such lane, or no picture of late."""
        loop = self.cameras.get(lane)
        return None if loop is None else loop.look()

    def now(self) -> datetime:
        """The wall clock."""
        return self.clock.now()

    def mono(self) -> float:
        """The monotonic clock."""
        return self.clock.mono()

    def news(self) -> News:
        """How fresh everything is."""
        link, lists = self.link.status(), self.lists.snapshot()
        return News(
            connected=link.connected,
            hub_online=link.hub_online,
            backlog=self.outbox.backlog,
            ack_age=None if link.last_ack is None else self.clock.mono() - link.last_ack,
            lists_received=lists.received,
            policy_received=lists.policy_received,
            passlist_received=lists.passlist_received,
            sightings_received=self.lists.inside.received,
            policy=lists.policy_version,
            passlist=lists.passlist_version,
            inside=self.lists.inside.count,
            camera=all(camera.ok for camera in self.cameras.values()),
            clock=self.clock.trust(),
            tank=self._tank(),
            disk_free=feel(self.folder).disk_free,
        )

    def _tank(self) -> bool | None:
        lanes = self.settings.lanes
        fitted = any(lane.pins.tank is not None and "tank" not in self.hands[lane.name].missing for lane in lanes)
        return not any(lane.low for lane in self.gate.view.lanes) if fitted else None

    def picture(self, lane: str) -> bytes | None:
        """The lane's picture at this moment, with the code outlined."""
        return self.live.picture(lane)

    def hint(self, lane: str) -> Hint | None:
        """What would help the camera to read the code."""
        return self.cameras[lane].hint

    def known(self) -> Sequence[Known]:
        """The vehicles that were here last, each once, the latest first."""
        found: dict[str, Known] = {}
        try:
            before = self.outbox.recent((Kind.VISIT_OPENED,), KNOWN)
        except (JournalError, ValueError, TypeError, AttributeError):
            return ()  # whatever is wrong with it, a vehicle is registered; the lane's own words say what is
        for kept in reversed(before):
            body, plate = kept.record.body, kept.private.get("plate")
            if plate and plate not in found and isinstance(body, VisitOpened):
                found[plate] = Known(plate, body.vehicle_class)
        return tuple(found.values())

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _open_lane(self, lane: LaneSettings) -> LaneHardware:
        policy = self.lists.snapshot().policy
        hands = LaneHardware(
            lane,
            self._post,
            factory=self.factory,
            mark=raised_mark(self.folder, lane.name),
            stays_open=policy is not None and policy.fails_open,
        )
        self._stack.callback(hands.close)
        return hands

    def _make_gate(self) -> Gate:
        return Gate(
            self.settings,
            self.outbox,
            self.hands,
            lambda: rules_at(self.lists, self.clock.now()),
            Clocks(now=self.clock.now, monotonic=self.clock.mono, trust=self.clock.trust),
            callbacks=Callbacks(
                wake=lambda: self.link.wake(),
                saw=self.lists.saw,
                shown=self.voice.hear if self.voice else lambda view: None,
                picture=self.pictures.take if self.pictures else lambda lane: None,
                errands={CommandKind.PICTURE: self._make_errand()} if self.pictures else NO_ERRANDS,
            ),
            past=self._past,
            inbox=self._inbox,
        )

    def _make_errand(self) -> SendPicture:
        pictures = self.pictures
        assert pictures is not None
        return SendPicture(
            visit=lambda visit: (kept.record.body for kept in self.outbox.visit(visit)),
            find=pictures.find,
            send=lambda message, carried: self.link.send(Parcel(Name.PICTURE, message, carried)),
            post=self._post,
            now=lambda: self.clock.at().wall,
        )

    def _make_pictures(self) -> Pictures | None:
        kept = self.settings.pictures
        if kept.most == 0:
            return None
        folder = self.folder / PICTURE_FOLDER
        try:
            if folder.exists() and not folder.is_dir():
                log.error("no folder for pictures: moved aside", to=str(set_aside(folder)))
        except OSError as error:
            # a picture is worth less than a crossing
            log.error("no folder for pictures", path=str(folder), error=str(error))
        ring = Ring(folder, kept.most * MB, kept.spare * MB)
        return Pictures(ring, self.look, fault=self._tell_pictures)

    def _tell_pictures(self, why: str | None) -> None:
        self._post(AlarmEnded(PICTURES) if why is None else AlarmBegan(PICTURES, why))

    def _make_voice(self) -> Voice | None:
        wanted = self.settings.voice
        if wanted.engine == "off":
            return None
        tones = Tones(self.folder / SOUNDS)
        speaker = tones if wanted.engine == "tones" else Espeak(wanted.languages)
        return Voice(speaker, tones, self._tell_voice)

    def _tell_voice(self, why: str | None) -> None:
        log.warning("voice", fault=why)
        self._post(AlarmEnded(VOICE) if why is None else AlarmBegan(VOICE, why))

    def _make_world(self) -> World | None:
        simulation = self.settings.simulation
        if simulation is None:
            return None
        try:
            scenario = Scenario.load(simulation.scenario)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        return World(
            scenario,
            lanes={lane.name: lane.pins.fitted() for lane in self.settings.lanes},
            factory=self.factory,
            kiosk_url=f"http://{self.settings.kiosk.host}:{self.kiosk.port}",
            folder=self.folder,
        )

    def _make_loop(self, lane: LaneSettings) -> CameraLoop:
        def seen(text: str, at: float) -> None:
            self.gate.post(QrSeen(lane.name, text, at))

        def open_() -> Camera:
            return self.world.camera(lane.name) if self.world else self._open(lane)

        def occupied() -> bool:
            view = self.gate.view.lane(lane.name)
            return view is not None and bool(view.occupied)

        tracker = Tracker(
            Scanner(lane.scanner.decoders, run=self._decoder(lane.name)),
            lane.scanner.repeat_seconds,
            budget=lane.scanner.budget_ms / 1000,
            occupied=occupied,
        )
        return CameraLoop(open_, tracker, seen, care=self._care(lane))

    def _decoder(self, lane: str) -> Bounded:
        """A process for a lane's decoders: no frame can hold the lane up."""
        decoder = self.decoders[lane] = Bounded()
        self._stack.callback(decoder.close)
        return decoder

    def _care(self, lane: LaneSettings) -> Care | None:
        """What the lane's camera needs; None: its frames come from a file or from the simulation."""
        if not lane.camera.source.startswith(REAL_CAMERAS):
            return None
        camera = lane.camera
        if camera.lamp is None:
            return Care(camera.day, camera.night, controls=camera.controls)
        try:
            lamp = Lamp(lane.name, camera.lamp, factory=self.factory)
        except HardwareError as error:
            # a dark lane reads worse; it is told when the lane starts
            self.hands[lane.name].missing["camera lamp"] = str(error)
            return Care(camera.day, camera.night, controls=camera.controls)
        self._stack.callback(lamp.close)
        return Care(camera.day, camera.night, lamp.light, camera.controls)

    def _make_link(self) -> Uplink:
        hub = self.settings.hub
        return Uplink(
            Address(
                town=self.settings.town,
                gate=self.settings.gate,
                host=hub.host,
                port=hub.port,
                tls=lambda: tls_context(self.folder / KEYS),
                hub_key=self.keys.hub,
            ),
            delivery=self.outbox.delivery,
            lists=self.lists,
            clock=self.clock,
            health=self._health,
            post=self._post,
            software=version("kakou"),
        )

    def _health(self) -> Health:
        view, lists = self.gate.view, self.lists.snapshot()
        loops = list(self.cameras.values())
        return health(
            self.clock.at(),
            feel(self.folder),
            software=version("kakou"),
            camera=all(loop.ok for loop in loops),
            frames_per_second=min(loop.frames_per_second for loop in loops),
            backlog=self.outbox.backlog,
            epoch=self.outbox.epoch if self.outbox.usable else None,
            head=self.outbox.head if self.outbox.usable else None,
            officer=view.officer,
            policy=lists.policy_version,
            passlist=lists.passlist_version,
            lanes={lane.name: lane.phase for lane in view.lanes},
            alarms=view.alarms,
        )

    def _post(self, event: Event) -> None:
        self._inbox.post(event)


def _seeing(loop: CameraLoop, decoder: Bounded) -> Seeing:
    return Seeing(loop.ok, loop.trouble, loop.fault, loop.refused, decoder.fault)
