"""The lamp of a lane: red, green, blinking.

Tested in `tests/edge/commands/test_outputs_off.py`.
"""

from typing import Any, Final

from gpiozero import OutputDevice

from edge.config import OutputWiring
from edge.hardware.pins import HardwareError, pin_errors

LAMP: Final = OutputWiring()
"""How the ring light of a camera is wired: active high, off when the program is."""


class Lamp:
    """The ring light of a lane's camera."""

    def __init__(self, lane: str, pin: int, *, factory: Any) -> None:
        try:
            self._relay = OutputDevice(pin, active_high=LAMP.active == "high", initial_value=False, pin_factory=factory)
        except pin_errors() as error:
            raise HardwareError(f"lane {lane}: camera lamp: {error}") from None

    def light(self, on: bool) -> None:
        """On or off."""
        self._relay.value = int(on)

    def close(self) -> None:
        """Off, and the pin given back."""
        self._relay.close()
