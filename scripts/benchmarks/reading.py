"""Read rate and milliseconds on drawn gate frames: the twelve conditions, whole visits, what each rung adds.

The generator and the rungs are named by a hash of their sources, taken before the run. Single frames are read within the budget
of a frame of the default configuration. Of a visit, a frame counts as readable if any rung reads it without a limit; the
delay runs from the first such frame to the frame in which the tracker told the text.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.camera.frames import Frame, Image
from edge.config import ScannerSettings
from edge.scanner.scanner import Scanner, Step, to_gray
from edge.scanner.tracker import Tracker
from scripts.benchmarks.decoders import (
    FLOORS,
    OURS,
    PYZBAR,
    ZXING,
    Times,
    bare_pyzbar,
    bare_zxing,
    look,
    share_rows,
    time_rows,
)  # fmt: skip
from scripts.benchmarks.plot import Bars, draw
from scripts.benchmarks.rows import Plan, Row, median, percentile
from scripts.roadside.picture import empty, picture
from scripts.roadside.sequence import FRAMES_PER_SECOND, Visit, visits
from scripts.roadside.shot import CONDITIONS, OTHERS, shots
from scripts.roadside.texts import pass_texts

ROOT = Path(__file__).resolve().parent.parent.parent
FROZEN = ("scripts/roadside/*.py", "edge/scanner/ladder.py", "edge/scanner/places.py", "edge/scanner/scanner.py")
BESIDE = 6
"""At every so manieth visit the bare decoders look too: drawing and reading all frames for them takes most of the time."""
PLOT = "reading.png"
"""The chart, in the folder of the run."""


def frozen() -> str:
    """The hash of the generator's and the rungs' sources, in short."""
    paths = sorted(path for pattern in FROZEN for path in ROOT.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def run(plan: Plan) -> Iterator[Row]:
    """The rows of single frames, of rungs, of visits."""
    before = frozen()
    plan.say(f"generator and rungs, frozen: {before}; seed {plan.seed}")
    yield from _singles(plan, before)
    yield from _visits(plan)
    yield Row("reading.frozen", float(frozen() == before), "", 1.0, "unchanged", f"generator and rungs: {before}")


# -- single frames -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Singles:
    """What was read of the single frames, by who read and by condition."""

    times: Times = field(default_factory=dict)
    right: Counter[str] = field(default_factory=Counter)
    by_condition: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    rungs: Counter[str] = field(default_factory=Counter)
    costs: dict[str, list[float]] = field(default_factory=dict)


def _singles(plan: Plan, hash_: str) -> Iterator[Row]:
    scanner, settings = Scanner(ScannerSettings().decoders), ScannerSettings()
    texts, count = pass_texts(plan.seed), plan.size(50, 2)
    found, others = Singles(), Singles()
    for condition in (*CONDITIONS, *OTHERS):
        plan.say(f"single frames: {condition}")
        into = found if condition in CONDITIONS else others
        for number, shot in enumerate(shots(condition, plan.seed, count)):
            text = texts[number % len(texts)]
            frame = picture(text, shot)
            for name, read in look(scanner, frame, into.times, settings.budget_ms / 1000).items():
                into.right[name] += text in read
                into.by_condition[condition, name] += text in read
                into.wrong[name] += bool(read - {text})
            _note_rungs(into, list(scanner.climb(frame)), text)
    yield from _single_rows(found, count, hash_, plan.folder)
    yield from _condition_rows(others, OTHERS, count)
    yield from _rung_rows(found, count * len(CONDITIONS))


def _note_rungs(found: Singles, steps: Sequence[Step], text: str) -> None:
    for step in steps:
        found.costs.setdefault(step.rung, []).append(1000 * step.seconds)
        if any(reading.text == text for reading in step.readings):
            found.rungs[step.rung] += 1
        found.wrong[OURS] += any(reading.text != text for reading in step.readings)


def _single_rows(found: Singles, count: int, hash_: str, folder: Path) -> Iterator[Row]:
    total = count * len(CONDITIONS)
    yield from share_rows("reading.frames", found.right, total, f"frames; generator and rungs {hash_}")
    yield from _condition_rows(found, CONDITIONS, count)
    note = f"{ScannerSettings().budget_ms:g} ms a frame at most are given to what cannot be read at once"
    yield from time_rows("reading.ms", found.times, note)
    yield Row("reading.wrong_texts", found.wrong[OURS], "", float(found.wrong[ZXING]), ZXING)
    groups = {
        condition: [100 * found.by_condition[condition, name] / count for name in (PYZBAR, ZXING, OURS)]
        for condition in CONDITIONS
    }
    draw(Bars(f"gate frames read, % of {count} each", (PYZBAR, ZXING, OURS), groups), folder / PLOT)


def _condition_rows(found: Singles, conditions: Iterable[str], count: int) -> Iterator[Row]:
    for condition in conditions:
        for floor in FLOORS:
            share = [100 * found.by_condition[condition, name] / count for name in (OURS, floor)]
            name = "reading." + condition.replace(" ", "_") + ("" if floor is PYZBAR else "_beside_zxing")
            yield Row(name, share[0], "%", share[1], floor)


def _rung_rows(found: Singles, total: int) -> Iterator[Row]:
    for rung, costs in found.costs.items():
        note = f"tried on {len(costs)} of {total} frames"
        name = "reading.rung " + rung
        yield Row(name, float(found.rungs[rung]), "read first", sum(costs) / len(costs), "ms a try", note)


# -- visits ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class ReadingResult:
    """When whom read the pass of a visit, in frames; None: never. `readable`: the first frame that any rung reads."""

    beside: bool
    readable: int | None = None
    by: dict[str, int] = field(default_factory=dict)
    wrong: int = 0


def _visits(plan: Plan) -> Iterator[Row]:
    texts, count = pass_texts(plan.seed), plan.size(240, 2)
    scanner, told = Scanner(ScannerSettings().decoders), []
    for number, visit in enumerate(visits(texts, plan.seed, count), 1):
        if number % 10 == 1:
            plan.say(f"visits: {number} of {count}")
        told.append(_watch(visit, scanner, beside=number % BESIDE == 1))
    readable = [each for each in told if each.readable is not None]
    read = [each for each in readable if OURS in each.by]
    late = [1000 * (each.by[OURS] - (each.readable or 0)) / FRAMES_PER_SECOND for each in read]
    note = f"{len(read)} of {len(readable)} vehicles of which any rung reads any frame; {count - len(readable)} of {count} have none"
    compared = [each for each in readable if each.beside]
    for floor in FLOORS:
        share = 100 * sum(floor in each.by for each in compared) / max(1, len(compared))
        name = "reading.vehicles" + ("" if floor is PYZBAR else "_beside_zxing")
        yield Row(name, 100 * len(read) / max(1, len(readable)), "%", share, floor, note if floor is PYZBAR else "")
    for label, figure in (("median", median), ("p95", lambda values: percentile(values, 0.95))):
        floors = {floor: [each.by[floor] for each in compared if floor in each.by] for floor in FLOORS}
        for floor, frames in floors.items():
            own = [each.by[OURS] for each in compared if OURS in each.by and floor in each.by]
            if own and frames:
                name = f"reading.first_read_{label}" + ("" if floor is PYZBAR else "_beside_zxing")
                step = 1000 / FRAMES_PER_SECOND
                yield Row(name, figure(own) * step, "ms", figure(frames) * step, floor)
        yield Row(f"reading.delay_{label}", figure(late) if late else None, "ms", note="after the first readable frame")
    yield Row("reading.visits_wrong_texts", float(sum(each.wrong for each in told)))


def _watch(visit: Visit, scanner: Scanner, beside: bool) -> ReadingResult:
    """One visit frame by frame, until everybody has read it or it is over. `beside`: the bare decoders look too."""
    settings, told = ScannerSettings(), ReadingResult(beside)
    tracker = Tracker(Scanner(settings.decoders), settings.repeat_seconds, budget=settings.budget_ms / 1000)
    for number, shot in enumerate(visit.shots):
        frame = empty(visit.lane) if shot is None else picture(visit.text, shot)
        for reading in tracker.see(Frame(frame, number / FRAMES_PER_SECOND)):
            told.wrong += reading.text != visit.text
            if reading.text == visit.text:
                told.by.setdefault(OURS, number)
        if shot is not None:
            if beside:
                _bare(frame, visit.text, number, told)
            if told.readable is None and any(each.text == visit.text for each in scanner.scan(frame)):
                told.readable = number
        if told.readable is not None and len(told.by) == 1 + beside * len(FLOORS):
            break
    return told


def _bare(frame: Image, text: str, number: int, told: ReadingResult) -> None:
    gray = to_gray(frame)
    for name, decode in ((PYZBAR, bare_pyzbar), (ZXING, bare_zxing)):
        if name not in told.by and text in decode(gray):
            told.by[name] = number
