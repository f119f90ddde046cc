"""The table of an installer: every row says what it found, and one bad row is status 1."""

import http.server
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory

from edge.camera.opencv import cv2
from edge.commands.selftest import CheckWarning, Result, _checked, selftest
from edge.config import load
from tests.edge.folders import enrolled
from tests.edge.gates import LgpioError, lgpio_at_work


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "lane.png"
    cv2.imwrite(str(path), np.full((240, 320, 3), 90, np.uint8))
    return path


def rows(folder: Path) -> tuple[int, dict[str, tuple[str, str]]]:
    said: list[str] = []
    status = selftest(folder, said.append)
    return status, {line[:24].strip(): (line[24:32].strip(), line[32:]) for line in said}


def test_each_part_has_its_row(tmp_path: Path, picture: Path) -> None:
    status, table = rows(enrolled(tmp_path / "east", camera=f"file:{picture}"))
    devices = ["camera", "outer_loop", "inner_loop", "disinfected", "turn_back", "emergency"]
    devices += ["barrier", "sprayer", "red", "amber", "green"]
    assert list(table) == [
        *(f"1 {name}" for name in devices),
        "1 safety",
        "kiosk",
        "voice",
        "disk",
        "clock",
        "link",
        "keys",
        "ledger",
    ]
    assert {table[f"1 {name}"][0] for name in devices} == {"ok"}
    assert "1280x720" in table["1 camera"][1]
    assert table["1 outer_loop"][1] == "BCM 5, off now"
    assert table["1 sprayer"][1] == "BCM 27, active high; not moved"
    assert table["1 safety"] == (
        "warning",
        "not fitted: 2 m of vehicle fit unseen between loops 3 m apart; the barrier waits 3 s for them, and comes down on who"
        " takes longer",
    )
    # nobody listens where the hub should be
    assert (status, table["link"][0]) == (1, "FAILED")
    assert "Connection refused" in table["link"][1]


def test_a_missing_camera_fails_its_row_alone(tmp_path: Path) -> None:
    status, table = rows(enrolled(tmp_path / "east", camera="v4l2:/dev/video99"))
    assert (status, table["1 camera"]) == (1, ("FAILED", "camera v4l2:/dev/video99: no such device"))
    assert table["keys"][0] == "ok"


def serve_picture(port: int, status: int) -> http.server.HTTPServer:
    """The screen of a gate that runs, which has a picture (200) or none (204)."""

    class Screen(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/picture.jpg?lane=1" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.HTTPServer(("127.0.0.1", port), Screen)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("status", "controls", "row"),
    [
        (200, "", ("ok", "v4l2:{device}, in use by the gate that runs")),
        (
            200,
            "[lanes.camera.night]\ngian = 3\n",
            ("FAILED", "v4l2:{device}, in use by the gate that runs, but has no control 'gian'; it has none"),
        ),
        (204, "", ("FAILED", "camera v4l2:{device}: cannot be opened (in use, no camera, or not in the group video)")),
    ],
)
def test_beside_a_gate_that_runs_its_camera_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, controls: str, row: tuple[str, str]
) -> None:
    """faults G: README's self-test follows an installer that has started the gate; and a misspelt control is a row."""
    monkeypatch.setattr("edge.commands.selftest.PATIENCE", 0.5)
    device = tmp_path / "video0"
    device.touch()
    gate = enrolled(tmp_path / "east", camera=f"v4l2:{device}")
    with (gate / "gate.toml").open("a", encoding="utf-8") as settings:
        settings.write(controls)
    server = serve_picture(load(gate).kiosk.port, status)
    try:
        _, table = rows(gate)
    finally:
        server.shutdown()
        server.server_close()
    assert table["1 camera"] == (row[0], row[1].format(device=device))


def test_a_certificate_of_another_gate_is_found(tmp_path: Path, picture: Path) -> None:
    _, table = rows(enrolled(tmp_path / "east", camera=f"file:{picture}", common_name="west"))
    assert table["keys"][0] == "FAILED"
    assert "is for west, expected east" in table["keys"][1]


def test_a_key_that_others_may_read_is_found(tmp_path: Path, picture: Path) -> None:
    gate = enrolled(tmp_path / "east", camera=f"file:{picture}")
    (gate / "keys" / "signing.key").chmod(0o644)
    _, table = rows(gate)
    assert "others may read it" in table["keys"][1]


def test_whoever_listens_instead_of_the_hub_is_not_trusted(tmp_path: Path, picture: Path) -> None:
    gate = enrolled(tmp_path / "east", camera=f"file:{picture}")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()

        def hang_up() -> None:
            connection, _ = stranger.accept()
            connection.recv(100)
            connection.close()

        listening = threading.Thread(target=hang_up)
        listening.start()
        text = (gate / "gate.toml").read_text(encoding="utf-8")
        port = text.split("port = ")[1].split("\n")[0]
        changed = text.replace(f"port = {port}", f"port = {stranger.getsockname()[1]}", 1)
        (gate / "gate.toml").write_text(changed, encoding="utf-8")
        _, table = rows(gate)
        listening.join(timeout=10)
    assert table["link"][0] == "FAILED"


class HeldByAnother(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """The lines of a machine on which a program holds them all."""

    def pin(self, name: object) -> Any:
        raise LgpioError("GPIO busy")


@pytest.mark.parametrize(
    ("runs", "row"), [(True, ("ok", "BCM 5, in use by the gate that runs")), (False, ("FAILED", "'GPIO busy'"))]
)
def test_beside_a_gate_that_runs_its_inputs_are_its_own_and_no_output_is_claimed(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, runs: bool, row: tuple[str, str]
) -> None:
    lgpio_at_work(monkeypatch)
    monkeypatch.setattr("edge.commands.selftest.pin_factory", lambda name: HeldByAnother())
    gate = enrolled(tmp_path / "east", camera=f"file:{picture}")
    with socket.socket() as kiosk:
        if runs:
            kiosk.bind(("127.0.0.1", load(gate).kiosk.port))
            kiosk.listen(50)
        _, table = rows(gate)
    assert table["1 outer_loop"] == row
    assert table["1 barrier"] == ("ok", "BCM 17, active high; not moved")


def test_what_is_fitted_beyond_the_least_has_its_row_in_each_lane(tmp_path: Path, picture: Path) -> None:
    gate = enrolled(tmp_path / "east", camera=f"file:{picture}")
    more = "[lanes.pins]\nbarrier_up = 20\nbarrier_down = 21\nflow = 16\ntank = 25\nbuzzer = 18\nhelp = 26\n"
    second = (
        f'[[lanes]]\nname = "2"\n[lanes.camera]\nsource = "file:{picture}"\n[lanes.pins]\nouter_loop = 0\ninner_loop = 1\n'
        "disinfected = 2\nturn_back = 3\nemergency = 4\nbarrier = 7\nsprayer = 8\nred = 9\namber = 10\ngreen = 11\n"
    )
    with (gate / "gate.toml").open("a", encoding="utf-8") as settings:
        settings.write("lamp = 4\n" + more + second.replace("emergency = 4", "emergency = 14"))
    _, table = rows(gate)
    for name in ("barrier_up", "barrier_down", "flow", "tank", "buzzer", "help"):
        assert table[f"1 {name}"][0] == "ok"
    assert table["1 camera lamp"] == ("ok", "BCM 4, active high; not moved")
    assert table["2 sprayer"][1] == "BCM 8, active high; not moved"
    assert "2 flow" not in table


@pytest.mark.parametrize(
    ("more", "row"),
    [
        ("[lanes.pins]\nsafety = 4\n", ("ok", "BCM 4, off now")),
        ("[lanes.pins]\nsafety = 4\n[lanes.wiring.safety]\nactive = 'high'\n", ("ok", "BCM 4, on now")),
        ("[lanes.road]\nshortest = 3\n", None),
    ],
    ids=["fitted", "a light barrier whose wire is open", "no motorcycles"],
)
def test_the_third_sensor_has_its_row_or_short_vehicles_a_warning(
    tmp_path: Path, picture: Path, more: str, row: tuple[str, str] | None
) -> None:
    gate = enrolled(tmp_path / "east", camera=f"file:{picture}")
    with (gate / "gate.toml").open("a", encoding="utf-8") as settings:
        settings.write(more)
    assert rows(gate)[1].get("1 safety") == row


def test_short_vehicles_are_warned_of_with_a_third_sensor_as_well(tmp_path: Path, picture: Path) -> None:
    gate = enrolled(tmp_path / "east", camera=f"file:{picture}")
    with (gate / "gate.toml").open("a", encoding="utf-8") as settings:
        settings.write("[lanes.pins]\nsafety = 4\n[lanes.road]\napart = 5\n")
    status, said = rows(gate)[1]["1 road"]
    assert (status, "a loop and the third sensor, 2.5 m apart" in said) == ("warning", True)


def test_a_warning_is_no_failure() -> None:
    def warns() -> str:
        raise CheckWarning("two loops")

    assert _checked("1 safety", warns) == Result("1 safety", "warning", "two loops")


@pytest.mark.parametrize(
    ("engine", "path", "row"),
    [
        ("off", "/nowhere", ("ok", "off")),
        ("tones", "/nowhere", ("FAILED", "tones: aplay not installed")),
        ("espeak-ng", "/nowhere", ("FAILED", "espeak-ng: espeak-ng and aplay not installed")),
    ],
)
def test_a_voice_whose_programs_are_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, path: str, row: tuple[str, str]
) -> None:
    gate = enrolled(tmp_path / "east", camera="v4l2:/dev/video99")
    with (gate / "gate.toml").open("a") as file:
        file.write(f'[voice]\nengine = "{engine}"\n')
    monkeypatch.setenv("PATH", path)
    assert rows(gate)[1]["voice"] == row
