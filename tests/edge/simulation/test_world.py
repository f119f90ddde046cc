"""The world outside a gate: it touches pins, camera and touch page only, and writes down what really happened."""

import json
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from gpiozero import Button, OutputDevice
from gpiozero.pins.mock import MockFactory

from edge.scanner.loop import CameraLoop
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from edge.simulation import duty
from edge.simulation.officer import Officer, OfficerError
from edge.simulation.scenario import Line, Scenario, Truth, When
from edge.simulation.tempo import Tempo
from edge.simulation.world import World
from tests.edge.pictures import pass_text

PINS = {
    "outer_loop": 5, "inner_loop": 6, "disinfected": 12, "turn_back": 13, "emergency": 19,
    "barrier": 17, "sprayer": 27, "red": 22, "amber": 23, "green": 24,
}  # fmt: skip
GOOD, FORGED, TWICE = pass_text("鲁B00001", 1), pass_text("鲁B00002", 2), pass_text("鲁B00003", 3)
VERDICTS = {GOOD: "go", FORGED: "stop", TWICE: "look"}


BRISK = Tempo(frame=0.07, thinking=0.1)
"""People and pictures three times as fast as in the demo."""
HASTY = replace(BRISK, patience=1.0)


def vehicle(id_: str, shows: str | None = None, officer: str = "none", **changes: Any) -> dict[str, Any]:
    expect = {"verdict": "go", "reason": "ok", "read_by": "qr", "outcome": "passed", "plate": "鲁B00001"}
    made = {"id": id_, "plate": "鲁B00001", "vehicle_class": "resident", "direction": "in", "shows": shows, "gap": 0.0}
    return {**made, "medium": "card" if shows else "none", "officer": officer, "expect": expect, **changes}


def unjudged(id_: str, **changes: Any) -> dict[str, Any]:
    return vehicle(id_, None, expect=None, **changes)


def scenario(clips: Path, *vehicles: dict[str, Any], **changes: Any) -> Scenario:
    solution = {"agent": "chlorine", "tank": "A"}
    made = {"clips": str(clips), "vehicles": vehicles, "officer_id": "u-2", "solution": solution, "repeat": False}
    return Scenario.model_validate_json(json.dumps({**made, **changes}))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@dataclass
class FakeGate:
    """As little of a gate as the world can live with: devices on mock pins, a camera loop, a touch page."""

    factory: MockFactory
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    verdict: str | None = None
    officer: str | None = None
    solutions: tuple[dict[str, Any], ...] = ({"valid": False},)
    emergencies: list[dict[str, str]] = field(default_factory=list)
    unfinished: list[dict[str, str]] = field(default_factory=list)
    deaf: bool = False
    sprays: bool = False
    vouched: int = 0
    lists_age: float | None = 0.0
    unclear: str | None = None
    too_early: str | None = None

    def __post_init__(self) -> None:
        self.barrier, self.sprayer, self.green = (
            OutputDevice(PINS[name], pin_factory=self.factory) for name in ("barrier", "sprayer", "green")
        )
        self.loops = {name: self._button(f"{name}_loop") for name in ("outer", "inner")}
        for name, loop in self.loops.items():
            loop.when_pressed = lambda name=name: self.entered.append(name)
            loop.when_released = lambda name=name: self._left(name)
        self.buttons = {name: self._button(name) for name in ("turn_back", "emergency", "disinfected")}
        self.buttons["turn_back"].when_pressed = self.turn_back
        self.buttons["emergency"].when_pressed = self.emergency
        self.buttons["disinfected"].when_pressed = self._vouch

    def _button(self, name: str) -> Button:
        return Button(PINS[name], pull_up=True, pin_factory=self.factory)

    def _left(self, name: str) -> None:
        if name == "inner" and self.loops["outer"].is_pressed:
            # one follows, or the first is back: as with two sensors nobody knows
            self.green.off()
            self.verdict, self.unclear = None, "cd" * 16
            if self.too_early is not None:
                self._judge(self.too_early)
        if not any(loop.is_pressed for loop in self.loops.values()):
            self.barrier.off()
            self.green.off()
            self.verdict = None

    def _vouch(self) -> None:
        self.vouched += 1
        self._open()

    def _open(self) -> None:
        self.barrier.on()
        self.green.on()

    def turn_back(self) -> None:
        self.forms.append(("button", {"name": "turn_back"}))
        self.verdict = None

    def emergency(self) -> None:
        self.emergencies.append({"visit": f"{len(self.forms):032x}"})
        self.forms.append(("emergency", {}))
        self._open()

    def seen(self, text: str, at: float) -> None:
        self.texts.append(text)
        if self.loops["inner"].is_pressed:
            self.too_early = text
        elif not self.deaf:
            self._judge(text)

    def _judge(self, text: str) -> None:
        self.verdict = VERDICTS[text]
        if self.verdict == "go" and self.sprays:
            self.verdict = "hold"
            self.sprayer.on()
            threading.Timer(0.2, self.sprayer.off).start()
        elif self.verdict == "go":
            self._open()

    def submitted(self, path: str, form: dict[str, str]) -> None:
        if path == "/emergency":
            self.emergency()
            return
        self.forms.append((path, form))
        match path:
            case "/went-through":
                self.unclear = None
            case "/came-back":
                self.unclear = None
                self._open()
            case "/shift/start":
                self.officer = form["officer"]
            case "/solution":
                self.solutions = ({"valid": True},)
            case "/register" | "/admit":
                self._open()
            case "/plate":
                self.emergencies = [each for each in self.emergencies if each["visit"] != form["visit"]]
            case "/finish":
                self.unfinished.clear()

    def state(self) -> dict[str, Any]:
        occupied = [name for name, loop in self.loops.items() if loop.is_pressed]
        lane = {"name": "1", "verdict": self.verdict, "occupied": occupied, "unclear": self.unclear}
        return {
            "lanes": [lane], "officer": self.officer, "solutions": self.solutions, "emergencies": self.emergencies,
            "unfinished": self.unfinished, "lists": {"age": self.lists_age},
        }  # fmt: skip


def handler(gate: FakeGate) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        token = "t1"

        def do_GET(self) -> None:
            if self.path == "/state.json":
                self._answer(200, json.dumps(gate.state()))
            else:
                self._answer(
                    200, f'<html><meta name="csrf-token" content="{Page.token}"></html>', "session=abc; Path=/"
                )

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            if form.pop("csrf_token", None) != Page.token or self.headers["Cookie"] != "session=abc":
                self._answer(400, "token")
                return
            gate.submitted(self.path, form)
            self._answer(303, "")

        def _answer(self, status: int, body: str, cookie: str = "") -> None:
            self.send_response(status)
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Page


@contextmanager
def living(gate: FakeGate, made: Scenario, folder: Path, tempo: Tempo = BRISK) -> Iterator[World]:
    """A world around a fake gate, camera and touch page running."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(gate))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    world = World(made, lanes={"1": PINS}, factory=gate.factory, kiosk_url=url, folder=folder, tempo=tempo)
    camera = CameraLoop(lambda: world.camera("1"), Tracker(Scanner(["zxing"])), gate.seen)
    camera.start()
    world.start()
    try:
        yield world
    finally:
        world.stop()
        camera.stop()
        server.shutdown()
        server.server_close()


def truth(folder: Path) -> list[tuple[str, str, str | int]]:
    path = folder / "truth.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [(each["event"], each["id"], each.get("result", each.get("attempt"))) for each in lines]


def wait_until(happened: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def finished(folder: Path, count: int) -> Callable[[], bool]:
    return lambda: sum(event == "done" for event, _, _ in truth(folder)) >= count


@pytest.fixture
def gate() -> Iterator[FakeGate]:
    factory = MockFactory()
    yield FakeGate(factory)
    factory.close()


def test_vehicles_come_are_read_and_leave(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    made = scenario(
        clips,
        vehicle("v-1", GOOD),
        vehicle("v-2", FORGED, "turn_back"),
        vehicle("v-3", None, "register", direction="out", fields={"origin": "青岛市"}),
        vehicle("v-4", TWICE, "admit"),
    )
    with living(gate, made, tmp_path):
        wait_until(finished(tmp_path, 4))
        (tmp_path / "run" / "closing").touch()
        wait_until((tmp_path / "run" / "quiet").exists)
    assert truth(tmp_path) == [
        ("arrived", "v-1", 1), ("done", "v-1", "passed"),
        ("arrived", "v-2", 1), ("done", "v-2", "turned_back"),
        ("arrived", "v-3", 1), ("done", "v-3", "passed"),
        ("arrived", "v-4", 1), ("done", "v-4", "passed"),
    ]  # fmt: skip
    assert gate.texts == [GOOD, FORGED, TWICE]
    assert gate.entered == ["outer", "inner", "outer", "inner", "outer", "outer", "inner"]
    assert gate.forms == [
        ("/shift/start", {"officer": "u-2"}),
        ("/solution", {"agent": "chlorine", "tank": "A", "lot": "KK-0301", "water_litres": "50"}),
        ("button", {"name": "turn_back"}),
        (
            "/register",
            {"origin": "青岛市", "lane": "1", "plate": "鲁B00001", "vehicle_class": "resident", "direction": "out"},
        ),
        ("/admit", {"lane": "1"}),
    ]


def test_emergency_is_called_on_screen_and_pin_and_its_plate_filled_in(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    made = scenario(
        clips,
        vehicle("v-1", None, "emergency", plate="鲁B99120", vehicle_class="emergency"),
        vehicle("v-2", None, "emergency", plate="鲁B99124", vehicle_class="emergency"),
    )
    pressed: list[str] = []

    def press() -> None:
        pressed.append("pin")
        gate.emergency()

    gate.buttons["emergency"].when_pressed = press
    with living(gate, made, tmp_path):
        wait_until(finished(tmp_path, 2))
    assert [event[2] for event in truth(tmp_path) if event[0] == "done"] == ["passed", "passed"]
    plates = [form["plate"] for path, form in gate.forms if path == "/plate"]
    assert plates == ["鲁B99120", "鲁B99124"]
    assert len(pressed) == 1


def test_a_button_of_which_nothing_came_is_pressed_again(
    tmp_path: Path, clips: Path, gate: FakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duty, "PRESS_AGAIN", 0.3)
    made = scenario(clips, vehicle("v-1", None, "emergency", plate="鲁B99120", vehicle_class="emergency"))
    pressed: list[str] = []

    def press() -> None:
        pressed.append("pin")
        if len(pressed) == 2:
            gate.emergency()

    gate.buttons["emergency"].when_pressed = press
    with living(gate, made, tmp_path):
        wait_until(finished(tmp_path, 1))
    assert truth(tmp_path)[-1][2] == "passed"
    assert len(pressed) == 2


def test_officer_vouches_for_a_disinfection_that_the_sprayer_cannot(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    gate.sprays = True
    with living(gate, scenario(clips, vehicle("v-1", GOOD)), tmp_path):
        wait_until(finished(tmp_path, 1))
    assert gate.vouched == 1
    assert truth(tmp_path)[-1] == ("done", "v-1", "passed")


def test_vehicle_that_nobody_handles_backs_off_and_is_stuck(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    gate.deaf = True
    with living(gate, scenario(clips, vehicle("v-1", GOOD), vehicle("v-2", FORGED, "turn_back")), tmp_path, HASTY):
        wait_until(finished(tmp_path, 2))
    assert [event for event in truth(tmp_path) if event[0] == "done"] == [
        ("done", "v-1", "stuck"),
        ("done", "v-2", "stuck"),
    ]
    assert not gate.loops["outer"].is_pressed


def test_blank_camera_shows_nothing_that_can_be_read(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    with living(gate, scenario(clips, vehicle("v-1", GOOD), blank=True), tmp_path, HASTY) as world:
        frame = world.camera("1").read()
        assert frame is not None
        assert frame.image.max() == 0
        wait_until(finished(tmp_path, 1))
    assert gate.texts == []
    assert truth(tmp_path)[-1] == ("done", "v-1", "stuck")


def test_killed_gate_presents_the_unfinished_vehicle_again(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    made = scenario(clips, vehicle("v-1", GOOD), vehicle("v-2", FORGED, "turn_back"), vehicle("v-3", TWICE, "admit"))
    before = Truth(tmp_path / "truth.jsonl")
    before.arrived("v-1", made.vehicles[0], "2026-03-01T00:00:00.000Z")
    before.done("v-1", "passed")
    before.arrived("v-2", made.vehicles[1], "2026-03-01T00:00:09.000Z")
    with (tmp_path / "truth.jsonl").open("a") as file:
        file.write('{"event":"do')
    gate.solutions = ({"valid": True},)
    gate.unfinished.append({"visit": "ab" * 16})
    with living(gate, made, tmp_path):
        wait_until(finished(tmp_path, 3))
    assert truth(tmp_path)[2:] == [
        ("arrived", "v-2", 1),
        ("arrived", "v-2", 2), ("done", "v-2", "turned_back"),
        ("arrived", "v-3", 1), ("done", "v-3", "passed"),
    ]  # fmt: skip
    assert gate.forms[:2] == [
        ("/shift/start", {"officer": "u-2"}),
        ("/finish", {"visit": "ab" * 16, "outcome": "abandoned"}),
    ]


def test_a_vehicle_that_follows_another_comes_right_behind_it_though_the_day_ends(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    made = scenario(
        clips, vehicle("v-1", GOOD), vehicle("v-2", TWICE, "admit", follows=True), vehicle("v-3", FORGED, "turn_back")
    )
    with living(gate, made, tmp_path):
        wait_until(lambda: bool(truth(tmp_path)))
        (tmp_path / "run" / "closing").touch()
        wait_until((tmp_path / "run" / "quiet").exists)
    assert [id_ for event, id_, _ in truth(tmp_path) if event == "done"] == ["v-1", "v-2"]


def test_a_vehicle_that_follows_one_of_an_earlier_day_does_not_come(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    made = scenario(
        clips, vehicle("v-1", GOOD), vehicle("v-2", TWICE, "admit", follows=True), vehicle("v-3", FORGED, "turn_back")
    )
    before = Truth(tmp_path / "truth.jsonl")
    before.arrived("v-1", made.vehicles[0], "2026-03-01T00:00:00.000Z")
    before.done("v-1", "passed")
    with living(gate, made, tmp_path):
        wait_until(finished(tmp_path, 2))
    assert truth(tmp_path)[2:] == [("arrived", "v-3", 1), ("done", "v-3", "turned_back")]


def test_close_followers_are_handled_one_after_the_other_and_the_near_loop_is_never_free(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    close = {"follows": True, "close": True}
    made = scenario(
        clips, vehicle("v-1", GOOD), vehicle("v-2", None, "register", **close), vehicle("v-3", TWICE, "admit", **close)
    )
    with living(gate, made, tmp_path):
        wait_until(lambda: bool(truth(tmp_path)))
        (tmp_path / "run" / "closing").touch()
        wait_until((tmp_path / "run" / "quiet").exists)
    assert truth(tmp_path) == [
        ("arrived", "v-1", 1), ("arrived", "v-2", 1), ("done", "v-1", "passed"),
        ("arrived", "v-3", 1), ("done", "v-2", "passed"), ("done", "v-3", "passed"),
    ]  # fmt: skip
    assert gate.texts == [GOOD, TWICE]
    assert gate.entered == ["outer", "inner", "inner", "inner"]
    assert [path for path, _ in gate.forms[2:]] == ["/went-through", "/register", "/admit"]
    assert gate.forms[2][1] == {"lane": "1", "unclear-1": "cd" * 16}, "the officer answers what the screen asked"


def test_a_tailgater_goes_through_with_the_first_and_is_not_handled(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    tailgater = unjudged("v-2", follows=True, close=True, manoeuvre="tailgate", alarm="tailgating")
    with living(gate, scenario(clips, vehicle("v-1", GOOD), tailgater), tmp_path):
        wait_until(finished(tmp_path, 2))
    assert [event[1:] for event in truth(tmp_path) if event[0] == "done"] == [("v-1", "passed"), ("v-2", "tailgated")]
    assert gate.entered == ["outer", "inner", "outer", "inner"]
    assert len(gate.forms) == 2


def test_a_tailgater_does_not_come_if_the_first_does_not_drive(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    tailgater = unjudged("v-2", follows=True, close=True, manoeuvre="tailgate", alarm="tailgating")
    gate.deaf = True
    with living(gate, scenario(clips, vehicle("v-1", GOOD), tailgater), tmp_path, HASTY):
        wait_until(finished(tmp_path, 1))
    assert truth(tmp_path) == [("arrived", "v-1", 1), ("done", "v-1", "stuck")]


def test_a_follower_of_one_that_was_not_handled_comes_by_itself(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    follower = vehicle("v-2", None, "register", follows=True, close=True)
    gate.deaf = True
    with living(gate, scenario(clips, vehicle("v-1", GOOD), follower), tmp_path, HASTY):
        wait_until(finished(tmp_path, 2))
    assert [event[1:] for event in truth(tmp_path) if event[0] == "done"] == [("v-1", "stuck"), ("v-2", "passed")]


def test_one_that_forces_the_closed_arm_waits_for_nobody(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    forced = unjudged("v-1", manoeuvre="force", alarm="forced_passage")
    with living(gate, scenario(clips, forced), tmp_path):
        wait_until(finished(tmp_path, 1))
    assert truth(tmp_path)[-1] == ("done", "v-1", "forced")
    assert gate.entered == ["outer", "inner"]
    assert not gate.barrier.is_active


@pytest.mark.parametrize(
    ("manoeuvre", "result", "loops", "asked"),
    [
        ("back_off", "backed_off", ["outer"], False),
        ("under_and_away", "backed_off", ["outer", "inner"], False),
        ("under_and_back", "backed_off", ["outer", "inner"], True),
        ("roll_back", "passed", ["outer", "inner", "inner"], True),
    ],
)
def test_what_a_vehicle_does_at_green_is_its_truth(
    manoeuvre: str, result: str, loops: list[str], asked: bool, tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    with living(gate, scenario(clips, vehicle("v-1", GOOD, manoeuvre=manoeuvre)), tmp_path):
        wait_until(finished(tmp_path, 1))
    assert truth(tmp_path)[-1] == ("done", "v-1", result)
    assert gate.entered == loops
    assert [path for path, _ in gate.forms[2:]] == (["/came-back"] if asked else [])


def test_same_code_stays_out_of_sight_until_it_is_a_new_reading(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    made = scenario(clips, vehicle("v-1", GOOD), vehicle("v-2", GOOD), speed=50.0)
    with living(gate, made, tmp_path):
        wait_until(finished(tmp_path, 2))
    assert gate.texts == [GOOD, GOOD]


def test_list_starts_over_under_new_ids(clips: Path) -> None:
    made = scenario(clips, vehicle("v-1", GOOD), vehicle("v-2", FORGED), repeat=True)
    assert come(Line(made, Truth(clips / "none")), 5) == ["v-1", "v-2", "v-1-r2", "v-2-r2", "v-1-r3"]


def come(line: Line, times: int, may_come: Collection[When] = ("any", "fresh")) -> list[str | None]:
    ids: list[str | None] = []
    for _ in range(times):
        chosen = line.choose(may_come)
        ids.append(chosen[0] if chosen else None)
        if chosen:
            line.took(chosen[0])
    return ids


def test_one_that_needs_fresh_lists_is_overtaken_while_they_are_old_and_whoever_follows_it_with_it(clips: Path) -> None:
    made = scenario(
        clips, vehicle("v-1"), vehicle("v-2", when="fresh"), vehicle("v-3", follows=True), vehicle("v-4"), vehicle("v-5")
    )  # fmt: skip
    line = Line(made, Truth(clips / "none"))
    assert come(line, 2, ["any"]) == ["v-1", "v-4"]
    assert come(line, 4) == ["v-2", "v-3", "v-5", None]
    line = Line(made, Truth(clips / "none"))
    assert come(line, 2) == ["v-1", "v-2"]
    assert come(line, 2, ["any"]) == ["v-3", "v-4"], "once the first has come, the other is right behind it"


def test_one_that_waits_for_an_occasion_comes_then_and_once(clips: Path) -> None:
    made = scenario(clips, vehicle("v-1"), vehicle("v-2", when="cut_off"), vehicle("v-3", when="stale"), repeat=True)
    line = Line(made, Truth(clips / "none"))
    assert come(line, 2) == ["v-1", "v-1-r2"]
    assert come(line, 2, ["any", "cut_off"]) == ["v-2", "v-1-r3"]
    assert come(line, 2, ["any", "cut_off", "stale"]) == ["v-3", "v-1-r4"]


def test_the_cable_and_the_age_of_the_lists_are_the_occasions(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    made = scenario(
        clips,
        vehicle("v-1", GOOD, when="fresh"),
        vehicle("v-2", TWICE, "admit", when="stale"),
        vehicle("v-3", GOOD, when="cut_off"),
        stale_seconds=9.0,
    )
    gate.lists_age = None
    with living(gate, made, tmp_path):
        (tmp_path / "run" / "cut").touch()
        wait_until(finished(tmp_path, 1))
        gate.lists_age = 9.5
        wait_until(finished(tmp_path, 2))
        gate.lists_age = 5.0
        (tmp_path / "run" / "cut").unlink()
        wait_until(finished(tmp_path, 3))
    assert [id_ for event, id_, _ in truth(tmp_path) if event == "arrived"] == ["v-3", "v-2", "v-1"]


def test_an_officer_marks_a_plate_that_differs_and_turns_the_vehicle_back(
    tmp_path: Path, clips: Path, gate: FakeGate
) -> None:
    with living(gate, scenario(clips, vehicle("v-1", TWICE, "mismatch")), tmp_path):
        wait_until(finished(tmp_path, 1))
    assert gate.forms[2:] == [("/mismatch", {"lane": "1"}), ("button", {"name": "turn_back"})]
    assert truth(tmp_path)[-1] == ("done", "v-1", "turned_back")


def test_stopping_in_the_middle_leaves_the_vehicle_unfinished(tmp_path: Path, clips: Path, gate: FakeGate) -> None:
    gate.deaf = True
    with living(gate, scenario(clips, vehicle("v-1", GOOD)), tmp_path) as world:
        wait_until(lambda: bool(gate.texts))
        began = time.monotonic()
        world.stop()
        assert time.monotonic() - began < 2
    assert Truth(tmp_path / "truth.jsonl").interrupted == ("v-1",)


def test_truth_is_on_disk_before_the_world_goes_on(
    tmp_path: Path, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    made = scenario(clips, vehicle("v-1", GOOD))
    Truth(tmp_path / "truth.jsonl").arrived("v-1", made.vehicles[0], "2026-03-01T00:00:00.000Z")
    assert len(synced) == 1
    (line,) = [json.loads(each) for each in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert line == {
        "event": "arrived", "id": "v-1", "attempt": 1, "verdict": "go", "reason": "ok", "read_by": "qr",
        "outcome": "passed", "plate": "鲁B00001", "body": "car", "close": False,
        "manoeuvre": "through", "alarm": None, "at": "2026-03-01T00:00:00.000Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sped": 2}, "sped"),
        ({"vehicles": []}, "vehicles"),
        ({"speed": 0}, "speed"),
        ({"vehicles": [vehicle("v-1", GOOD, medium="none")]}, "shows and medium must be given together"),
        ({"vehicles": [vehicle("v-1", GOOD, manoeuvre="force")]}, "expect must be given unless nobody judges it"),
        (
            {"vehicles": [vehicle("v-1", GOOD, close=True)]},
            "one that is close behind another, or tailgates, follows it",
        ),
    ],
)
def test_broken_scenario_is_one_clear_line(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    path = tmp_path / "scenario.json"
    whole = scenario(tmp_path, vehicle("v-1", GOOD)).model_dump(mode="json")
    path.write_text(json.dumps({**whole, **changes}))
    with pytest.raises(ValueError) as caught:
        Scenario.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_scenario_that_is_missing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"scenario.json: No such file or directory$"):
        Scenario.load(tmp_path / "scenario.json")


def test_officer_says_in_one_line_that_the_page_is_down() -> None:
    with pytest.raises(OfficerError, match=r"^kiosk /state.json: "):
        Officer("http://127.0.0.1:9").state()


def test_officer_opens_the_page_anew_when_its_token_is_old(gate: FakeGate) -> None:
    page = handler(gate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        officer = Officer(f"http://127.0.0.1:{server.server_address[1]}")
        officer.submit("/admit", lane="1")
        page.token = "t2"  # type: ignore[attr-defined]  # the class above has it
        officer.submit("/admit", lane="1")
    finally:
        server.shutdown()
        server.server_close()
    assert [path for path, _ in gate.forms] == ["/admit", "/admit"]
