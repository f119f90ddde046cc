"""`kakou-gate`: what a person types, one clear line for what is wrong, and a gate process that starts, stops and is killed."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import segno

from edge.camera.frames import Image
from edge.camera.opencv import cv2
from edge.cli import main, parser
from edge.config import load
from edge.contract.facts import Kind
from edge.journal.outbox import Outbox
from edge.scanner.ladder import RUNGS
from edge.scanner.scanner import Scanner, Step
from scripts.roadside.picture import picture
from scripts.roadside.shot import Shot
from tests.contract.samples import GATE_KEY
from tests.edge.folders import enrolled
from tests.edge.gates import qr

COMMANDS = ("enrol", "run", "scan", "outbox", "selftest")
FAR = 4_000_000_000


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A picture of a pass that is good for decades."""
    path = tmp_path / "pass.png"
    segno.make(qr(expires=FAR, vehicle_class=2), error="q").save(str(path), scale=5, border=4)
    return path


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command in parser().format_help()
    with pytest.raises(SystemExit) as left:
        main(["--data", "x", command, "--help"])
    assert left.value.code == 0
    assert "usage: kakou-gate" in said(capsys)[0]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "kakou-gate: the following arguments are required: COMMAND"),
        ("scan", "kakou-gate scan: the following arguments are required: FILE"),
        ("outbox --walk", "kakou-gate: unrecognized arguments: --walk"),
    ],
)
def test_a_command_line_that_can_not_be_read_is_one_line(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--data", "x", *words.split()])
    out, err = said(capsys)
    assert (left.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(why)


def test_a_log_on_a_full_disk_ends_no_process() -> None:
    program = "from edge import log; log.configure(); log.structlog.get_logger().error('x'); print('lives')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, check=False)
    assert done.stdout == b"lives\n"


def test_scan_says_verdict_and_reason_with_the_gates_lists(
    tmp_path: Path, still: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = enrolled(tmp_path / "east", camera=f"file:{still}")
    assert main(["--data", str(gate), "scan", str(still)]) == 0
    line = json.loads(said(capsys)[0])
    assert (line["file"], line["verdict"], line["reason"]) == (str(still), "go", "ok")
    assert line["texts"] == [qr(expires=FAR, vehicle_class=2)]
    assert line["ms"] > 0


def test_scan_without_an_enrolled_gate_knows_no_key(
    tmp_path: Path, still: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "nowhere"), "scan", str(still)]) == 0
    assert json.loads(said(capsys)[0])["reason"] == "unknown_key"
    assert not (tmp_path / "nowhere").exists()


def test_explain_says_which_rung_read_it(tmp_path: Path, still: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "scan", "--explain", str(still)]) == 0
    line = json.loads(said(capsys)[0])
    assert (line["rung"], line["advice"]) == ("frame", None)
    assert [each["rung"] for each in line["tried"]] == ["frame"]


def test_explain_says_what_to_do_with_a_code_that_no_rung_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "blurred.png"
    cv2.imwrite(str(path), picture(qr(expires=FAR), Shot(smear=22, smear_angle=20, module=4.5)))
    assert main(["--data", str(tmp_path), "scan", "--explain", str(path)]) == 0
    line = json.loads(said(capsys)[0])
    assert (line["texts"], line["rung"], line["advice"]["hint"]) == ([], None, "still")
    assert line["advice"]["zh"]
    assert len(line["tried"]) == len(RUNGS)


def test_scan_of_a_picture_without_a_code_judges_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blank = tmp_path / "blank.pgm.png"
    import cv2
    import numpy as np

    cv2.imwrite(str(blank), np.full((240, 320, 3), 128, np.uint8))
    assert main(["--data", str(tmp_path), "scan", str(blank)]) == 0
    line = json.loads(said(capsys)[0])
    assert (line["texts"], line["verdict"], line["reason"]) == ([], None, None)


def test_an_unreadable_picture_is_one_line_and_the_others_are_still_read(
    tmp_path: Path, still: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"not a picture")
    assert main(["--data", str(tmp_path), "scan", str(torn), str(still)]) == 1
    out, err = said(capsys)
    assert len(out.splitlines()) == 1
    assert re.fullmatch(r"kakou-gate: .*torn\.png: not a picture that can be read\n", err)


def test_a_broken_key_in_the_configuration_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gate = enrolled(tmp_path / "east", camera="file:x.png")
    with (gate / "gate.toml").open("a", encoding="utf-8") as file:
        file.write("[lanes.pins]\nbarier = 17\n")
    assert main(["--data", str(gate), "outbox"]) == 1
    assert re.search(r"^kakou-gate: .*gate\.toml: lanes\.0\.pins\.barier: unknown key", said(capsys)[1])


def test_outbox_of_a_gate_that_never_ran_says_so_and_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = enrolled(tmp_path / "east", camera="file:x.png")
    assert main(["--data", str(gate), "outbox"]) == 1
    assert "has not run yet" in said(capsys)[1]
    assert not (gate / "journal.db").exists()


# -- the process -------------------------------------------------------------------------------------------------------


class Process:
    """A real `kakou-gate run` and its page."""

    def __init__(self, gate: Path) -> None:
        self.gate = gate
        self.port = load(gate).kiosk.port
        with (gate / "stderr").open("w") as said:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "edge.cli", "--data", str(gate), "run"], stdout=subprocess.DEVNULL, stderr=said
            )
        self.cookie = ""
        self.wait_until_up()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.state()
                return
            except OSError:
                assert self.child.poll() is None, "the gate ended by itself"
                assert time.monotonic() < deadline, "the gate did not come up"
                time.sleep(0.05)

    def request(self, method: str, path: str, **fields: str) -> str:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(fields) if fields else None, headers)
        answer = connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        text = answer.read().decode()
        connection.close()
        assert answer.status < 400, text
        return text

    def state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = json.loads(self.request("GET", "/state.json"))
        return state

    def press(self, path: str, **fields: str) -> None:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.request("GET", "/"))
        assert found
        self.request("POST", path, csrf_token=found[1], **fields)

    def end(self, number: signal.Signals) -> int:
        self.child.send_signal(number)
        return self.child.wait(timeout=30)


@pytest.fixture
def gate(tmp_path: Path, still: Path) -> Path:
    return enrolled(tmp_path / "east", camera=f"file:{still}")


def test_a_gate_runs_without_its_hub_and_ends_on_sigterm(gate: Path) -> None:
    process = Process(gate)
    try:
        assert int((gate / "run" / "gate.pid").read_text()) == process.child.pid
        state = process.state()
        assert (state["link"]["connected"], state["lanes"][0]["state"]) == (False, "waiting")
        process.press("/emergency", lane="1")
        # told to rise, or up already
        assert process.state()["lanes"][0]["state"] in {"opening", "open"}
        assert process.end(signal.SIGTERM) == 0
        assert not (gate / "run" / "gate.pid").exists()
    finally:
        process.child.kill()
        process.child.wait()
    assert main(["--data", str(gate), "outbox", "--verify"]) == 0


def test_a_killed_gate_comes_up_closed_and_shows_what_was_left_open(gate: Path) -> None:
    process = Process(gate)
    try:
        process.press("/shift/start", officer="u-2")
        process.press("/solution", agent="chlorine", lot="L-22", water_litres="20")
        process.press("/register", lane="1", plate="鲁B12345", vehicle_class="duty", direction="in")
        process.press("/emergency", lane="1")
        visits = {each["visit"] for each in process.state()["emergencies"]}
        process.end(signal.SIGKILL)
        process = Process(gate)
        state = process.state()
        assert (state["lanes"][0]["state"], state["officer"], state["solutions"][0]["valid"]) == (
            "waiting",
            "u-2",
            True,
        )
        assert len(state["unfinished"]) == 2
        assert {each["visit"] for each in state["emergencies"]} == visits
        process.press("/finish", visit=state["unfinished"][0]["visit"], outcome="passed")
        assert len(process.state()["unfinished"]) == 1
        assert process.end(signal.SIGTERM) == 0
    finally:
        process.child.kill()
        process.child.wait()
    from edge.clock import SystemClock

    outbox = Outbox.open(gate / "journal.db", town="demo", gate="east", key=GATE_KEY, clock=SystemClock())
    opened = outbox.recent((Kind.VISIT_OPENED,), 10)
    assert [kept.private.get("plate") for kept in opened] == ["鲁B12345", None]
    outbox.close()


def test_a_gate_that_the_watchdog_aborts_says_where_its_threads_stood(gate: Path) -> None:
    process = Process(gate)
    assert process.end(signal.SIGABRT) == -signal.SIGABRT
    said = (gate / "stderr").read_text()
    assert "Fatal Python error: Aborted" in said
    assert 'edge/gate/loop.py", line' in said


def test_a_strip_of_one_pixel_is_nothing_and_the_files_after_it_are_read(
    tmp_path: Path, still: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hard input p01."""
    strip = Path(__file__).parent / "hard_inputs" / "p01-5000x1.png"
    assert main(["--data", str(tmp_path), "scan", "--explain", str(strip), str(still)]) == 0
    lines = [json.loads(line) for line in said(capsys)[0].splitlines()]
    assert [bool(line["texts"]) for line in lines] == [False, True]


def test_a_file_that_breaks_a_decoder_is_one_line_and_the_others_are_still_read(
    tmp_path: Path, still: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    climb = Scanner.climb

    def breaks(scanner: Scanner, image: Image, budget: float | None = None) -> Iterator[Step]:
        if image.shape[0] == 1:
            raise cv2.error("a filter\n failed")
        return climb(scanner, image, budget)

    monkeypatch.setattr(Scanner, "climb", breaks)
    strip = Path(__file__).parent / "hard_inputs" / "p01-5000x1.png"
    assert main(["--data", str(tmp_path), "scan", str(strip), str(still)]) == 1
    out, err = said(capsys)
    assert len(out.splitlines()) == 1
    assert err == f"kakou-gate: {strip}: cannot be read: a filter failed\n"
