"""What follows, for the gate as a whole, from the end of a lane's visit: who is inside, whose pass was just used."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from edge.contract.facts import Disinfection, Outcome, ReadBy, VisitClosed, VisitOpened
from edge.contract.reasons import Direction, Reason, Verdict
from edge.decision.decision import Decision
from edge.gate.callbacks import Callbacks
from edge.gate.gate_state import GateState
from edge.gate.recovery import Past
from edge.lane.state import Visit
from tests.contract.samples import PASS
from tests.edge.gates import TestTown

VISIT = Visit(
    "a" * 32,
    Decision(Reason.OK, Verdict.GO, Direction.OUT, ReadBy.QR, plate=PASS.plate, pass_id=PASS.id_hex),
)
EMERGENCY = Visit("e" * 32, Decision(Reason.EMERGENCY, Verdict.GO, Direction.IN, ReadBy.EMERGENCY))


@dataclass
class Noted:
    """A gate's state without lanes, and the vehicles that it saw pass."""

    saw: list[str] = field(default_factory=list)
    alarms: Mapping[tuple[str, str | None], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        town = TestTown()
        self.journal = town.journal
        callbacks = Callbacks(saw=lambda vehicle, _seen: self.saw.append(vehicle))
        past = Past(alarms=self.alarms)
        self.state = GateState(town.settings, town.journal, lambda: None, town.clocks(), callbacks, past)

    def end(self, visit: Visit, outcome: Outcome) -> None:
        self.state.note("1", visit, VisitClosed(outcome=outcome, officer=None))

    def used(self) -> bool:
        """Returns True if the pass counts as one that has just gone through."""
        return PASS.id_hex in self.state.recent_passes.beside("2", 10.0)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_a_vehicle_that_passed_was_seen_and_has_used_its_pass(outcome: Outcome) -> None:
    noted = Noted()
    noted.end(VISIT, outcome)
    passed = outcome is Outcome.PASSED
    assert (noted.saw, noted.used()) == ([PASS.plate] if passed else [], passed)


def test_an_unclear_end_ends_the_alarms_of_its_visit() -> None:
    noted = Noted(alarms={("watch_list", None): VISIT.id})
    noted.end(VISIT, Outcome.UNCLEAR)
    assert noted.state.recorder.alarms == {}


def test_the_plate_of_an_emergency_with_an_unclear_end_follows_with_that_end() -> None:
    noted = Noted()
    opened = VisitOpened(
        read_by=ReadBy.EMERGENCY, direction=Direction.IN, verdict=Verdict.GO, reason=Reason.EMERGENCY, vehicle_class=None,
        pass_id=None, officer=None, operation=None, disinfection=Disinfection.OFF,
    )  # fmt: skip
    noted.state.note("1", EMERGENCY, opened)
    noted.end(EMERGENCY, Outcome.UNCLEAR)
    assert noted.state.open_visits.fill_plate(EMERGENCY.id, "鲁BX1234应急", "u-2")
    (entry,) = noted.journal.entries
    assert entry.body == VisitClosed(outcome=Outcome.UNCLEAR, officer="u-2", supplement=True)
