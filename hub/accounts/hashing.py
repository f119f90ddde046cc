"""Limits how many sign-ins are checked at once: checking a password takes 64 MiB and a core for a moment.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""Passwords that are checked at the same time."""
INSIDE = 40
"""Sign-ins that are under way at once: each holds a thread that would serve pages."""
PATIENCE = 12.0
"""Seconds that one of them waits for its turn."""


class BusyError(Exception):
    """Too many sign in; try again in a moment."""


class Turns:
    """Bounds how many passwords are checked and how many wait to be; who comes beyond that is sent away (`BusyError`)."""

    def __init__(self, at_once: int = AT_ONCE, inside: int = INSIDE, patience: float = PATIENCE) -> None:
        self._turns, self._places, self._patience = threading.Semaphore(at_once), threading.Semaphore(inside), patience

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A place inside; `BusyError` at once if there is none."""
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn, for who is inside; `BusyError` if there is none in time."""
        if not self._turns.acquire(timeout=self._patience):
            raise BusyError
        try:
            yield
        finally:
            self._turns.release()


TURNS = Turns()
"""Of this process, for checking passwords."""
