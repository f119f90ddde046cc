"""A gate's memory does not grow with what waits for a link: a week's backlog is drained in the room of an hour's.

The bench measures the whole week (`scripts/bench --only backlog`); here two gates differ tenfold.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.benchmarks.backlog import drain, keep
from scripts.benchmarks.towns import add_gates, broker_running, found_town, listener_running

FEW, MANY = 1_500, 15_000
MOST = 120.0
"""MiB of a gate's process, whatever waits."""
APART = 8.0
"""MiB between the two: SQLite's cache of pages, and chance. The records alone are over 20 MB as they travel."""


@pytest.mark.timeout(180)
def test_ten_times_the_backlog_takes_no_more_memory(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    town = found_town(tmp_path / "hub")
    few, many = add_gates(town, ["gate-1", "gate-2"])
    folders = [keep(tmp_path / few.gate, few, FEW), keep(tmp_path / many.gate, many, MANY)]
    with ExitStack() as stack:
        stack.enter_context(broker_running(town))
        stack.enter_context(listener_running(town))
        small, large = drain(folders, town.settings.broker.port)
    assert large.memory < MOST
    assert large.memory - small.memory < APART
