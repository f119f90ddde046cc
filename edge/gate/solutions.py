"""The gate's disinfectant: what is mixed into which tank, how long a batch counts, and how much of it is left."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from edge.contract.alarms import NO_SOLUTION, SOLUTION_LOW
from edge.contract.facts import Disinfected, Kind, SolutionPrepared
from edge.contract.policy import Policy
from edge.contract.records import wall_text
from edge.gate.recorder import Recorder
from edge.gate.view import SolutionBatch, Tank
from edge.lane.actions import Keep
from edge.lane.events import SolutionMixed

SHELF_HOURS = 24.0
"""How long a batch counts when the policy does not know its agent."""
LOW = 0.1
"""Share of a batch that is left when the screen says that it is nearly used up."""


class Solutions:
    """The disinfectant of one gate. `tanks`: lane -> the tank that it sprays from; `batches`: tank -> its newest batch."""

    def __init__(
        self,
        recorder: Recorder,
        tanks: Mapping[str, str],
        batches: Mapping[str, SolutionBatch],
        policy: Callable[[], Policy | None],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._recorder = recorder
        self._tanks = dict(tanks)
        self._batches = dict(batches)
        self._policy = policy
        self._now = now
        self._new_id = new_id

    @property
    def tanks(self) -> tuple[Tank, ...]:
        """The tanks that lanes spray from, in the lanes' order, with the newest batch of each."""
        newest = {tank: self._batches.get(tank) for tank in self._tanks.values()}
        return tuple(Tank(tank, batch, self._counts(batch)) for tank, batch in newest.items())

    def batch_at(self, lane: str) -> SolutionBatch | None:
        """Returns what a lane sprays with: the newest batch of the lane's tank; None if there is none that counts."""
        batch = self._batches.get(self._tanks[lane])
        return batch if self._counts(batch) else None

    def mix(self, mixed: SolutionMixed, officer: str | None) -> bool:
        """Keeps that a batch was mixed, and ends the alarms of its tank. Returns True if the record is kept."""
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
            officer=officer,
            lot=mixed.lot,
            label=mixed.label,
            target=mixed.target,
            strip=mixed.strip,
            water_litres=mixed.water_litres,
            litres=mixed.litres,
            made_at=wall_text(self._now()),
        )
        if not self._recorder.keep((Keep(Kind.SOLUTION_PREPARED, body), None)):
            return False
        self._batches[batch.tank] = batch
        self._clear_alarms_of(batch.tank)
        return True

    def watch_batches(self) -> bool:
        """Raises an alarm for each tank whose batch has expired, once. Returns True if one was raised."""
        expired = [(each.name, each.batch) for each in self.tanks if each.batch is not None and not each.valid]
        raised = [self._warn(NO_SOLUTION, tank, f"batch {batch.batch} has expired") for tank, batch in expired]
        return any(raised)

    def sprayed_without(self, lane: str) -> None:
        """Raises an alarm: a lane sprays with nothing that counts."""
        self._warn(NO_SOLUTION, self._tanks[lane], "sprayed without a batch of disinfectant that counts")

    def used_up(self, spray: Disinfected) -> None:
        """Takes what was sprayed off the batch that it came from, where litres are known."""
        if not spray.litres:
            return
        for tank, before in list(self._batches.items()):
            batch = self._batches[tank] = before.less(spray.batch, spray.litres)
            if batch is not before and batch.litres is not None and batch.litres - batch.used < LOW * batch.litres:
                self._warn(SOLUTION_LOW, tank, f"{batch.left:.1f} of {batch.litres:.1f} litres are left")

    def _counts(self, batch: SolutionBatch | None) -> bool:
        return batch is not None and self._now() < batch.expires_at

    def _only_lane(self, tank: str) -> str | None:
        """The lane that a tank's alarms belong to; None, the gate as a whole, where all lanes share one."""
        if len(set(self._tanks.values())) == 1:
            return None
        return next((lane for lane, its in self._tanks.items() if its == tank), None)

    def _warn(self, alarm: str, tank: str, detail: str) -> bool:
        lane = self._only_lane(tank)
        return self._recorder.raise_alarm(alarm, detail if lane is None else f"tank {tank}: {detail}", lane)

    def _clear_alarms_of(self, tank: str) -> None:
        only = self._only_lane(tank)
        for alarm, lane in list(self._recorder.standing):
            # also those of the time before the lanes shared a tank, or ceased to
            if alarm in {NO_SOLUTION, SOLUTION_LOW} and (only is None or lane in {None, only}):
                self._recorder.clear_alarm(alarm, lane)
