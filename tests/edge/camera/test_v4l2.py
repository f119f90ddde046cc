"""A camera's controls are set by name, in order; what it does not have is one clear line."""

import struct

import pytest

from edge.camera.frames import CameraError
from edge.camera.v4l2 import GET, QUERY, SET, controls, misfits, set_controls

INACTIVE = 0x0010


class FakeCamera:
    """The controls of a webcam as the kernel tells them: number -> [name, least, most, value]."""

    def __init__(self) -> None:
        self.controls = {
            0x00980913: ["Gain", 0, 255, 10],
            0x00980918: ["Power Line Frequency", 0, 2, 0],
            0x009A0901: ["Auto Exposure", 0, 3, 3],
            0x009A0902: ["Exposure Time, Absolute", 3, 2047, 250],
        }
        self.order: list[tuple[str, int]] = []

    def __call__(self, _handle: int, request: int, buffer: bytearray) -> None:
        if request == QUERY:
            (asked,) = struct.unpack_from("=I", buffer)
            number = min((each for each in self.controls if each > asked & 0x7FFFFFFF), default=None)
            if number is None:
                raise OSError(22, "Invalid argument")
            name, least, most, value = self.controls[number]
            automatic = number == 0x009A0902 and self.controls[0x009A0901][3] == 3
            flags = INACTIVE if automatic else 0
            struct.pack_into("=II32siiiiI8x", buffer, 0, number, 1, str(name).encode(), least, most, 1, value, flags)
        elif request == SET:
            number, value = struct.unpack("=Ii", buffer)
            self.controls[number][3] = value
            self.order.append((str(self.controls[number][0]), value))
        else:
            assert request == GET


def test_names_are_those_that_v4l2_ctl_shows() -> None:
    named = {each.name: (each.least, each.most) for each in controls(-1, FakeCamera())}
    assert named == {
        "gain": (0, 255),
        "power_line_frequency": (0, 2),
        "auto_exposure": (0, 3),
        "exposure_time_absolute": (3, 2047),
    }


def test_controls_are_set_in_their_order_so_that_one_may_wake_the_next() -> None:
    camera = FakeCamera()
    wanted = {"auto_exposure": 1, "exposure_time_absolute": 20, "power_line_frequency": 1}
    set_controls("/dev/video0", wanted, camera)
    assert camera.order == [("Auto Exposure", 1), ("Exposure Time, Absolute", 20), ("Power Line Frequency", 1)]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ({"exposure": 20}, r"has no control 'exposure'; it has auto_exposure, exposure_time_absolute, gain, power"),
        ({"gain": 300}, r"gain: expected 0 to 255, found 300"),
        ({"exposure_time_absolute": 20}, r"exposure_time_absolute cannot be set now: another control holds it"),
    ],
)
def test_what_a_camera_does_not_take_is_one_clear_line(wanted: dict[str, int], line: str) -> None:
    camera = FakeCamera()
    with pytest.raises(CameraError, match=rf"^camera v4l2:/dev/video0: {line}"):
        set_controls("/dev/video0", wanted, camera)
    assert camera.order == []


def test_what_a_camera_takes_is_set_whatever_it_refuses_beside_it() -> None:
    """faults G: one misspelt name costs that control, and not the camera."""
    camera = FakeCamera()
    with pytest.raises(
        CameraError, match=r"has no control 'gian'; it has .*; power_line_frequency: expected 0 to 2, fo"
    ):
        set_controls("/dev/video0", {"gian": 1, "power_line_frequency": 9, "gain": 7}, camera)
    assert camera.order == [("Gain", 7)]


def test_what_a_camera_does_not_have_is_found_without_setting_anything() -> None:
    camera = FakeCamera()
    assert [each[:21] for each in misfits("/dev/video0", {"gian": 1, "gain": 7}, camera)] == ["has no control 'gian'"]
    assert camera.order == []


def test_device_that_has_no_controls_is_one_clear_line() -> None:
    with pytest.raises(CameraError, match=r"^camera v4l2:/dev/null: has no control 'gain'; it has none$"):
        set_controls("/dev/null", {"gain": 1})


def test_device_that_is_not_there_is_one_clear_line() -> None:
    with pytest.raises(CameraError, match=r"^camera v4l2:/dev/video99: No such file or directory$"):
        set_controls("/dev/video99", {"gain": 1})
