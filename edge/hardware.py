"""The devices of one lane on gpiozero: loops and buttons in, barrier, sprayer and lamps out.

Loops and buttons close to ground (pull-up inside); relays and lamps are active high, so that a claimed or released line is
off. Callbacks only put events on the gate's queue. Nothing is opened at import, and the pin factory is chosen by name alone.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from gpiozero import Button, OutputDevice
from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory

from edge.contract.reasons import Colour
from edge.events import (
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    Loop,
    LoopChanged,
    SprayDone,
    TurnBackPressed,
)

Post = Callable[[Event], None]


class HardwareError(OSError):
    """Pins cannot be had; the text is one line."""


def pin_factory(name: str) -> Any:
    """gpiozero's factory of that name: `mock` or `lgpio`. `HardwareError` if this machine has no such pins."""
    if name == "mock":
        return MockFactory()
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except Exception as error:  # lgpio raises its own class, an import error or an OSError, by version
        raise HardwareError(f"pins: factory {name!r} cannot be opened: {error}") from None


class Sprayer:
    """The sprayer's relay, which never stays on longer than it was told or than `most` seconds, whoever forgets it."""

    def __init__(self, relay: Any, most: float, done: Callable[[float], None], monotonic: Callable[[], float]) -> None:
        self._relay = relay
        self._most = most
        self._done = done
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._started: float | None = None
        self._ran = 0.0

    @property
    def sprayed(self) -> float:
        """Seconds of the run that is on, or of the last one."""
        with self._lock:
            return self._ran if self._started is None else self._monotonic() - self._started

    def run(self, seconds: float) -> None:
        """On, for `seconds` and never more than the maximum; `done(seconds)` when it ran to its end."""
        self.stop()
        with self._lock:
            self._ran = 0.0
            self._started = self._monotonic()
            self._timer = threading.Timer(min(seconds, self._most), self._finish)
            self._timer.daemon = True
            # the timer first: if it cannot start, the relay stays off
            self._timer.start()
            self._relay.on()

    def stop(self) -> bool:
        """Off. Whether it was on."""
        with self._lock:
            self._relay.off()
            if self._started is None:
                return False
            self._ran, self._started = self._monotonic() - self._started, None
            if self._timer is not None:
                self._timer.cancel()
            return True

    def clear(self) -> None:
        """Forgets the last run: another vehicle is at the lane."""
        with self._lock:
            if self._started is None:
                self._ran = 0.0

    def _finish(self) -> None:
        if self.stop():
            self._done(self.sprayed)


class LaneHardware:
    """All devices of one lane. `pins` are BCM numbers by name, as `config.Pins` names them."""

    def __init__(
        self,
        lane: str,
        pins: dict[str, int],
        post: Post,
        *,
        factory: Any,
        spray_most: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lane = lane
        self._post = post
        self._lock = threading.RLock()
        self._devices: list[Any] = []
        try:
            self._open(pins, factory, spray_most, monotonic)
        except (GPIOZeroError, OSError, ValueError) as error:
            for device in self._devices:
                device.close()
            raise HardwareError(f"lane {lane}: pins: {error}") from None

    def _open(self, pins: dict[str, int], factory: Any, spray_most: float, monotonic: Callable[[], float]) -> None:
        # outputs first: a relay that floats while the inputs are being claimed is the one that hurts
        self._relay = self._claim(OutputDevice(pins["sprayer"], initial_value=False, pin_factory=factory))
        self._lamps = {
            colour: self._claim(
                OutputDevice(pins[colour.value], initial_value=colour is Colour.RED, pin_factory=factory)
            )
            for colour in Colour
        }
        self._loops = {
            loop: self._claim(Button(pins[f"{loop.value}_loop"], pull_up=True, pin_factory=factory)) for loop in Loop
        }
        # the barrier after the loops: one that the last run left up over a vehicle is not dropped on it
        self._barrier = self._claim(
            OutputDevice(pins["barrier"], initial_value=self._level_of(pins["barrier"], factory), pin_factory=factory)
        )
        self.sprayer = Sprayer(self._relay, spray_most, self._spray_done, monotonic)
        for loop, device in self._loops.items():
            self._watch(loop, device)
        for name, event in (
            ("disinfected", DisinfectedPressed(self.lane)),
            ("turn_back", TurnBackPressed(self.lane)),
            ("emergency", EmergencyPressed(self.lane)),
        ):
            self._press(self._claim(Button(pins[name], pull_up=True, pin_factory=factory)), event)

    def start(self) -> None:
        """Tells what already stands on the loops: they only speak when something changes."""
        for loop, device in self._loops.items():
            if device.is_pressed:
                self._post(LoopChanged(self.lane, loop, True))

    @property
    def occupied(self) -> bool:
        """Whether a vehicle is on either loop, at this moment."""
        return any(device.is_pressed for device in self._loops.values())

    @property
    def raised(self) -> bool:
        """Whether the barrier's relay holds it up."""
        return bool(self._barrier.value)

    @property
    def sprayed(self) -> float:
        """Seconds that the sprayer ran for the vehicle at the lane."""
        return self.sprayer.sprayed

    def raise_barrier(self) -> None:
        """Up."""
        with self._lock:
            self._barrier.on()

    def lower_barrier(self) -> bool:
        """Down, and whether it is: it stays up while a loop is occupied."""
        with self._lock:
            if self.raised and self.occupied:
                return False
            self._barrier.off()
            return True

    def start_spray(self, seconds: float) -> None:
        """Sprays for so many seconds; `SprayDone` when it ran to its end."""
        self.sprayer.run(seconds)

    def stop_spray(self) -> None:
        """Stops spraying."""
        self.sprayer.stop()

    def forget_spray(self) -> None:
        """What was sprayed was for another vehicle."""
        self.sprayer.clear()

    def light(self, colour: Colour) -> None:
        """That lamp and no other."""
        for each, lamp in self._lamps.items():
            if each is not colour:
                lamp.off()
        self._lamps[colour].on()

    def close(self) -> None:
        """Leaves the lane safe: sprayer off, red, barrier down unless a vehicle is under it; then gives the pins back."""
        if self._relay.closed:
            return
        self.sprayer.stop()
        self.light(Colour.RED)
        with self._lock:
            held = self.raised and self.occupied
            if not held:
                self._barrier.off()
        for device in self._devices:
            # a released line falls off: a barrier that is over a vehicle is left to the kernel and the next start
            if not (held and device is self._barrier):
                device.close()

    def _level_of(self, barrier: int, factory: Any) -> bool:
        """How the barrier begins: down, but under a vehicle as the last run left it."""
        # read and driven again: a claim without a level would let lgpio drive it low
        return self.occupied and bool(factory.pin(barrier).state)

    def _claim(self, device: Any) -> Any:
        self._devices.append(device)
        return device

    def _watch(self, loop: Loop, device: Any) -> None:
        def came() -> None:
            self._post(LoopChanged(self.lane, loop, True))

        def left() -> None:
            self._post(LoopChanged(self.lane, loop, False))

        device.when_pressed = came
        device.when_released = left

    def _press(self, device: Any, event: Event) -> None:
        def pressed() -> None:
            self._post(event)

        device.when_pressed = pressed

    def _spray_done(self, seconds: float) -> None:
        self._post(SprayDone(self.lane, seconds))


class Lamp:
    """The ring light of a lane's camera, active high: off when the program is."""

    def __init__(self, lane: str, pin: int, *, factory: Any) -> None:
        try:
            self._relay = OutputDevice(pin, initial_value=False, pin_factory=factory)
        except (GPIOZeroError, OSError, ValueError) as error:
            raise HardwareError(f"lane {lane}: camera lamp: {error}") from None

    def light(self, on: bool) -> None:
        """On or off."""
        self._relay.value = int(on)

    def close(self) -> None:
        """Off, and the pin given back."""
        self._relay.close()
