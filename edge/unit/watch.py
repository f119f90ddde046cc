"""What the main thread does while the gate runs: once a second it looks at every part, raises alarms, and feeds systemd's watchdog.

A gate that hangs is tested against systemd's socket in `tests/system/test_watchdog.py`.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from edge.clock import ClockWatch
from edge.contract.alarms import FILLING, JOURNAL, JOURNAL_ANEW, LISTS_ANEW
from edge.gate.loop import Gate
from edge.journal.disk_space import Ballast, Room, judge, measure, room_text
from edge.kiosk.pins import WRONG_PIN, Pins
from edge.lane.events import AlarmBegan, AlarmEnded, ClockChanged, RoomChanged
from edge.link.uplink import Uplink
from edge.lists.store import Lists
from edge.scanner.decoder_process import Bounded
from edge.scanner.loop import CameraLoop
from edge.unit.base import Base
from edge.unit.camera_watch import CameraState, CameraWatch
from edge.unit.cameras import Cameras
from edge.unit.journal_start import Begun
from edge.unit.journal_watch import JournalWatch
from edge.unit.parts import can_begin_journal
from edge.unit.systemd import Watchdog, ready, stopping

log = structlog.get_logger()

WATCH = 1.0
"""Seconds between two looks of the main thread."""


class Watch:
    """Watches a unit, from the main thread.

    `alive` is False once the program must end: the lanes' loop broke, or a journal that could not be used can be used again.
    """

    def __init__(
        self, base: Base, gate: Gate, begun: Begun, lists: Lists, pins: Pins, cameras: Cameras, link: Uplink
    ) -> None:
        self._base = base
        self._gate = gate
        self._journal = begun.journal
        self._lists = lists
        self._pins = pins
        self._cameras = cameras
        self._journal_watch = JournalWatch(base.folder, begun, partial(can_begin_journal, base), base.clock.mono)
        self._watchdog = Watchdog(
            {
                "lanes": lambda: gate.beat,
                "link": lambda: link.beat,
                **{f"camera {name}": _beat_of(loop) for name, loop in cameras.loops.items()},
            }
        )
        self._camera_watch = CameraWatch(time.monotonic())
        self._clock_watch = ClockWatch()
        self._room: Room | None = None
        self.ballast = Ballast(base.folder)
        self.alive = True

    def run(self, stop: threading.Event) -> None:
        """Tells systemd that the gate is there, and watches it until `stop` is set or the program must end."""
        ready()
        while not stop.wait(WATCH) and self.alive:
            self.look()
        stopping()
        log.info("gate stopping", gate=self._base.settings.gate)

    def look(self) -> None:
        """One look at everything: feeds the watchdog while every loop moves, and raises or ends the alarms that changed."""
        self._watchdog.feed()
        self._look_at_clock()
        self._look_at_disk()
        self._look_at_journal()
        if self._pins.quiet and WRONG_PIN in self._gate.view.alarms:
            self._gate.post(AlarmEnded(WRONG_PIN))
        self._look_at_cameras()

    def _look_at_clock(self) -> None:
        was_set = self._clock_watch.look(self._base.clock.at())
        if was_set is not None:
            self._gate.post(ClockChanged(was_set.before, was_set.after))

    def _look_at_disk(self) -> None:
        """Warns the gate before the disk is full, and gives the ballast up so that the gate can record that it is."""
        disk = measure(self._base.folder)
        # nothing was said yet: the last run may have left its alarm standing
        before, self._room = self._room, judge(disk, self._room or Room.ENOUGH)
        if self._room is before:
            return
        if self._room is Room.CLOSED:
            self.ballast.give_up()
        elif before is Room.CLOSED:
            self.ballast.take()
        self._gate.post(RoomChanged(room_text(disk) if self._room is Room.CLOSED else None))
        self._gate.post(AlarmEnded(FILLING) if self._room is Room.ENOUGH else AlarmBegan(FILLING, room_text(disk)))

    def _look_at_journal(self) -> None:
        """Raises the alarm of a journal that is of no use; ends the program when the journal can be used: systemd starts it anew."""
        fault = self._journal_watch.look()
        if self._journal_watch.mended:
            log.warning("the journal can be used again: the gate starts anew")
            self.alive = False
        elif fault is not None and JOURNAL not in self._gate.view.alarms:
            self._gate.post(AlarmBegan(JOURNAL, fault))
        if JOURNAL_ANEW in self._gate.view.alarms and self._journal.acked > 0:
            # the hub has the new journal's first records, and its own alert
            self._gate.post(AlarmEnded(JOURNAL_ANEW))
        if LISTS_ANEW in self._gate.view.alarms and self._lists.snapshot().received is not None:
            self._gate.post(AlarmEnded(LISTS_ANEW))

    def _look_at_cameras(self) -> None:
        for name, loop in self._cameras.loops.items():
            state = _state_of(loop, self._cameras.decoders[name])
            for alarm in self._camera_watch.look(name, state, time.monotonic()):
                self._gate.post(alarm)


def _beat_of(loop: CameraLoop) -> Callable[[], int]:
    return lambda: loop.beat


def _state_of(loop: CameraLoop, decoder: Bounded) -> CameraState:
    return CameraState(loop.ok, loop.trouble, loop.fault, loop.refused, decoder.fault)
