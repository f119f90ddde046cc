"""A lane's steps: event -> step of the table -> keep its records -> perform.

A step's records are committed together before anything moves. If the journal cannot take them, nothing opens: the lane stays as
it was, and only what makes it safer is done (sprayer off, barrier down). Tested in `tests/edge/gate/test_refusals.py`
and, through the loop, in `test_loop.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.config import LaneSettings
from edge.contract.facts import Kind, VisitClosed
from edge.contract.policy import Policy
from edge.gate.gate_state import GateState
from edge.gate.performer import BEEP, Hands, Performer
from edge.gate.recorder import AGAIN
from edge.gate.scene import scene_of
from edge.lane import table
from edge.lane.actions import Action, Keep
from edge.lane.events import QrSeen, Timer, TimerFired
from edge.lane.phase import Phase
from edge.lane.state import LaneInput, LaneState, Presented, Scene, Visit


class LaneRunner:
    """Runs the table of one lane. `since`: the monotonic second at which its phase began.

    `held`: a code that was read too early; it waits here for its vehicle, and ends with a visit of the same code. `picture`
    keeps one of the camera's pictures and returns its SHA-256.
    """

    def __init__(
        self,
        settings: LaneSettings,
        hands: Hands,
        gate: GateState,
        policy: Callable[[], Policy | None],
        *,
        monotonic: Callable[[], float],
        picture: Callable[[str], str | None],
    ) -> None:
        self.settings = settings
        self._gate = gate
        self._policy = policy
        self._monotonic = monotonic
        self._picture = picture
        self.performer = Performer(settings.name, hands, gate, policy, monotonic)
        self.since = monotonic()
        self.held: QrSeen | None = None
        self.state = LaneState(_first_phase(hands, policy()))
        if self.state.phase is Phase.CLOSING:
            self.performer.start_timer(Timer.CLEAR, settings.times.clear)
        gate.recent_passes.at_lane(settings.name, ())

    def step(self, event: LaneInput) -> bool:
        """Makes one step: keep, then perform. Returns True if anything came of it, and all its records are kept."""
        before, scene = self.state, self._scene(event)
        after, actions = table.step(before, event, scene)
        if after == before and not actions:
            return False
        keeps = [action for action in actions if isinstance(action, Keep)]
        moves: list[Action] = [action for action in actions if not isinstance(action, Keep)]
        kept = self._keep(keeps)
        if not kept:
            if any(keep.kind is not Kind.VISIT_CLOSED for keep in keeps):
                after, safer = table.unkept(before, moves, scene)
                moves = list(safer)
                if isinstance(event, TimerFired):
                    self.performer.start_timer(event.timer, AGAIN)
            # what only ended something is done: the visit waits for an officer to end it in the journal
            self._gate.open_visits.leave(_gone(before, after), self.settings.name)
        self._enter(after)
        moved = self.performer.perform(moves)
        self._note(before, keeps if kept else [])
        if moved is not None:
            self.step(moved)
        return kept

    def _scene(self, event: LaneInput) -> Scene:
        judged = event if isinstance(event, Presented) else self.state.visit
        hands, decision = self.performer.hands, judged.decision if judged else None
        waited = self._monotonic() - self.since
        # before the devices are looked at: a picture takes some milliseconds
        picture = self._picture(self.settings.name) if isinstance(event, Presented) else None
        scene = scene_of(self.settings, hands, self._gate, self._policy(), decision)
        return replace(scene, waited=waited, picture=picture)

    def _keep(self, keeps: Sequence[Keep]) -> bool:
        recorder = self._gate.recorder
        # without room nobody new is judged; who is at the lane already goes on as long as the journal takes it
        if recorder.closed_for and any(keep.kind is Kind.VISIT_OPENED for keep in keeps):
            return False
        return recorder.keep(*((keep, self.settings.name) for keep in keeps))

    def _enter(self, after: LaneState) -> None:
        before, self.state = self.state, after
        self._gate.recent_passes.at_lane(self.settings.name, after.visits)
        if after.phase is not before.phase:
            self.since = self._monotonic()
            if after.phase is Phase.REFUSED:
                self.performer.hands.buzz(BEEP)

    def _note(self, before: LaneState, keeps: Sequence[Keep]) -> None:
        """Notes what follows from a step's records, for this lane and for the gate."""
        visits = {visit.id: visit for visit in (*before.visits, *self.state.visits)}
        for keep in keeps:
            visit = visits.get(keep.visit or "")
            if visit is None:
                continue
            if isinstance(keep.body, VisitClosed) and self.held is not None and self.held.text == visit.text:
                self.held = None
            self._gate.note(self.settings.name, visit, keep.body)
        if not self.state.visits:
            self.performer.hands.forget_spray()
        self._gate.open_visits.supplement(self._gate.shift.officer)


def _first_phase(hands: Hands, policy: Policy | None) -> Phase:
    if not hands.raised:
        return Phase.WAITING
    # one that the last run left up over a vehicle comes down when that is gone
    return Phase.LEFT_OPEN if policy is not None and policy.fails_open else Phase.CLOSING


def _gone(before: LaneState, after: LaneState) -> list[Visit]:
    still = {visit.id for visit in after.visits}
    return [visit for visit in before.visits if visit.id not in still]
