"""The ladder of ways to read a code: a table of rungs, the cheapest first, each a filter and a decoder.

zxing-cpp on the bare frame reads most at a tenth of zbar's cost. What it misses is dim, smeared, out of focus, small or bent, and each
rung mends one of these, on the places alone where a code may be (see `places`). pyzbar comes last: it fails on other pictures.
The order is that of what a rung adds per millisecond; `scripts/bench --only reading photographs` says how often each was the
first to read. A rung that is first on none of them has no place here, zbar over the whole frame apart: it is the second opinion
on a picture in which no place was found.

Tested in `tests/edge/scanner/test_scanner.py` and `tests/edge/scanner/test_tracker.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge.camera.frames import Image
from edge.scanner.decoders import Decoder, Found, Reading, zbar, zbar_by_histogram, zbar_by_threshold, zxing
from edge.scanner.filters import BEND, Patch, focused, stilled, threshold, unbent, unsharp

# -- filters -----------------------------------------------------------------------------------------------------------


# -- decoders ----------------------------------------------------------------------------------------------------------


# -- the table ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to read: what is done to the picture, who decodes it.

    `scale`: of the filter's picture. `whole`: works on whole frames, of which a large one is shrunk to `LARGEST_FRAME`.
    `tiled`: works on a frame that is larger than that as it is, tile by tile; on others it has nothing to do.
    """

    name: str
    decoder: Decoder
    filter: Callable[[Patch], Image]
    decode: Callable[[Image], list[Found]]
    scale: float = 1.0
    whole: bool = False
    tiled: bool = False

    @property
    def dear(self) -> bool:
        """Returns True if the rung takes as long as all others together: zbar over a whole frame, which reads most codes by their place too."""
        return self.whole and self.decoder == "pyzbar"

    def read(self, patch: Patch) -> list[Reading]:
        """The readings in the patch, their corners in the pixels of the frame."""
        factor = self.scale * patch.scale
        return [
            Reading(text, tuple((round(x / factor) + patch.place.x, round(y / factor) + patch.place.y) for x, y in corners),
                    self.decoder, self.name)
            for text, corners in self.decode(self.filter(patch))
        ]  # fmt: skip


def _bare(patch: Patch) -> Image:
    return patch.gray


def _sharpened(patch: Patch) -> Image:
    return patch.sharpened


def _large(patch: Patch) -> Image:
    return patch.large


RUNGS: tuple[Rung, ...] = (
    Rung("frame", "zxing", _bare, zxing, whole=True),
    Rung("place, sharpened, histogram", "zxing", _sharpened, zbar_by_histogram),
    Rung("place, threshold 15", "zxing", threshold(15), zbar_by_threshold),
    Rung("place, sharpened", "zxing", _sharpened, zxing),
    Rung("place, large, histogram", "zxing", _large, zbar_by_histogram, 2.0),
    Rung("place, focused 3.2", "zxing", focused(3.2, 0.005), zxing),
    Rung("place, stilled 10", "zxing", stilled(10), zxing),
    Rung("place, focused 1.8", "zxing", focused(1.8, 0.005), zxing),
    Rung("place, large", "zxing", _large, zxing, 2.0),
    Rung("place, stilled 8", "zxing", stilled(8), zxing),
    Rung("place, focused 1.2", "zxing", focused(1.2, 0.01), zxing),
    Rung("place, stilled 12", "zxing", stilled(12), zxing),
    Rung("place, large, sharpened", "zxing", lambda patch: unsharp(patch.large, 3, 2), zxing, 2.0),
    Rung("place, stilled 14", "zxing", stilled(14), zxing),
    Rung("place, bowed down", "zxing", unbent("x", bow=BEND), zxing),
    Rung("place, bowed up", "zxing", unbent("x", bow=-BEND), zxing),
    Rung("place, bowed right", "zxing", unbent("y", bow=BEND), zxing),
    Rung("place, bowed left", "zxing", unbent("y", bow=-BEND), zxing),
    Rung("place, rolled right", "zxing", unbent("x", stretch=BEND), zbar_by_histogram),
    Rung("place, rolled left", "zxing", unbent("x", stretch=-BEND), zbar_by_histogram),
    Rung("place, rolled down", "zxing", unbent("y", stretch=BEND), zbar_by_histogram),
    Rung("place, rolled up", "zxing", unbent("y", stretch=-BEND), zbar_by_histogram),
    Rung("tiles", "zxing", _bare, zxing, tiled=True),
    Rung("place, zbar", "pyzbar", _bare, zbar),
    Rung("frame, zbar", "pyzbar", _bare, zbar, whole=True),
)
"""Every way to read, in the order of trying."""


def rungs(decoders: tuple[str, ...]) -> tuple[Rung, ...]:
    """The rungs of these decoders; the bare frame of the one named first comes first."""
    own = [each for each in RUNGS if each.decoder in decoders]
    first = next(each for each in own if each.decoder == decoders[0] and each.filter is _bare and each.whole)
    return (first, *(each for each in own if each is not first))
