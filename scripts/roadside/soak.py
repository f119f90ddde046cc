"""`scripts/soak`: many gate frames through one tracker; memory, the slowest frame, and that no decoder spoke.

Vehicles of every condition come and go on an empty lane, with torn, black, white and noise frames between them. The frames are
drawn once and shown over and over, shuffled. The rungs run in the process that can be killed, as at a gate; `--here` lets them
run in this one, where a decoder that prints is heard. Exit 1 if memory grew, a wrong text was told, anything was printed, or
the decoder had to be killed.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from edge.camera.frames import Frame, Image, pixels
from edge.scanner.decoder_process import Bounded
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from scripts.roadside.picture import empty, picture
from scripts.roadside.sequence import FRAMES_PER_SECOND
from scripts.roadside.shot import CONDITIONS, Shot, shots
from scripts.roadside.texts import pass_texts

SEED = 7
GROWTH = 8.0
"""MB that may come and go in caches after the first tenth of the frames."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak found. `memory`: MB after each tenth of the frames, the decoder's process included; `kills` of it."""

    frames: int
    told: int
    wrong: int
    slowest: float
    memory: tuple[float, ...]
    said: str
    kills: int = 0

    @property
    def growth(self) -> float:
        """MB from the first tenth to the last."""
        return self.memory[-1] - self.memory[0]


def soak(
    count: int,
    kinds: int = len(CONDITIONS),
    seed: int = SEED,
    bounded: Bounded | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Soaked:
    """Shows `count` frames of the first `kinds` conditions to one tracker. `bounded`: where the rungs run; None: here."""
    text = pass_texts(seed)[0]
    shown = _frames(text, kinds, seed)
    chance = np.random.default_rng([seed, 12])
    tracker = Tracker(Scanner(run=bounded) if bounded else Scanner())
    told = wrong = 0
    slowest, memory = 0.0, []
    with _listening() as heard:
        for number, frame in enumerate(_sequence(shown, count, chance), 1):
            began = time.perf_counter()
            readings = tracker.see(Frame(frame, number / FRAMES_PER_SECOND))
            slowest = max(slowest, time.perf_counter() - began)
            told += len(readings)
            wrong += sum(reading.text != text for reading in readings)
            if number % max(1, count // 10) == 0:
                memory.append(resident() + (resident(bounded.pid) if bounded else 0.0))
                say(
                    f"{number} frames, {told} told, {wrong} wrong, {memory[-1]:.1f} MB, slowest {1000 * slowest:.0f} ms"
                )
        said = heard()
    return Soaked(count, told, wrong, slowest, tuple(memory), said, bounded.kills if bounded else 0)


def resident(pid: int | None = None) -> float:
    """MB of memory that a process holds; this one if none is named."""
    pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def _frames(text: str, kinds: int, seed: int) -> list[Image]:
    """A few of everything; the first two are the empty lane."""
    chance = np.random.default_rng([seed, 13])
    noise = pixels(chance.integers(0, 256, (720, 1280, 3), np.uint8))
    board = np.kron(np.indices((45, 80)).sum(0) % 2, np.full((16, 16), 255)).astype(np.uint8)
    odd = [noise, pixels(np.dstack([board] * 3)), np.zeros_like(noise), np.full_like(noise, 255)]
    drawn = [picture(text, shot) for name in list(CONDITIONS)[:kinds] for shot in shots(name, seed, 3)]
    return [empty(Shot(seed=1)), empty(Shot(seed=2)), *odd, *drawn]


def _sequence(shown: Sequence[Image], count: int, chance: np.random.Generator) -> Iterator[Image]:
    """Three quarters of the time the empty lane, then a handful of frames of something."""
    made = 0
    while made < count:
        number = int(chance.integers(2, len(shown)))
        run = [shown[k % 2] for k in range(18)] + [np.roll(shown[number], 4 * k, axis=1) for k in range(6)]
        yield from run[: count - made]
        made += len(run)


@contextmanager
def _listening() -> Iterator[Callable[[], str]]:
    """Everything that C libraries write to standard error meanwhile."""
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)

        def heard() -> str:
            file.seek(0)
            return file.read().decode("utf-8", "replace")

        try:
            yield heard
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def main(arguments: Sequence[str] | None = None) -> int:
    """Soaks and prints what it found; the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description="Many gate frames through one tracker.")
    parser.add_argument("--frames", type=int, default=100_000, metavar="N")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--here", action="store_true", help="the rungs in this process, not in one that can be killed")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        bounded = None if options.here else stack.enter_context(closing(Bounded()))
        if bounded and not bounded.wait():
            sys.exit("soak: the decoder's process did not start")
        found = soak(options.frames, seed=options.seed, bounded=bounded, say=partial(print, flush=True))
    print(
        f"{found.frames} frames, {found.told} readings told, {found.wrong} wrong; slowest {1000 * found.slowest:.0f} ms"
    )
    print("memory after each tenth, MB:", " ".join(f"{each:.1f}" for each in found.memory))
    print(f"decoders said: {found.said.strip() or 'nothing'}; killed {found.kills} times")
    return int(found.growth > GROWTH or found.wrong > 0 or bool(found.said) or found.kills > 0)


if __name__ == "__main__":
    sys.exit(main())
