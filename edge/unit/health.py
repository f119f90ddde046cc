"""What the gate knows of itself, as the message of every few seconds: its body (disk, heat, power) and how its parts do.

Of the body each value is None where this machine does not tell. It is read from /sys, which a test may lay out in a folder.
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
class Body:
    """Bytes free where the journal lies, degrees Celsius of the processor, whether the power supply was ever too weak."""

    disk_free: int | None
    temperature: float | None
    under_voltage: bool | None


def feel(folder: Path, sys: Path = SYS) -> Body:
    """The body as it is now; `folder` is the gate's."""
    return Body(_disk_free(folder), _temperature(sys), _under_voltage(sys))


def health(
    at: At,
    body: Body,
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
    """The message. `lanes`: lane name -> the state it is in; `epoch`, `head`: None without a journal; `policy`, `passlist`: the versions held.

    A measure that cannot be (a sensor's fault) is not known.
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
        disk_free=body.disk_free,
        temperature=_within(body.temperature, -100, 200),
        under_voltage=body.under_voltage,
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
    # the firmware's word where the kernel shows it, else the alarm of the driver raspberrypi-hwmon
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
