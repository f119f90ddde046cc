"""faults G: who follows README's installation chapter, line by line, gets a town whose gate lets a resident in.

The lines are README's own. What a test machine cannot do is put in their place as the installers do it inside: `sudo` is left
out, the folders of /var/lib lie in a temporary one, `install-hub` is `init` and the hub that then serves, `install-gate` is
`enrol` and a gate without hardware whose wires and camera the test holds.
"""

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import pytest
import segno

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.simulation.officer import Officer, OfficerError
from tests.ports import free_port
from tests.system.towns import ENVIRONMENT, ROOT, reachable_folder, rows, wait_for

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHAPTER = README.split("\n## A real hub and real gates\n", 1)[1].split("\n## ", 1)[0]
PIN = "4793\n"
PLATE = "鲁B12345"


def lines() -> list[str]:
    """The chapter's commands in their order."""
    blocks = re.findall(r"^```\n(.*?)^```$", CHAPTER, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


class Machine:
    """The hub's PC and the gate's Pi in one folder: runs a line of README, and starts what the installers start."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self.folder = folder
        self.hub, self.gate = folder / "hub", folder / "gate"
        self.printed: dict[str, str] = {}
        self._running = running
        self._broker, self._web, self._kiosk = free_port(), free_port(), free_port()
        self.wires: subprocess.Popen[str] | None = None

    def follow(self, line: str) -> None:
        """Does what the line says, and keeps what it printed."""
        words = [word for word in shlex.split(line) if word != "sudo"]
        match words[0]:
            case "scripts/install-hub":
                self._install_hub(options(words[1:]))
            case "scripts/install-gate":
                self._install_gate(options(words[1:]))
            case _:
                self._run(line)

    def _run(self, line: str) -> None:
        told = line.replace("sudo ", "").replace("/var/lib/kakou-hub", str(self.hub))
        told = told.replace("/var/lib/kakou-gate", str(self.gate))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", told], input=PIN * 2, capture_output=True, text=True, check=False, cwd=self.folder,
            env={**ENVIRONMENT, "PATH": path},
        )  # fmt: skip
        assert done.returncode == (1 if "selftest" in line else 0), f"{line}: {done.stderr or done.stdout}"
        self.printed[line] = done.stdout

    def _start(self, *command: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, env=ENVIRONMENT, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

        def end() -> None:
            process.terminate()
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)

        self._running.callback(end)
        return process

    def _install_hub(self, given: dict[str, str]) -> None:
        program = f"kakou-hub --data {self.hub}"
        # gates of this test reach it on this machine
        assert given.pop("--host")
        more = " ".join(f"{name} {value}" for name, value in given.items())
        self._run(f"{program} init {more} --host 127.0.0.1 --broker-port {self._broker} --web-port {self._web}")
        self._start(sys.executable, "-P", "-m", "hub.cli", "--data", str(self.hub), "serve")
        wait_for(lambda: answers(f"http://127.0.0.1:{self._web}/login"), "the hub's pages", 120)

    def _install_gate(self, given: dict[str, str]) -> None:
        self._run(f"kakou-gate --data {self.gate} enrol {given['--bundle']}")
        settings = self.gate / "gate.toml"
        text = settings.read_text(encoding="utf-8").replace('factory = "lgpio"', 'factory = "mock"')
        text = text.replace("port = 8100", f"port = {self._kiosk}").replace("v4l2:/dev/video0", f"file:{self.camera}")
        settings.write_text(text, encoding="utf-8")
        self.wires = self._start(sys.executable, "-P", "-m", "tests.system.wired_gate", str(self.gate))
        wait_for(self._screen_is_up, "the gate's screen", 120)

    @property
    def camera(self) -> Path:
        """What the camera sees; while there is no such file there is no camera."""
        return self.folder / "camera.png"

    @property
    def officer(self) -> Officer:
        return Officer(f"http://127.0.0.1:{self._kiosk}")

    def _screen_is_up(self) -> bool:
        with suppress(OfficerError):
            return bool(self.officer.state())
        return False

    def wire(self, name: str, how: str) -> None:
        assert self.wires is not None
        assert self.wires.stdin is not None
        self.wires.stdin.write(f"{name} {how}\n")
        self.wires.stdin.flush()

    def lane(self) -> dict[str, object]:
        lane: dict[str, object] = self.officer.state()["lanes"][0]
        return lane

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._kiosk}{path}", timeout=10) as answer:
            return str(answer.read().decode())


def options(words: list[str]) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=True))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def card(text: str) -> Image:
    """A printed pass held in front of the camera: 1280x720, the code in the middle of a card."""
    code = segno.make(text, error="q", boost_error=False, micro=False)
    drawn = np.array([[0 if dark else 255 for dark in row] for row in code.matrix_iter(scale=6, border=4)], np.uint8)
    frame = np.full((720, 1280), 120, np.uint8)
    top, left = (720 - drawn.shape[0]) // 2, (1280 - drawn.shape[1]) // 2
    frame[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return pixels(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))


@pytest.fixture
def machine() -> Iterator[Machine]:
    with reachable_folder() as folder, ExitStack() as running:
        folder.mkdir(mode=0o711)
        yield Machine(folder, running)


@pytest.mark.timeout(600)
def test_a_resident_is_let_in_where_readme_was_followed_line_by_line(machine: Machine) -> None:
    for line in lines():
        machine.follow(line)
    printed = {next(word for word in ("issue", "selftest", "print", "other") if word in line or word == "other"): text
               for line, text in machine.printed.items()}  # fmt: skip
    # the self-test names the camera, which has not come yet, and nothing else
    assert [line[:8] for line in printed["selftest"].splitlines() if " FAILED " in line] == ["1 camera"]
    assert (machine.folder / "cards.pdf").read_bytes().startswith(b"%PDF")

    # README: "Then on the screen: Shift, the name; Solution, the batch; and the first resident may come."
    officer = machine.officer
    named = re.search(r'value="([^"]+)">李伟', machine.page("/shift"))
    assert named, "the shift page offers the officer"
    officer.submit("/shift/start", officer=named[1])
    officer.submit("/solution", agent="chlorine", concentration="500 mg/L", tank="A", lot="L-22", litres="20")
    machine.wire("outer_loop", "on")
    wait_for(lambda: machine.lane()["state"] == "checking", "a vehicle at the lane")
    part = machine.folder / "part.png"
    cv2.imwrite(str(part), card(printed["issue"].splitlines()[1]))
    part.rename(machine.camera)  # the camera is plugged in
    wait_for(lambda: machine.lane()["state"] == "disinfecting", "the pass is read: disinfect", 60)
    assert machine.lane()["plate"] == PLATE
    wait_for(lambda: bool(machine.lane()["unconfirmed"]), "the sprayer has run: the officer looks", 60)
    officer.submit("/disinfected", lane="1")
    wait_for(lambda: machine.lane()["state"] == "open", "the barrier", 30)
    machine.wire("inner_loop", "on")
    wait_for(lambda: machine.lane()["state"] == "driving", "the vehicle drives")
    machine.wire("outer_loop", "off")
    machine.wire("inner_loop", "off")
    wait_for(lambda: bool(admitted(machine.hub)), "the crossing in the hub's ledger", 60)
    assert admitted(machine.hub) == [("resident", "in", "passed", "qr")]


def admitted(hub: Path) -> list[tuple[object, ...]]:
    query = (
        "select vehicle_class, direction, outcome, read_by from visits where plate = '鲁B12345' and outcome = 'passed'"
    )
    return rows(hub / "hub.db", query)


def test_the_chapter_leaves_nothing_out_that_a_crossing_needs() -> None:
    """One command each, in an order in which each can succeed; a line more in README is followed by the test above."""
    told = [line.partition("kakou-hub --data /var/lib/kakou-hub ")[2] or line.removeprefix("sudo ") for line in lines()]
    assert [" ".join(line.split()[:2]) for line in told] == [
        "scripts/install-hub --host",
        "user add",
        "officer pin",
        "gate add",
        "operation publish",
        "pass issue",
        "pass print",
        "gate bundle",
        "scripts/install-gate --bundle",
        "kakou-gate --data",
    ]
