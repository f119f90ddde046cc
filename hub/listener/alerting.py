"""The listener's duty to raise and end alerts: after each transaction those of new entries, every few seconds those of what is so now.

A fault of one rule is logged and costs no other rule anything; the alerts that it is about stay as they are.

Tested in `tests/hub/alerts/test_raising.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection, Engine

from hub.alerts import reading as alerts_reading
from hub.alerts import store
from hub.alerts.kinds import AlertKind
from hub.alerts.raising import of_hub, of_registers, of_roster
from hub.alerts.raising.from_ledger import FromLedger
from hub.alerts.raising.lasting import Lasting
from hub.alerts.raising.of_gates import OF_ALARMS, OF_GATES, of_alarms, of_gates
from hub.alerts.store import State
from hub.database.engine import UnusableError
from hub.gates.status import every_gate
from hub.listener.schedule import Duty, Schedule
from hub.orders.unanswered import missing_receipts
from hub.questions.overdue import overdue_questions
from hub.runs.missed import missed_runs
from hub.town.town import Town
from hub.zero_reports.missing import missing_zero_reports

log = structlog.get_logger()

EVERY = 2.0
"""Seconds between two looks at the gates' states."""
RARELY = 30.0
"""Seconds between two looks at the hub's condition."""

Look = Callable[[], Iterable[State]]


class Alerting:
    """A town's alerts, as far as the listener raises them."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._town, self._writing, self._reading, self._schedule, self._now = town, writing, reading, schedule, now
        self._from_ledger = FromLedger(town.id, writing, reading, now)
        self._gates, self._alarms, self._hub = Lasting(), Lasting(), Lasting()
        self._heard: dict[str, datetime] = {}

    def appended(self, entries: int) -> None:
        """The ledger has so many new entries: they are looked at in this turn."""
        if entries:
            self._schedule.at_once(Duty.ALERTS_OF_ENTRIES)

    def heard(self, strangers: Iterable[str]) -> None:
        """Notes gates that spoke and are none of the town's any more."""
        self._heard |= dict.fromkeys(strangers, self._now())

    def look_if_due(self) -> None:
        """Raises and ends what is due. `UnusableError` if the database cannot be used; no other fault leaves here."""
        for duty, pause, look in (
            (Duty.ALERTS_OF_ENTRIES, EVERY, self._from_ledger.look),
            (Duty.ALERTS_OF_GATES, EVERY, self._of_gates),
            (Duty.ALERTS_OF_HUB, RARELY, self._of_hub),
            (Duty.ALERTS_OF_REGISTERS, RARELY, self._of_registers),
        ):
            if self._schedule.is_due(duty):
                self._schedule.again_in(duty, pause)
                self._safely(look)

    def _of_gates(self) -> None:
        town, now = self._town.id, self._now()
        with self._reading.begin() as connection:
            gates = every_gate(connection, town)
            there = alerts_reading.standing_keys(connection, town, OF_ALARMS)
        self._bring(OF_GATES, lambda: of_gates(gates, self._gates, now))
        self._bring(OF_ALARMS, lambda: of_alarms(gates, there, self._alarms, now))
        self._gates.forget_others()
        self._alarms.forget_others()
        self._wake()

    def _of_hub(self) -> None:
        now = self._now()
        with self._reading.begin() as connection:
            for kind, look in self._looks(connection):
                self._bring((kind,), lambda look=look: of_hub.for_long_enough(look(), self._hub, now))  # type: ignore[misc]  # a default binds it
        self._hub.forget_others()

    def _of_registers(self) -> None:
        kinds, now = of_registers.OF_REGISTERS, self._now()
        with self._reading.begin() as connection:
            found = list(of_registers.overdue(connection, self._town.id, now))
            there = alerts_reading.standing_says(connection, self._town.id, kinds)
        if there != {state.key: state.detail for state in found}:
            with self._writing.begin() as connection:
                store.standing(connection, self._town.id, kinds, found, now)
                store.renew(connection, self._town.id, found, now)

    def _looks(self, connection: Connection) -> Sequence[tuple[AlertKind, Look]]:
        town, settings, now = self._town.id, self._town.settings, self._now()
        return (
            (AlertKind.DISK, lambda: of_hub.disk(settings)),
            (AlertKind.BACKUP_OLD, lambda: of_hub.backup_old(connection, town, settings, now)),
            (AlertKind.CERTIFICATE, lambda: of_hub.certificates(connection, town, settings, now)),
            (AlertKind.FEED, lambda: of_hub.feed(connection, town, now)),
            (AlertKind.QUARANTINE, lambda: of_hub.waiting(connection, town)),
            (AlertKind.ORDER_UNANSWERED, lambda: missing_receipts(connection, town, now)),
            (AlertKind.QUESTION_OVERDUE, lambda: overdue_questions(connection, town, now)),
            (AlertKind.RUN_MISSED, lambda: missed_runs(connection, town, now)),
            (AlertKind.OPERATION_ENDS, lambda: of_hub.operation_ends(connection, town, now)),
            (AlertKind.OPERATION_OVER, lambda: of_hub.operation_over(connection, town, now)),
            (AlertKind.KEPT_PAST, lambda: of_hub.kept_past(connection, town, now)),
            (AlertKind.BROUGHT_BACK, lambda: of_hub.brought_back(connection, town)),
            (AlertKind.ZERO_REPORT, lambda: missing_zero_reports(connection, town, now, settings.zone)),
            (AlertKind.RETIRED, lambda: of_hub.retired(connection, town, self._heard, now)),
            (AlertKind.ROSTER_GAP, lambda: of_roster.gaps(connection, town, now, settings.zone)),
            (AlertKind.UNATTENDED, lambda: of_roster.unattended(connection, town, now, settings.zone)),
        )

    def _bring(self, kinds: Sequence[AlertKind], look: Look) -> None:
        """Brings the alerts of these kinds in line with a look; the write lock is taken only where something differs."""

        def differ() -> None:
            found = list(look())
            with self._reading.connect() as connection:
                there = alerts_reading.standing_keys(connection, self._town.id, kinds)
            if there != {state.key for state in found}:
                with self._writing.begin() as connection:
                    store.standing(connection, self._town.id, kinds, found, self._now())

        self._safely(differ)

    def _wake(self) -> None:
        now = self._now()
        with self._reading.connect() as connection:
            due = alerts_reading.any_awake(connection, self._town.id, now)
        if due:
            with self._writing.begin() as connection:
                store.wake(connection, self._town.id, now)

    def _safely(self, act: Callable[[], None]) -> None:
        try:
            act()
        except UnusableError:
            raise
        except Exception:
            log.exception("a rule of alerts fails; it is tried again")
