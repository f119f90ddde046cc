"""The fuzzer itself: a short run of it in every suite, and that it sees what it looks for."""

import os
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge.contract.reasons import Reason
from scripts.fuzzing import __main__ as fuzzing
from scripts.fuzzing.__main__ import Report, fuzz, main

ROOT = Path(__file__).resolve().parents[2]


def test_no_text_raises_or_takes_long_and_what_lies_behind_the_signature_is_reached() -> None:
    report = fuzz(20_000, seed=11)
    assert report.faults == []
    assert report.worst[0] < 50, "ten times what is promised: the machine is not ours alone"
    behind = {Reason.ALREADY_INSIDE, Reason.NOT_INSIDE, Reason.WRONG_CLASS, Reason.WATCH_LIST}
    assert behind | {Reason.BAD_FORMAT, Reason.BAD_SIGNATURE, Reason.UNKNOWN_KEY, Reason.NOT_A_PASS} <= set(
        report.reasons
    )


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has wheels for x86-64 only")
def test_no_text_that_coverage_leads_to_raises_and_what_lies_behind_the_signature_is_reached() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.fuzzing", "--inputs", "20000"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert "exceptions  0" in done.stdout, done.stdout + done.stderr[-2000:]
    told = dict(re.findall(r"(\w+) ([\d,]+)", done.stdout.partition("reasons")[2]))
    assert {"not_a_pass", "bad_format", "bad_signature"} <= told.keys()
    assert told.keys() & {"not_inside", "already_inside", "wrong_class", "wrong_gate", "watch_list", "disinfection_due"}


def test_the_same_seed_makes_the_same_texts() -> None:
    assert fuzz(500, seed=3).reasons == fuzz(500, seed=3).reasons != fuzz(500, seed=4).reasons


def test_a_text_that_raises_is_told_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzzing, "blow", lambda *_: 1 / 0)
    assert main(["--inputs", "2", "--plain"]) == 1
    assert "exceptions  2" in (told := capsys.readouterr().out)
    assert "ZeroDivisionError: division by zero on '" in told


def test_a_text_that_takes_too_long_is_told_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> Reason:
        until = time.thread_time() + 0.007
        while time.thread_time() < until:
            pass
        return Reason.BAD_FORMAT

    monkeypatch.setattr(fuzzing, "blow", slow)
    report = fuzz(1, seed=1)
    assert report.worst[0] >= fuzzing.MOST_MS
    assert not report.passed


def test_an_interrupted_run_reports_what_it_has_found(monkeypatch: pytest.MonkeyPatch) -> None:
    struck: list[str] = []

    def strike(report: Report, town: object, text: str) -> None:
        if len(struck) == 3:
            raise KeyboardInterrupt
        struck.append(text)

    monkeypatch.setattr(Report, "strike", strike)
    assert fuzz(100, seed=1).passed
    assert len(struck) == 3
