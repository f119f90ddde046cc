"""Bad input ends in one clear line and an exit status that is not 0, and changes nothing."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import main as gate_main
from hub.cli import main as hub_main
from scripts.town.demo import main as demo_main
from scripts.town.founding import alone
from tests import here
from tests.system import towns

BIN = Path(sys.executable).parent


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return here.run(demo_main, *arguments)


def hub(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return here.run(hub_main, "--data", str(folder), *arguments)


def gate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return here.run(gate_main, "--data", str(folder), *arguments)


def gate_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "kakou-gate"), "--data", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It failed, said why in one line that has these words, and nothing else."""
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with a gate, an enrolled gate and its bundle, made once."""
    folder = tmp_path_factory.mktemp("made")
    assert hub(folder / "town", "init", "--town", "demo").returncode == 0
    assert hub(folder / "town", "gate", "add", "east", "--zh", "东卡口", "--en", "East gate").returncode == 0
    assert hub(folder / "town", "gate", "bundle", "east", "--out", str(folder / "east.json")).returncode == 0
    assert gate(folder / "gate", "enrol", str(folder / "east.json")).returncode == 0
    return folder


@pytest.fixture
def town(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "town", tmp_path / "town"))


@pytest.fixture
def gate_folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "gate", tmp_path / "gate"))


@pytest.mark.parametrize("value", ["0", "9", "four", "-1", "2.5"])
def test_a_wrong_number_of_gates(value: str, tmp_path: Path) -> None:
    one_line(demo("--gates", value, "--data", str(tmp_path / "town")), "--gates", "1 to 8 gates", value)
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--seconds", "0"), ("--speed", "nan"), ("--seed", "x"), ("--port", "70000")]
)
def test_a_wrong_option_of_the_demo(option: str, value: str) -> None:
    one_line(demo(option, value), option, value)


def test_a_busy_explicit_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        one_line(towns.demo("--port", port, "--data", str(tmp_path / "town")), f"--port {port}")
    assert not (tmp_path / "town").exists()


def test_a_demo_in_a_town_that_no_demo_made(town: Path) -> None:
    before = snapshot(town)
    one_line(demo("--data", str(town), "--seconds", "1"), "no demo made")
    assert snapshot(town) == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("hub.db", "x" * 9000, "file is not a database"), ("hub.toml", "[x", "not TOML"), ("demo.json", "{", "demo.json")],
)
def test_a_demo_in_a_folder_that_is_broken(town: Path, name: str, text: str, words: str) -> None:
    memory = {"choice": {"seed": 7, "gates": 1}, "login": "admin", "password": "x", "officers": {}}
    (town / "demo.json").write_text(json.dumps(memory))
    (town / name).write_text(text)
    done = demo("--data", str(town), "--seconds", "1")
    assert done.returncode == 1
    assert done.stderr.startswith("demo: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert (town / name).read_text() == text


def test_two_demos_in_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    with alone(folder):
        one_line(demo("--data", str(folder), "--seconds", "1"), "a demo is running there")
    assert snapshot(folder) == {}


def test_a_demo_whose_folder_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "town"
    file.write_text("mine")
    one_line(demo("--data", str(file), "--seconds", "1"), str(file))
    assert file.read_text() == "mine"


def test_a_second_init_in_the_same_folder(town: Path) -> None:
    before = snapshot(town)
    one_line(towns.hub(town, "init", "--town", "other"), str(town))
    assert snapshot(town) == before


@pytest.mark.parametrize("command", [["gate", "list"], ["verify"], ["serve"]])
def test_a_broken_key_in_hub_toml(town: Path, command: list[str]) -> None:
    (town / "hub.toml").write_text((town / "hub.toml").read_text() + "\n[brokr]\nport = 1\n")
    before = snapshot(town)
    one_line(hub(town, *command), "hub.toml", "brokr")
    assert snapshot(town) == before


def test_a_broken_key_in_gate_toml(gate_folder: Path) -> None:
    text = (gate_folder / "gate.toml").read_text()
    (gate_folder / "gate.toml").write_text(text.replace("barrier = ", "barier = "))
    before = snapshot(gate_folder)
    one_line(gate_process(gate_folder, "run"), "gate.toml", "barier")
    assert snapshot(gate_folder) == before


def test_a_missing_camera(gate_folder: Path, tmp_path: Path) -> None:
    text = (gate_folder / "gate.toml").read_text()
    text = text.replace("v4l2:/dev/video0", "v4l2:/dev/video97").replace('factory = "lgpio"', 'factory = "mock"')
    (gate_folder / "gate.toml").write_text(text)
    # the gate works without it: what is there instead of an end is in tests/edge/unit/test_missing.py
    command = [str(BIN / "kakou-gate"), "--data", str(gate_folder), "run"]
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        towns.wait_for(lambda: "/dev/video97" in log.read_text(), "a word about the camera")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in log.read_text()


def test_a_gate_is_enrolled_once(gate_folder: Path, made: Path) -> None:
    before = snapshot(gate_folder)
    one_line(gate_process(gate_folder, "enrol", str(made / "east.json")), str(gate_folder))
    assert snapshot(gate_folder) == before


def test_an_unreadable_image(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"this is no picture")
    one_line(gate(tmp_path, "scan", str(picture)), str(picture))
    one_line(gate(tmp_path, "scan", str(tmp_path / "nowhere.png")), "nowhere.png")
    assert snapshot(tmp_path) == {"picture.png": b"this is no picture"}


def test_an_export_with_an_inverted_time_range(town: Path, tmp_path: Path) -> None:
    before, out = snapshot(town), tmp_path / "visits.csv"
    arguments = ["--what", "visits", "--from", "2026-03-02", "--to", "2026-03-01", "--out", str(out)]
    one_line(hub(town, "export", *arguments), "2026-03-0")
    assert not out.exists()
    assert snapshot(town) == before
