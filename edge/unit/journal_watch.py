"""Looks after the journal while the gate runs: finds damage that nobody has read yet, and sees when it can be used again.

Tested in `tests/edge/unit/test_files.py`.
"""

from collections.abc import Callable
from pathlib import Path

from edge.unit.journal_start import Begun, Signature, signature

EVERY = 10.0
"""Seconds between two looks: a look reads a few pages."""


class JournalWatch:
    """`look()` now and then, from one thread. `again()` tries to open a journal that may have come back, and says if it could."""

    def __init__(self, folder: Path, begun: Begun, again: Callable[[], bool], monotonic: Callable[[], float]) -> None:
        self._folder = folder
        self._begun = begun
        self._again = again
        self._monotonic = monotonic
        self._due = 0.0
        self._left: Signature | None = None
        self.mended = False

    def look(self) -> str | None:
        """Returns what is wrong with the journal, None while nothing is known to be.

        `mended` is set when somebody has put its files in order, or what kept it away has passed: the gate then starts anew.
        """
        journal = self._begun.journal
        if self._monotonic() < self._due:
            return journal.fault
        self._due = self._monotonic() + EVERY
        journal.check()
        if journal.fault is None:
            return None
        now = signature(self._folder)
        if self._left is None:
            self._left = now
        elif (now != self._left or self._begun.waits) and self._again():
            self.mended = True
        return journal.fault
