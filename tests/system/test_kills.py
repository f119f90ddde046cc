"""kill -9 while vehicles pass: broker, listener, web and a gate, one after another; nothing is lost, doubled or invented."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.system.towns import arrivals, hub, kept, kill, ledger, pid, running_demo, wait_for

GATES = ("east", "south")
BACK = 2.0
"""Seconds until a killed process is there again: what the supervisors promise, in the time that the machine gives them."""


def come(folder: Path) -> int:
    """How many vehicles have come."""
    return sum(len(arrivals(folder, gate)) for gate in GATES)


def have_come(folder: Path, number: int) -> bool:
    return come(folder) >= number


@pytest.mark.timeout(400)
def test_nothing_is_lost_when_everything_is_killed_once(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    with running_demo("--seconds", "45", "--gates", "2", "--data", str(folder)) as town:
        wait_for(lambda: all(arrivals(folder, gate) for gate in GATES), "the first vehicles", 120)
        for name in ("broker", "listener", "web", "gate-east"):
            before = come(folder)
            kill(folder, name, BACK)
            # the next one only when vehicles came and went meanwhile
            wait_for(partial(have_come, folder, before + 2), f"life after {name}")
        output, _ = town.communicate(timeout=240)
    assert town.returncode == 0, output[-4000:]
    every = set().union(*(kept(folder, gate) for gate in GATES))
    assert Counter(ledger(folder)) == Counter(every)
    assert hub(folder, "verify").returncode == 0
    assert pid(folder, "gate-east") is None, "a stopped town leaves no pid file"
