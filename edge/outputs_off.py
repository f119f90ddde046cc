"""Switches a gate's outputs off after its process died: `python -m edge.outputs_off DIR`, from the unit's ExecStopPost.

Raspberry Pi kernels keep an output's level when its process is gone (raspberrypi/linux 6117), so a crash would leave the
sprayer running. The barrier goes where the last policy wants it in a fault: down while both loops are free, or up. A pin that
cannot be had is one line and exit status 1, and keeps no other pin of any lane from being driven.
"""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpiozero import OutputDevice

from edge.config import ConfigError, LaneSettings, OutputWiring, Settings, load
from edge.hardware import LAMP, HardwareError, leave_driven, pin_errors, pin_factory
from edge.inputs import Contact, Range
from edge.keys import Keys
from edge.lists import FILE as LISTS
from edge.lists import Lists


def switch_off(lane: LaneSettings, factory: Any) -> tuple[list[str], list[str]]:
    """Drives a lane's sprayer, lamps and buzzer off, the sprayer first; the names of those that are, and what failed."""
    pins, wiring = lane.pins, lane.wiring
    outputs = [
        ("sprayer", pins.sprayer, wiring.relays),
        ("red", pins.red, wiring.lamps),
        ("amber", pins.amber, wiring.lamps),
        ("green", pins.green, wiring.lamps),
        ("buzzer", pins.buzzer, wiring.relays),
        ("camera lamp", lane.camera.lamp, LAMP),
    ]
    fitted = [(name, pin, sort) for name, pin, sort in outputs if pin is not None]
    off, faults = [], []
    for name, pin, sort in fitted:
        try:
            _drive(pin, sort, factory, on=False)
        except pin_errors() as error:
            faults.append(f"{name}: {error}")
        else:
            off.append(name)
    return off, faults


def leave_barrier(lane: LaneSettings, factory: Any, *, up: bool) -> str:
    """Puts a lane's barrier where the policy wants it in a fault; what became of it."""
    if not up and occupied(lane, factory):
        return "left as it was: a vehicle is in the lane"
    _drive(lane.pins.barrier, lane.wiring.relays, factory, on=up, stays=up)
    return "up" if up else "down"


def _drive(pin: int, wiring: OutputWiring, factory: Any, *, on: bool, stays: bool = False) -> None:
    high = wiring.active == "high"
    output = OutputDevice(pin, active_high=high, initial_value=on, pin_factory=factory)
    if stays:
        leave_driven(output)
    output.close()


def occupied(lane: LaneSettings, factory: Any) -> bool:
    """Whether a vehicle stands on either loop."""
    pins = lane.pins.fitted()
    for side in ("outer", "inner"):
        loop = pins[f"{side}_loop"]
        seen: Contact | Range
        if lane.presence.kind == "loops":
            seen = Contact(loop, lane.wiring.loops, factory)
        else:
            seen = Range(loop, pins[f"{side}_trigger"], lane.presence.near, factory)
        try:
            if seen.on:
                return True
        finally:
            seen.close()
    return False


def fails_open(folder: Path, town: str) -> bool:
    """Whether the policy that the gate holds wants the barrier up in a fault. Where none can be read, it goes down."""
    try:
        if not (folder / LISTS).exists():
            return False
        lists = Lists.open(folder / LISTS, town=town, hub_key=Keys.load(folder).hub)
        policy = lists.snapshot().policy
        lists.close()
    except (sqlite3.Error, OSError, ValueError) as error:
        print(f"outputs-off: {error}; the barrier goes down", file=sys.stderr)
        return False
    return policy is not None and policy.fails_open


def main(arguments: list[str]) -> int:
    """The command: the gate's folder is its one argument."""
    if len(arguments) != 1:
        print("usage: python -m edge.outputs_off DIR", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        settings = load(folder)
        factory = pin_factory(settings.hardware.factory)
    except (ConfigError, HardwareError) as error:
        print(f"outputs-off: {error}", file=sys.stderr)
        return 1
    faults = leave_safe(settings, factory, lambda: fails_open(folder, settings.town))
    for fault in faults:
        print(f"outputs-off: {fault}", file=sys.stderr)
    return 1 if faults else 0


def leave_safe(settings: Settings, factory: Any, wants_up: Callable[[], bool]) -> list[str]:
    """Every output of every lane off and every barrier where it should be; what failed, one line each."""
    faults: list[str] = []
    # what needs no look at the policy, first
    for lane in settings.lanes:
        off, failed = switch_off(lane, factory)
        faults += [f"lane {lane.name}: {fault}" for fault in failed]
        print(f"lane {lane.name}: off: {', '.join(off)}")
    up = wants_up()
    for lane in settings.lanes:
        try:
            print(f"lane {lane.name}: barrier {leave_barrier(lane, factory, up=up)}")
        except pin_errors() as error:
            faults.append(f"lane {lane.name}: barrier: {error}")
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
