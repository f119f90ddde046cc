"""The gate's book: what it keeps and still remembers besides its lanes. Shift, batch of disinfectant, alarms, open matters.

Every change is a record first; what is remembered changes only when the record is durable. Belongs to the gate's one thread.

Tested in `tests/edge/gate/test_loop.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from edge.contract import plates
from edge.contract.alarms import CLOSED, JOURNAL, NO_SOLUTION, PASSAGES, SOLUTION_LOW, WATCH_LIST
from edge.contract.facts import Disinfected, Kind, Outcome, ShiftEnded, ShiftStarted, SolutionPrepared, VisitClosed
from edge.contract.policy import Policy
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from edge.gate.alarms import Alarms
from edge.gate.recovery import Past
from edge.gate.view import SolutionBatch, Tank
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord
from edge.lane.actions import Keep
from edge.lane.events import AlarmBegan, AlarmEnded, PlateFilled, SignedOff, SignedOn, SolutionMixed, VisitFinished

log = structlog.get_logger()

SHELF_HOURS = 24.0
"""How long a batch counts when the policy does not know its agent."""
LOW = 0.1
"""Share of a batch that is left when the screen says that it is nearly used up."""


BookEvent = PlateFilled | VisitFinished | SignedOn | SignedOff | SolutionMixed | AlarmBegan | AlarmEnded


class Journal(Protocol):
    """Where records are kept. Returns only when all of them are durable, or raises."""

    def keep_all(self, entries: Sequence[NewRecord], /) -> object:
        """Commits the records in one transaction: all of them or, with an error, none."""


class Recorder:
    """One gate's book. `fault`: why the journal does not take records; None: it does. `tanks`: lane -> what it sprays from."""

    def __init__(
        self,
        journal: Journal,
        policy: Callable[[], Policy | None],
        tanks: Mapping[str, str],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        wake: Callable[[], None],
        past: Past,
    ) -> None:
        self._journal = journal
        self._policy = policy
        self._now = now
        self._new_id = new_id
        self._wake = wake
        self.officer = past.officer
        self._tanks = dict(tanks)
        self._batches = dict(past.batches)
        self.unfinished = {each.visit: each for each in past.unfinished}
        self.plateless = {each.visit: each for each in past.plateless}
        self._alarms = Alarms(past.alarms)
        self.fault: str | None = None
        self.closed_for: str | None = None

    def close(self, why: str | None) -> bool:
        """Closes to the paper procedure before the journal breaks (`why`), or opens again (None)."""
        self.closed_for = why
        return self.clear_alarm(CLOSED) if why is None else self.raise_alarm(CLOSED, why)

    @property
    def alarms(self) -> Mapping[str, str]:
        """The alarms that are on: code -> details."""
        told: dict[str, str] = {}
        for (alarm, _), detail in self._alarms.standing.items():
            told[alarm] = f"{told[alarm]}; {detail}" if alarm in told else detail
        return told

    @property
    def behind(self) -> bool:
        """Returns True if the journal did not take records of late, or was not told of all alarms."""
        return (JOURNAL, None) in self._alarms.standing or bool(self._alarms.owed)

    def answer(self, event: BookEvent) -> bool:
        """Answers an event of the gate as a whole. Whether anything came of it."""
        match event:
            case SignedOn(officer):
                return self._sign_on(officer)
            case SignedOff():
                return self._sign_off(event)
            case SolutionMixed():
                return self._mix(event)
            case VisitFinished(visit, outcome):
                return self._finish(visit, outcome)
            case PlateFilled(visit, plate):
                return self._fill_plate(visit, plate)
            case AlarmBegan(alarm, detail, lane):
                return self.raise_alarm(alarm, detail, lane)
            case AlarmEnded(alarm, lane):
                return self.clear_alarm(alarm, lane)

    def closed(self, visit: str, outcome: Outcome) -> None:
        """The end of a visit was kept: an emergency's plate may follow it now, and a watched vehicle is gone."""
        if visit in self.plateless:
            self.plateless[visit] = replace(self.plateless[visit], outcome=outcome)
        for alarm, lane in [key for key, detail in self._alarms.standing.items() if detail == visit]:
            self.clear_alarm(alarm, lane)

    def watch_out(self, visit: str) -> None:
        """A watched vehicle is at a lane: each is told, also while the one before is still here."""
        self.clear_alarm(WATCH_LIST)
        self.raise_alarm(WATCH_LIST, visit)

    def tell(self, alarm: str, lane: str, direction: Direction | None) -> None:
        """Something happened at a lane: each time is told."""
        self.clear_alarm(alarm, lane)
        self.raise_alarm(alarm, f"lane {lane}, {direction}" if direction else f"lane {lane}", lane)

    def end_passages(self, lane: str) -> bool:
        """What vehicles did at this lane has been shown long enough. Whether anything was."""
        cleared = [self.clear_alarm(alarm, lane) for alarm in sorted(PASSAGES)]
        return any(cleared)

    def keep(self, *keeps: tuple[Keep, str | None]) -> bool:
        """Commits the records, or says on the screen why it cannot."""
        # what else the journal is owed waits: a barrier may stand behind these
        return not keeps or self._commit(keeps)

    def catch_up(self) -> bool:
        """Tells the journal of the alarms that it has not heard of and, where it did not speak, that it does again.

        Whether it heard anything new.
        """
        if not self.behind or not self._tell_alarms():
            return False
        if self._alarms.clear(JOURNAL):
            self._tell_alarms()
        return True

    def _tell_alarms(self) -> bool:
        owed = self._alarms.owed
        if owed and not self._commit(owed):
            return False
        self._alarms.told()
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

    def _sign_on(self, officer: str) -> bool:
        if officer == self.officer:
            return True
        ended = [(Keep(Kind.SHIFT_ENDED, ShiftEnded(officer=self.officer)), None)] if self.officer else []
        if not self.keep(*ended, (Keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer)), None)):
            return False
        self.officer = officer
        return True

    def _sign_off(self, off: SignedOff) -> bool:
        if not self.officer:
            return False
        matters = len(self.unfinished) + len(self.plateless) + len(self._alarms.standing)
        ended = ShiftEnded(officer=self.officer, to=off.to, open_matters=matters)
        keeps = [(Keep(Kind.SHIFT_ENDED, ended, private={"remark": off.note} if off.note else {}), None)]
        if off.to is not None:
            keeps.append((Keep(Kind.SHIFT_STARTED, ShiftStarted(officer=off.to)), None))
        if not self.keep(*keeps):
            return False
        self.officer = off.to
        return True

    def _mix(self, mixed: SolutionMixed) -> bool:
        policy = self._policy()
        agent = next((each for each in policy.agents if each.id == mixed.agent), None) if policy else None
        expires = self._now() + timedelta(hours=agent.shelf_hours if agent else SHELF_HOURS)
        concentration = mixed.concentration or (agent.concentration if agent else "")
        name = f"b-{self._new_id()[:12]}"
        batch = SolutionBatch(name, mixed.agent, concentration, mixed.tank, expires, mixed.litres)
        body = SolutionPrepared(
            batch=batch.batch,
            agent=batch.agent,
            concentration=batch.concentration,
            tank=batch.tank,
            expires_at=wall_text(expires),
            officer=self.officer,
            lot=mixed.lot,
            label=mixed.label,
            target=mixed.target,
            strip=mixed.strip,
            water_litres=mixed.water_litres,
            litres=mixed.litres,
            made_at=wall_text(self._now()),
        )
        if not self.keep((Keep(Kind.SOLUTION_PREPARED, body), None)):
            return False
        self._batches[batch.tank] = batch
        own = self._only_lane(batch.tank)
        for alarm, lane in list(self._alarms.standing):
            # also those of the time before the lanes shared a tank, or ceased to
            if alarm in {NO_SOLUTION, SOLUTION_LOW} and (own is None or lane in {None, own}):
                self.clear_alarm(alarm, lane)
        return True

    @property
    def tanks(self) -> tuple[Tank, ...]:
        """The tanks that lanes spray from, in the lanes' order, with the newest batch of each."""
        held = {tank: self._batches.get(tank) for tank in self._tanks.values()}
        return tuple(Tank(tank, batch, self._counts(batch)) for tank, batch in held.items())

    def batch_at(self, lane: str) -> SolutionBatch | None:
        """What a lane sprays with: the newest batch of its own tank, if it counts."""
        batch = self._batches.get(self._tanks[lane])
        return batch if self._counts(batch) else None

    def _counts(self, batch: SolutionBatch | None) -> bool:
        return batch is not None and self._now() < batch.expires_at

    def _only_lane(self, tank: str) -> str | None:
        """The lane that a tank's alarms belong to; None, the gate as a whole, where all lanes share one."""
        if len(set(self._tanks.values())) == 1:
            return None
        return next((lane for lane, its in self._tanks.items() if its == tank), None)

    def _warn(self, alarm: str, tank: str, detail: str) -> bool:
        lane = self._only_lane(tank)
        return self.raise_alarm(alarm, detail if lane is None else f"tank {tank}: {detail}", lane)

    def watch_batches(self) -> bool:
        """Says that a tank's batch has expired, once. Whether one did."""
        expired = [(each.name, each.batch) for each in self.tanks if each.batch is not None and not each.valid]
        said = [self._warn(NO_SOLUTION, tank, f"batch {batch.batch} has expired") for tank, batch in expired]
        return any(said)

    def sprayed_without(self, lane: str) -> None:
        """A lane sprays with nothing that counts."""
        self._warn(NO_SOLUTION, self._tanks[lane], "sprayed without a batch of disinfectant that counts")

    def used_up(self, spray: Disinfected) -> None:
        """So much less of the batch is left, where litres are known."""
        if not spray.litres:
            return
        for tank, before in list(self._batches.items()):
            batch = self._batches[tank] = before.less(spray.batch, spray.litres)
            if batch is not before and batch.litres is not None and batch.litres - batch.used < LOW * batch.litres:
                self._warn(SOLUTION_LOW, tank, f"{batch.left:.1f} of {batch.litres:.1f} litres are left")

    def _finish(self, visit: str, outcome: Outcome) -> bool:
        """An officer ends a visit that the last run of this gate left open."""
        left = self.unfinished.get(visit)
        if left is None:
            return False
        keep = Keep(Kind.VISIT_CLOSED, VisitClosed(outcome=outcome, officer=self.officer), visit)
        if not self.keep((keep, left.lane or None)):
            return False
        del self.unfinished[visit]
        self.closed(visit, outcome)
        self.supplement()
        return True

    def _fill_plate(self, visit: str, plate: str) -> bool:
        plate = plates.classify(plate).text
        if visit not in self.plateless or not plate:
            return False
        self.plateless[visit] = replace(self.plateless[visit], plate=plate)
        self.supplement()
        return True

    def supplement(self) -> None:
        """Says an emergency's end again with its plate, as soon as both are known."""
        for visit, left in list(self.plateless.items()):
            if not left.plate or left.outcome is None:
                continue
            body = VisitClosed(outcome=left.outcome, officer=self.officer, supplement=True)
            keep = Keep(Kind.VISIT_CLOSED, body, visit, {"plate": left.plate})
            if self.keep((keep, left.lane or None)):
                del self.plateless[visit]

    def raise_alarm(self, alarm: str, detail: str, lane: str | None = None) -> bool:
        """Shows an alarm, and keeps it as soon as the journal takes it. Whether it did not stand yet."""
        raised = self._alarms.raise_(alarm, detail, lane)
        if raised:
            self.catch_up()
        return raised

    def clear_alarm(self, alarm: str, lane: str | None = None) -> bool:
        """Ends an alarm, and keeps that as soon as the journal takes it. Whether it stood."""
        cleared = self._alarms.clear(alarm, lane)
        if cleared:
            self.catch_up()
        return cleared


def _entry(keep: Keep, lane: str | None) -> NewRecord:
    return NewRecord(keep.kind, keep.body, visit=keep.visit, lane=lane, private=keep.private, expires=keep.expires)
