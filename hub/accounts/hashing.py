"""How many passwords are checked at once: each check takes 64 MiB and a core for a moment, whoever asks for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AT_ONCE = 2
WAITING = 24
"""Who may wait for a turn at once: each holds a thread that would serve pages."""
PATIENCE = 4.0
"""Seconds that one waits."""


class BusyError(Exception):
    """Too many want a turn; try again in a moment."""


class Turns:
    """So many at once, so many more that wait for a while, and nobody else."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        patience: float = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._may_wait, self._patience, self._monotonic = at_once, waiting, patience, monotonic
        self._changed = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[None]:
        """A turn; `BusyError` if there is none in time."""
        self._enter()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify()

    def _enter(self) -> None:
        with self._changed:
            if self._free <= 0:
                if self._may_wait <= 0:
                    raise BusyError
                self._may_wait -= 1
                try:
                    if not self._changed.wait_for(lambda: self._free > 0, self._patience):
                        raise BusyError
                finally:
                    self._may_wait += 1
            self._free -= 1
