"""The settings of the demo's gates, each with the sensors that it has.

Tested in `tests/scripts/test_scenario.py`.
"""

from dataclasses import dataclass

TOWN = "demo"
STAND = 0.3
"""Seconds on its loop after which a vehicle stands, in a town where everybody is in a hurry."""
SLOWEST = 2.0
"""Metres a second at which the slowest vehicle drives through."""
DRAWBAR = 0.3
"""Seconds for which a loop is free between a truck and its trailer, at most."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """What differs from gate to gate. `clock`: how far it is trusted; `gap`: the seconds of `times.gap`."""

    clock: str = "synced"
    third_sensor: bool = False
    gap: float = 0.0


def gate_toml(gate: str, link: int, kiosk: int, fitting: Fitting) -> str:
    """The settings of a simulated gate. The scanner takes a text for a new one sooner: vehicles follow closely here."""
    safety = "\nsafety = 4" if fitting.third_sensor else ""
    return f"""\
# Written by the demo at each start.
town = "{TOWN}"
gate = "{gate}"

[hub]
host = "127.0.0.1"
port = {link}

[[lanes]]
name = "1"
direction = "loops"

[lanes.camera]
source = "simulation"
width = 1280
height = 720
frames_per_second = 5

[lanes.scanner]
decoders = ["zxing", "pyzbar"]
repeat_seconds = 3

# what is fitted beyond the least; the machines at the far end are simulated too
[lanes.pins]
barrier_up = 20
barrier_down = 21
flow = 16
tank = 25
buzzer = 18
help = 26{safety}

# vehicles here stand sooner, and creep less, than on a road
[lanes.times]
stand = {STAND}
gap = {fitting.gap}

[lanes.road]
slowest = {SLOWEST}

[lanes.flow]
pulses_per_litre = 100

[hardware]
factory = "mock"

[kiosk]
host = "127.0.0.1"
port = {kiosk}

[simulation]
scenario = "scenario.json"
clock = "{fitting.clock}"
"""
