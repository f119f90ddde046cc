"""The devices of one lane on gpiozero: loops, buttons and switches in; barrier, sprayer, lamps and buzzer out.

Callbacks only put events on the gate's queue. Nothing is opened at import, and the pin factory is chosen by name alone.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.config import LaneSettings
from edge.contract.alarms import FLOW_UNASKED, NO_FLOW, NOT_FITTED
from edge.contract.reasons import Colour
from edge.hardware.barrier import Barrier
from edge.hardware.barrier_mark import Mark, Unmarked
from edge.hardware.fittings import Fittings
from edge.hardware.inputs import Settler
from edge.hardware.pins import HardwareError, pin_errors
from edge.hardware.signals import Post, Signals
from edge.hardware.sprayer import Sprayer
from edge.lane.events import (
    AlarmBegan,
    AlarmEnded,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    HelpPressed,
    Loop,
    TurnBackPressed,
)

UNMARKED: Final = Unmarked()
SWITCHES: Final[tuple[str, ...]] = ("barrier_up", "barrier_down", "tank")
BUTTONS: Final[Mapping[str, Callable[[str], Event]]] = {
    "disinfected": DisinfectedPressed,
    "turn_back": TurnBackPressed,
    "emergency": EmergencyPressed,
    "help": HelpPressed,
}


class LaneHardware:
    """All devices of one lane, as its settings say they are fitted and wired.

    `missing`: why something of `fittings.EXTRAS` cannot be opened, by its name: the lane goes on as if it were not fitted, under an alarm.
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
        self._post = post
        self._signals = Signals(self.lane, post)
        self._fittings = Fittings(settings, factory)
        self.missing = self._fittings.missing
        try:
            self._open_outputs()
            self._open_inputs()
            self._open_barrier(mark, up=stays_open)
            self.sprayer = self._make_sprayer(monotonic)
            self._watch(Settler(self.lane))
        except pin_errors() as error:
            self._fittings.close()
            raise HardwareError(f"lane {self.lane}: pins: {error}") from None

    # -- opening -------------------------------------------------------------------------------------------------------

    def _open_outputs(self) -> None:
        # outputs first: a relay that floats while the inputs are being claimed is the one that hurts
        wiring = self._settings.wiring
        fittings = self._fittings
        self._relay = fittings.output("sprayer", wiring.relays)
        self._lamps = {
            colour: fittings.output(colour.value, wiring.lamps, on=colour is Colour.RED) for colour in Colour
        }
        self._buzzer = fittings.optional("buzzer", lambda: fittings.output("buzzer", wiring.relays))

    def _open_inputs(self) -> None:
        fittings, wiring = self._fittings, self._settings.wiring
        self._sensors = fittings.sensors()
        self._switches = fittings.contacts(SWITCHES, wiring.switches)
        self._buttons = fittings.contacts(BUTTONS, wiring.buttons)
        self._flow = fittings.optional("flow", lambda: fittings.contact("flow", wiring.flow))

    def _open_barrier(self, mark: Mark, *, up: bool) -> None:
        # after the loops: a barrier that the last run left up over a vehicle is not dropped on it
        on = up or (self.occupied and mark.stands)
        relay = self._fittings.output("barrier", self._settings.wiring.relays, on=on)
        self._barrier = Barrier(relay, mark, self._sensors, self._switches)

    def _make_sprayer(self, monotonic: Callable[[], float]) -> Sprayer:
        sensor = self._settings.flow if self._flow is not None else None
        made = Sprayer(
            self._relay,
            self._settings.times.spray_most,
            self._signals.spray_done,
            monotonic,
            sensor,
            self._signals.alarm,
        )
        self._fittings.add(made)
        return made

    def _watch(self, settler: Settler) -> None:
        self._fittings.add(settler)
        self._settler = settler
        wiring, gap = self._settings.wiring, self._settings.times.gap
        for loop, sensor in self._sensors.fitted.items():
            wired = wiring.safety if loop is Loop.SAFETY else wiring.loops
            settler.watch(sensor, wired.debounce, self._signals.loop(loop), gap=gap)
        for name, switch in self._switches.items():
            settler.watch(switch, wiring.switches.debounce, self._signals.switch(name))
        for name, button in self._buttons.items():
            settler.watch(button, wiring.buttons.debounce, self._signals.button(BUTTONS[name](self.lane)))
        if self._flow is not None:
            settler.watch(self._flow, wiring.flow.debounce, self._flowed)

    # -- what the wires say --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Posts the present state of every input: after this, inputs report changes only."""
        for loop, sensor in self._sensors.fitted.items():
            self._settler.report_if_on(sensor, self._signals.loop(loop))
        for name, switch in self._switches.items():
            if switch.on or name == "tank":
                self._signals.switch(name)(switch.on)
        for code in (NO_FLOW, FLOW_UNASKED, NOT_FITTED):
            self._post(AlarmEnded(code, self.lane))  # of the last run: if it is so still, it is told anew
        if self.missing:
            said = "; ".join(f"{name}: {why}" for name, why in self.missing.items())
            self._post(AlarmBegan(NOT_FITTED, f"lane {self.lane}: {said}", self.lane))

    def _flowed(self, on: bool) -> None:
        if on:
            self.sprayer.pulse()

    @property
    def occupied(self) -> bool:
        """Returns True if a vehicle is on a loop or under the arm, at this moment."""
        return self._sensors.occupied

    @property
    def guarded(self) -> bool:
        """Returns True if a third sensor is fitted under the arm."""
        return self._sensors.guarded

    @property
    def raised(self) -> bool:
        """Returns True while the barrier's relay holds it up."""
        return self._barrier.raised

    @property
    def tells_up(self) -> bool:
        """Returns True if an end switch says that the barrier is up."""
        return self._barrier.tells_up

    @property
    def tells_down(self) -> bool:
        """Returns True if an end switch says that the barrier is down."""
        return self._barrier.tells_down

    @property
    def at_up(self) -> bool:
        """Returns True if the upper end switch is closed at this moment."""
        return self._barrier.at_up

    @property
    def at_down(self) -> bool:
        """Returns True if the lower end switch is closed at this moment."""
        return self._barrier.at_down

    @property
    def sprayed(self) -> float:
        """Seconds that the sprayer ran for the vehicle at the lane."""
        return self.sprayer.sprayed

    @property
    def litres(self) -> float | None:
        """Litres that flowed for the vehicle at the lane; None: no flow sensor is fitted."""
        return self.sprayer.litres

    # -- what the lane does --------------------------------------------------------------------------------------------

    def raise_barrier(self) -> None:
        """Switches the barrier's relay on."""
        self._barrier.up()

    def lower_barrier(self) -> bool:
        """Switches the barrier's relay off. Returns False if it stays on, because somebody is under the arm at this moment."""
        return self._barrier.down()

    def start_spray(self, seconds: float, run: int) -> None:
        """Sprays for so many seconds; `SprayDone` with the same `run` when it ran to its end."""
        self.sprayer.run(seconds, run)

    def stop_spray(self) -> None:
        """Stops spraying."""
        self.sprayer.stop()

    def forget_spray(self) -> None:
        """Sets the sprayed seconds and litres back: another vehicle comes."""
        self.sprayer.clear()

    def light(self, colour: Colour) -> None:
        """Lights one lamp and no other."""
        for each, lamp in self._lamps.items():
            if each is not colour:
                lamp.off()
        self._lamps[colour].on()

    def buzz(self, seconds: float) -> None:
        """Sounds the buzzer once, if one is fitted."""
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
        self._barrier.release()
        self._fittings.close()
