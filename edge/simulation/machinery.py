"""The far end of a simulated lane's relays: a barrier that takes its time and has end switches, a pump with a flow sensor.

It looks at the mock pins of the outputs and drives those of the inputs that are fitted, as the real machines would.
"""

import threading
from collections.abc import Mapping
from typing import Any

LOOK = 0.05
"""Seconds between two looks; also between two pulses of the flow sensor."""
TRAVEL = 0.3
"""Seconds that the barrier takes from one end to the other."""


class Machinery:
    """One lane's machines. `pins`: BCM numbers by name, of what is fitted. Contacts close to ground."""

    def __init__(self, factory: Any, pins: Mapping[str, int]) -> None:
        self._pins = {name: factory.pin(number) for name, number in pins.items()}
        self._place = 0.0
        self._told: dict[str, bool] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="machinery", daemon=True)

    def start(self) -> None:
        """The machines are switched on. The gate's devices must have been opened: an unclaimed pin cannot be driven."""
        self._thread.start()

    def stop(self) -> None:
        """Stops where they are."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK):
            self.move(LOOK)

    def move(self, seconds: float) -> None:
        """Moves the machines on by a time."""
        step = seconds / TRAVEL
        self._place = min(1.0, self._place + step) if self._on("barrier") else max(0.0, self._place - step)
        self._close("barrier_up", self._place == 1.0)
        self._close("barrier_down", self._place == 0.0)
        if self._on("sprayer") and "flow" in self._pins:
            self._pins["flow"].drive_low()
            self._pins["flow"].drive_high()

    def _on(self, name: str) -> bool:
        return bool(self._pins[name].state)

    def _close(self, name: str, closed: bool) -> None:
        if name not in self._pins or self._told.get(name) is closed:
            return
        self._told[name] = closed
        if closed:
            self._pins[name].drive_low()
        else:
            self._pins[name].drive_high()
