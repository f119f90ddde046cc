"""The devices of one lane on gpiozero: loops, buttons and switches in; barrier, sprayer, lamps and buzzer out.

Callbacks only put events on the gate's queue. Nothing is opened at import, and the pin factory is chosen by name alone.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from gpiozero import OutputDevice

from edge.config import InputWiring, LaneSettings, OutputWiring
from edge.contract.alarms import FLOW_UNASKED, NO_FLOW, NOT_FITTED
from edge.contract.reasons import Colour
from edge.hardware.barrier_mark import Mark, Unmarked
from edge.hardware.inputs import Contact, Range, Settler
from edge.hardware.pins import HardwareError, leave_driven, pin_errors
from edge.hardware.sprayer import Sprayer
from edge.lane.events import (
    AlarmCleared,
    AlarmRaised,
    BarrierDown,
    BarrierUp,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    HelpPressed,
    Loop,
    LoopChanged,
    SprayDone,
    TankChanged,
    TurnBackPressed,
)

Post = Callable[[Event], None]
Device = TypeVar("Device")
UNMARKED: Final = Unmarked()
SWITCHES: Final[tuple[str, ...]] = ("barrier_up", "barrier_down", "tank")
BUTTONS: Final[Mapping[str, Callable[[str], Event]]] = {
    "disinfected": DisinfectedPressed,
    "turn_back": TurnBackPressed,
    "emergency": EmergencyPressed,
    "help": HelpPressed,
}
EXTRAS: Final = frozenset({"buzzer", "flow", "tank", "help"})
"""What a lane goes on without. Without a flow sensor the officer's button says that it sprayed, as where none is fitted.

The end switches of the barrier are none: who believed that it moved would be wrong about where it stands.
"""


class LaneHardware:
    """All devices of one lane, as its settings say they are fitted and wired.

    `missing`: why something of `EXTRAS` cannot be opened, by its name: the lane goes on as if it were not fitted, under an alarm.
    `mark`: where it is said to the next run that the barrier is up. `stays_open`: the policy wants the barrier up in a fault, and
    a start is one.
    """

    def __init__(
        self,
        settings: LaneSettings,
        post: Post,
        *,
        factory: Any,
        mark: Mark = UNMARKED,
        monotonic: Callable[[], float] = time.monotonic,
        stays_open: bool = False,
    ) -> None:
        self.lane = settings.name
        self._settings = settings
        self._pins = settings.pins.fitted()
        self._post = post
        self._factory = factory
        self._mark = mark
        self._lock = threading.RLock()
        self._devices: list[Any] = []
        self.missing: dict[str, str] = {}
        try:
            self._open_outputs()
            self._open_inputs()
            self._open_barrier(up=stays_open)
            self.sprayer = self._make_sprayer(monotonic)
            self._watch(Settler(self.lane))
        except pin_errors() as error:
            for device in reversed(self._devices):
                device.close()
            raise HardwareError(f"lane {self.lane}: pins: {error}") from None

    # -- opening -------------------------------------------------------------------------------------------------------

    def _open_outputs(self) -> None:
        # outputs first: a relay that floats while the inputs are being claimed is the one that hurts
        wiring = self._settings.wiring
        self._relay = self._output("sprayer", wiring.relays)
        self._lamps = {colour: self._output(colour.value, wiring.lamps, on=colour is Colour.RED) for colour in Colour}
        self._buzzer = self._extra("buzzer", lambda: self._output("buzzer", wiring.relays))

    def _open_inputs(self) -> None:
        wiring = self._settings.wiring
        self._loops = {loop: self._presence(loop) for loop in Loop}
        self._switches = self._contacts(SWITCHES, wiring.switches)
        self._buttons = self._contacts(BUTTONS, wiring.buttons)
        self._flow = self._extra("flow", lambda: self._contact("flow", wiring.flow))

    def _open_barrier(self, *, up: bool) -> None:
        # after the loops: a barrier that the last run left up over a vehicle is not dropped on it
        on = up or (self.occupied and self._mark.stands)
        self._barrier = self._output("barrier", self._settings.wiring.relays, on=on)
        self._mark.put(on)

    def _make_sprayer(self, monotonic: Callable[[], float]) -> Sprayer:
        sensor = self._settings.flow if self._flow is not None else None
        made = Sprayer(
            self._relay, self._settings.times.spray_most, self._spray_done, monotonic, sensor, self._flow_alarm
        )
        self._devices.append(made)
        return made

    def _output(self, name: str, wiring: OutputWiring, *, on: bool = False) -> Any:
        high = wiring.active == "high"
        device = OutputDevice(self._pins[name], active_high=high, initial_value=on, pin_factory=self._factory)
        self._devices.append(device)
        return device

    def _contact(self, name: str, wiring: InputWiring) -> Contact:
        device = Contact(self._pins[name], wiring, self._factory)
        self._devices.append(device)
        return device

    def _contacts(self, names: Iterable[str], wiring: InputWiring) -> dict[str, Contact]:
        """The contacts of these names that are fitted, and can be opened if they are extras."""
        found: dict[str, Contact] = {}
        for name in names:
            if name in EXTRAS:
                extra = self._extra(name, partial(self._contact, name, wiring))
                found |= {} if extra is None else {name: extra}
            elif name in self._pins:
                found[name] = self._contact(name, wiring)
        return found

    def _extra(self, name: str, open_: Callable[[], Device]) -> Device | None:
        """Something that the lane can do without; None if it is not fitted, or cannot be opened."""
        if name not in self._pins:
            return None
        try:
            return open_()
        except pin_errors() as error:
            self.missing[name] = str(error) or type(error).__name__
            return None

    def _presence(self, loop: Loop) -> Contact | Range:
        presence = self._settings.presence
        if presence.kind == "loops":
            return self._contact(f"{loop.value}_loop", self._settings.wiring.loops)
        echo, trigger = self._pins[f"{loop.value}_loop"], self._pins[f"{loop.value}_trigger"]
        device = Range(echo, trigger, presence.near, self._factory)
        self._devices.append(device)
        return device

    def _watch(self, settler: Settler) -> None:
        self._devices.append(settler)
        wiring = self._settings.wiring
        for loop, device in self._loops.items():
            settler.watch(device, wiring.loops.debounce, self._told_loop(loop))
        for name, switch in self._switches.items():
            settler.watch(switch, wiring.switches.debounce, self._told_switch(name))
        for name, button in self._buttons.items():
            settler.watch(button, wiring.buttons.debounce, self._pressed(BUTTONS[name](self.lane)))
        if self._flow is not None:
            settler.watch(self._flow, wiring.flow.debounce, self._flowed)

    # -- what the wires say --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Tells how everything stands: inputs only speak when something changes."""
        for loop, device in self._loops.items():
            if device.on:
                self._post(LoopChanged(self.lane, loop, True))
        for name, switch in self._switches.items():
            if switch.on or name == "tank":
                self._told_switch(name)(switch.on)
        for code in (NO_FLOW, FLOW_UNASKED, NOT_FITTED):
            self._post(AlarmCleared(code, self.lane))  # of the last run: if it is so still, it is told anew
        if self.missing:
            said = "; ".join(f"{name}: {why}" for name, why in self.missing.items())
            self._post(AlarmRaised(NOT_FITTED, f"lane {self.lane}: {said}", self.lane))

    def _told_loop(self, loop: Loop) -> Callable[[bool], None]:
        return lambda on: self._post(LoopChanged(self.lane, loop, on))

    def _told_switch(self, name: str) -> Callable[[bool], None]:
        def told(on: bool) -> None:
            if name == "tank":
                self._post(TankChanged(self.lane, on))
            elif on:
                self._post(BarrierUp(self.lane) if name == "barrier_up" else BarrierDown(self.lane))

        return told

    def _pressed(self, event: Event) -> Callable[[bool], None]:
        return lambda on: self._post(event) if on else None

    def _flowed(self, on: bool) -> None:
        if on:
            self.sprayer.pulse()

    def _flow_alarm(self, code: str, on: bool) -> None:
        detail = f"lane {self.lane}"
        self._post(AlarmRaised(code, detail, self.lane) if on else AlarmCleared(code, self.lane))

    def _spray_done(self, seconds: float, litres: float | None) -> None:
        self._post(SprayDone(self.lane, seconds, litres))

    @property
    def occupied(self) -> bool:
        """Whether a vehicle is on either loop, at this moment."""
        return any(device.on for device in self._loops.values())

    @property
    def raised(self) -> bool:
        """Whether the barrier's relay holds it up."""
        return bool(self._barrier.value)

    @property
    def tells_up(self) -> bool:
        """Whether an end switch says that the barrier is up."""
        return "barrier_up" in self._switches

    @property
    def tells_down(self) -> bool:
        """Whether an end switch says that it is down."""
        return "barrier_down" in self._switches

    @property
    def sprayed(self) -> float:
        """Seconds that the sprayer ran for the vehicle at the lane."""
        return self.sprayer.sprayed

    @property
    def litres(self) -> float | None:
        """What flowed for it; None: no flow sensor is fitted."""
        return self.sprayer.litres

    # -- what the lane does --------------------------------------------------------------------------------------------

    def raise_barrier(self) -> bool:
        """Up, and whether its end switch says already that it is."""
        with self._lock:
            # before it moves: between the two it would be up, and nobody told
            self._mark.put(True)
            self._barrier.on()
        return self.tells_up and self._switches["barrier_up"].on

    def lower_barrier(self) -> bool:
        """Down, and whether it is: it stays up while a loop is occupied, and its end switch may say so later."""
        with self._lock:
            if self.raised and self.occupied:
                return False
            self._lower()
        return not self.tells_down or self._switches["barrier_down"].on

    def _lower(self) -> None:
        self._barrier.off()
        self._mark.put(False)

    def fail_barrier(self, *, up: bool) -> None:
        """Where the policy wants it in a fault; never down onto a vehicle."""
        if up:
            self.raise_barrier()
        else:
            self.lower_barrier()

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

    def buzz(self, seconds: float) -> None:
        """One sound, where a buzzer is fitted."""
        if self._buzzer is not None:
            self._buzzer.on()
            quiet = threading.Timer(seconds, self._buzzer.off)
            quiet.daemon = True
            quiet.start()

    def close(self) -> None:
        """Leaves the lane safe: sprayer off, red, barrier down unless a vehicle is under it; then gives the pins back."""
        if self._relay.closed:
            return
        self.sprayer.close()
        self.light(Colour.RED)
        with self._lock:
            held = self.raised and self.occupied
            if not held:
                self._lower()
        if held:
            leave_driven(self._barrier)
        for device in reversed(self._devices):
            device.close()
