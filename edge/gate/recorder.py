"""What the gate writes into its journal: records that are durable before anything moves, and alarms, shown at once and kept later.

While the journal takes no records, `fault` says why, and an alarm stands. Belongs to the gate's one thread.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from edge.contract.alarms import CLOSED, JOURNAL, PASSAGES
from edge.gate.alarms import Alarms, Key
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord
from edge.lane.actions import Keep

log = structlog.get_logger()

AGAIN = 1.0
"""Seconds until what could not be kept is tried once more: the end of a timer, an alarm."""


class Journal(Protocol):
    """Where records are kept. Returns only when all of them are durable, or raises."""

    def keep_all(self, entries: Sequence[NewRecord], /) -> object:
        """Commits the records in one transaction: all of them or, with an error, none."""


class Recorder:
    """Writes one gate's records. `fault`: why the journal takes none; None: it does.

    `closed_for`: why nobody new is judged, while the journal still takes records. `wake` is called after records were kept;
    `alarms`: those that stood before, (code, lane) -> detail.
    """

    def __init__(self, journal: Journal, wake: Callable[[], None], alarms: Mapping[Key, str]) -> None:
        self._journal = journal
        self._wake = wake
        self._alarms = Alarms(alarms)
        self.fault: str | None = None
        self.closed_for: str | None = None

    # -- records -------------------------------------------------------------------------------------------------------

    def keep(self, *keeps: tuple[Keep, str | None]) -> bool:
        """Commits the records, each with its lane. Returns True if they are durable; else the screen says why not."""
        # what else the journal is owed waits: a barrier may stand behind these
        return not keeps or self._commit(keeps)

    def catch_up(self) -> bool:
        """Keeps the records of alarms that the journal still lacks and, where it took none of late, that it does again.

        Returns True if it took any.
        """
        if not self.behind or not self._keep_alarms():
            return False
        if self._alarms.clear(JOURNAL):
            self._keep_alarms()
        return True

    @property
    def behind(self) -> bool:
        """Returns True if the journal took no records of late, or lacks those of some alarms."""
        return (JOURNAL, None) in self._alarms.standing or bool(self._alarms.owed)

    def close(self, why: str | None) -> bool:
        """Closes to the paper procedure before the journal breaks (`why`), or opens again (None)."""
        self.closed_for = why
        return self.clear_alarm(CLOSED) if why is None else self.raise_alarm(CLOSED, why)

    # -- alarms --------------------------------------------------------------------------------------------------------

    @property
    def alarms(self) -> Mapping[str, str]:
        """The alarms that are on: code -> details, one for each lane that has it."""
        details: dict[str, str] = {}
        for (alarm, _), detail in self._alarms.standing.items():
            details[alarm] = f"{details[alarm]}; {detail}" if alarm in details else detail
        return details

    @property
    def standing(self) -> Mapping[Key, str]:
        """The alarms that are on: (code, lane) -> detail."""
        return self._alarms.standing

    def raise_alarm(self, alarm: str, detail: str, lane: str | None = None) -> bool:
        """Shows an alarm, and keeps it as soon as the journal takes it. Returns True if it did not stand yet."""
        raised = self._alarms.raise_(alarm, detail, lane)
        if raised:
            self.catch_up()
        return raised

    def raise_anew(self, alarm: str, detail: str, lane: str | None = None) -> None:
        """Raises an alarm of something that happened: it counts also while the one before still stands."""
        self.clear_alarm(alarm, lane)
        self.raise_alarm(alarm, detail, lane)

    def clear_alarm(self, alarm: str, lane: str | None = None) -> bool:
        """Ends an alarm, and keeps that as soon as the journal takes it. Returns True if it stood."""
        cleared = self._alarms.clear(alarm, lane)
        if cleared:
            self.catch_up()
        return cleared

    def clear_alarms_of(self, visit: str) -> None:
        """Ends the alarms that name a visit: its vehicle is gone."""
        for alarm, lane in [key for key, detail in self._alarms.standing.items() if detail == visit]:
            self.clear_alarm(alarm, lane)

    def end_passages(self, lane: str) -> bool:
        """Ends the alarms of what vehicles did at this lane. Returns True if one stood."""
        cleared = [self.clear_alarm(alarm, lane) for alarm in sorted(PASSAGES)]
        return any(cleared)

    # ------------------------------------------------------------------------------------------------------------------

    def _keep_alarms(self) -> bool:
        owed = self._alarms.owed
        if owed and not self._commit(owed):
            return False
        self._alarms.kept()
        return True

    def _commit(self, keeps: Sequence[tuple[Keep, str | None]]) -> bool:
        try:
            self._journal.keep_all([_entry(keep, lane) for keep, lane in keeps])
        except (JournalError, OSError, ValueError) as error:
            if self.fault is None:
                log.error("journal does not take records", error=str(error))
            self.fault = str(error) or type(error).__name__
            self._alarms.raise_(JOURNAL, self.fault)
            return False
        self.fault = None
        self._wake()
        return True


def _entry(keep: Keep, lane: str | None) -> NewRecord:
    return NewRecord(keep.kind, keep.body, visit=keep.visit, lane=lane, private=keep.private, expires=keep.expires)
