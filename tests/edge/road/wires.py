"""A contact on its wire: it bounces, is debounced as the hardware does it, and is reported late."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from edge.hardware.debounce import Contact, Settle, changed, due, settled

LATE = 0.08
"""Seconds by which a report comes late at most."""


class Schedule(Protocol):
    """Where what is to be done later is put down."""

    now: float

    def at(self, when: float, action: Callable[[], None]) -> None: ...


class Line:
    """The order of reports of one lane: they come one after the other, as from one thread."""

    def __init__(self, schedule: Schedule, random: Random) -> None:
        self._schedule = schedule
        self._random = random
        self._last = 0.0
        self.late = LATE

    def report(self, action: Callable[[], None]) -> None:
        """Does it a little later, and after all that was reported before."""
        self._last = max(self._last, self._schedule.now + self._random.random() * self.late)
        self._schedule.at(self._last, action)


class Wire:
    """One contact. `on`: what was reported; `level`: the wire at this moment. `gap`: free for less is still occupied.

    `report` is called with each change that has settled. `since`: when it was last reported to change.
    """

    def __init__(
        self, schedule: Schedule, line: Line, report: Callable[[bool], None], *, settle: float = 0.02, gap: float = 0.0
    ) -> None:
        self._schedule = schedule
        self._line = line
        self._report = report
        self._settle = Settle(settle, max(settle, gap))
        self._contact = Contact(False, False)
        self.level = False
        self.on = False
        self.since = 0.0

    def change(self, level: bool) -> None:
        """The wire's level changes."""
        if level is self.level:
            return
        self.level = level
        now = self._schedule.now
        self._contact = changed(self._contact, level, now)
        when = due(self._contact, self._settle)
        if when is not None:
            self._schedule.at(when, self._look)

    @property
    def counts(self) -> bool:
        """The level that counts at this moment, whether or not it was reported."""
        return self._contact.on

    def restart(self) -> None:
        """A new process reads the wire: its level counts at once."""
        self._contact = Contact(self.level, self.level, self._schedule.now)

    def _look(self) -> None:
        after = settled(self._contact, self._settle, self._schedule.now + 1e-9)
        if after.on is not self._contact.on:
            self._contact = after
            on = after.on
            self._line.report(lambda: self._say(on))

    def _say(self, on: bool) -> None:
        self.on = on
        self.since = self._schedule.now
        self._report(on)
