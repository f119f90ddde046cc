"""Distance sensors as loops."""

import time

from gpiozero.pins.mock import MockFactory, MockTriggerPin

from edge.config import Pins
from edge.hardware.lane import LaneHardware
from edge.lane.events import Event, Loop, LoopChanged
from tests.edge.gates import fitted

METRE = 1 / 340 * 2
"""Seconds of an echo from a metre away."""
PINS = Pins(outer_trigger=14, inner_trigger=15)


def test_a_vehicle_that_is_near_is_on_the_loop() -> None:
    factory, heard = MockFactory(), list[Event]()
    for echo, trigger, seconds in (
        (PINS.outer_loop, PINS.outer_trigger, METRE),
        (PINS.inner_loop, PINS.inner_trigger, 3 * METRE),
    ):
        pin = factory.pin(echo)
        factory.pin(trigger, pin_class=MockTriggerPin, echo_pin=pin, echo_time=seconds)
    presence = {"kind": "distance", "near": 1.5}
    lane = LaneHardware(fitted(pins=PINS, presence=presence), heard.append, factory=factory)
    end = time.monotonic() + 10
    while not lane.occupied and time.monotonic() < end:
        time.sleep(0.05)
    lane.start()
    assert LoopChanged("1", Loop.OUTER, True) in heard
    assert LoopChanged("1", Loop.INNER, True) not in heard
    lane.close()
