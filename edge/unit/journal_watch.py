"""Looks after the journal while the gate runs: finds damage that nobody has read yet, and sees when it can be used again.

Tested in `tests/edge/unit/test_files.py`.
"""

from collections.abc import Callable
from pathlib import Path

from edge.unit.journal_start import Begun, Signature, signature

EVERY = 10.0
"""Seconds between two looks: a look reads a few pages."""


class JournalWatch:
    """Watches the journal of one start. Call `look` as often as you like, from one thread.

    `try_again()` tries to open a journal that could not be used, and returns True if it could.
    """

    def __init__(
        self, folder: Path, begun: Begun, try_again: Callable[[], bool], monotonic: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._begun = begun
        self._try_again = try_again
        self._monotonic = monotonic
        self._due = 0.0
        self._found: Signature | None = None
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
        if self._found is None:
            self._found = now
        elif (now != self._found or self._begun.waits) and self._try_again():
            self.mended = True
        return journal.fault
