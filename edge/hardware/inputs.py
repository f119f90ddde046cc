"""The inputs of a lane on gpiozero: contacts whose changes are reported once they have settled, and pulses.

One thread for each lane waits for levels to stand; the change of a contact without debounce is reported at once, on the thread of its pin.
"""

import queue
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gpiozero import DigitalInputDevice, DistanceSensor
from gpiozero.exc import DistanceSensorNoEcho, PWMSoftwareFallback

from edge.config import InputWiring
from edge.hardware import debounce

_PULL = {"up": True, "down": False, "none": None}


class Contact:
    """A contact on a pin: on or off, whichever way it is wired."""

    def __init__(self, number: int, wiring: InputWiring, factory: Any) -> None:
        pull = _PULL[wiring.pull]
        active = True if pull is None else None
        self._device = DigitalInputDevice(number, pull_up=pull, active_state=active, pin_factory=factory)
        # gpiozero takes a pulled-up pin for active when it is low; a contact that opens is wired the other way
        self._inverted = wiring.active != ("low" if pull else "high")

    @property
    def on(self) -> bool:
        """As the wire is at this moment, bounces and all."""
        return bool(self._device.value) is not self._inverted

    def watch(self, heard: Callable[[bool], None]) -> None:
        """Calls `heard(on)` at every edge."""
        on, off = (False, True) if self._inverted else (True, False)
        self._device.when_activated = lambda: heard(on)
        self._device.when_deactivated = lambda: heard(off)

    def close(self) -> None:
        self._device.close()


class Range:
    """A distance sensor as a contact: on while something is nearer than `near` metres."""

    def __init__(self, echo: int, trigger: int, near: float, factory: Any) -> None:
        # no echo is what an empty lane says, and echoes timed in software are good to a few centimetres
        for category in (DistanceSensorNoEcho, PWMSoftwareFallback):
            warnings.filterwarnings("ignore", category=category)
        self._device = DistanceSensor(
            echo, trigger, max_distance=near * 2, threshold_distance=near, queue_len=5, pin_factory=factory
        )

    @property
    def on(self) -> bool:
        """Returns True if something is near."""
        return bool(self._device.in_range)

    def watch(self, heard: Callable[[bool], None]) -> None:
        """Calls `heard(on)` at every change."""
        self._device.when_in_range = lambda: heard(True)
        self._device.when_out_of_range = lambda: heard(False)

    def close(self) -> None:
        # gpiozero takes the trigger away from under its own sampling thread; that one first
        self._device._queue.stop()
        self._device.close()


@dataclass(slots=True)
class Watched:
    """A contact whose changes are reported once they have stood for their time."""

    contact: Contact | Range
    settle: debounce.Settle
    report: Callable[[bool], None]
    state: debounce.Contact


class Settler:
    """Reports changes of contacts once they have stood for their time. One thread, that waits on a queue."""

    def __init__(self, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._edges: queue.SimpleQueue[tuple[Watched, bool, float] | None] = queue.SimpleQueue()
        self._watched: list[Watched] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"contacts {name}", daemon=True)
        self._thread.start()

    def watch(
        self, contact: Contact | Range, seconds: float, report: Callable[[bool], None], *, gap: float = 0.0
    ) -> None:
        """Calls `report(on)` when the contact has changed and stood for `seconds` at least; off for `gap` at least."""
        settle = debounce.Settle(seconds, max(seconds, gap))
        if settle.off == 0:
            contact.watch(report)
            return
        on = contact.on
        watched = Watched(contact, settle, report, debounce.Contact(on, on))
        self._watched.append(watched)
        contact.watch(lambda level: self._edges.put((watched, level, self._monotonic())))

    def report_if_on(self, contact: Contact | Range, report: Callable[[bool], None]) -> None:
        """Calls `report(True)` if the contact counts as on by now: no change of it is reported in between."""
        with self._lock:
            state = next((each.state for each in self._watched if each.contact is contact), None)
            if contact.on if state is None else state.on:
                report(True)

    def close(self) -> None:
        """Ends all reports."""
        self._edges.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                edge = self._edges.get(timeout=self._patience())
            except queue.Empty:
                self._report_settled()
                continue
            if edge is None:
                return
            watched, level, at = edge
            watched.state = debounce.changed(watched.state, level, at)
            self._report_settled()

    def _patience(self) -> float | None:
        dues = [when for each in self._watched if (when := debounce.due(each.state, each.settle)) is not None]
        return max(0.0, min(dues) - self._monotonic()) if dues else None

    def _report_settled(self) -> None:
        now = self._monotonic()
        for each in self._watched:
            after = debounce.settled(each.state, each.settle, now)
            if after.on is not each.state.on:
                with self._lock:
                    each.state = after
                    each.report(after.on)
