"""A lane's steps: what its sensors say is done at once; a step of the table keeps its records first, and then is performed.

A step's records are committed together before anything moves. If the journal cannot take them, nothing opens: the lane's phases
stay as they were, and only what makes it safer is done (sprayer off, arm down). What vehicles do and where the arm is goes on
whatever the journal says. Tested in `tests/edge/gate/test_refusals.py` and, through the loop, in `test_loop.py`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.config import LaneSettings
from edge.contract.facts import Kind, VisitClosed
from edge.contract.policy import Policy
from edge.gate.gate_state import GateState
from edge.gate.performer import BEEP, Hands, Performer
from edge.gate.recorder import AGAIN
from edge.gate.scene import scene_of
from edge.lane import table, whole
from edge.lane.actions import Action, Keep
from edge.lane.events import BarrierDown, BarrierUp, Loop, QrSeen, TimerFired
from edge.lane.phase import Arm, Phase
from edge.lane.state import LaneInput, LaneState, PhaseInput, Presented, Scene, Visit
from edge.lane.track import Track


class LaneRunner:
    """Runs the table of one lane. `since`: the monotonic second at which its phase began.

    `held`: a code that was read too early; it waits here for its vehicle, and ends with a visit of the same code, or as soon as
    any vehicle leaves. `picture` keeps one of the camera's pictures and returns its SHA-256.
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
        self.performer = Performer(settings.name, hands, gate, monotonic)
        self.since = monotonic()
        self.held: QrSeen | None = None
        self.state = LaneState()
        self._start(hands)

    def _start(self, hands: Hands) -> None:
        settings, policy = self.settings, self._policy()
        sides = {"in": Loop.OUTER, "out": Loop.INNER}
        road = Track(
            guarded=hands.guarded,
            two_way=settings.direction == "loops",
            only=sides.get(settings.direction),
            short=settings.road.hides(guarded=hands.guarded),
        )
        scene = scene_of(settings, hands, self._gate, policy, None)
        # one that the last run left up over a vehicle comes down when that is gone
        stays = policy is not None and policy.fails_open
        self.state, actions = whole.at_start(road, scene, raised=hands.raised, stays=stays)
        self.performer.perform(actions)
        self._gate.recent_passes.at_lane(settings.name, ())

    def step(self, event: LaneInput) -> bool:
        """Answers an event. Returns True if anything came of it, and all its records are kept."""
        scene = self._scene(event)
        after, actions, inputs = whole.sense(self.state, event, scene)
        done = after != self.state or bool(actions)
        self._enter(after)
        waiting = deque((*inputs, *self._move(actions)))
        kept = True
        while waiting:
            answered, reports = self._answer(waiting.popleft(), scene)
            done |= answered is not None
            kept &= answered is not False
            waiting += reports
        return done and kept

    def _answer(self, event: PhaseInput, scene: Scene) -> tuple[bool | None, Sequence[PhaseInput]]:
        """A step of the table: keep, then perform. None: nothing came of it; False: its records could not be kept."""
        before = self.state
        after, actions = table.step(before, event, scene)
        if after == before and not actions:
            return None, ()
        keeps = [action for action in actions if isinstance(action, Keep)]
        moves: Sequence[Action] = [action for action in actions if not isinstance(action, Keep)]
        kept = self._keep(keeps)
        if not kept:
            if any(keep.kind is not Kind.VISIT_CLOSED for keep in keeps):
                after, moves = table.unkept(before, moves, scene)
                if isinstance(event, TimerFired):
                    self.performer.start_timer(event.timer, AGAIN)
            # what only ended something is done: the visit waits for an officer to end it in the journal
            self._gate.open_visits.leave(_gone(before, after), self.settings.name)
        ordered, orders, reports = whole.ordered(after, moves, scene)
        self._enter(ordered)
        reports = (*reports, *self._move(orders))
        self._note(before, keeps if kept else [])
        return kept, reports

    def _move(self, actions: Sequence[Action]) -> Sequence[PhaseInput]:
        """Performs what moves, and answers at once to what the arm's switches say of it. Returns what the phases then answer to."""
        if not self.performer.perform(actions):
            return self._sensed(whole.kept_up(self.state, self._scene(None)))
        hands, arm = self.performer.hands, self.state.guard.arm
        if arm is Arm.RISING and hands.at_up:
            return self._sensed(whole.sense(self.state, BarrierUp(self.settings.name), self._scene(None)))
        if arm is Arm.FALLING and hands.at_down:
            return self._sensed(whole.sense(self.state, BarrierDown(self.settings.name), self._scene(None)))
        return ()

    def _sensed(self, sensed: whole.Sensed) -> Sequence[PhaseInput]:
        after, actions, inputs = sensed
        self._enter(after)
        return (*inputs, *self._move(actions))

    def _scene(self, event: LaneInput | None) -> Scene:
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
        self._gate.recent_passes.at_lane(self.settings.name, after.here)
        if after.phase is not before.phase:
            self.since = self._monotonic()
            if after.phase is Phase.REFUSED:
                self.performer.hands.buzz(BEEP)

    def _note(self, before: LaneState, keeps: Sequence[Keep]) -> None:
        """Notes what follows from a step's records, for this lane and for the gate."""
        visits = {visit.id: visit for visit in (*before.here, *self.state.here)}
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


def _gone(before: LaneState, after: LaneState) -> list[Visit]:
    still = {visit.id for visit in after.here}
    return [visit for visit in before.here if visit.id not in still]
