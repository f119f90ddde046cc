"""The gate's health, as the hub is told every few seconds: the machine's disk, heat and power, and the condition of each part.

Of the machine each value is None where it cannot be measured. It is read from /sys, which a test may lay out in a folder.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.contract.messages import MOST_ALARMS, Health
from edge.contract.records import At

SYS = Path("/sys")
_THERMAL = "class/thermal/thermal_zone0/temp"
_THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
_HWMON = "class/hwmon"
_UNDER_VOLTAGE_NOW = 0x1
_UNDER_VOLTAGE_SINCE_BOOT = 0x10000


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes free where the journal lies, degrees Celsius of the processor; `under_voltage`: the power supply was too weak."""

    disk_free: int | None
    temperature: float | None
    under_voltage: bool | None


def measure_machine(folder: Path, sys: Path = SYS) -> Machine:
    """The machine as it is now; `folder` is the gate's."""
    return Machine(_disk_free(folder), _temperature(sys), _under_voltage(sys))


def health(
    at: At,
    machine: Machine,
    *,
    software: str,
    camera: bool | None,
    frames_per_second: float | None,
    backlog: int,
    epoch: str | None,
    head: int | None,
    officer: str | None,
    policy: int | None,
    passlist: int | None,
    lanes: Mapping[str, str],
    alarms: Iterable[str],
) -> Health:
    """The message. `lanes`: lane name -> the state it is in; `epoch`, `head`: None without a journal.

    `policy`, `passlist`: the versions held. A measure that cannot be true (a sensor's fault) is left out as unknown.
    """
    return Health(
        at=at.wall,
        clock=at.clock,
        software=software,
        camera=camera,
        frames_per_second=_within(frames_per_second, 0, 1000),
        backlog=backlog,
        epoch=epoch,
        head=head,
        disk_free=machine.disk_free,
        temperature=_within(machine.temperature, -100, 200),
        under_voltage=machine.under_voltage,
        officer=officer,
        policy=policy,
        passlist=passlist,
        lanes=dict(lanes),
        alarms=tuple(sorted(alarms))[:MOST_ALARMS],
    )


def _within(measure: float | None, least: float, most: float) -> float | None:
    return None if measure is None or not least <= measure <= most else round(measure, 1)


def _disk_free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _temperature(sys: Path) -> float | None:
    text = _line(sys / _THERMAL)
    try:
        return None if text is None else int(text) / 1000
    except ValueError:
        return None


def _under_voltage(sys: Path) -> bool | None:
    # what the firmware says where the kernel shows it, else the alarm of the driver raspberrypi-hwmon
    text = _line(sys / _THROTTLED)
    if text is not None:
        try:
            return bool(int(text, 16) & (_UNDER_VOLTAGE_NOW | _UNDER_VOLTAGE_SINCE_BOOT))
        except ValueError:
            return None
    for chip in sorted((sys / _HWMON).glob("hwmon*")):
        if _line(chip / "name") == "rpi_volt":
            alarm = _line(chip / "in0_lcrit_alarm")
            return None if alarm is None else alarm == "1"
    return None


def _line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
