"""Milliseconds of the scanner per frame of 1280x720, empty and with a pass, beside bare pyzbar and bare zxing-cpp.

The frames are those of the simulated cameras. `scanner.empty` is one look at a frame in which something moved: the first rung;
`scanner.watcher_empty` is what an empty lane costs a gate per frame: mostly the difference picture alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, islice

from edge.camera.sources import Frame
from edge.config import ScannerSettings
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from edge.simulation.clips import Clip, clip
from scripts.benchmarks.decoders import FIGURES, PYZBAR, Times, look, share_rows, time_rows
from scripts.benchmarks.rows import Plan, Row, seconds_of
from scripts.benchmarks.vehicles import empty_lanes, vehicles

FRAMES_PER_SECOND = 15.0
FIRST_RUNG = 1e-9
"""A budget that is spent when the first rung has been tried."""


def run(plan: Plan) -> Iterator[Row]:
    """The rows of empty frames, of the tracker on an empty lane, then of frames with a pass."""
    scanner = Scanner(ScannerSettings().decoders)
    plan.say("rendering empty lanes")
    empty = [clip(each, plan.folder) for each in empty_lanes(plan.seed, plan.size(8, 1))]
    plan.say("empty frames")
    times: Times = {}
    for image in [image for each in empty for image in each.frames] * plan.size(8, 1):
        look(scanner, image, times, FIRST_RUNG)
    yield from time_rows("scanner.empty", times, f"{len(times[PYZBAR])} frames; the first rung tries")
    plan.say("the tracker on an empty lane")
    yield from _watched(scanner, empty, plan.size(20, 2), times[PYZBAR])
    yield from _with_pass(plan, scanner)


def _watched(scanner: Scanner, clips: Sequence[Clip], seconds: int, floor: Sequence[float]) -> Iterator[Row]:
    times = [each for clip in clips for each in _watch(scanner, clip, seconds)]
    note = f"{len(times)} frames at {FRAMES_PER_SECOND:g} a second: the difference picture, and a look each second"
    yield Row("scanner.watcher_empty_mean", sum(times) / len(times), "ms", sum(floor) / len(floor), PYZBAR, note)
    for label, figure in FIGURES:
        yield Row(f"scanner.watcher_empty_{label}", figure(times), "ms", figure(floor), PYZBAR)


def _watch(scanner: Scanner, clip: Clip, seconds: int) -> Iterator[float]:
    """Milliseconds of each frame of a lane on which nothing happens for so long; its first second is not counted."""
    tracker = Tracker(scanner, ScannerSettings().repeat_seconds)
    for number, image in enumerate(islice(cycle(clip.frames), int((seconds + 1) * FRAMES_PER_SECOND))):
        frame = Frame(image, number / FRAMES_PER_SECOND)
        taken = 1000 * seconds_of(partial(tracker.see, frame))[0]
        # the first frames of a camera are all new to it: that is no empty lane
        if number >= FRAMES_PER_SECOND:
            yield taken


def _with_pass(plan: Plan, scanner: Scanner) -> Iterator[Row]:
    count = plan.size(24, 2)
    times: Times = {}
    frames: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for number, vehicle in enumerate(vehicles(plan.seed, count), 1):
        plan.say(f"frames with a pass: vehicle {number} of {count}")
        # one clip in memory at a time: each is 40 MB
        each_read = [look(scanner, image, times) for image in clip(vehicle.appearance, plan.folder).standing]
        right = [name for read in each_read for name, texts in read.items() if vehicle.text in texts]
        frames.update(right)
        seen.update(set(right))
    total = len(times[PYZBAR])
    yield from time_rows("scanner.pass", times, f"{total} frames: {count} vehicles, card and phone, day and night")
    yield from share_rows("scanner.frames_read", frames, total, "frames with a pass")
    yield from share_rows("scanner.vehicles_read", seen, count, "vehicles, in at least one frame")
