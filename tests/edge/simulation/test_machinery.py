"""The simulated machines at the far end of the relays do what the pins tell them, in their time."""

from gpiozero.pins.mock import MockFactory

from edge.config import Pins
from edge.hardware.lane import LaneHardware
from edge.lane.events import BarrierDown, BarrierMoving, BarrierUp, Event, Loop, LoopChanged
from edge.simulation.machinery import TRAVEL, Machinery
from edge.simulation.wires import Wires
from tests.edge.gates import fitted

PINS = Pins(barrier_up=20, barrier_down=21, flow=16)


def test_the_barrier_takes_its_time_and_its_switches_say_where_it_is() -> None:
    factory, heard = MockFactory(), list[Event]()
    lane = LaneHardware(fitted(pins=PINS), heard.append, factory=factory)
    machines = Machinery(factory, PINS.fitted())
    machines.move(0.1)
    lane.raise_barrier()
    machines.move(TRAVEL / 2)
    assert heard == [BarrierDown("1"), BarrierMoving("1")]
    machines.move(TRAVEL)
    lane.lower_barrier()
    machines.move(TRAVEL)
    moves = [BarrierMoving("1"), BarrierUp("1"), BarrierMoving("1"), BarrierDown("1")]
    assert heard == [BarrierDown("1"), *moves]
    lane.close()


def test_solution_flows_while_the_sprayer_is_on() -> None:
    factory = MockFactory()
    lane = LaneHardware(fitted(pins=PINS), lambda event: None, factory=factory)
    machines = Machinery(factory, PINS.fitted())
    machines.move(0.1)
    assert lane.litres == 0
    lane.start_spray(5, 1)
    for _ in range(9):
        machines.move(0.1)
    assert lane.litres == 9 / 450
    lane.close()


def test_a_lane_without_switches_and_sensor_has_the_same_machines() -> None:
    factory = MockFactory()
    lane = LaneHardware(fitted(), lambda event: None, factory=factory)
    lane.raise_barrier()
    lane.start_spray(5, 1)
    Machinery(factory, Pins().fitted()).move(1.0)
    assert lane.litres is None
    lane.close()


def test_a_simulated_vehicle_is_on_the_third_sensor_where_one_is_fitted() -> None:
    for pins, changes in ((Pins(safety=4), [True, False]), (Pins(), [])):
        factory, heard = MockFactory(), list[Event]()
        lane = LaneHardware(fitted(pins=pins), heard.append, factory=factory)
        wires = Wires(factory, pins.fitted())
        for occupied in (True, False):
            wires.loop("safety", occupied)
        assert heard == [LoopChanged("1", Loop.SAFETY, occupied) for occupied in changes]
        lane.close()
