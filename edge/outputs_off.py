"""Switches a gate's outputs off after its process died: `python -m edge.outputs_off DIR`, from the unit's ExecStopPost.

Raspberry Pi kernels keep an output's level when its process is gone (raspberrypi/linux 6117), so a crash would leave the
sprayer running. The barrier is let down only while both loops are free. Exit status 1 with one line if a pin cannot be had.
"""

import sys
from pathlib import Path
from typing import Any

from gpiozero import Button, OutputDevice
from gpiozero.exc import GPIOZeroError

from edge.config import ConfigError, Pins, load
from edge.hardware import HardwareError, pin_factory


def switch_off(pins: Pins, factory: Any) -> list[str]:
    """Drives a lane's relays and lamps low; the names of what was switched off. The sprayer comes first."""
    names = ["sprayer", "red", "amber", "green"]
    if not occupied(pins, factory):
        names.append("barrier")
    for name in names:
        OutputDevice(getattr(pins, name), initial_value=False, pin_factory=factory).close()
    return names


def occupied(pins: Pins, factory: Any) -> bool:
    """Whether a vehicle stands on either loop."""
    loops = [Button(pin, pull_up=True, pin_factory=factory) for pin in (pins.outer_loop, pins.inner_loop)]
    try:
        return any(loop.is_pressed for loop in loops)
    finally:
        for loop in loops:
            loop.close()


def main(arguments: list[str]) -> int:
    """The command: the gate's folder is its one argument."""
    if len(arguments) != 1:
        print("usage: python -m edge.outputs_off DIR", file=sys.stderr)
        return 2
    try:
        settings = load(Path(arguments[0]))
        factory = pin_factory(settings.hardware.factory)
        for lane in settings.lanes:
            print(f"lane {lane.name}: off: {', '.join(switch_off(lane.pins, factory))}")
    except (ConfigError, HardwareError, GPIOZeroError, OSError) as error:
        print(f"outputs-off: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
