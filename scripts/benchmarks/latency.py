"""From the frame that shows a pass to the decision on disk, through the gate's own threads, beside a bare commit.

A frame goes camera -> tracker and scanner (camera's thread; the rungs in the process that can be killed, as at a gate) -> queue -> decide, lane, journal (gate's thread), with mock pins
and the journal on a real disk; the clock starts when the camera hands the frame over and stops when the record is committed.
The floor is one row of the record's size, inserted and committed by bare sqlite3 (WAL, synchronous=FULL) in the same folder,
once after each vehicle. Milliseconds.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.camera.sources import Frame, Image
from edge.clock import SystemClock
from edge.config import LaneSettings, Settings, parse
from edge.contract.facts import Disinfection
from edge.contract.policy import GateInfo, Operation, Policy, VehicleClass
from edge.contract.records import wall_text
from edge.decision.rules import Rules
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.loop import Gate
from edge.gate.view import LaneView
from edge.hardware.lane import LaneHardware
from edge.hardware.pins import pin_factory
from edge.journal.outbox import Outbox
from edge.lane.events import Event, QrSeen
from edge.lane.phase import Phase
from edge.scanner.decoder_process import Bounded
from edge.scanner.loop import CameraLoop
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from edge.simulation.clips import APPROACH, draw
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median, percentile, seconds_of, wait_until
from scripts.benchmarks.vehicles import CLASS, START, Vehicle, pass_key, vehicles

LANE = "1"
PATIENCE = 10.0
FRAMES = 3
"""Of a standing vehicle: the next is shown if the one before could not be read."""
CONFIGURATION = """
town = "bench"
gate = "east"
[[lanes]]
name = "1"
[lanes.camera]
source = "file:bench"
[lanes.times]
clear = 0
rise = 0.001
[lanes.wiring.loops]
debounce = 0
[hardware]
factory = "mock"
"""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One measured vehicle, in seconds: until its code was read, until the decision was kept."""

    reading: float
    kept: float


class ShownFrames:
    """A camera that delivers what it is given, stamped with the moment of delivery."""

    def __init__(self) -> None:
        self._images: queue.SimpleQueue[Image] = queue.SimpleQueue()

    def show(self, image: Image) -> None:
        """The next frame to deliver."""
        self._images.put(image)

    def read(self) -> Frame | None:
        """What was given, or None if nothing comes within a twentieth of a second."""
        try:
            image = self._images.get(timeout=0.05)
        except queue.Empty:
            return None
        return Frame(image, time.monotonic())

    def close(self) -> None:
        """There is nothing to give back."""


class Lane:
    """A gate with one lane, its threads running, and what they tell about each crossing."""

    def __init__(self, settings: Settings, outbox: Outbox, rules: Rules, decoder: Bounded) -> None:
        lane = settings.lane(LANE)
        self._factory = pin_factory(settings.hardware.factory)
        self._hands = LaneHardware(lane, self._post, factory=self._factory)
        self._outer = self._factory.pin(lane.pins.outer_loop)
        self._inner = self._factory.pin(lane.pins.inner_loop)
        self.camera = ShownFrames()
        self._read: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._kept: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._stop = threading.Event()
        self.gate = Gate(
            settings, outbox, {LANE: self._hands}, lambda: rules,
            Clocks(now=lambda: datetime.now(UTC)), callbacks=Callbacks(timed=self._kept.put),
        )  # fmt: skip
        self._thread = threading.Thread(target=self.gate.run, args=(self._stop,), name="gate", daemon=True)
        self._watching = CameraLoop(lambda: self.camera, _tracker(lane, decoder), self._seen)

    @contextmanager
    def running(self) -> Iterator["Lane"]:
        """Both threads run; the pins are given back at the end."""
        self._thread.start()
        self._watching.start()
        try:
            yield self
        finally:
            self._watching.stop()
            self._stop.set()
            self._thread.join(PATIENCE)
            self._hands.close()

    def cross(self, images: Iterator[Image]) -> Crossing | None:
        """Lets one vehicle come, be read, and drive in. None: no frame of it could be read, and it drove off again."""
        self._outer.drive_low()
        wait_until(lambda: self._lane.direction is not None, PATIENCE, "the loop was not noticed")
        crossing = self._show(images)
        if crossing is not None:
            wait_until(lambda: self._lane.phase is Phase.OPEN, PATIENCE, "the barrier did not open")
            self._inner.drive_low()
        self._outer.drive_high()
        self._inner.drive_high()
        wait_until(
            lambda: self._lane.phase is Phase.WAITING and self._lane.direction is None, PATIENCE, "the lane is not free"
        )
        return crossing

    def _show(self, images: Iterator[Image]) -> Crossing | None:
        for image in images:
            self.camera.show(image)
            try:
                kept = self._kept.get(timeout=1.0)
            except queue.Empty:
                continue
            return Crossing(self._read.get(), kept)
        return None

    @property
    def _lane(self) -> LaneView:
        return self.gate.view.lanes[0]

    def _post(self, event: Event) -> None:
        self.gate.post(event)

    def _seen(self, text: str, at: float) -> None:
        self._read.put(time.monotonic() - at)
        self.gate.post(QrSeen(LANE, text, at))


class BareJournal:
    """The floor: bare sqlite3, one row a commit, as durable as the outbox."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.execute("create table records (seq integer primary key, record text not null)")

    def commit(self, record: str) -> float:
        """Seconds of inserting and committing one row."""
        return seconds_of(lambda: self._insert(record))[0]

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def _insert(self, record: str) -> None:
        self._connection.execute("begin immediate")
        self._connection.execute("insert into records (record) values (?)", (record,))
        self._connection.execute("commit")


def run(plan: Plan) -> Iterator[Row]:
    """The rows: frame to kept decision, and the part of it after the reading, at p50 and p99."""
    count = plan.size(250, 12)
    crossings, commits, unread = _measure(plan, count)
    if not crossings:
        raise CannotRunError("no frame with a pass could be read")
    size = f"{len(crossings)} vehicles; {unread} more showed no frame that could be read"
    whole = [1000 * each.kept for each in crossings]
    after = [1000 * (each.kept - each.reading) for each in crossings]
    reading = (
        f"of it {1000 * median([each.reading for each in crossings]):.2f} ms difference picture and reading (median)"
    )
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        floor = percentile(commits, share)
        note = f"{size}; {reading}" if label == "p50" else ""
        yield Row(f"latency.frame_to_kept_{label}", percentile(whole, share), "ms", floor, "bare commit, FULL", note)
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        floor = percentile(commits, share)
        note = (
            "queue, signature of the pass, decision, lane, record sealed and signed, commit" if label == "p50" else ""
        )
        yield Row(f"latency.text_to_kept_{label}", percentile(after, share), "ms", floor, "bare commit, FULL", note)


def _measure(plan: Plan, count: int) -> tuple[list[Crossing], list[float], int]:
    key = Ed25519PrivateKey.generate()
    outbox = Outbox.open(plan.folder / "journal.db", town="bench", gate="east", key=key, clock=SystemClock())
    crossings: list[Crossing] = []
    commits: list[float] = []
    with closing(outbox), closing(BareJournal(plan.folder / "bare.db")) as bare, closing(Bounded()) as decoder:
        if not decoder.wait():
            raise CannotRunError("the decoder's process did not start")
        lane = Lane(parse(CONFIGURATION), outbox, _rules(plan.seed), decoder)
        with lane.running():
            for number, vehicle in enumerate(vehicles(plan.seed, count), 1):
                if number % 25 == 1:
                    plan.say(f"vehicle {number} of {count}")
                crossing = lane.cross(_standing(vehicle))
                if crossing is not None:
                    crossings.append(crossing)
                    commits.append(1000 * bare.commit(_decision(outbox)))
    # the first of each pays for cold files and caches
    return crossings[1:], commits[1:], count - len(crossings)


def _standing(vehicle: Vehicle) -> Iterator[Image]:
    # the first standing frame is the one in which the hand still moves
    return islice(draw(vehicle.appearance), APPROACH + 1, APPROACH + 1 + FRAMES)


def _decision(outbox: Outbox) -> str:
    """The record of the last decision as it stands in the journal: the one before the visit's end."""
    batch = outbox.delivery.batch_after(outbox.head - 2, 1)
    if batch is None:
        raise CannotRunError("the journal is empty")
    return batch.records[0].model_dump_json()


def _tracker(lane: LaneSettings, decoder: Bounded) -> Tracker:
    return Tracker(Scanner(lane.scanner.decoders, run=decoder), lane.scanner.repeat_seconds)


def _rules(seed: int) -> Rules:
    key = pass_key(seed)
    policy = Policy(
        operation=Operation(id="op-1", zh="测量", en="Benchmark", starts=wall_text(START)),
        gates={"east": GateInfo(number=0, zh="东门", en="East")},
        classes=(VehicleClass(number=CLASS, id="resident", zh="居民", en="Resident", disinfection=Disinfection.OFF),),
        agents=(),
        officers=(),
    )
    return Rules(policy=policy, policy_version=1, keys={key.kid: [key.private.public_key()]}, passlist_version=1)
