"""The scanner and the two bare decoders on the same picture: who read what, in how many milliseconds.

The bare decoders look for QR codes only, at their own defaults, and are given the picture in gray for nothing; the scanner
converts it itself.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import cycle, islice

import zxingcpp
from pyzbar import pyzbar

from edge.camera.sources import Image
from edge.scanner.scanner import Scanner, to_gray
from scripts.benchmarks.rows import Row, median, percentile, seconds_of

OURS, PYZBAR, ZXING = "scanner", "bare pyzbar", "bare zxing-cpp"
FLOORS = (PYZBAR, ZXING)
FIGURES = (("median", median), ("p95", lambda values: percentile(values, 0.95)))

Times = dict[str, list[float]]
"""Milliseconds by who looked."""
Look = Callable[[], set[str]]
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def bare_pyzbar(gray: Image) -> set[str]:
    """What zbar reads in a gray picture."""
    return {each.data.decode("utf-8", "replace") for each in pyzbar.decode(gray, symbols=[pyzbar.ZBarSymbol.QRCODE])}


def bare_zxing(gray: Image) -> set[str]:
    """What zxing-cpp reads in a gray picture."""
    return {each.text for each in zxingcpp.read_barcodes(gray, formats=_QR, text_mode=zxingcpp.TextMode.Plain)}


def look(scanner: Scanner, image: Image, times: Times, budget: float | None = None) -> dict[str, set[str]]:
    """Lets all three look at a BGR picture and notes their times; the texts by who read them. `budget`: the scanner's.

    Who begins turns with each picture, so that nobody always finds it in the processor's cache.
    """
    gray = to_gray(image)
    ways: dict[str, Look] = {
        OURS: lambda: {each.text for each in scanner.scan(image, budget)},
        PYZBAR: lambda: bare_pyzbar(gray),
        ZXING: lambda: bare_zxing(gray),
    }
    turn = len(times.get(OURS, ())) % len(ways)
    read = {}
    for name in islice(cycle(ways), turn, turn + len(ways)):
        seconds, read[name] = seconds_of(ways[name])
        times.setdefault(name, []).append(1000 * seconds)
    return read


def time_rows(name: str, times: Times, note: str) -> Iterator[Row]:
    """Median and 95th percentile, each beside both floors; the note once."""
    for label, figure in FIGURES:
        for floor in FLOORS:
            shown = note if (label, floor) == ("median", PYZBAR) else ""
            yield Row(f"{name}_{label}{_suffix(floor)}", figure(times[OURS]), "ms", figure(times[floor]), floor, shown)


def share_rows(name: str, read: Mapping[str, int], of: int, note: str) -> Iterator[Row]:
    """Per cent that was read, beside both floors; the note once."""
    for floor in FLOORS:
        shown = f"{read[OURS]} of {of} {note}" if floor is PYZBAR else ""
        yield Row(f"{name}{_suffix(floor)}", 100 * read[OURS] / of, "%", 100 * read[floor] / of, floor, shown)


def _suffix(floor: str) -> str:
    return "" if floor is PYZBAR else "_beside_zxing"
