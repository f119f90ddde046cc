"""Keeps the gates' state in memory until it is saved: the time of a gate's last message may wait a second.

Tested in `tests/hub/listener/test_intake.py` (what is known before the commit, a status that cannot be saved).
"""

from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine

from hub.database.engine import UnusableError
from hub.gates import status_words
from hub.gates import store as gates
from hub.listener.schedule import Duty, Schedule
from hub.listener.understood import Understood

log = structlog.get_logger()

EVERY = 1.0
"""Seconds between two writes of what is no hurry."""


class Status:
    """The columns of each gate's status that are not saved yet: `unsaved`."""

    def __init__(self, town: str, writing: Engine, schedule: Schedule):
        self._town, self._writing, self._schedule = town, writing, schedule
        self.unsaved: dict[str, dict[str, Any]] = {}

    def note(self, gate: str, columns: status_words.Columns) -> None:
        """Something new of a gate."""
        self.unsaved.setdefault(gate, {}).update(columns)

    def joined(self, understood: Understood) -> dict[str, dict[str, Any]]:
        """The unsaved state of each gate, with the state in these messages."""
        both = {gate: dict(columns) for gate, columns in self.unsaved.items()}
        for gate, columns in understood.status.items():
            both.setdefault(gate, {}).update(columns)
        return both

    def learn(self, understood: Understood) -> None:
        """Keeps what these messages say, to be saved later."""
        self.unsaved = self.joined(understood)

    def save(self, connection: Connection, understood: Understood) -> bool:
        """In the transaction of these messages, saves all if it is time; returns True if it did, for `saved` after the commit.

        What gates say of themselves is asked for with their next word.
        """
        if not understood.words and not self._schedule.is_due(Duty.STATUS):
            return False
        gates.save_status(connection, self._town, self.joined(understood).items())
        return True

    def saved(self) -> None:
        """All is committed."""
        self.unsaved = {}
        self._schedule.again_in(Duty.STATUS, EVERY)

    def save_if_due(self) -> None:
        """Saves what has come with nothing that needed a transaction."""
        if not self.unsaved or not self._schedule.is_due(Duty.STATUS):
            return
        try:
            with self._writing.begin() as connection:
                gates.save_status(connection, self._town, self.unsaved.items())
        except UnusableError:
            raise
        except Exception:
            log.exception("what gates say of themselves is saved one by one")
            self._save_one_by_one()
        self.saved()

    def _save_one_by_one(self) -> None:
        """What one gate said of itself and can't be saved is dropped, and keeps nobody else's from being saved."""
        for gate, columns in self.unsaved.items():
            try:
                with self._writing.begin() as connection:
                    gates.save_status(connection, self._town, [(gate, columns)])
            except UnusableError:
                raise
            except Exception:
                log.exception("what a gate says of itself can't be saved", gate=gate)
