"""The intake's fuzzer: a short run in every suite, and that it sees what it looks for (faults A)."""

from collections.abc import Iterator

import pytest
import structlog
from flask import Flask, request

from edge.contract.messages import Hello
from hub import log
from hub.ledger.verify_walk import BrokenError
from hub.listener.listener import Listener
from scripts.fuzzing import __main__ as fuzzing
from scripts.fuzzing import intake
from scripts.fuzzing.intake import throw

FEW = 1_500


def test_a_hostile_gate_breaks_nothing_and_is_told_what_was_refused() -> None:
    report = throw(FEW, seed=20)
    assert report.faults == []
    assert report.inputs >= FEW
    assert report.pages > 150
    # it reaches what lies behind the signature: some of it stands in the ledger, some in the quarantine
    assert report.became["entries"] > 100
    assert report.became["quarantined"] > 100


def test_the_same_seed_throws_the_same() -> None:
    assert throw(50, seed=3).became == throw(50, seed=3).became


@pytest.fixture
def logs_of_two_processes() -> Iterator[None]:
    """The loggers have been used under one process's configuration, and there is another's now."""
    before = structlog.get_config()
    log.configure()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hello, "parse", classmethod(_fails))
        throw(100, seed=1)
    log.configure()
    yield
    structlog.configure(**before)


def _fails(_cls: type, _data: bytes) -> Hello:
    raise TypeError("a hello that was not foreseen")


@pytest.mark.usefixtures("logs_of_two_processes")
def test_a_word_that_the_hub_fails_at_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hello, "parse", classmethod(_fails))
    report = throw(400, seed=1)
    assert not report.passed
    assert any("hello" in fault for fault in report.faults)


def test_an_honest_gate_that_is_not_answered_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    take = Listener._take

    def forgetful(listener: Listener) -> None:
        listener._pending = [each for each in listener._pending if "/south/" not in each.topic]
        take(listener)

    monkeypatch.setattr(Listener, "_take", forgetful)
    assert any("is not acknowledged" in fault for fault in throw(3, seed=1).faults)


def test_a_page_that_fails_afterwards_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    dispatch = Flask.dispatch_request

    def breaks(app: Flask) -> object:
        if request.path == "/ledger":
            raise ZeroDivisionError
        return dispatch(app)

    monkeypatch.setattr(Flask, "dispatch_request", breaks)
    faults = throw(3, seed=1).faults
    assert faults
    assert all("/ledger" in fault for fault in faults)


def test_a_ledger_that_does_not_verify_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise BrokenError("entry 1: touched")

    monkeypatch.setattr(intake, "verify", broken)
    assert fuzzing.main(["--intake", "--inputs", "3"]) == 1
    assert "verify: entry 1: touched" in capsys.readouterr().out
