"""Filters that a picture goes through before a decoder gets it: sharpened, focused, stilled, unbent.

Tested in `tests/edge/scanner/test_scanner.py` and `tests/edge/scanner/test_decoder_process.py`.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.scanner.places import Place

Axis = Literal["x", "y"]


Spectrum = NDArray[np.complex64]


Transfer = NDArray[np.float32]


LARGEST = 480
"""Side of a place as it is worked on: a code that is larger loses nothing when it is shrunk, and no rung takes long."""


LARGEST_FRAME = 1920
"""Side of a whole frame as it is worked on, and of the tiles of a larger one."""


BEND = 0.03
"""How far the middle of a bent paper lies beside where a flat one's would be, as a share of its side: a module of a code or two."""


BORDER = 16
"""Mirrored pixels around a picture before its spectrum is taken: its opposite edges are neighbours there."""


class Patch:
    """A part of a gray picture that rungs work on; what several of them need is made once."""

    def __init__(self, gray: Image, place: Place | None = None, shrink: bool = True) -> None:
        self.place = place or Place(0, 0, gray.shape[1], gray.shape[0])
        part = gray[self.place.y : self.place.y + self.place.height, self.place.x : self.place.x + self.place.width]
        largest = LARGEST if place and shrink else LARGEST_FRAME
        self.scale = min(1.0, largest / max(1, *part.shape))
        if self.scale < 1:
            # a strip of paper, a line of a picture: its short side stays a pixel at least
            size = (max(1, round(part.shape[1] * self.scale)), max(1, round(part.shape[0] * self.scale)))
            part = pixels(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
        # a copy: what is kept for later must not hold the whole frame
        self.gray = pixels(np.array(part, order="C")) if place and shrink else pixels(np.ascontiguousarray(part))

    @cached_property
    def sharpened(self) -> Image:
        """The edges of modules raised again: what a lens out of focus and a small code need."""
        return unsharp(self.gray, 1.5, 2)

    @cached_property
    def large(self) -> Image:
        """Twice as large: a decoder wants two pixels a module."""
        return pixels(cv2.resize(self.gray, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))

    @cached_property
    def spectrum(self) -> Spectrum:
        """Its Fourier transform, mirrored at the edges and grown to a size that transforms fast."""
        height, width = (cv2.getOptimalDFTSize(side + 2 * BORDER) for side in self.gray.shape)
        below, right = height - self.gray.shape[0] - BORDER, width - self.gray.shape[1] - BORDER
        framed = cv2.copyMakeBorder(self.gray, BORDER, below, BORDER, right, cv2.BORDER_REFLECT)
        return np.fft.rfft2(framed.astype(np.float32)).astype(np.complex64)

    @cached_property
    def smear(self) -> float:
        """The direction of a movement that smeared it, in radians: along it the edges are weakest (structure tensor)."""
        calm = cv2.GaussianBlur(self.gray, (0, 0), 1)
        dx, dy = cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1)
        xx, xy, yy = (float(cv2.mean(cv2.multiply(a, b))[0]) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
        return float(0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2)


def unsharp(gray: Image, sigma: float, amount: float) -> Image:
    """Adds `amount` times what a Gaussian of `sigma` takes away."""
    return pixels(cv2.addWeighted(gray, 1 + amount, cv2.GaussianBlur(gray, (0, 0), sigma), -amount, 0))


def threshold(side: int) -> Callable[[Patch], Image]:
    """Black and white by the mean of `side` pixels around, after a light blur: noise at night stays below it."""

    def filtered(patch: Patch) -> Image:
        calm = cv2.GaussianBlur(patch.gray, (0, 0), 0.8)
        return pixels(cv2.adaptiveThreshold(calm, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, side, 0))

    return filtered


def focused(sigma: float, noise: float) -> Callable[[Patch], Image]:
    """Undoes a lens out of focus by `sigma` pixels (Wiener; `noise` is its power beside the picture's)."""

    def filtered(patch: Patch) -> Image:
        return _restored(patch, _lens(patch.spectrum.shape, sigma, noise))

    return filtered


def stilled(length: float) -> Callable[[Patch], Image]:
    """Undoes a straight movement of `length` pixels in the direction that the picture shows (Wiener)."""

    def filtered(patch: Patch) -> Image:
        up, along = _frequencies(patch.spectrum.shape)
        way = length * (along * np.float32(np.cos(patch.smear)) + up * np.float32(np.sin(patch.smear)))
        blur = np.sinc(way).astype(np.float32) * np.exp(np.float32(-2 * np.pi**2 * 0.36) * (up**2 + along**2))
        return _restored(patch, blur / (blur**2 + np.float32(0.01)))

    return filtered


def unbent(along: Axis, bow: float = 0.0, stretch: float = 0.0) -> Callable[[Patch], Image]:
    """Flattens paper that is bent about one axis: lines `along` it bow by a share of the picture, steps on it widen towards one end.

    A decoder lays a flat grid over a code; it fails when the middle lies a module beside it (a cylinder, to second order).
    """

    def filtered(patch: Patch) -> Image:
        down, across = _bend(patch.gray.shape, along, bow, stretch)
        return pixels(cv2.remap(patch.gray, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    return filtered


def _bend(shape: tuple[int, ...], along: Axis, bow: float, stretch: float) -> tuple[Transfer, Transfer]:
    """Where each pixel of the flattened picture lies in the bent one: its row, its column."""
    height, width = shape
    rows, columns = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None, :]
    if along == "x":
        wave = np.sin(columns * np.float32(np.pi / width))
        down, across = rows + np.float32(bow * height) * wave, columns + np.float32(stretch * width) * wave
    else:
        wave = np.sin(rows * np.float32(np.pi / height))
        down, across = rows + np.float32(stretch * height) * wave, columns + np.float32(bow * width) * wave
    return _whole(down, shape), _whole(across, shape)


def _whole(values: Transfer, shape: tuple[int, ...]) -> Transfer:
    """The values of one row or one column, for all."""
    return np.ascontiguousarray(np.broadcast_to(values, shape))


def _frequencies(shape: tuple[int, ...]) -> tuple[Transfer, Transfer]:
    """Cycles a pixel down and across, of the spectrum of a real picture (its width is even)."""
    width = 2 * (shape[1] - 1)
    return np.fft.fftfreq(shape[0]).astype(np.float32)[:, None], np.fft.rfftfreq(width).astype(np.float32)[None, :]


@lru_cache(maxsize=8)
def _lens(shape: tuple[int, ...], sigma: float, noise: float) -> Transfer:
    up, along = _frequencies(shape)
    blur = np.exp(np.float32(-2 * (np.pi * sigma) ** 2) * (up**2 + along**2))
    filter_: Transfer = blur / (blur**2 + np.float32(noise))
    return filter_


def _restored(patch: Patch, filter_: Transfer) -> Image:
    whole = np.fft.irfft2(patch.spectrum * filter_)
    height, width = patch.gray.shape
    part = whole[BORDER : BORDER + height, BORDER : BORDER + width]
    return pixels(np.clip(part, 0, 255).astype(np.uint8))
