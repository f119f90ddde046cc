"""The schedule of daily reports: at the hub's start, then once for each day; what failed is tried again."""

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from hub.service.reports import AGAIN, LOOK, Reports
from hub.town.settings import Settings
from tests.hub.towns import NOW


class Clock:
    """Wall time and seconds, which a test moves on."""

    def __init__(self) -> None:
        self.wall, self.seconds = NOW, 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


def schedule(folder: Path, clock: Clock, code: int = 0) -> tuple[Reports, Path]:
    runs = folder / "runs"
    script = f"open({str(runs)!r}, 'a').write('x'); raise SystemExit({code})"
    settings = Settings.of({"town": "demo"}, folder)
    return Reports(settings, (sys.executable, "-c", script), now=clock.now, monotonic=clock.monotonic), runs


def times(reports: Reports, runs: Path) -> int:
    """How often the command was run by now."""
    reports.poll()
    deadline = time.monotonic() + 20
    while reports._running is not None and reports._running.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    reports.poll()
    return len(runs.read_text()) if runs.exists() else 0


def test_it_runs_at_the_start_and_then_once_for_each_day(tmp_path: Path) -> None:
    clock = Clock()
    reports, runs = schedule(tmp_path, clock)
    assert times(reports, runs) == 1
    for _ in range(50):
        clock.wait(LOOK + 1)
        assert times(reports, runs) == 1
    clock.wait(24 * 3600)
    assert times(reports, runs) == 2
    clock.wait(LOOK + 1)
    assert times(reports, runs) == 2


def test_what_failed_is_tried_again_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    reports, runs = schedule(tmp_path, clock, code=1)
    assert times(reports, runs) == 1
    clock.wait(LOOK + 1)
    assert times(reports, runs) == 1
    clock.wait(AGAIN)
    assert times(reports, runs) == 2
