"""Switches a gate's outputs off after its process died: `python -m edge.commands.outputs_off DIR`, from the unit's ExecStopPost.

Raspberry Pi kernels keep an output's level when its process is gone (raspberrypi/linux 6117), so a crash would leave the
sprayer running. The barrier goes where the last policy wants it in a fault: down while loops and arm are free, or up. Exit
status 1 with one line that names every pin that cannot be had; it keeps none of the others from being driven.
"""

import sqlite3
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from gpiozero import OutputDevice

from edge.config import ConfigError, LaneSettings, OutputWiring, load
from edge.hardware.barrier_mark import Mark, raised_mark
from edge.hardware.inputs import Contact, Range
from edge.hardware.lamp import LAMP
from edge.hardware.pins import HardwareError, leave_driven, pin_errors, pin_factory
from edge.keys import Keys
from edge.lists.store import FILE as LISTS
from edge.lists.store import Lists

Attempt = tuple[str, Callable[[], str]]
"""What is done to which output, and how: it says what became of it, or raises what a pin does that cannot be had."""


def switch_off(lane: LaneSettings, factory: Any) -> list[Attempt]:
    """A lane's sprayer, lamps and buzzer, each to be driven off. The sprayer comes first."""
    pins, wiring = lane.pins, lane.wiring
    outputs = [
        ("sprayer", pins.sprayer, wiring.relays),
        ("red", pins.red, wiring.lamps),
        ("amber", pins.amber, wiring.lamps),
        ("green", pins.green, wiring.lamps),
        ("buzzer", pins.buzzer, wiring.relays),
        ("camera lamp", lane.camera.lamp, LAMP),
    ]
    return [(name, partial(_drive, pin, sort, factory, on=False)) for name, pin, sort in outputs if pin is not None]


def leave_barrier(lane: LaneSettings, factory: Any, mark: Mark, *, up: bool) -> str:
    """Puts a lane's barrier where the policy wants it in a fault, and leaves a mark for the next run. Returns what was done, in words."""
    if not up and occupied(lane, factory):
        return "left as it was: a vehicle is in the lane"
    _drive(lane.pins.barrier, lane.wiring.relays, factory, on=up)
    mark.put(up)
    return "up" if up else "down"


def tried(attempts: Iterable[Attempt]) -> tuple[list[str], list[str]]:
    """Makes every attempt, whatever becomes of the others. Returns what was done, and what could not be done."""
    done, failed = [], []
    for name, attempt in attempts:
        try:
            done.append(f"{name} {attempt()}")
        except pin_errors() as error:
            failed.append(f"{name}: {error}")
    return done, failed


def _drive(pin: int, wiring: OutputWiring, factory: Any, *, on: bool) -> str:
    high = wiring.active == "high"
    output = OutputDevice(pin, active_high=high, initial_value=on, pin_factory=factory)
    if on:
        leave_driven(output)
    output.close()
    return "on" if on else "off"


def occupied(lane: LaneSettings, factory: Any) -> bool:
    """Returns True if a vehicle stands on a loop, or under the arm where a third sensor is fitted."""
    pins = lane.pins.fitted()
    for name in ("outer_loop", "inner_loop", "safety"):
        if name not in pins:
            continue
        sensor: Contact | Range
        if name == "safety":
            sensor = Contact(pins[name], lane.wiring.safety, factory)
        elif lane.presence.kind == "loops":
            sensor = Contact(pins[name], lane.wiring.loops, factory)
        else:
            trigger = pins[name.replace("_loop", "_trigger")]
            sensor = Range(pins[name], trigger, lane.presence.near, factory)
        try:
            if sensor.on:
                return True
        finally:
            sensor.close()
    return False


def fails_open(folder: Path, town: str) -> bool:
    """Returns True if the policy that the gate holds wants the barrier up in a fault. Where none can be read, it goes down."""
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
        print("usage: python -m edge.commands.outputs_off DIR", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        settings = load(folder)
        factory = pin_factory(settings.hardware.factory)
    except (ConfigError, HardwareError, OSError) as error:
        print(f"outputs-off: {error}", file=sys.stderr)
        return 1
    failed: list[str] = []
    # what needs no look at the policy, first
    for lane in settings.lanes:
        failed += _told(lane, switch_off(lane, factory))
    up = fails_open(folder, settings.town)
    for lane in settings.lanes:
        failed += _told(
            lane, [("barrier", partial(leave_barrier, lane, factory, raised_mark(folder, lane.name), up=up))]
        )
    if failed:
        print(f"outputs-off: {'; '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _told(lane: LaneSettings, attempts: Iterable[Attempt]) -> list[str]:
    done, failed = tried(attempts)
    if done:
        print(f"lane {lane.name}: {', '.join(done)}")
    return [f"lane {lane.name}, {each}" for each in failed]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
