"""Picture -> texts of the QR codes in it, by climbing the ladder until a pass is read.

Texts are never stripped or folded: base45 has spaces of its own, and who signed the text decides what it is worth.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.contract.passes import PREFIX
from edge.scanner.decoders import Reading
from edge.scanner.filters import LARGEST_FRAME, Patch
from edge.scanner.ladder import RUNGS, Rung, rungs
from edge.scanner.places import Place, places, tiles

DECODERS = ("zxing", "pyzbar")
ITSELF = 640
"""Pixels of a shown picture that is worked on whole: it is of a code and little else."""

OVERLAP = 640
"""Pixels that neighbouring tiles of a large picture share: a code that is larger is read in the shrunk picture."""

Run = Callable[[Rung, Patch], list[Reading]]
"""What lets a rung read a patch."""


def _directly(rung: Rung, patch: Patch) -> list[Reading]:
    return rung.read(patch)


@dataclass(slots=True)
class Work:
    """One picture being climbed for: what is left to try, what was read, and the places where a code may be.

    The places are looked for when the first rung needs them. `region`: the part of the picture to look at, all if None.
    `shown`: somebody shows this picture because of its code; a lane's frames mostly have none.
    """

    gray: Image
    left: list[Rung]
    region: Place | None = None
    at: float = 0.0
    run: Run = _directly
    shown: bool = False
    readings: list[Reading] = field(default_factory=list)
    _whole: Patch | None = None
    _places: list[Patch] | None = None

    @property
    def done(self) -> bool:
        """Returns True if nothing is left to try: a pass was read, or every rung was."""
        return not self.left or any(is_pass(each) for each in self.readings)

    @property
    def places(self) -> list[Patch]:
        """The places where a code may be that was not read; the likeliest first."""
        if self._places is None:
            height, width = self.gray.shape
            found = places(self.gray)
            # a picture of a code and little else is a place itself; and one without a place may show a code all over
            itself = self.shown and (not found or max(height, width) <= ITSELF)
            whole = [Place(0, 0, width, height)] if itself else []
            self._places = [Patch(self.gray, each) for each in (*found, *whole)]
        return [each for each in self._places if not any(_inside(reading, each.place) for reading in self.readings)]

    def climb(self) -> list[Reading]:
        """Tries the next rung. Returns its readings that were not read before."""
        rung = self.left.pop(0)
        found = [reading for patch in self._patches(rung) for reading in self.run(rung, patch)]
        known = {each.text for each in self.readings}
        fresh = {each.text: each for each in found if each.text not in known}
        self.readings.extend(fresh.values())
        if fresh:
            self.left = self._after_a_reading()
        return list(fresh.values())

    def _after_a_reading(self) -> list[Rung]:
        """What is still worth a try: of the whole, what can be read was.

        One look more at what lies beside it, for a pass beside a timetable; and a large picture, of which a shrunk copy was read,
        is looked at as it is: small codes are lost in the copy.
        """
        tiled = [each for each in self.left if each.tiled and max(self.gray.shape) > LARGEST_FRAME]
        beside = [each for each in self.left if not each.whole and not each.tiled][:1] if self.places else []
        return [*beside, *tiled]

    def _patches(self, rung: Rung) -> list[Patch]:
        if rung.tiled:
            return self._tiles()
        if not rung.whole:
            return self.places
        if self.region is not None:
            return [Patch(self.gray, self.region, shrink=False)]
        self._whole = self._whole or Patch(self.gray)
        return [self._whole]

    def _tiles(self) -> list[Patch]:
        if max(self.gray.shape) <= LARGEST_FRAME:
            return []
        return [Patch(self.gray, each, shrink=False) for each in tiles(self.gray, LARGEST_FRAME, OVERLAP)]


@dataclass(frozen=True, slots=True)
class Step:
    """One rung that was tried: its name, the seconds that it took, what it read."""

    rung: str
    seconds: float
    readings: tuple[Reading, ...]


class Scanner:
    """The rungs of the configured decoders. A pass ends the climb; other codes are reported after it, each once.

    `run` lets them read: in this process, or in one that can be killed (`bounded`).
    """

    def __init__(
        self,
        decoders: Sequence[str] = DECODERS,
        clock: Callable[[], float] = time.perf_counter,
        run: Run = _directly,
    ) -> None:
        unknown = [name for name in decoders if name not in DECODERS]
        if unknown or not decoders:
            raise ValueError(f"decoders {list(decoders)}: expected some of {', '.join(DECODERS)}")
        self.rungs = rungs(tuple(decoders))
        self._clock = clock
        self.run = run

    def scan(self, image: Image, budget: float | None = None) -> tuple[Reading, ...]:
        """The codes in a BGR or gray picture, passes first. No rung is begun after `budget` seconds; None: all may be."""
        return passes_first(reading for step in self.climb(image, budget) for reading in step.readings)

    def climb(self, image: Image, budget: float | None = None) -> Iterator[Step]:
        """The rungs as they are tried; with a budget, dear ones only as the first."""
        first, *rest = self.rungs
        left = [first, *(each for each in rest if budget is None or not each.dear)]
        work = Work(to_gray(image), left, run=self.run, shown=True)
        began = before = self._clock()
        while not work.done and (budget is None or before - began < budget):
            name = work.left[0].name
            readings = tuple(work.climb())
            now = self._clock()
            yield Step(name, now - before, readings)
            before = now


def is_pass(reading: Reading) -> bool:
    """Returns True if a text claims to be a pass; only its signature proves it."""
    return reading.text.startswith(PREFIX)


def passes_first(readings: Iterator[Reading]) -> tuple[Reading, ...]:
    """The readings, those of passes before all others."""
    return tuple(sorted(readings, key=lambda each: not is_pass(each)))


def to_gray(image: Image) -> Image:
    """The picture in one channel."""
    if image.ndim == 2:
        return image
    return pixels(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def _inside(reading: Reading, place: Place) -> bool:
    x = sum(corner[0] for corner in reading.corners) / len(reading.corners)
    y = sum(corner[1] for corner in reading.corners) / len(reading.corners)
    return place.x <= x <= place.x + place.width and place.y <= y <= place.y + place.height


__all__ = ["DECODERS", "RUNGS", "Reading", "Scanner", "Step", "Work", "is_pass", "passes_first", "to_gray"]
