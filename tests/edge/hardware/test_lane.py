"""gpiozero's devices on mock pins: what the wires say, what the relays do, and what is left when the program goes."""

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory, MockPin

from edge.config import FlowSettings, Pins, Times, Wiring
from edge.contract.reasons import Colour
from edge.hardware.barrier_mark import RaisedMark
from edge.hardware.lane import LaneHardware
from edge.hardware.pins import HardwareError, pin_factory
from edge.hardware.sprayer import Sprayer
from edge.lane.events import (
    AlarmBegan,
    AlarmEnded,
    BarrierDown,
    BarrierMoving,
    BarrierUp,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    HelpPressed,
    Loop,
    LoopChanged,
    SprayDone,
    TankChanged,
    TurnBackPressed,
)
from tests.edge.gates import STILL, LgpioError, PressedPin, fitted, lgpio_at_work

PINS = Pins()


class Bench:
    """A lane on mock pins and the far end of its wires."""

    def __init__(self, spray_most: float = 5.0, **changes: object) -> None:
        self.factory = MockFactory()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.settings = fitted(spray_most, "1", **changes)
        self.lane = LaneHardware(self.settings, self.events.put, factory=self.factory)

    def pin(self, name: str) -> Any:
        return self.factory.pin(getattr(self.settings.pins, name))

    def level(self, name: str) -> bool:
        return bool(self.pin(name).state)

    def press(self, name: str) -> None:
        self.pin(name).drive_low()

    def let_go(self, name: str) -> None:
        self.pin(name).drive_high()

    def heard(self) -> list[Event]:
        events = []
        while not self.events.empty():
            events.append(self.events.get())
        return events

    def next(self) -> Event:
        return self.events.get(timeout=5)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.lane.close()


def test_a_lane_comes_up_closed_red_and_dry(bench: Bench) -> None:
    levels = {name: bench.level(name) for name in ("barrier", "sprayer", "red", "amber", "green")}
    assert levels == {"barrier": False, "sprayer": False, "red": True, "amber": False, "green": False}


def test_loops_and_buttons_become_events(bench: Bench) -> None:
    for name in ("outer_loop", "inner_loop", "disinfected", "turn_back", "emergency"):
        bench.press(name)
    bench.let_go("outer_loop")
    bench.let_go("emergency")
    assert bench.heard() == [
        LoopChanged("1", Loop.OUTER, True),
        LoopChanged("1", Loop.INNER, True),
        DisinfectedPressed("1"),
        TurnBackPressed("1"),
        EmergencyPressed("1"),
        LoopChanged("1", Loop.OUTER, False),
    ]


def test_a_vehicle_that_already_stands_there_is_told_at_the_start(bench: Bench) -> None:
    bench.press("outer_loop")
    bench.heard()
    bench.lane.start()
    assert bench.heard() == [
        LoopChanged("1", Loop.OUTER, True),
        AlarmEnded("no_flow", "1"),
        AlarmEnded("flow_unasked", "1"),
        AlarmEnded("not_fitted", "1"),
    ]


def test_one_lamp_at_a_time(bench: Bench) -> None:
    bench.lane.light(Colour.GREEN)
    assert [bench.level(colour) for colour in ("red", "amber", "green")] == [False, False, True]


def test_the_barrier_does_not_come_down_while_a_loop_is_occupied(bench: Bench) -> None:
    bench.lane.raise_barrier()
    bench.press("inner_loop")
    assert not bench.lane.lower_barrier()
    # nor by itself: the lane says when, after the loops stayed free
    bench.let_go("inner_loop")
    assert bench.level("barrier")
    assert bench.lane.lower_barrier()
    assert not bench.level("barrier")


def after_a_crash(tmp_path: Path, *, occupied: bool, same_boot: bool = True) -> LaneHardware:
    """A new run, after one that was killed while the barrier was up; its line reads low, as one that lgpio has just claimed does."""
    killed = LaneHardware(fitted(), lambda event: None, factory=MockFactory(), mark=RaisedMark(tmp_path, "1", "b1"))
    killed.raise_barrier()
    factory = MockFactory()
    if occupied:
        factory.pin(PINS.inner_loop, pin_class=PressedPin)
    mark = RaisedMark(tmp_path, "1", "b1" if same_boot else "b2")
    return LaneHardware(fitted(), lambda event: None, factory=factory, mark=mark)


@pytest.mark.parametrize("occupied", [True, False])
def test_a_restart_keeps_a_barrier_up_only_over_a_vehicle(tmp_path: Path, occupied: bool) -> None:
    hands = after_a_crash(tmp_path, occupied=occupied)
    assert hands.raised is occupied
    hands.close()


def test_a_barrier_that_fell_with_the_power_is_not_raised_for_who_stands_there(tmp_path: Path) -> None:
    hands = after_a_crash(tmp_path, occupied=True, same_boot=False)
    assert not hands.raised
    hands.close()


def test_a_barrier_that_came_down_is_not_raised_by_a_restart(tmp_path: Path) -> None:
    before = LaneHardware(fitted(), lambda event: None, factory=MockFactory(), mark=RaisedMark(tmp_path, "1", "b1"))
    before.raise_barrier()
    assert before.lower_barrier()
    factory = MockFactory()
    factory.pin(PINS.inner_loop, pin_class=PressedPin)
    hands = LaneHardware(fitted(), lambda event: None, factory=factory, mark=RaisedMark(tmp_path, "1", "b1"))
    assert not hands.raised
    hands.close()


def test_a_mark_that_cannot_be_written_keeps_no_barrier_from_moving(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="ascii")
    mark = RaisedMark(tmp_path / "file", "1", "b1")
    hands = LaneHardware(fitted(), lambda event: None, factory=MockFactory(), mark=mark)
    hands.raise_barrier()
    assert (hands.raised, mark.stands) == (True, False)
    assert hands.lower_barrier()
    hands.close()


def spray_done(bench: Bench) -> SprayDone:
    event = bench.events.get(timeout=5)
    assert isinstance(event, SprayDone)
    return event


def test_the_sprayer_stops_by_itself_and_says_how_long_it_ran(bench: Bench) -> None:
    bench.lane.start_spray(0.05, 7)
    assert bench.level("sprayer")
    done = spray_done(bench)
    assert done.seconds == pytest.approx(0.05, abs=0.5)
    assert done.run == 7
    assert not bench.level("sprayer")


def test_the_sprayer_never_runs_longer_than_its_maximum() -> None:
    bench = Bench(spray_most=0.05)
    began = time.monotonic()
    bench.lane.start_spray(3600, 1)
    spray_done(bench)
    assert time.monotonic() - began < 5
    assert not bench.level("sprayer")
    bench.lane.close()


def test_a_stopped_sprayer_says_nothing_and_remembers_its_seconds(bench: Bench) -> None:
    bench.lane.start_spray(60, 1)
    bench.lane.stop_spray()
    assert (bench.level("sprayer"), bench.heard()) == (False, [])
    assert 0 < bench.lane.sprayed < 5
    bench.lane.forget_spray()
    assert bench.lane.sprayed == 0


def test_a_run_that_ends_as_the_next_begins_ends_neither_the_next_nor_in_its_name() -> None:
    relay = OutputDevice(PINS.sprayer, pin_factory=MockFactory())
    done: list[int] = []
    sprayer = Sprayer(relay, 60.0, lambda number, seconds, litres: done.append(number), time.monotonic)
    sprayer.run(30, 1)
    late = sprayer._timer
    assert late is not None
    sprayer.run(30, 2)
    late.function(*late.args)  # it had run out already when it was cancelled
    assert (done, bool(relay.value)) == ([], True)
    sprayer.close()
    relay.close()


def test_closing_leaves_the_lane_safe(bench: Bench) -> None:
    seen: list[tuple[str, bool]] = []
    bench.lane.raise_barrier()
    bench.lane.start_spray(60, 1)
    for name in ("barrier", "sprayer"):
        pin = bench.factory.pin(getattr(PINS, name))
        close = pin.close

        def note(name: str = name, close: Callable[[], None] = close) -> None:
            seen.append((name, bench.level(name)))
            close()

        pin.close = note
    bench.lane.close()
    assert sorted(seen) == [("barrier", False), ("sprayer", False)]


def test_closing_does_not_drop_the_barrier_onto_a_vehicle(bench: Bench) -> None:
    bench.lane.raise_barrier()
    bench.press("inner_loop")
    pin = bench.pin("barrier")
    bench.lane.close()
    # at the end of a program gpiozero closes what is left, device by device, and makes inputs of their lines
    bench.factory.close()
    assert (pin.function, bool(pin.state)) == ("output", True)


def test_a_factory_that_this_machine_lacks_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    with pytest.raises(HardwareError, match="pins: factory 'lgpio' cannot be opened") as caught:
        pin_factory("lgpio")
    assert "\n" not in str(caught.value)


def test_a_pin_that_is_taken_is_one_line(bench: Bench) -> None:
    with pytest.raises(HardwareError, match="lane 2: pins:"):
        LaneHardware(fitted(name="2"), bench.events.put, factory=bench.factory)


class TakenPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A line that another program holds."""

    def _set_pull(self, value: str) -> None:
        if value == "up":
            raise LgpioError("GPIO busy")
        super()._set_pull(value)


def test_a_line_that_another_program_holds_is_one_line_in_lgpios_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    lgpio_at_work(monkeypatch)
    factory = MockFactory()
    factory.pin(PINS.outer_loop, pin_class=TakenPin)
    with pytest.raises(HardwareError, match=r"^lane 1: pins: 'GPIO busy'$"):
        LaneHardware(fitted(), lambda event: None, factory=factory)


# -- what is fitted beyond the least -------------------------------------------------------------------------------------

WHOLE = Pins(barrier_up=20, barrier_down=21, flow=16, tank=25, buzzer=18, help=26)
SENSOR = FlowSettings(pulses_per_litre=10, dry=0.2)


@pytest.fixture
def whole() -> Iterator[Bench]:
    made = Bench(pins=WHOLE, flow=SENSOR)
    yield made
    made.lane.close()


def test_end_switches_say_where_the_barrier_is(whole: Bench) -> None:
    assert (whole.lane.tells_up, whole.lane.tells_down) == (True, True)
    whole.press("barrier_down")
    assert (whole.lane.at_up, whole.lane.at_down) == (False, True)
    whole.let_go("barrier_down")
    assert (whole.lane.at_up, whole.lane.at_down) == (False, False)
    whole.press("barrier_up")
    assert (whole.lane.at_up, whole.lane.at_down) == (True, False)
    assert whole.heard() == [BarrierDown("1"), BarrierMoving("1"), BarrierUp("1")]


def test_without_end_switches_the_barrier_is_at_neither_end(bench: Bench) -> None:
    hands = bench.lane
    assert (hands.tells_up, hands.tells_down, hands.at_up, hands.at_down) == (False, False, False, False)


def test_tank_and_help_are_told(whole: Bench) -> None:
    whole.press("tank")
    whole.press("help")
    whole.let_go("tank")
    assert whole.heard() == [TankChanged("1", True), HelpPressed("1"), TankChanged("1", False)]


def test_how_a_lane_stands_is_told_at_the_start(whole: Bench) -> None:
    whole.press("barrier_down")
    whole.heard()
    whole.lane.start()
    assert whole.heard()[:2] == [BarrierDown("1"), TankChanged("1", False)]


def test_a_spray_lasts_until_so_many_seconds_really_flowed(whole: Bench) -> None:
    whole.lane.start_spray(0.3, 1)
    time.sleep(0.15)  # the pump primes
    end = time.monotonic() + 5
    while whole.events.empty() and time.monotonic() < end:
        whole.press("flow")
        whole.let_go("flow")
        time.sleep(0.02)
    done = spray_done(whole)
    assert done.litres is not None
    assert done.litres > 0
    assert done.seconds == pytest.approx(0.3, abs=0.15)
    assert not whole.level("sprayer")


class WithoutThreads(Sprayer):
    """A sprayer on a machine that gives it one timer, and no second one."""

    def _end_in(self, seconds: float) -> None:
        if self._timer is not None:
            raise RuntimeError("can't start new thread")
        super()._end_in(seconds)


def test_a_spray_that_cannot_be_timed_any_longer_ends() -> None:
    relay = OutputDevice(PINS.sprayer, pin_factory=MockFactory())
    done: queue.SimpleQueue[float] = queue.SimpleQueue()
    sprayer = WithoutThreads(
        relay, 5.0, lambda number, seconds, litres: done.put(seconds), time.monotonic, FlowSettings()
    )
    sprayer.run(0.1)
    sprayer.pulse()  # it flows, though not for as long as was wanted: it would run on
    assert done.get(timeout=5) < 0.1
    assert not relay.value
    sprayer.close()
    relay.close()


def test_a_spray_without_flow_ends_says_so_and_is_an_alarm(whole: Bench) -> None:
    whole.lane.start_spray(0.6, 1)
    assert whole.next() == AlarmBegan("no_flow", "lane 1", "1")
    done = spray_done(whole)
    assert (done.seconds, done.litres) == (0.0, 0.0)
    whole.lane.start_spray(5, 2)
    whole.press("flow")
    assert whole.next() == AlarmEnded("no_flow", "1")


def test_flow_that_nobody_asked_for_is_an_alarm(whole: Bench) -> None:
    for _ in range(3):
        whole.press("flow")
        whole.let_go("flow")
    assert whole.next() == AlarmBegan("flow_unasked", "lane 1", "1")


def test_the_buzzer_sounds_once(whole: Bench) -> None:
    whole.lane.buzz(0.05)
    assert whole.level("buzzer")
    end = time.monotonic() + 5
    while whole.level("buzzer") and time.monotonic() < end:
        time.sleep(0.01)
    assert not whole.level("buzzer")


def test_a_start_leaves_the_barrier_up_where_the_policy_fails_open() -> None:
    bench = Bench()
    assert not bench.lane.raised
    bench.lane.close()
    started = LaneHardware(bench.settings, bench.events.put, factory=bench.factory, stays_open=True)
    assert (started.raised, bench.level("barrier"), bench.level("sprayer")) == (True, True, False)
    started.close()


def test_contacts_that_bounce_tell_one_change() -> None:
    bench = Bench(wiring=Wiring())
    for _ in range(4):
        bench.press("outer_loop")
        bench.let_go("outer_loop")
    bench.press("outer_loop")
    assert bench.next() == LoopChanged("1", Loop.OUTER, True)
    time.sleep(0.1)
    assert bench.heard() == []
    bench.lane.close()


def test_a_loop_that_is_free_for_less_than_the_gap_stays_on() -> None:
    bench = Bench(times=Times(gap=0.3))
    bench.press("outer_loop")
    assert bench.next() == LoopChanged("1", Loop.OUTER, True)
    bench.let_go("outer_loop")
    time.sleep(0.05)
    bench.press("outer_loop")
    time.sleep(0.4)
    assert bench.heard() == []
    freed = time.monotonic()
    bench.let_go("outer_loop")
    assert not bench.lane.occupied, "the level itself is that of the wire"
    assert bench.next() == LoopChanged("1", Loop.OUTER, False)
    assert time.monotonic() - freed >= 0.3
    bench.lane.close()


def test_a_start_within_a_gap_says_that_a_vehicle_is_there() -> None:
    bench = Bench(times=Times(gap=2))
    bench.press("outer_loop")
    assert bench.next() == LoopChanged("1", Loop.OUTER, True)
    bench.let_go("outer_loop")
    bench.lane.start()
    assert bench.heard()[0] == LoopChanged("1", Loop.OUTER, True)
    bench.lane.close()


# -- the third sensor, under the arm ---------------------------------------------------------------------------------------

GUARDED = Pins(safety=4)


@pytest.fixture
def guarded() -> Iterator[Bench]:
    made = Bench(pins=GUARDED)
    yield made
    made.lane.close()


def test_the_third_sensor_becomes_events_and_its_level_is_said_at_the_start(guarded: Bench) -> None:
    assert guarded.lane.guarded
    guarded.press("safety")
    assert guarded.heard() == [LoopChanged("1", Loop.SAFETY, True)]
    guarded.lane.start()
    assert guarded.heard()[0] == LoopChanged("1", Loop.SAFETY, True)
    guarded.let_go("safety")
    assert guarded.heard()[-1] == LoopChanged("1", Loop.SAFETY, False)


def test_two_loops_are_no_third_sensor(bench: Bench) -> None:
    assert not bench.lane.guarded


@pytest.mark.parametrize(
    ("on", "lowered"),
    [((), True), (("outer_loop",), True), (("inner_loop",), True), (("safety",), False), (("outer_loop", "inner_loop"), False)],
    ids=["free", "one waits outside", "one waits inside", "under the arm", "over both loops"],
)  # fmt: skip
def test_with_the_third_sensor_the_barrier_comes_down_beside_one_who_waits(
    guarded: Bench, on: tuple[str, ...], lowered: bool
) -> None:
    guarded.lane.raise_barrier()
    for name in on:
        guarded.press(name)
    assert guarded.lane.lower_barrier() is lowered
    assert guarded.lane.raised is not lowered


def test_a_gap_does_not_hold_the_barrier_up() -> None:
    bench = Bench(pins=GUARDED, times=Times(gap=2))
    bench.lane.raise_barrier()
    bench.press("safety")
    assert bench.next() == LoopChanged("1", Loop.SAFETY, True)
    assert not bench.lane.lower_barrier()
    bench.let_go("safety")
    assert bench.lane.lower_barrier(), "by the level of this moment; when to try is the lane's to say"
    bench.lane.close()


def test_closing_does_not_drop_the_barrier_onto_what_is_under_the_arm(guarded: Bench) -> None:
    guarded.lane.raise_barrier()
    guarded.press("safety")
    pin = guarded.pin("barrier")
    guarded.lane.close()
    guarded.factory.close()
    assert (pin.function, bool(pin.state)) == ("output", True)


def test_a_restart_keeps_a_barrier_up_over_what_is_under_the_arm(tmp_path: Path) -> None:
    mark = RaisedMark(tmp_path, "1", "b1")
    mark.put(True)
    factory = MockFactory()
    factory.pin(4, pin_class=PressedPin)
    hands = LaneHardware(fitted(pins=GUARDED), lambda event: None, factory=factory, mark=mark)
    assert hands.raised
    hands.close()


def test_a_light_barrier_is_wired_the_other_way_than_the_loops() -> None:
    beam = {"pull": "up", "active": "high", "debounce": 0}
    bench = Bench(pins=GUARDED, wiring={"loops": STILL, "safety": beam})
    assert bench.lane.occupied, "an open contact is a broken beam, or a broken wire"
    bench.press("safety")
    bench.press("inner_loop")
    assert bench.heard() == [LoopChanged("1", Loop.SAFETY, False), LoopChanged("1", Loop.INNER, True)]
    bench.lane.close()


def test_a_third_sensor_that_cannot_be_opened_is_an_error_of_the_lane() -> None:
    factory = MockFactory()
    taken = OutputDevice(4, pin_factory=factory)
    with pytest.raises(HardwareError, match="lane 1: pins:"):
        LaneHardware(fitted(pins=GUARDED), lambda event: None, factory=factory)
    taken.close()


def test_contacts_that_open_and_relays_that_are_active_low() -> None:
    wiring = {
        "loops": {"pull": "up", "active": "high", "debounce": 0},
        "buttons": {"pull": "down", "active": "high", "debounce": 0},
        "relays": {"active": "low"},
    }
    bench = Bench(wiring=wiring)
    assert bench.lane.occupied, "an open contact is a vehicle"
    bench.press("outer_loop")
    bench.let_go("turn_back")
    assert bench.heard() == [LoopChanged("1", Loop.OUTER, False), TurnBackPressed("1")]
    assert bench.level("sprayer"), "off is high"
    bench.lane.start_spray(5, 1)
    assert not bench.level("sprayer")
    bench.lane.close()
