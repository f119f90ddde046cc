"""Views of lanes made by hand, a desk that shows them, and the states in which a lane can be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from edge.camera.frames import Hint, Look
from edge.contract.facts import ReadBy
from edge.contract.policy import Policy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.records import wall_text
from edge.gate.view import GateView, LaneView, OpenVisit, Tank
from edge.kiosk import Known, News
from edge.kiosk.pins import Pins
from edge.lane.events import Event, Loop
from edge.lane.phase import Arm, Phase
from tests.contract.samples import COMMANDS, POLICY

NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)
MONO = 1000.0
PLATE, OTHER = "鲁B12345", "鲁BD67890"
"""Of the vehicle at the lane, and of the one that the loops could not follow."""
VISIT, UNCLEAR = "a" * 32, "b" * 32
EMPTY = LaneView("1", Phase.WAITING, MONO - 3, (), None)
CHECKING = replace(EMPTY, phase=Phase.CHECKING, occupied=(Loop.OUTER,), direction=Direction.IN, standing=True)
JUDGED = replace(
    CHECKING, phase=Phase.ASKING, visit=VISIT, verdict=Verdict.LOOK, reason=Reason.DUPLICATE_READ, plate=PLATE,
    vehicle_class="resident", read_by=ReadBy.QR,
)  # fmt: skip
STOPPED = replace(JUDGED, phase=Phase.REFUSED, verdict=Verdict.STOP, reason=Reason.WRONG_GATE)
OWING = replace(
    JUDGED, phase=Phase.DISINFECTING, verdict=Verdict.HOLD, reason=Reason.DISINFECTION_DUE, owed=True, spray_seconds=10.0,
)  # fmt: skip
PRIORITY = replace(JUDGED, phase=Phase.OPENING, verdict=Verdict.GO, reason=Reason.PRIORITY, arm=Arm.RISING)
NOBODY = frozenset({Phase.WAITING, Phase.CHECKING})
"""The phases in which nobody is judged."""


def lane_in(phase: Phase, arm: Arm = Arm.LYING) -> LaneView:
    """A lane in that phase with that arm, and the vehicle that fits."""
    usual = {
        Phase.WAITING: EMPTY,
        Phase.CHECKING: CHECKING,
        Phase.REFUSED: STOPPED,
        Phase.HELD: STOPPED,
        Phase.DISINFECTING: replace(OWING, spraying=True),
        Phase.CONTACT: replace(OWING, owed=False, contact_until=MONO + 5),
    }
    if phase in {Phase.NEXT, Phase.OPENING, Phase.OPEN, Phase.DRIVING, Phase.RECALLED}:
        return replace(PRIORITY, phase=phase, arm=arm)
    return replace(usual.get(phase, JUDGED), phase=phase, arm=arm)


def asked(lane: LaneView) -> LaneView:
    """The lane with a vehicle that the loops could not follow."""
    return replace(lane, unclear=UNCLEAR, unclear_plate=OTHER)


def every_lane() -> list[LaneView]:
    """Each phase with each arm, with and without a question, an empty plate, a barrier left open, a sprayer at rest."""
    found = []
    for phase, arm, unclear in product(Phase, Arm, (False, True)):
        lane = lane_in(phase, arm)
        variants = [lane, replace(lane, read_by=ReadBy.HAND, plate="")] if lane.visit else [lane]
        if phase in NOBODY:
            variants.append(replace(lane, left_open=True))
        if phase is Phase.DISINFECTING:
            variants += [replace(lane, spraying=False, unconfirmed=True, sprayed=4.0)]
            variants += [replace(lane, spraying=False, standing=False)]
        found += [asked(each) if unclear else each for each in variants]
    return found


ENDED = POLICY.model_copy(
    update={"operation": POLICY.operation.model_copy(update={"ends": wall_text(NOW - timedelta(hours=1))})}
)
"""Rules of an operation that is over."""
LEFT = OpenVisit("d" * 32, "1", wall_text(NOW), "鲁B55555", Direction.IN, Reason.OK)


def burdened(view: GateView, *, fault: str | None = None) -> GateView:
    """The gate with all at once: an order, a call for help, an emergency without a plate, a visit that was left open."""
    order = COMMANDS.commands[0].model_copy(
        update={"zh": "雨大路滑，缩短排队，" * 9, "en": "Heavy rain, keep the queue short. " * 9}
    )
    return replace(
        view, orders=(order,), plateless=(LEFT,), unfinished=(LEFT,), alarms={**view.alarms, "help": "lane 1"}, fault=fault,
    )  # fmt: skip


def gate(*lanes: LaneView, officer: str | None = "u-2", fault: str | None = None) -> GateView:
    """A gate with these lanes."""
    return GateView(
        lanes=lanes,
        officer=officer,
        tanks=(Tank("A", valid=True),),
        unfinished=(),
        plateless=(),
        alarms={"barrier_stuck": ""} if any(each.arm is Arm.STUCK for each in lanes) else {},
        fault=fault,
    )


class ViewDesk:
    """A desk that shows what it was given, and writes down what it is asked. `answers`: whether anything comes of an event."""

    def __init__(self, *lanes: LaneView, answers: bool = True) -> None:
        self.shown = gate(*(lanes or (EMPTY,)))
        self.after: GateView | None = None
        """What is shown once an event was given; None: the same."""
        self.answers = answers
        self.asked: list[Event] = []
        self.rules = POLICY
        self.hinted: Hint | None = None
        self.town, self.gate_id = "demo", "east"
        self.pins = Pins(lambda: MONO)

    def ask(self, event: Event) -> bool:
        self.asked.append(event)
        self.shown = self.after or self.shown
        return self.answers

    def view(self) -> GateView:
        return self.shown

    def policy(self) -> Policy | None:
        return self.rules

    def news(self) -> News:
        return News(connected=True, hub_online=True, ack_age=2.0, policy=3, passlist=5, lists_received=NOW)

    def now(self) -> datetime:
        return NOW

    def mono(self) -> float:
        return MONO

    def picture(self, lane: str) -> bytes | None:
        return None

    def look(self, lane: str) -> Look | None:
        return None

    def hint(self, lane: str) -> Hint | None:
        return self.hinted

    def known(self) -> Sequence[Known]:
        return ()

    def typed_before(self) -> Mapping[str, Sequence[str]]:
        return {}
