"""After a crash the sprayer is off, and the barrier comes down only onto a free lane."""

from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from edge.config import Pins
from edge.outputs_off import main, switch_off


def test_every_output_is_low_after_a_crash() -> None:
    factory, pins = MockFactory(), Pins()
    assert set(switch_off(pins, factory)) == {"sprayer", "red", "amber", "green", "barrier"}
    assert [factory.pin(number).state for number in (pins.sprayer, pins.barrier, pins.green)] == [0, 0, 0]


class ClosedToGround(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that a closed contact holds low, whatever the pull-up inside says."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.drive_low()


@pytest.mark.parametrize("loop", ["outer_loop", "inner_loop"])
def test_the_barrier_is_left_alone_over_a_vehicle(loop: str) -> None:
    factory, pins = MockFactory(), Pins()
    factory.pin(getattr(pins, loop), pin_class=ClosedToGround)
    assert "barrier" not in switch_off(pins, factory)


def test_a_folder_without_a_gate_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "gate.toml: no such file" in error
    assert error.count("\n") == 1
