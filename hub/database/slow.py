"""Slow statements: each that takes long is counted, and the last ones are kept in a small file, without their values.

A process notes them in a file of its own (`run/slow-<process>.json`), so that the page of health and `doctor` read the same.

Tested in `tests/hub/database/test_slow.py`.
"""

import json
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

LONG = 0.2
"""Seconds until its first row from which on a statement is slow."""
KEPT = 20
LONGEST = 400
"""Characters of a statement."""
_PREFIX = "slow-"


@dataclass(frozen=True, slots=True)
class Slow:
    """A slow statement: when, for how many milliseconds, and its text with marks instead of values."""

    at: str
    ms: float
    text: str


@dataclass(frozen=True, slots=True)
class Slows:
    """How many of a process were slow since it started, and the last of them, the latest first."""

    process: str
    since: str
    count: int
    last: tuple[Slow, ...]


class SlowLog:
    """Notes the slow statements of engines in a file of a process's own."""

    def __init__(self, run: Path, process: str, long: float = LONG) -> None:
        self._file, self._process, self._long = run / f"{_PREFIX}{process}.json", process, long
        self._since, self._count = _now(), 0
        self._last: deque[Slow] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def watch(self, engine: Engine) -> None:
        """From now on the engine's statements are timed."""
        event.listen(engine, "before_cursor_execute", self._begins)
        event.listen(engine, "after_cursor_execute", self._ends)

    def _begins(self, connection: Any, _cursor: Any, _text: str, *_rest: Any) -> None:
        connection.info[self] = time.perf_counter()

    def _ends(self, connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        took = time.perf_counter() - connection.info.pop(self, time.perf_counter())
        if took >= self._long:
            self._note(Slow(_now(), round(1000 * took, 1), " ".join(text.split())[:LONGEST]))

    def _note(self, slow: Slow) -> None:
        with self._lock:
            self._count += 1
            self._last.appendleft(slow)
            found = asdict(Slows(self._process, self._since, self._count, tuple(self._last)))
            try:
                beside = self._file.with_suffix(".tmp")
                beside.write_text(json.dumps(found), encoding="utf-8")
                beside.replace(self._file)
            except OSError:
                # a full disk, a folder that is gone: a log of what is slow must not stop what is
                return


def every(run: Path) -> list[Slows]:
    """What the processes noted; a file that cannot be read counts as none."""
    found = []
    for file in sorted(run.glob(f"{_PREFIX}*.json")):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            last = tuple(Slow(str(each["at"]), float(each["ms"]), str(each["text"])) for each in data["last"][:KEPT])
            found.append(Slows(str(data["process"]), str(data["since"]), int(data["count"]), last))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
