"""A gate whose journal refuses at random: nothing moves without a kept record, and the screen says what is so."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.contract.facts import Disinfected, Disinfection, Kind, Outcome, Overridden, VisitOpened
from edge.contract.policy import VehicleClass
from edge.contract.reasons import Colour
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord
from edge.lane.events import (
    AdmitPressed,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    FaultCleared,
    HoldPressed,
    Loop,
    LoopChanged,
    OverridePressed,
    PlateMismatch,
    QrSeen,
    Registered,
    SignedOn,
    SolutionMixed,
    SprayAgainPressed,
    SprayDone,
    TurnBackPressed,
    VisitFinished,
    WentThrough,
)
from edge.lane.phase import Arm, Phase, Shown
from tests.edge.gates import POLICY_FULL, RULES, TOML, RecordingHands, RecordingJournal, TestTown, qr

ACTING = VehicleClass(number=9, id="acting", zh="作用", en="Acting", contact_seconds=20.0)
PASSES = [qr(), qr(vehicle_class=2), qr(vehicle_class=9), qr(gates=0b10), qr(expires=1_775_000_000)]
WORDS: list[Event] = [
    AdmitPressed("1"), TurnBackPressed("1"), HoldPressed("1"), DetainPressed("1"), DisinfectedPressed("1"),
    FaultCleared("1"), SprayAgainPressed("1"), PlateMismatch("1"), EmergencyPressed("1"), Registered("1", "鲁B12345", "resident"),
    Registered("1", "鲁B12345", "duty"), OverridePressed("1", None, "u-2", "medical", "verdict"),
    OverridePressed("1", None, "u-2", "medical", "disinfection"),
]  # fmt: skip
UP = {Phase.OPENING, Phase.OPEN, Phase.DRIVING}
HELD_UP = {Arm.RISING, Arm.UP, Arm.HOLDING}
GUARDED = TOML + "[lanes.pins]\nsafety = 2\n"
ONE_WAY = TOML.replace('name = "1"\n', 'name = "1"\ndirection = "in"\n')


class MoodyJournal(RecordingJournal):
    """Refuses a commit for each True in `moods`, in order; then it takes them."""

    def __init__(self) -> None:
        super().__init__()
        self.moods: deque[bool] = deque()
        self.refused = False

    def keep_all(self, entries: Sequence[NewRecord], /) -> None:
        self.refused = bool(self.moods) and self.moods.popleft()
        if self.refused:
            raise JournalError("journal.db: database or disk is full")
        super().keep_all(entries)

    def open_visits(self) -> dict[str, bool]:
        """Visits that were opened and not closed: whether they still owe a disinfection."""
        owes: dict[str, bool] = {}
        acting: set[str] = set()
        for entry in self.entries:
            visit = entry.visit or ""
            match entry.body:
                case VisitOpened(disinfection=rule, vehicle_class=class_):
                    owes[visit] = rule is Disinfection.REQUIRED
                    acting |= {visit} if class_ == "acting" else set()
                case Disinfected(contact_minutes=minutes):
                    owes[visit] = owes[visit] and visit in acting and minutes is None
                case Overridden(what="disinfection", reason="medical"):
                    owes[visit] = False
            if entry.kind is Kind.VISIT_CLOSED:
                owes.pop(visit, None)
        return owes


class WatchedHands(RecordingHands):
    """Devices that look into the journal at the moment at which they are told to move."""

    town: TestTown

    def __init__(self, journal: MoodyJournal, *, guarded: bool) -> None:
        super().__init__(journal.log, guarded=guarded)
        self.journal = journal
        self.spraying = False
        self.lamp: Colour | None = None

    def raise_barrier(self) -> None:
        state, kept = self.town.gate.lanes["1"].state, self.journal.open_visits()
        # one that nobody wants up turns round over who comes under it: nobody is let in by that
        turns = not state.guard.up and state.track.busy
        assert turns or [visit.id for visit in state.visits if kept.get(visit.id) is False], (
            "raised without a kept record of somebody who owes nothing"
        )
        super().raise_barrier()

    def start_spray(self, seconds: float, run: int) -> None:
        (visit,) = self.town.gate.lanes["1"].state.visits
        assert visit.id in self.journal.open_visits(), "sprayed without a kept record"
        self.run, self.spraying = run, True

    def stop_spray(self) -> None:
        self.spraying = False

    def light(self, colour: Colour) -> None:
        self.lamp = colour


def moody_town(toml: str = TOML) -> tuple[TestTown, MoodyJournal, WatchedHands]:
    """A gate on a journal that can refuse, with an officer on shift and a solution in the tank."""
    policy = POLICY_FULL.model_copy(update={"classes": (*POLICY_FULL.classes, ACTING)})
    journal = MoodyJournal()
    hands = WatchedHands(journal, guarded=toml is GUARDED)
    town = TestTown(rules=replace(RULES, policy=policy), toml=toml, journal=journal, hands=hands)
    hands.town = town
    town.gate.handle(SignedOn("u-2"))
    town.gate.handle(SolutionMixed("chlorine", "", "A"))
    return town, journal, hands


class AnyCommit(RuleBasedStateMachine):
    """A gate's lane under any order of events and of refusals."""

    @initialize(toml=st.sampled_from([TOML, GUARDED, ONE_WAY]), slow=st.booleans())
    def a_gate(self, toml: str, slow: bool) -> None:
        self.town, self.journal, self.hands = moody_town(toml)
        self.hands.slow = slow
        self.loops: set[Loop] = set()

    def send(self, event: Event) -> None:
        self.town.gate.handle(event)

    @rule(moods=st.lists(st.booleans(), max_size=4))
    def the_journal_will(self, moods: list[bool]) -> None:
        self.journal.moods = deque(moods)

    @rule(loop=st.sampled_from(Loop))
    def loop_changes(self, loop: Loop) -> None:
        if loop is Loop.SAFETY and not self.hands.guarded:
            return
        self.loops ^= {loop}
        under = Loop.SAFETY in self.loops or {Loop.OUTER, Loop.INNER} <= self.loops
        self.hands.blocked = under if self.hands.guarded else bool(self.loops)
        self.send(LoopChanged("1", loop, loop in self.loops))

    @rule(text=st.sampled_from(PASSES))
    def show(self, text: str) -> None:
        self.send(QrSeen("1", text, self.town.time))

    @rule(event=st.sampled_from(WORDS))
    def press(self, event: Event) -> None:
        self.send(event)

    @rule(seconds=st.sampled_from([0.3, 1.1, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.town.pass_time(seconds)

    @precondition(lambda self: self.hands.spraying)
    @rule(seconds=st.sampled_from([3.0, 10.0]), litres=st.sampled_from([None, 2.0]))
    def spray_ends(self, seconds: float, litres: float | None) -> None:
        self.hands.spraying, self.hands.sprayed = False, seconds
        self.send(SprayDone("1", seconds, litres, self.hands.run))

    @precondition(lambda self: self.town.gate.view.lanes[0].unclear)
    @rule(word=st.sampled_from([WentThrough, CameBack]))
    def an_officer_saw_what_became_of_it(self, word: type[WentThrough | CameBack]) -> None:
        self.send(word("1", self.town.gate.view.lanes[0].unclear or ""))

    @precondition(lambda self: self.town.gate.view.unfinished)
    @rule()
    def an_officer_ends_what_was_left(self) -> None:
        self.send(VisitFinished(self.town.gate.view.unfinished[0].visit, Outcome.ABANDONED))

    @invariant()
    def the_phase_is_what_the_devices_do(self) -> None:
        (lane,) = self.town.gate.view.lanes
        assert (lane.phase in UP) <= self.hands.raised, "said to be up"
        assert self.hands.raised is (lane.arm in HELD_UP), "said to be down, or to be up"
        assert self.hands.raised <= (lane.shown is not Shown.WAITING), "nobody is waited for under a raised arm"
        assert self.hands.spraying is lane.spraying
        assert lane.spraying <= (lane.phase is Phase.DISINFECTING and not lane.unconfirmed)
        assert lane.unconfirmed <= (lane.phase is Phase.DISINFECTING)
        assert (self.hands.lamp is Colour.GREEN) <= (lane.phase in {Phase.OPENING, Phase.OPEN}), "green for nobody"

    @invariant()
    def the_screen_says_whether_the_journal_takes_records(self) -> None:
        assert (self.town.gate.view.fault is not None) == self.journal.refused

    @invariant()
    def every_open_visit_is_at_the_lane_or_waits_for_its_end(self) -> None:
        view, kept = self.town.gate.view, set(self.journal.open_visits())
        at_lane = {visit.id for visit in self.town.gate.lanes["1"].state.here}
        assert at_lane <= kept
        assert kept - at_lane == {each.visit for each in view.unfinished}


AnyCommit.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAnyCommit = AnyCommit.TestCase


def test_a_plate_that_differs_closes_the_lane_on_the_screen_too_when_it_cannot_be_kept() -> None:
    town, journal, hands = moody_town(ONE_WAY)
    town.gate.handle(QrSeen("1", qr(vehicle_class=2), town.time))
    assert (hands.raised, hands.lamp) == (True, Colour.GREEN)
    visit = town.gate.view.lanes[0].visit
    journal.moods = deque([True, True])
    assert not town.gate.handle(PlateMismatch("1"))
    (lane,) = town.gate.view.lanes
    assert (hands.raised, hands.lamp, lane.phase, lane.visit) == (False, Colour.RED, Phase.WAITING, None)
    assert [each.visit for each in town.gate.view.unfinished] == [visit]


@pytest.mark.parametrize("event", [SprayDone("1", 10.0, 2.0, 1), DisinfectedPressed("1"), EmergencyPressed("1")])
def test_a_sprayer_that_stopped_unrecorded_waits_for_the_officers_word(event: Event) -> None:
    town, journal, hands = moody_town()
    town.arrive()
    town.gate.handle(QrSeen("1", qr(), town.time))
    hands.sprayed = 10.0
    journal.moods = deque([True])
    assert not town.gate.handle(event)
    (lane,) = town.gate.view.lanes
    assert (hands.spraying, lane.phase, lane.unconfirmed, hands.raised) == (False, Phase.DISINFECTING, True, False)
    town.gate.handle(DisinfectedPressed("1"))
    assert hands.raised


def test_a_vehicle_that_does_not_stand_yet_is_sprayed_after_a_refusal_all_the_same() -> None:
    town, journal, hands = moody_town()
    town.loop(Loop.OUTER, True)
    town.gate.handle(QrSeen("1", qr(), town.time))
    journal.moods = deque([True])
    assert not town.gate.handle(EmergencyPressed("1"))
    assert not town.gate.view.lanes[0].unconfirmed, "nothing was sprayed yet"
    town.pass_time(1.0)
    assert (hands.spraying, hands.raised) == (True, False)


def test_a_plate_that_differs_leaves_the_arm_up_over_who_may_be_under_it_and_down_comes_it_then() -> None:
    town, journal, hands = moody_town()
    town.arrive()
    town.gate.handle(QrSeen("1", qr(vehicle_class=2), town.time))
    town.loop(Loop.OUTER, False)
    journal.moods = deque([True, True])
    assert not town.gate.handle(PlateMismatch("1"))
    assert (hands.raised, hands.lamp) == (True, Colour.RED)
    town.pass_time(3.0)
    town.pass_time(1.0)
    assert not hands.raised
