"""A gate for tests: the contract's sample town, a journal in memory that can fail, hands that write down what they did."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from gpiozero.pins.mock import MockPin

from edge.config import InputWiring, LaneSettings, Pins, Settings, Times, Wiring, parse
from edge.contract import passes, policy
from edge.contract.canonical import public_from_hex, public_hex
from edge.contract.facts import ClockTrust, Fact, Kind
from edge.contract.reasons import Colour
from edge.decision.decision import LastSeen
from edge.decision.rules import Rules
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.loop import Gate
from edge.gate.recovery import Past
from edge.gate.view import GateView
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord
from edge.lane.events import Loop, LoopChanged, SprayDone
from tests.contract.samples import KID, PASS, PASS_KEY, POLICY

NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)
POLICY_FULL = POLICY.model_copy(
    update={
        "classes": (
            policy.VehicleClass(number=1, id="resident", zh="居民", en="Resident"),
            policy.VehicleClass(number=2, id="duty", zh="包村", en="Village duty", disinfection="optional"),
            policy.VehicleClass(number=3, id="samples", zh="样本转运", en="Samples", priority=True),
            policy.VehicleClass(number=4, id="hazmat", zh="危化", en="Hazmat", gates=("south",)),
            policy.VehicleClass(number=8, id="emergency", zh="应急", en="Emergency", emergency=True),
        )
    }
)
RULES = Rules(
    policy=POLICY_FULL,
    policy_version=3,
    keys={KID: (public_from_hex(public_hex(PASS_KEY)),)},
    revoked=frozenset({"8899aabbccddeeff"}),
    passlist_version=5,
)
TOML = 'town = "demo"\ngate = "east"\n[hardware]\nfactory = "mock"\n[[lanes]]\nname = "1"\n'


def qr(**changes: object) -> str:
    """The QR text of the sample pass (a resident's, valid on `NOW` at the east gate), with changes."""
    from dataclasses import replace

    return passes.write(replace(PASS, **changes), KID, PASS_KEY)  # type: ignore[arg-type]  # the fields' types differ


@dataclass
class RecordingJournal:
    """Keeps in memory, in order; refuses everything while `broken`."""

    entries: list[NewRecord] = field(default_factory=list)
    broken: bool = False
    log: list[str] = field(default_factory=list)

    def keep_all(self, entries: Sequence[NewRecord], /) -> None:
        if self.broken:
            raise JournalError("journal.db: database or disk is full")
        self.entries += entries
        self.log += [f"keep {entry.kind}" for entry in entries]

    def kinds(self) -> list[Kind]:
        return [entry.kind for entry in self.entries]

    def bodies(self, kind: Kind) -> list[Fact]:
        return [entry.body for entry in self.entries if entry.kind is kind]


STILL = InputWiring(debounce=0)


def fitted(spray_most: float = 5.0, name: str = "1", **changes: object) -> LaneSettings:
    """The settings of a lane on the usual pins, whose contacts do not bounce; with changes."""
    usual = {"name": name, "pins": Pins(), "times": Times(spray_most=spray_most)} | changes
    third = {} if LaneSettings.model_validate(usual).pins.safety is None else {"safety": STILL}
    wiring = Wiring(loops=STILL, buttons=STILL, switches=STILL, **third)
    return LaneSettings.model_validate({"wiring": wiring} | usual)


class LgpioError(Exception):
    """As lgpio's own: no error of the system, and its text is in quotes."""

    def __str__(self) -> str:
        return repr(self.args[0])


def lgpio_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Pi, where gpiozero has imported lgpio."""
    monkeypatch.setitem(sys.modules, "lgpio", SimpleNamespace(error=LgpioError))


class PressedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """An input that stands at ground already when it is claimed."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self._change_state(False)


class RecordingHands:
    """A lane's devices that only write down what they do, in one log with the journal's.

    `blocked`: somebody is under the arm, and no order to lower it is carried out. `tells_up`, `tells_down`: the end switches
    that are fitted. The arm is at its ends at once, unless it is `slow`: then a test sets `at_up` and `at_down`. `run`: of the last spray.
    """

    def __init__(self, log: list[str], *, guarded: bool = False) -> None:
        self.log = log
        self.guarded = guarded
        self.sprayed = 0.0
        self.litres: float | None = None
        self.raised = False
        self.blocked = False
        self.tells_up = False
        self.tells_down = False
        self.at_up = False
        self.at_down = False
        self.slow = False
        self.run = 0

    def raise_barrier(self) -> None:
        self.raised = True
        self.log.append("raise")
        self._arrive()

    def lower_barrier(self) -> bool:
        self.log.append("lower")
        if self.raised and self.blocked:
            return False
        self.raised = False
        self._arrive()
        return True

    def _arrive(self) -> None:
        if not self.slow:
            self.at_up, self.at_down = self.raised, not self.raised

    def start_spray(self, seconds: float, run: int) -> None:
        self.run = run
        self.log.append("spray")

    def stop_spray(self) -> None:
        self.log.append("stop spray")

    def forget_spray(self) -> None:
        self.sprayed = 0.0

    def light(self, colour: Colour) -> None:
        self.log.append(f"light {colour}")

    def buzz(self, seconds: float) -> None:
        self.log.append("buzz")


class TestTown:
    """A gate with one lane whose time moves by hand. `journal`, `hands` of another kind if given, `hands` at every lane."""

    __test__ = False

    def __init__(
        self,
        past: Past | None = None,
        rules: Rules = RULES,
        toml: str = TOML,
        picture: str | None = None,
        *,
        raised: bool = False,
        journal: RecordingJournal | None = None,
        hands: RecordingHands | None = None,
    ) -> None:
        self.settings: Settings = parse(toml)
        self.journal = journal or RecordingJournal()
        self.log = self.journal.log
        self.hands = {
            lane.name: hands or RecordingHands(self.log, guarded=lane.pins.safety is not None)
            for lane in self.settings.lanes
        }
        for each in self.hands.values():
            each.raised = raised
        self.rules = rules
        self.time = 1000.0
        self.visits = iter(f"{number:032x}" for number in range(1, 10_000))
        self.woken = 0
        self.looked: list[str] = []
        self.timed: list[float] = []
        self.saw: list[tuple[str, LastSeen]] = []
        self.clock = ClockTrust.SYNCED
        self.shown: list[GateView] = []
        self.gate = Gate(
            self.settings, self.journal, self.hands, lambda: self.rules, self.clocks(), past=past,
            callbacks=Callbacks(
                new_id=self.new_id, wake=self._wake, timed=self.timed.append,
                saw=lambda vehicle, seen: self.saw.append((vehicle, seen)),
                shown=self._show, picture=lambda lane: picture, look_again=self.looked.append,
            ),
        )  # fmt: skip

    def clocks(self) -> Clocks:
        """The clocks that this town moves by hand."""
        return Clocks(now=self.now, monotonic=lambda: self.time, trust=lambda: self.clock)

    def new_id(self) -> str:
        """The next visit's id."""
        return next(self.visits)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.time - 1000)

    def _show(self, view: GateView) -> None:
        self.shown.append(view)

    def _wake(self) -> None:
        self.woken += 1

    def pass_time(self, seconds: float) -> None:
        """Time passes, and the timers that are due fire."""
        self.time += seconds
        self.gate.turn()

    def loop(self, loop: Loop, occupied: bool) -> None:
        self.gate.handle(LoopChanged("1", loop, occupied))

    def arrive(self, loop: Loop = Loop.OUTER) -> None:
        """A vehicle comes onto a loop and stands there."""
        self.loop(loop, True)
        self.pass_time(self.settings.lanes[0].times.stand)

    def sprayed(self, seconds: float, litres: float | None = None, lane: str = "1") -> None:
        """The sprayer's run comes to its end."""
        self.gate.handle(SprayDone(lane, seconds, litres, self.hands[lane].run))

    def drive_through(self, near: Loop = Loop.OUTER) -> None:
        far = Loop.INNER if near is Loop.OUTER else Loop.OUTER
        self.loop(far, True)
        self.loop(near, False)
        self.loop(far, False)
        self.pass_time(1.0)
