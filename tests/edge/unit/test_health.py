"""What the gate tells of itself is what its machine says, and nothing where it says nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.contract.messages import Health
from edge.unit.health import Machine, health, measure_machine


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_body_is_read_from_the_machine(tmp_path: Path) -> None:
    write(tmp_path / "class/thermal/thermal_zone0/temp", "51540\n")
    write(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", "50005\n")
    machine = measure_machine(tmp_path, tmp_path)
    assert (machine.temperature, machine.under_voltage) == (51.54, True)
    assert machine.disk_free is not None
    assert machine.disk_free > 0


@pytest.mark.parametrize(("alarm", "weak"), [("1\n", True), ("0\n", False)])
def test_power_alarm_of_the_driver_counts_too(tmp_path: Path, alarm: str, weak: bool) -> None:
    write(tmp_path / "class/hwmon/hwmon0/name", "cpu_thermal\n")
    write(tmp_path / "class/hwmon/hwmon1/name", "rpi_volt\n")
    write(tmp_path / "class/hwmon/hwmon1/in0_lcrit_alarm", alarm)
    assert measure_machine(tmp_path, tmp_path).under_voltage is weak


def test_machine_that_tells_nothing_is_not_guessed_at(tmp_path: Path) -> None:
    write(tmp_path / "class/thermal/thermal_zone0/temp", "hot\n")
    assert measure_machine(tmp_path / "gone", tmp_path) == Machine(None, None, None)


def test_message_survives_the_wire() -> None:
    message = health(
        FixedClock(datetime(2026, 3, 1, 8, 0, tzinfo=UTC)).at(),
        Machine(20_000_000_000, 51.5, False),
        software="0.1.0",
        camera=True,
        frames_per_second=14.96,
        backlog=3,
        epoch="ab" * 16,
        head=12,
        officer="u-2",
        policy=1,
        passlist=None,
        lanes={"1": "waiting"},
        alarms={"no_solution", "camera"},
    )
    assert Health.parse(message.encode()) == message
    assert (message.at, message.clock, message.frames_per_second) == ("2026-03-01T08:00:00.000Z", "synced", 15.0)
    assert message.alarms == ("camera", "no_solution")
