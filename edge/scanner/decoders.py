"""The decoders, zxing-cpp and zbar, behind one shape.

Tested in `tests/edge/scanner/test_scanner.py` and `tests/edge/scanner/test_decoder_process.py`.
"""

from dataclasses import dataclass
from typing import Literal

import zxingcpp
from pyzbar import pyzbar

from edge.camera.frames import Image

Point = tuple[int, int]


Decoder = Literal["zxing", "pyzbar"]


Found = tuple[str, tuple[tuple[float, float], ...]]
"""A text and its corners in the pixels of the picture that was decoded."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One code that was read: its text, its four corners in pixels, which decoder read it, on which rung."""

    text: str
    corners: tuple[Point, ...]
    decoder: str
    rung: str = ""


def zxing(gray: Image, binarizer: str = "LocalAverage") -> list[Found]:
    """Reads a picture with zxing-cpp. A QR code's finder patterns read at any roll without try_rotate; dark-mode phones invert."""
    found = zxingcpp.read_barcodes(
        gray,
        # made here: as a constant of the module it outlives the binding, which complains at exit
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_rotate=False,
        try_downscale=True,
        try_invert=True,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=getattr(zxingcpp.Binarizer, binarizer),
    )
    return [(each.text, _corners(each.position)) for each in found if each.valid and each.text]


def _corners(place: zxingcpp.Position) -> tuple[tuple[float, float], ...]:
    turn = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((corner.x, corner.y) for corner in turn)


def zbar(gray: Image) -> list[Found]:
    """Reads a picture with zbar. QR only: its databar decoder prints assertions on standard error."""
    found = pyzbar.decode(gray, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [
        (each.data.decode("utf-8", "replace"), tuple((float(p.x), float(p.y)) for p in each.polygon))
        for each in found
        if each.data
    ]


def zbar_by_histogram(gray: Image) -> list[Found]:
    """One threshold a line of the picture: where light is even, it keeps modules that an average of the surroundings eats."""
    return zxing(gray, "GlobalHistogram")


def zbar_by_threshold(gray: Image) -> list[Found]:
    """A picture that is black and white already."""
    return zxing(gray, "BoolCast")
