"""The wires of a simulated lane: mock pins, pressed and read. Tested in `tests/edge/simulation/test_world.py`."""

from collections.abc import Callable, Mapping
from typing import Any

PRESS = 0.15


class Wires:
    """The far end of a lane's wires. Loops, third sensor and buttons close to ground: pressed is low; relays are on when high."""

    def __init__(self, factory: Any, pins: Mapping[str, int]) -> None:
        self._pins = {name: factory.pin(number) for name, number in pins.items()}

    def loop(self, name: str, occupied: bool) -> None:
        """A vehicle comes onto a loop (`outer`, `inner`) or under the arm (`safety`), or leaves it; nothing where no third sensor is fitted."""
        pin = self._pins.get(name) if name == "safety" else self._pins[f"{name}_loop"]
        if pin is None:
            return
        if occupied:
            pin.drive_low()
        else:
            pin.drive_high()

    def press(self, name: str, pause: Callable[[float], None]) -> None:
        """Somebody presses a button and lets it go."""
        self._pins[name].drive_low()
        try:
            pause(PRESS)
        finally:
            self._pins[name].drive_high()

    def on(self, name: str) -> bool:
        """Returns True if a relay, or a lamp, is on."""
        return bool(self._pins[name].state)

    @property
    def may_drive(self) -> bool:
        """Returns True if a driver sees the green lamp, and the arm up."""
        switch = self._pins.get("barrier_up")
        return self.on("green") and (self.on("barrier") if switch is None else not switch.state)
