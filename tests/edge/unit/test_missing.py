"""faults G: what is missing when a gate starts, and what it can do without, is an alarm and not the end.

Each unit here runs whole: kiosk, emergency and registering by hand work, and nothing sprays or opens by itself.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from edge.camera.faults import Fault
from edge.contract.alarms import CAMERA, CAMERA_SETTINGS, DECODER, NOT_FITTED, PICTURES
from edge.contract.facts import AlarmRaised, Kind
from edge.lane.events import AlarmBegan as Raised
from edge.lane.events import AlarmEnded
from edge.unit.camera_watch import CameraState, CameraWatch
from tests.edge.folders import enrolled
from tests.edge.posts import FakeCamera, Post

SPRAYER = 27
SECOND_LANE = """
[[lanes]]
name = "2"
[lanes.camera]
source = "v4l2:/dev/video8"
[lanes.pins]
outer_loop = 0
inner_loop = 1
disinfected = 2
turn_back = 3
emergency = 4
barrier = 7
sprayer = 8
red = 9
amber = 10
green = 11
"""
Starts = Callable[..., Post]


@pytest.fixture
def starts(tmp_path: Path) -> Iterator[Starts]:
    """Starts a post with `more` lines at the end of its gate.toml; `camera` is its camera, on every lane."""
    folder = enrolled(tmp_path / "east", camera="v4l2:/dev/video9")
    with ExitStack() as stack:

        def start(camera: FakeCamera, more: str = "", spoil: Callable[[Path], None] = lambda folder: None) -> Post:
            with (folder / "gate.toml").open("a", encoding="utf-8") as settings:
                settings.write(more)
            spoil(folder)
            return Post(folder, camera, stack)

        yield start


def blind() -> FakeCamera:
    camera = FakeCamera()
    camera.sees = "nothing"
    return camera


def details(post: Post, alarm: str) -> list[str]:
    """What the journal says of an alarm, each time that it was raised."""
    kept = post.unit.journal.recent((Kind.ALARM_RAISED,), 50)
    bodies = [each.record.body for each in kept]
    return [body.detail for body in bodies if isinstance(body, AlarmRaised) and body.alarm == alarm]


def works_by_hand(post: Post) -> None:
    """A vehicle is registered on the screen and let through; an ambulance by the button."""
    assert not post.unit.base.factory.pin(SPRAYER).state
    assert not post.barrier_is_up
    post.officer.submit("/register", lane="1", plate="鲁B12345", vehicle_class="duty", direction="in")
    post.comes_to(lambda: post.barrier_is_up, "the barrier, for a vehicle registered by hand", 5)


def test_a_gate_whose_camera_is_missing_at_the_start_works_by_hand_and_takes_it_up_when_it_comes(
    starts: Starts,
) -> None:
    post = starts(blind())
    post.comes_to(lambda: "camera" in post.officer.state()["alarms"], "the alarm")
    assert post.officer.state()["alarms"] == {"camera": "lane 1: camera v4l2:/dev/video9: no such device"}
    for language in ("zh", "en"):
        page = post.page(language)
        assert "请手工登记<br>camera missing:<br>register by hand" in page
        assert "摄像头故障，请手工登记 · camera failed: register by hand" in page
    works_by_hand(post)
    post.camera.sees = "noise"
    post.comes_to(lambda: post.officer.state()["camera"], "the camera that was plugged in", 10)
    post.comes_to(lambda: "camera" not in post.officer.state()["alarms"], "the end of the alarm", 5)
    assert details(post, CAMERA) == ["lane 1: camera v4l2:/dev/video9: no such device"]


def test_an_ambulance_does_not_wait_for_a_camera(starts: Starts) -> None:
    post = starts(blind())
    assert post.press_emergency() < 2.0


def test_a_second_lane_whose_camera_is_missing_leaves_the_first_its_own(starts: Starts) -> None:
    camera = FakeCamera()
    camera.missing = {"2"}
    post = starts(camera, SECOND_LANE)
    post.comes_to(lambda: post.unit.cameras.loops["1"].ok, "the first lane's picture")
    post.comes_to(lambda: "camera" in post.officer.state()["alarms"], "the alarm of the second")
    assert details(post, CAMERA) == ["lane 2: camera v4l2:/dev/video8: no such device"]
    camera.missing = set()
    post.comes_to(lambda: post.unit.cameras.loops["2"].ok, "the second lane's picture", 10)
    post.comes_to(lambda: "camera" not in post.officer.state()["alarms"], "the end of the alarm")


def test_a_camera_that_refuses_a_control_goes_on_with_those_that_it_takes_under_an_alarm(starts: Starts) -> None:
    post = starts(FakeCamera(), "[lanes.camera.controls]\ngian = 3\n[lanes.camera.day]\ngain = 7\n")
    post.comes_to(lambda: CAMERA_SETTINGS in post.officer.state()["alarms"], "the alarm")
    assert details(post, CAMERA_SETTINGS) == [
        "lane 1: camera v4l2:/dev/video9: has no control 'gian'; it has gain",
    ]
    post.comes_to(lambda: post.unit.cameras.loops["1"].ok, "its pictures come all the same")
    assert {"gain": 7} in post.camera.controlled
    assert "the camera refuses a setting" in post.page("en")


def test_a_decoder_that_does_not_start_is_an_alarm(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_process: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as full:
        full.setattr("multiprocessing.context.SpawnProcess.start", start)
        post = starts(FakeCamera())
    post.comes_to(lambda: DECODER in post.officer.state()["alarms"], "the alarm")
    works_by_hand(post)
    post.comes_to(lambda: post.unit.cameras.decoders["1"].fault is None, "another start", 30)
    post.comes_to(lambda: DECODER not in post.officer.state()["alarms"], "the end of the alarm")


def test_a_picture_folder_that_cannot_be_written_costs_pictures_and_nothing_else(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.camera.pictures.AGAIN", 0.2)
    post = starts(FakeCamera(), spoil=lambda folder: (folder / "pictures").symlink_to("/proc/nowhere"))
    post.comes_to(lambda: PICTURES in post.officer.state()["alarms"], "the alarm")
    assert "pictures: File exists" in details(post, PICTURES)[0]
    post.comes_to(lambda: post.unit.cameras.loops["1"].ok, "a picture to be taken")
    works_by_hand(post)
    (post.unit.base.folder / "pictures").unlink()
    post.comes_to(lambda: PICTURES not in post.officer.state()["alarms"], "the end of the alarm", 10)


def test_a_voice_whose_files_cannot_be_written_costs_the_voice_and_nothing_else(starts: Starts) -> None:
    post = starts(FakeCamera(), '[voice]\nengine = "tones"\n', lambda folder: (folder / "sounds").touch() or None)
    works_by_hand(post)
    post.comes_to(lambda: "voice" in post.officer.state()["alarms"], "the alarm")


def test_damaged_lists_are_moved_aside_and_the_gate_comes_up(starts: Starts) -> None:
    post = starts(FakeCamera(), spoil=lambda folder: (folder / "lists.db").write_bytes(b"\0" * 8192) or None)
    assert post.unit.desk.policy() is None
    assert post.press_emergency() < 2.0


class SomeBusy(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """The lines of a machine on which another program holds some."""

    BUSY = (16, 18, 25, 26)

    def pin(self, name: object) -> object:
        if self.ni_pin(name) in self.BUSY:
            raise OSError(16, "GPIO busy")
        return super().pin(name)

    def ni_pin(self, name: object) -> int:
        return int(str(name).removeprefix("GPIO"))


def test_a_sensor_that_the_lane_can_do_without_is_an_alarm_and_its_lane_opens(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flow sensor, tank switch, buzzer, help button: the lane goes on as if they were not fitted, and says so."""
    monkeypatch.setattr("edge.unit.base.pin_factory", lambda name: SomeBusy())
    post = starts(FakeCamera(), "[lanes.pins]\nflow = 16\nbuzzer = 18\ntank = 25\nhelp = 26\n")
    post.comes_to(lambda: NOT_FITTED in post.officer.state()["alarms"], "the alarm")
    said = details(post, NOT_FITTED)[0]
    assert all(f"{name}: [Errno 16] GPIO busy" in said for name in ("buzzer", "tank", "help", "flow"))
    assert post.unit.desk.news().tank is None, "a tank that nobody measures is not called filled"
    works_by_hand(post)


# -- the alarms themselves, without a unit ---------------------------------------------------------------------------------


def test_a_camera_that_wakes_up_slowly_is_no_alarm_and_the_last_runs_alarm_ends() -> None:
    watch = CameraWatch(started=100.0)
    assert not [each for each in watch.look("1", CameraState(ok=False), 101.0) if isinstance(each, Raised)]
    cleared = list(watch.look("1", CameraState(ok=True), 102.0))
    assert AlarmEnded(CAMERA, "1") in cleared
    assert not [each for each in cleared if isinstance(each, Raised)]


def test_an_alarm_is_raised_once_however_often_its_reason_is_worded_anew() -> None:
    watch = CameraWatch(started=0.0)
    first = list(watch.look("1", CameraState(ok=False), 10.0))
    assert Raised(CAMERA, "lane 1: delivers no pictures", "1") in first
    assert list(watch.look("1", CameraState(ok=False, why_blind="camera v4l2:/dev/video9: no such device"), 11.0)) == []
    again = list(watch.look("1", CameraState(ok=True, fault=Fault.BLACK), 12.0))
    assert [type(each) for each in again if each.alarm == CAMERA] == [AlarmEnded, Raised]


def test_a_decoder_and_a_refused_setting_have_alarms_of_their_own() -> None:
    watch = CameraWatch(started=0.0)
    said = list(watch.look("1", CameraState(ok=True, refused="has no control 'gian'", decoder="no memory"), 10.0))
    raised = {each.alarm: each.detail for each in said if isinstance(each, Raised)}
    assert raised == {CAMERA_SETTINGS: "lane 1: has no control 'gian'", DECODER: "lane 1: no memory"}
