"""After a crash the sprayer is off, and the barrier is where the policy wants it: never down onto a vehicle."""

from pathlib import Path

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory, MockPin

from edge.commands.outputs_off import fails_open, leave_barrier, main, switch_off, tried
from edge.config import CameraSettings, Pins, Wiring, load
from edge.contract import messages
from edge.hardware.barrier_mark import RaisedMark
from edge.hardware.lane import UNMARKED
from edge.keys import Keys
from edge.lists.store import FILE, Lists
from tests.contract.samples import HUB_KEY, ISSUED, POLICY
from tests.edge.folders import enrolled
from tests.edge.gates import NOW, LgpioError, fitted, lgpio_at_work

PINS = Pins(buzzer=18)
LAMP = 4


class ClosedToGround(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that a closed contact holds low, whatever the pull-up inside says."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.drive_low()


def test_every_output_is_off_after_a_crash() -> None:
    factory, lane = MockFactory(), fitted(pins=PINS, camera=CameraSettings(lamp=LAMP))
    numbers = (PINS.sprayer, PINS.barrier, PINS.red, PINS.amber, PINS.green, PINS.buzzer, LAMP)
    for number in numbers:
        factory.pin(number).output_with_state(True)
    off = [f"{name} off" for name in ("sprayer", "red", "amber", "green", "buzzer", "camera lamp")]
    assert tried(switch_off(lane, factory)) == (off, [])
    assert leave_barrier(lane, factory, UNMARKED, up=False) == "down"
    assert [factory.pin(number).state for number in numbers] == [0] * len(numbers)


def test_what_is_not_fitted_is_not_driven() -> None:
    factory = MockFactory()
    assert [name for name, _ in switch_off(fitted(), factory)] == ["sprayer", "red", "amber", "green"]


def test_a_pin_that_cannot_be_had_keeps_no_other_output_on() -> None:
    factory, lane = MockFactory(), fitted()
    for number in (PINS.red, PINS.green):
        factory.pin(number).output_with_state(True)
    held = [OutputDevice(number, pin_factory=factory) for number in (PINS.sprayer, PINS.amber)]
    done, failed = tried(switch_off(lane, factory))
    assert done == ["red off", "green off"]
    assert [each.split(":")[0] for each in failed] == ["sprayer", "amber"]
    assert [factory.pin(number).state for number in (PINS.red, PINS.green)] == [0, 0]
    assert [device.closed for device in held] == [False, False]


class NoSuchLine(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that the kernel does not give."""

    def output_with_state(self, state: object) -> None:
        raise LgpioError("GPIO busy")


def test_a_line_that_lgpio_does_not_give_keeps_no_other_output_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lgpio_at_work(monkeypatch)
    factory = MockFactory()
    factory.pin(PINS.sprayer, pin_class=NoSuchLine)
    assert tried(switch_off(fitted(), factory)) == (["red off", "amber off", "green off"], ["sprayer: 'GPIO busy'"])


def test_the_second_lane_is_switched_off_though_the_first_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = enrolled(tmp_path / "east", camera="v4l2:/dev/video0")
    settings = load(gate)
    second = Pins(
        outer_loop=7, inner_loop=8, disinfected=9, turn_back=10, emergency=11, barrier=14, sprayer=15, red=16, amber=20,
        green=21,
    )  # fmt: skip
    lanes = (settings.lanes[0], settings.lanes[0].model_copy(update={"name": "2", "pins": second}))
    factory = MockFactory()
    factory.pin(second.sprayer).output_with_state(True)
    held = [OutputDevice(number, pin_factory=factory) for number in (PINS.sprayer, PINS.barrier)]
    monkeypatch.setattr("edge.commands.outputs_off.load", lambda _: settings.model_copy(update={"lanes": lanes}))
    monkeypatch.setattr("edge.commands.outputs_off.pin_factory", lambda _: factory)
    assert main([str(gate)]) == 1
    said = capsys.readouterr()
    assert factory.pin(second.sprayer).state == 0
    assert "lane 2: sprayer off" in said.out
    assert "lane 1, sprayer: " in said.err
    assert "lane 1, barrier: " in said.err
    assert said.err.count("\n") == 1
    assert [device.closed for device in held] == [False, False]


def test_off_is_high_on_an_active_low_board() -> None:
    factory = MockFactory()
    tried(switch_off(fitted(wiring=Wiring.model_validate({"relays": {"active": "low"}})), factory))
    assert (factory.pin(PINS.sprayer).state, factory.pin(PINS.red).state) == (1, 0)


@pytest.mark.parametrize("loop", ["outer_loop", "inner_loop", "safety"])
def test_the_barrier_is_left_alone_over_a_vehicle(loop: str) -> None:
    factory, lane = MockFactory(), fitted(pins=Pins(safety=4))
    factory.pin(lane.pins.barrier).output_with_state(True)
    factory.pin(getattr(lane.pins, loop), pin_class=ClosedToGround)
    assert "a vehicle is in the lane" in leave_barrier(lane, factory, UNMARKED, up=False)
    assert factory.pin(lane.pins.barrier).state == 1


@pytest.mark.parametrize("up", [True, False])
def test_the_next_run_is_told_where_the_barrier_was_left(tmp_path: Path, up: bool) -> None:
    mark = RaisedMark(tmp_path, "1", "b1")
    mark.put(not up)
    leave_barrier(fitted(), MockFactory(), mark, up=up)
    assert RaisedMark(tmp_path, "1", "b1").stands is up


def test_the_barrier_goes_up_where_the_policy_wants_it_open_in_a_fault() -> None:
    factory, lane = MockFactory(), fitted()
    assert leave_barrier(lane, factory, UNMARKED, up=True) == "up"
    pin = factory.pin(lane.pins.barrier)
    factory.close()
    assert (pin.function, pin.state) == ("output", 1), "a line that is given back as an input lets the relay fall"


@pytest.mark.parametrize(("wanted", "opens"), [("open", True), ("closed", False)])
def test_the_policy_that_the_gate_holds_says_where(tmp_path: Path, wanted: str, opens: bool) -> None:
    gate = enrolled(tmp_path / "east", camera="v4l2:/dev/video0")
    lists = Lists.open(gate / FILE, town="demo", hub_key=Keys.load(gate).hub)
    policy = POLICY.model_copy(update={"fail_barrier": wanted})
    assert lists.accept(messages.Signed.seal("policy", "demo", 9, ISSUED, policy, HUB_KEY), NOW) is None
    lists.close()
    assert fails_open(gate, "demo") is opens


def test_a_gate_without_a_policy_keeps_its_barrier_down(tmp_path: Path) -> None:
    assert not fails_open(tmp_path, "demo")


def test_lists_that_cannot_be_read_are_told_and_the_barrier_goes_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_bytes(b"no database")
    assert not fails_open(tmp_path, "demo")
    assert "the barrier goes down" in capsys.readouterr().err


def test_a_folder_without_a_gate_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "gate.toml: no such file" in error
    assert error.count("\n") == 1
