"""The controls of a V4L2 camera by the names that `v4l2-ctl --list-ctrls` shows: exposure, gain, focus, power-line frequency.

OpenCV knows a few of them under numbers of its own and silently ignores the rest; a gate wants the short shutter that it asked
for, or one line that says why not. Structures and numbers: linux/videodev2.h.
"""

import fcntl
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.camera.frames import CameraError

QUERY, GET, SET = 0xC0445624, 0xC008561B, 0xC008561C
"""VIDIOC_QUERYCTRL, VIDIOC_G_CTRL, VIDIOC_S_CTRL."""
NEXT = 0x80000000
DISABLED, READ_ONLY, INACTIVE = 0x0001, 0x0004, 0x0010
_QUERY = struct.Struct("=II32siiiiI8x")
_VALUE = struct.Struct("=Ii")
MOST = 256

Ioctl = Callable[[int, int, bytearray], None]


@dataclass(frozen=True, slots=True)
class Control:
    """One control: its number, its name, what it can be, and whether the camera takes a value for it now."""

    id: int
    name: str
    least: int
    most: int
    default: int
    settable: bool


def set_controls(device: str, values: Mapping[str, int], ioctl: Ioctl | None = None) -> None:
    """Sets each of `values` that the camera takes, by the names of its controls; then `CameraError` in one line for the names and values that it does not.

    In the order given: an automatic control must be switched off before its value can be set.
    """
    if not values:
        return
    call, refused = ioctl or _ioctl, []
    with _opened(device, ioctl is None) as handle:
        for name, value in values.items():
            # asked anew each time: what is set may have woken another
            known = {each.name: each for each in controls(handle, call)}
            why = _misfit(known, name, value) or _inactive(known[name]) or _set(handle, call, known[name], value)
            refused += [why] if why else []
    if refused:
        raise CameraError(f"camera v4l2:{device}: {'; '.join(refused)}")


def misfits(device: str, values: Mapping[str, int], ioctl: Ioctl | None = None) -> list[str]:
    """The names and values that the camera does not have, a text each. Nothing is set; another program may have the camera."""
    if not values:
        return []
    with _opened(device, ioctl is None) as handle:
        known = {each.name: each for each in controls(handle, ioctl or _ioctl)}
    return [why for name, value in values.items() if (why := _misfit(known, name, value))]


def controls(handle: int, call: Ioctl) -> Iterator[Control]:
    """All controls of an opened camera."""
    number = NEXT
    for _ in range(MOST):
        buffer = bytearray(_QUERY.pack(number, 0, b"", 0, 0, 0, 0, 0))
        try:
            call(handle, QUERY, buffer)
        except OSError:
            return
        id_, kind, name, least, most, _, default, flags = _QUERY.unpack(buffer)
        number = id_ | NEXT
        # kind 6 is the heading of a group
        if not flags & DISABLED and kind != 6:
            settable = not flags & (READ_ONLY | INACTIVE)
            yield Control(id_, _plain(name), least, most, default, settable)


def _plain(name: bytes) -> str:
    """`Exposure Time, Absolute` -> `exposure_time_absolute`, as v4l2-ctl does."""
    text = name.split(b"\0")[0].decode("ascii", "replace").lower()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")


def _misfit(known: Mapping[str, Control], name: str, value: int) -> str | None:
    """Why the camera can never take this; None: it can."""
    control = known.get(name)
    if control is None:
        return f"has no control {name!r}; it has {', '.join(sorted(known)) or 'none'}"
    if not control.least <= value <= control.most:
        return f"{name}: expected {control.least} to {control.most}, found {value}"
    return None


def _inactive(control: Control) -> str | None:
    return None if control.settable else f"{control.name} cannot be set now: another control holds it automatic"


def _set(handle: int, call: Ioctl, control: Control, value: int) -> str | None:
    try:
        call(handle, SET, bytearray(_VALUE.pack(control.id, value)))
    except OSError as error:
        return f"{control.name} = {value}: {error.strerror}"
    return None


def _ioctl(handle: int, request: int, buffer: bytearray) -> None:
    fcntl.ioctl(handle, request, buffer, True)


@contextmanager
def _opened(device: str, real: bool) -> Iterator[int]:
    if not real:
        yield -1
        return
    try:
        handle = os.open(Path(device), os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise CameraError(f"camera v4l2:{device}: {error.strerror}") from None
    try:
        yield handle
    finally:
        os.close(handle)
