"""From a sensor's edge to the relay's pin, through the gate's own threads and its journal, beside a bare commit.

The emergency button's pin goes low, the barrier's relay goes high. In between lie the queue, the decision, the lane's step, the
record sealed, signed and committed, and the pin; the contact's debounce is a setting, and measured apart. The floor is one row
of such a record committed by bare sqlite3. Milliseconds.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock
from edge.config import Settings, parse
from edge.decision.rules import Rules
from edge.gate.clocks import Clocks
from edge.gate.loop import Gate
from edge.hardware.lane import LaneHardware
from edge.hardware.pins import pin_factory
from edge.journal.outbox import Outbox
from edge.lane.events import Event
from edge.lane.phase import Phase
from scripts.benchmarks.latency import BareJournal
from scripts.benchmarks.rows import Plan, Row, percentile, wait_until

LANE = "1"
PATIENCE = 10.0
LOOK = 0.00005
CONFIGURATION = """
town = "bench"
gate = "east"
[[lanes]]
name = "1"
[lanes.camera]
source = "file:bench"
[lanes.times]
clear = 0
[lanes.wiring.buttons]
debounce = {debounce}
[lanes.wiring.loops]
debounce = 0
[hardware]
factory = "mock"
"""


class Lane:
    """A gate with one lane on mock pins, its loop running."""

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        lane = settings.lane(LANE)
        self._debounce = lane.wiring.buttons.debounce
        self._factory = pin_factory(settings.hardware.factory)
        self._hands = LaneHardware(lane, self._post, factory=self._factory)
        self._pins = {name: self._factory.pin(number) for name, number in lane.pins.fitted().items()}
        self._stop = threading.Event()
        self.gate = Gate(settings, outbox, {LANE: self._hands}, Rules, Clocks(now=lambda: datetime.now(UTC)))
        self._thread = threading.Thread(target=self.gate.run, args=(self._stop,), name="gate", daemon=True)

    @contextmanager
    def running(self) -> Iterator["Lane"]:
        """Its loop runs; the pins are given back at the end."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join(PATIENCE)
            self._hands.close()

    def press(self) -> float:
        """Milliseconds from the button's edge to the barrier's pin; then the vehicle drives through."""
        began = time.perf_counter()
        self._pins["emergency"].drive_low()
        wait_until(lambda: bool(self._pins["barrier"].state), PATIENCE, "the barrier did not rise", LOOK)
        taken = 1000 * (time.perf_counter() - began)
        self._pins["emergency"].drive_high()
        self._drive_through()
        # the button must be seen to be up before it can be pressed again
        time.sleep(2 * self._debounce)
        return taken

    def _drive_through(self) -> None:
        # the relay moves a moment before the lane says so
        wait_until(lambda: self.gate.view.lanes[0].phase is not Phase.WAITING, PATIENCE, "the lane did not open", LOOK)
        for name in ("outer_loop", "inner_loop"):
            self._pins[name].drive_low()
        for name in ("outer_loop", "inner_loop"):
            self._pins[name].drive_high()
        wait_until(lambda: self.gate.view.lanes[0].phase is Phase.WAITING, PATIENCE, "the lane is not free")
        wait_until(lambda: not self._pins["barrier"].state, PATIENCE, "the barrier did not come down")

    def _post(self, event: Event) -> None:
        self.gate.post(event)


def run(plan: Plan) -> Iterator[Row]:
    """The rows: edge to pin without debounce at p50 and p99, and with the debounce that gates have."""
    count = plan.size(400, 20)
    bare, commits = _measured(plan, count, 0.0)
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        note = (
            f"{len(bare)} presses: queue, decision, lane, record sealed, signed and committed, relay"
            if share == 0.5
            else ""
        )
        yield Row(
            f"pins.edge_to_relay_{label}",
            percentile(bare, share),
            "ms",
            percentile(commits, share),
            "bare commit, FULL",
            note,
        )
    settled, _ = _measured(plan, plan.size(100, 10), 0.02)
    yield Row(
        "pins.edge_to_relay_debounced_p99",
        percentile(settled, 0.99),
        "ms",
        20.0,
        "the debounce",
        "a level must stand for 20 ms",
    )


def _measured(plan: Plan, count: int, debounce: float) -> tuple[list[float], list[float]]:
    key = Ed25519PrivateKey.generate()
    name = f"pins-{debounce}"
    outbox = Outbox.open(plan.folder / f"{name}.db", town="bench", gate="east", key=key, clock=SystemClock())
    taken: list[float] = []
    commits: list[float] = []
    lane = Lane(parse(CONFIGURATION.format(debounce=debounce)), outbox)
    with closing(outbox), closing(BareJournal(plan.folder / f"{name}-bare.db")) as bare, lane.running():
        for number in range(1, count + 1):
            if number % 100 == 1:
                plan.say(f"press {number} of {count}")
            taken.append(lane.press())
            batch = outbox.delivery.batch_after(outbox.head - 2, 1)
            assert batch is not None
            commits.append(1000 * bare.commit(batch.records[0].model_dump_json()))
    # the first of each pays for cold files and caches
    return taken[1:], commits[1:]
