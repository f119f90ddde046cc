"""How far a long command is, on standard error: rows so far of about how many, and rows a second."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

ON_TERMINAL, IN_FILE = 0.2, 2.0
"""Seconds between two looks: a terminal's line is written over, a file's lines stay."""


class Progress:
    """Counts rows and shows it, at most so often; `finish` writes the last state."""

    def __init__(
        self,
        expected: int,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._expected = expected
        self._out = out or sys.stderr
        self._clock = clock
        self._on_terminal = self._out.isatty()
        self._began = self._shown = clock()
        self._done = self._length = 0

    def add(self, rows: int) -> None:
        """So many more rows are written."""
        self._done += rows
        now = self._clock()
        if now - self._shown >= (ON_TERMINAL if self._on_terminal else IN_FILE):
            self._shown = now
            self._say()

    def finish(self) -> None:
        """Everything is written."""
        self._expected = max(self._expected, self._done)
        self._say()
        if self._on_terminal:
            print(file=self._out, flush=True)

    def _say(self) -> None:
        # rows that came since they were counted make it more than all
        expected = max(self._expected, self._done)
        share = 100 * self._done // expected if expected else 100
        rate = self._done / max(self._clock() - self._began, 0.001)
        line = f"{self._done:,} of about {expected:,} rows ({share} %), {rate:,.0f} rows/s"
        if not self._on_terminal:
            print(line, file=self._out, flush=True)
            return
        padding = " " * (self._length - len(line))
        self._length = len(line)
        print(f"\r{line}{padding}", end="", file=self._out, flush=True)
