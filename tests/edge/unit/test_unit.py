"""A whole unit beside its faults: whatever becomes of camera, card and screen, the lane goes on by hand and says what is wrong."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.camera.frames import Look
from edge.camera.pictures import Pictures
from edge.config import load
from edge.contract.facts import AlarmCleared, AlarmRaised
from edge.journal.outbox import NewRecord
from edge.lane.events import QrSeen
from edge.lane.phase import Phase
from edge.unit.base import Base
from edge.unit.parts import make_pictures
from edge.unit.unit import Unit
from tests.edge.folders import enrolled
from tests.edge.pictures import code, pass_text, seen
from tests.edge.posts import EMERGENCY, FakeCamera, Post

CAMERA_WORDS = ("摄像头故障", "camera failed")


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    folder = enrolled(tmp_path / "east", camera="v4l2:/dev/video9")
    with ExitStack() as stack:
        yield Post(folder, FakeCamera(), stack)


@pytest.mark.parametrize(
    ("sees", "words"),
    [
        ("nothing", "camera v4l2:/dev/video9: no such device"),
        ("black", "the picture is black: lens cap, cable or lamp"),
        ("frozen", "the picture stands still"),
    ],
)
def test_a_lane_goes_on_by_hand_without_its_camera_under_an_alarm_that_ends_by_itself(
    post: Post, sees: str, words: str
) -> None:
    post.comes_to(lambda: post.officer.state()["camera"], "a picture")
    assert post.officer.state()["alarms"] == {}
    post.camera.sees = sees
    post.comes_to(lambda: "camera" in post.officer.state()["alarms"], "the alarm")
    assert post.officer.state()["alarms"] == {"camera": f"lane 1: {words}"}
    for language, said in zip(("zh", "en"), CAMERA_WORDS, strict=True):
        assert said in post.page(language)

    post.officer.submit("/register", lane="1", plate="鲁B12345", vehicle_class="duty", direction="in")
    post.comes_to(lambda: post.barrier_is_up, "the barrier, for a vehicle registered by hand", 5)

    post.camera.sees = "noise"
    post.comes_to(lambda: "camera" not in post.officer.state()["alarms"], "the end of the alarm")
    assert CAMERA_WORDS[1] not in post.page("en")
    raised, cleared = post.alarms()
    assert isinstance(raised, AlarmRaised)
    assert raised.detail == f"lane 1: {words}"
    assert isinstance(cleared, AlarmCleared)


def test_a_button_pressed_while_the_unit_comes_up_is_answered_and_the_wires_stay_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wires are open and its gate is not there yet: the pictures are made in between."""

    def pressed(base: Base, look: Callable[[str], Look | None]) -> Pictures | None:
        base.factory.pin(EMERGENCY).drive_low()
        time.sleep(0.1)  # well beyond the contact's debounce
        base.factory.pin(EMERGENCY).drive_high()
        return make_pictures(base, look)

    monkeypatch.setattr("edge.unit.unit.make_pictures", pressed)
    folder = enrolled(tmp_path / "east", camera="v4l2:/dev/video9")
    with ExitStack() as stack:
        post = Post(folder, FakeCamera(), stack)
        post.comes_to(lambda: post.barrier_is_up, "the barrier, for the button that was pressed early", 5)


def test_a_lane_that_looks_again_hears_of_the_code_that_is_still_in_sight(tmp_path: Path) -> None:
    camera = FakeCamera()
    camera.sees, camera._last = "the same", seen(code(pass_text()))
    read: list[QrSeen] = []
    folder = enrolled(tmp_path / "east", camera="v4l2:/dev/video9")
    with ExitStack() as stack:
        unit = Unit(folder, load(folder), stack, open_camera=camera)
        for part in (unit.link, unit.kiosk):
            part.start()
            stack.callback(part.stop)
        unit.gate.post = lambda event: read.append(event) if isinstance(event, QrSeen) else None  # type: ignore[method-assign]
        unit.cameras.loops["1"].start()
        stack.callback(unit.cameras.loops["1"].stop)
        for times in (1, 2):
            end = time.monotonic() + 20
            while len(read) < times and time.monotonic() < end:
                time.sleep(0.02)
            assert [each.text for each in read] == [pass_text()] * times
            callbacks = unit.gate.lanes["1"]._callbacks
            callbacks.look_again("no such lane")
            callbacks.look_again("1")


class SlowCard:
    """Makes each commit of a unit's journal take `seconds`; tells how many it made."""

    def __init__(self, unit: Unit, seconds: float) -> None:
        self.commits = 0
        self._keep_all, self._seconds = unit.journal.keep_all, seconds
        unit.journal.keep_all = self.keep_all  # type: ignore[method-assign,assignment]  # the same journal, slower

    def keep_all(self, entries: Sequence[NewRecord], /) -> object:
        time.sleep(self._seconds)
        self.commits += 1
        return self._keep_all(entries)


def test_on_a_slow_card_the_lane_answers_its_wires_after_one_commit_and_no_loop_stands_still(post: Post) -> None:
    post.comes_to(lambda: post.officer.state()["camera"], "a picture")
    card = SlowCard(post.unit, 0.5)
    frames = post.unit.cameras.loops["1"].beat
    assert post.press_emergency() < 1.5, "one commit, and what the lane itself takes"
    assert post.unit.cameras.loops["1"].beat > frames + 2, "the camera waits for no disk"
    lanes = post.unit.gate.beat
    post.comes_to(lambda: post.unit.gate.beat > lanes, "the lanes' loop goes on", 5)
    assert card.commits >= 1
    post.comes_to(lambda: post.phase is Phase.OPEN, "the lane that is open")


def dead_browser(port: int, path: str) -> socket.socket:
    """A browser that asks again and again and never reads an answer."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.settimeout(0.2)
    connection.connect(("127.0.0.1", port))
    try:
        for _ in range(50):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    except TimeoutError:
        pass  # the server reads no more either: that one is as dead as can be
    return connection


@pytest.mark.parametrize("many", [1, 120])
def test_a_dead_browser_holds_up_neither_the_wires_nor_the_cameras(post: Post, many: int) -> None:
    post.comes_to(lambda: post.officer.state()["camera"], "a picture")
    paths = ("/", "/picture.jpg?lane=1", "/state.json", "/lane")
    opened: list[socket.socket] = []
    opening = threading.Thread(
        target=lambda: opened.extend(dead_browser(post.unit.kiosk.port, paths[k % len(paths)]) for k in range(many))
    )
    opening.start()
    opening.join(timeout=60)
    try:
        assert len(opened) == many
        frames = post.unit.cameras.loops["1"].beat
        assert post.press_emergency() < 2.0
        post.comes_to(lambda: post.unit.cameras.loops["1"].beat > frames + 2, "the camera goes on", 5)
        if many == 1:
            assert post.officer.state()["lanes"][0]["state"] in {"opening", "open"}, "another browser is served"
    finally:
        for connection in opened:
            connection.close()
