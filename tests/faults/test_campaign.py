"""A short campaign against real processes: nothing lost, doubled or invented; and its control, which must be found out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.contract import steps
from scripts.faulting.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]


def campaign(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "scripts.faulting", "--gates", "2", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=400)


@pytest.mark.timeout(420)
def test_a_short_campaign_loses_doubles_and_invents_nothing() -> None:
    done = campaign("--minutes", "0.5", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing was lost, nothing doubled, nothing invented" in done.stdout


@pytest.mark.timeout(420)
def test_what_fails_while_new_crossings_go_ahead_of_a_backlog_loses_nothing() -> None:
    """Each of these kinds waits until the hub holds something aside, and is stuck if nothing goes ahead."""
    done = campaign("--minutes", "0.15", "--seed", "1", "--kinds", "while crossings go ahead")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed while crossings go ahead" in done.stdout
    assert "nothing was lost, nothing doubled, nothing invented" in done.stdout


@pytest.mark.timeout(420)
def test_gates_that_open_before_they_have_written_are_found_out() -> None:
    done = campaign("--minutes", "0.3", "--seed", "1", "--control")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the barrier moved for crossing" in done.stdout


def test_a_step_that_nobody_planned_does_nothing() -> None:
    for step in steps.STEPS:
        steps.reached(step)


@pytest.mark.parametrize("plan", ["nowhere", "outbox.committed:soon", ":3"])
def test_a_plan_that_names_no_step_is_refused(plan: str) -> None:
    with pytest.raises(ValueError, match="expected one of"):
        steps._planned(plan)


def test_every_named_step_is_in_the_code() -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("edge", "hub")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "steps.py"
    )
    assert {step for step in steps.STEPS if f'reached("{step}")' in text} == steps.STEPS


def test_every_named_step_is_visited_by_a_kind_of_fault() -> None:
    visited = [name.rpartition(" killed at ")[2] for name in KINDS if " killed at " in name]
    assert sorted(visited) == sorted(steps.STEPS)
