"""The devices that are fitted at a lane, opened on its pins one by one. Tested in `tests/edge/hardware/test_lane.py`."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar

from gpiozero import OutputDevice

from edge.config import InputWiring, LaneSettings, OutputWiring
from edge.hardware.inputs import Contact, Range
from edge.hardware.pins import pin_errors
from edge.hardware.sensors import Sensor, Sensors
from edge.lane.events import Loop

Device = TypeVar("Device")
EXTRAS: Final = frozenset({"buzzer", "flow", "tank", "help"})
"""What a lane goes on without. Without a flow sensor the officer's button says that it sprayed, as where none is fitted.

The end switches of the barrier are none: who believed that it moved would be wrong about where it stands. Nor is the third
sensor: the arm would come down on what is under it.
"""


class Fittings:
    """Opens the devices of a lane and closes them. `missing`: why something of `EXTRAS` cannot be opened, by its name."""

    def __init__(self, settings: LaneSettings, factory: Any) -> None:
        self._presence = settings.presence
        self._loops = settings.wiring.loops
        self._safety = settings.wiring.safety
        self._pins = settings.pins.fitted()
        self._factory = factory
        self._devices: list[Any] = []
        self.missing: dict[str, str] = {}

    def add(self, device: Any) -> None:
        """Adds a device, which is closed before those opened earlier."""
        self._devices.append(device)

    def output(self, name: str, wiring: OutputWiring, *, on: bool = False) -> Any:
        """A relay or lamp, switched from its first moment on as it should be."""
        high = wiring.active == "high"
        device = OutputDevice(self._pins[name], active_high=high, initial_value=on, pin_factory=self._factory)
        self.add(device)
        return device

    def contact(self, name: str, wiring: InputWiring) -> Contact:
        """A button, a switch or another contact."""
        device = Contact(self._pins[name], wiring, self._factory)
        self.add(device)
        return device

    def contacts(self, names: Iterable[str], wiring: InputWiring) -> dict[str, Contact]:
        """The contacts of these names that are fitted, and can be opened if they are extras."""
        found: dict[str, Contact] = {}
        for name in names:
            if name in EXTRAS:
                extra = self.optional(name, partial(self.contact, name, wiring))
                found |= {} if extra is None else {name: extra}
            elif name in self._pins:
                found[name] = self.contact(name, wiring)
        return found

    def optional(self, name: str, open_: Callable[[], Device]) -> Device | None:
        """Something that the lane can do without; None if it is not fitted, or cannot be opened."""
        if name not in self._pins:
            return None
        try:
            return open_()
        except pin_errors() as error:
            self.missing[name] = str(error) or type(error).__name__
            return None

    def sensors(self) -> Sensors:
        """Both loops, and the third sensor if it is fitted. One that cannot be opened is an error of the lane."""
        found: dict[Loop, Sensor] = {loop: self._presence_at(loop) for loop in (Loop.OUTER, Loop.INNER)}
        if "safety" in self._pins:
            found[Loop.SAFETY] = self.contact("safety", self._safety)
        return Sensors(found)

    def _presence_at(self, loop: Loop) -> Sensor:
        """The sensor for a vehicle at one end of the lane: a loop's contact, or a distance sensor."""
        if self._presence.kind == "loops":
            return self.contact(f"{loop.value}_loop", self._loops)
        echo, trigger = self._pins[f"{loop.value}_loop"], self._pins[f"{loop.value}_trigger"]
        device = Range(echo, trigger, self._presence.near, self._factory)
        self.add(device)
        return device

    def close(self) -> None:
        """Gives the pins back, the last that was opened first."""
        for device in reversed(self._devices):
            device.close()
