"""Frame -> texts of the QR codes in it; each vehicle's code is told once.

zxing-cpp comes first: it reads most at a tenth of the cost; zbar (pyzbar) is a second opinion that fails on other pictures.
Texts are never stripped or folded: base45 has spaces of its own, and who signed the text decides what it is worth.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import structlog
import zxingcpp
from pyzbar import pyzbar

from edge.frames import LOOK_WIDTH, Camera, CameraError, Frame, Hint, Image, Look, Outline, Sight, pixels

Point = tuple[int, int]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a code says, its four corners in pixels, and which decoder read it."""

    text: str
    corners: tuple[Point, ...]
    decoder: str


def _zxing(gray: Image) -> list[Reading]:
    # a QR code's finder patterns read at any roll without try_rotate; phones in dark mode show inverted codes
    found = zxingcpp.read_barcodes(
        gray,
        # made here: as a constant of the module it outlives the binding, which complains at exit
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_rotate=False,
        try_downscale=True,
        try_invert=True,
        text_mode=zxingcpp.TextMode.Plain,
    )
    readings = []
    for each in found:
        if each.valid and each.text:
            place = each.position
            corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            readings.append(Reading(each.text, tuple((corner.x, corner.y) for corner in corners), "zxing"))
    return readings


def _pyzbar(gray: Image) -> list[Reading]:
    # QR only: zbar's databar decoder prints assertions on standard error
    found = pyzbar.decode(gray, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [
        Reading(each.data.decode("utf-8", "replace"), tuple((p.x, p.y) for p in each.polygon), "pyzbar")
        for each in found
        if each.data
    ]


DECODERS: Mapping[str, Callable[[Image], list[Reading]]] = {"zxing": _zxing, "pyzbar": _pyzbar}


class Scanner:
    """Decoders in the order of the configuration; the first that reads anything is believed."""

    def __init__(self, decoders: Sequence[str]) -> None:
        unknown = [name for name in decoders if name not in DECODERS]
        if unknown or not decoders:
            raise ValueError(f"decoders {list(decoders)}: expected some of {', '.join(DECODERS)}")
        self._decoders = [DECODERS[name] for name in decoders]

    def scan(self, image: Image, tries: int | None = None) -> tuple[Reading, ...]:
        """The codes in a BGR or gray picture. `tries`: how many decoders at most, all if None."""
        gray = to_gray(image)
        for decode in self._decoders[:tries]:
            if readings := decode(gray):
                return tuple(readings)
        return ()


def to_gray(image: Image) -> Image:
    """The picture in one channel."""
    if image.ndim == 2:
        return image
    return pixels(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def outline(corners: tuple[Point, ...], image: Image) -> Outline:
    """Corners in pixels as shares of the picture."""
    height, width = image.shape[:2]
    return tuple((x / width, y / height) for x, y in corners)


class Watcher:
    """Looks where it pays, and tells each code once.

    Nearly all frames show an empty lane, so a small difference picture goes first. It cannot be the only reason to look: a
    card that is held still changes nothing, so some frames after the last change are looked at too, and one every `LOOK_SECONDS`.
    Every look tries the first decoder; every `SECOND_OPINION`th the others as well, which cost ten times as much.
    """

    SMALL = (320, 180)
    CHANGED_PIXELS = 40
    """Of the small picture. Sensor noise moves fewer past the threshold; a code that can be read covers 700."""
    SETTLING = 5
    LOOK_SECONDS = 1.0
    SECOND_OPINION = 3

    def __init__(self, scanner: Scanner, repeat_seconds: float = 3.0, difference: int = 4) -> None:
        self._scanner = scanner
        self._repeat = repeat_seconds
        self._difference = difference
        # a text in sight must be seen again before it counts as gone
        self._look_every = min(self.LOOK_SECONDS, repeat_seconds / 2)
        self._before: Image | None = None
        self._settling = 0
        self._looks = 0
        self._looked_at = float("-inf")
        self._last_seen: dict[str, float] = {}
        self.sight: Sight | None = None

    def see(self, frame: Frame) -> tuple[Reading, ...]:
        """The readings that are new in this frame: not those still in sight, or out of it for less than `repeat_seconds`."""
        gray = to_gray(frame.image)
        if self._changed(gray):
            self._settling = self.SETTLING
        elif self._settling > 0:
            self._settling -= 1
        elif frame.at - self._looked_at < self._look_every:
            return ()
        return self._look(gray, frame.at)

    def _changed(self, gray: Image) -> bool:
        small = pixels(cv2.resize(gray, self.SMALL, interpolation=cv2.INTER_AREA))
        before, self._before = self._before, small
        if before is None:
            return True
        _, moved = cv2.threshold(cv2.absdiff(small, before), self._difference, 255, cv2.THRESH_BINARY)
        return cv2.countNonZero(moved) >= self.CHANGED_PIXELS

    def _look(self, gray: Image, now: float) -> tuple[Reading, ...]:
        self._looks += 1
        self._looked_at = now
        readings = self._scanner.scan(gray, None if self._looks % self.SECOND_OPINION == 0 else 1)
        self._last_seen = {text: at for text, at in self._last_seen.items() if now - at <= self._repeat}
        fresh = {each.text: each for each in readings if each.text not in self._last_seen}
        self._last_seen |= {each.text: now for each in readings}
        if readings:
            self.sight = Sight(now, outline(readings[0].corners, gray), read=True)
        return tuple(fresh.values())


class CameraLoop:
    """The camera's thread: frames through the watcher, new texts to `seen(text, at)`.

    A camera that stops delivering is closed and opened again, after 1, 2, 4 … 30 s: the lane goes on by hand meanwhile. `beat`
    moves with every frame and while it waits, so a watchdog sees a loop that hangs, not a camera that is unplugged.
    """

    PATIENCE = 5.0
    LONGEST_WAIT = 30.0
    IN_SIGHT = 0.7
    """Seconds for which the outline of a code is still shown where it was."""

    def __init__(
        self,
        open_: Callable[[], Camera],
        watcher: Watcher,
        seen: Callable[[str, float], None],
        *,
        camera: Camera | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_
        self._camera = camera
        self._watcher = watcher
        self._seen = seen
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._rate = 0.0
        self._last_frame: float | None = None
        self._delivered: float | None = None
        self._latest: Frame | None = None
        self.beat = 0

    @property
    def ok(self) -> bool:
        """Whether a frame came within the last `PATIENCE` seconds."""
        return self._delivered is not None and self._clock() - self._delivered < self.PATIENCE

    @property
    def frames_per_second(self) -> float:
        """The rate of the last frames; 0 if the camera delivers none."""
        return self._rate if self.ok else 0.0

    def look(self) -> Look | None:
        """The latest frame, made small by whoever asks, and the code in sight in it; None: no frame came of late."""
        frame, sight = self._latest, self._watcher.sight
        if frame is None or not self.ok:
            return None
        recent = sight if sight is not None and frame.at - sight.at <= self.IN_SIGHT else None
        height, width = frame.image.shape[:2]
        size = (min(LOOK_WIDTH, width), max(1, round(height * min(LOOK_WIDTH, width) / width)))
        return Look(pixels(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)), frame.at, recent)

    @property
    def hint(self) -> Hint | None:
        """What would help to read the code in sight; without the cost of a look."""
        frame, sight = self._latest, self._watcher.sight
        return sight.hint if frame is not None and sight is not None and frame.at - sight.at <= self.IN_SIGHT else None

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and closes the camera."""
        self._stopping.set()
        self._thread.join(timeout=self.PATIENCE)

    def _run(self) -> None:
        wait = 1.0
        while not self._stopping.is_set():
            if self._watch_one():
                wait = 1.0
            self._pause(wait)
            wait = min(wait * 2, self.LONGEST_WAIT)

    def _watch_one(self) -> bool:
        """Watches one camera until it fails or the loop is stopped; whether it delivered anything."""
        try:
            camera = self._camera or self._open()
        except CameraError as error:
            log.warning("camera cannot be opened", error=str(error))
            return False
        self._camera = None
        opened = last = self._clock()
        try:
            while not self._stopping.is_set() and self._clock() - last < self.PATIENCE:
                frame = camera.read()
                self.beat += 1
                if frame is None:
                    self._stopping.wait(0.02)
                    continue
                self._delivered = last = self._clock()
                self._count(frame.at)
                self._show(frame)
        finally:
            camera.close()
        if not self._stopping.is_set():
            log.warning("camera delivers nothing: opening it again")
        return last > opened

    def _show(self, frame: Frame) -> None:
        try:
            readings = self._watcher.see(frame)
        except cv2.error as error:
            # a torn frame of a loose cable is no reason to stop looking
            log.warning("frame cannot be examined", error=str(error.err))
            return
        self._latest = frame
        for reading in readings:
            self._seen(reading.text, frame.at)

    def _count(self, at: float) -> None:
        if self._last_frame is not None and at > self._last_frame:
            rate = 1.0 / (at - self._last_frame)
            self._rate = rate if self._rate == 0.0 else 0.9 * self._rate + 0.1 * rate
        self._last_frame = at

    def _pause(self, seconds: float) -> None:
        until = self._clock() + seconds
        while self._clock() < until and not self._stopping.wait(0.2):
            self.beat += 1
