"""A picture of each crossing, and the live picture of the screen: JPEG from the camera's latest frame, only when asked for.

A crossing's picture is named by its SHA-256, which the record of the visit carries. It is made before that record is kept (a
small frame, as `CameraLoop.look` gives it: a few milliseconds) and written afterwards, on a thread of its own, into a folder of bounded size whose
oldest pictures go first. A picture is worth less than a crossing: without camera, disk or time the lane goes on without it.
"""

import hashlib
import queue
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from edge.camera.frames import Image, Look, Outline, pixels
from edge.camera.opencv import cv2
from edge.contract.wipe import wipe

log = structlog.get_logger()

FOLDER = "pictures"
QUALITY = 75
LIVE_WIDTH = 480
LIVE_QUALITY = 60
LIVE_SECONDS = 0.2
"""A live picture is made at most so often for each lane, however many screens look."""
FRESH = 2.0
"""Seconds after which a frame shows the vehicle before: then there is no picture."""
AGAIN = 10.0
"""Seconds between two looks at a folder that cannot be used."""
WAITING = 8
"""Pictures that wait for a slow card at most; more are dropped."""
READ, UNREAD = (64, 255, 64), (0, 200, 255)
"""The outline's colours (BGR): of a code that was read, and of one that is seen and was not."""


def draw(image: Image, outline: Outline, width: int, *, read: bool) -> Image:
    """A picture `width` pixels across at most, with the code outlined."""
    scale = min(1.0, width / image.shape[1])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = pixels(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)) if scale < 1 else image.copy()
    corners = np.array([[round(x * size[0]), round(y * size[1])] for x, y in outline], np.int32)
    if len(corners):
        cv2.polylines(small, [corners], isClosed=True, color=READ if read else UNREAD, thickness=4)
    return small


def jpeg(image: Image, quality: int = QUALITY) -> bytes:
    """The picture as a file."""
    good, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert good
    return data.tobytes()


class Live:
    """The live pictures: made when a screen asks, and then at most every `LIVE_SECONDS` for each lane."""

    def __init__(self, look: Callable[[str], Look | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._made: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    def picture(self, lane: str) -> bytes | None:
        """The lane's picture now, as JPEG with the code outlined; None without a camera that delivers."""
        with self._lock:
            at, data = self._made.get(lane, (float("-inf"), b""))
            if self._clock() - at < LIVE_SECONDS:
                return data
            look = self._look(lane)
            if look is None or self._clock() - look.at > FRESH:
                return None
            sight = look.sight
            image = draw(look.frame, sight.outline if sight else (), LIVE_WIDTH, read=sight is not None and sight.read)
            self._made[lane] = (self._clock(), data := jpeg(image, LIVE_QUALITY))
            return data


class Ring:
    """A folder of `<sha256>.jpg` that never holds more than `most` bytes and leaves `spare` bytes of the disk free.

    `fault`: why the folder cannot be used, in one line; it is tried again with each picture.
    """

    def __init__(self, folder: Path, most: int, spare: int) -> None:
        self._folder = folder
        self._most = most
        self._spare = spare
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._held = 0
        self.fault: str | None = "not opened yet"
        self.try_again()

    def try_again(self) -> None:
        """Opens the folder if it could not be opened before."""
        if self.fault is not None:
            with suppress(OSError):
                self._open()

    def _open(self) -> None:
        """Makes the folder and counts what is in it; `OSError`, also kept in `fault`, if that cannot be done."""
        folder = self._folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in folder.glob("*.part"):
                left.unlink(missing_ok=True)
            found = sorted((path.stat().st_mtime_ns, path.stem, path.stat().st_size) for path in folder.glob("*.jpg"))
        except OSError as error:
            self.fault = f"{error.filename or folder}: {error.strerror or error}"
            raise
        self._sizes.update((name, size) for _, name, size in found)
        self._held = sum(self._sizes.values())
        self.fault = None

    @property
    def held(self) -> int:
        """Bytes of all pictures."""
        return self._held

    def add(self, name: str, data: bytes) -> None:
        """Writes a picture and drops the oldest that no longer fit; `OSError` if the disk does not take it."""
        if self.fault is not None:
            self._open()
        if name in self._sizes:
            return
        self._make_room(len(data))
        part = self._folder / f"{name}.part"
        # no fsync: the journal's commits must not wait behind pictures
        part.write_bytes(data)
        part.rename(self._folder / f"{name}.jpg")
        self._sizes[name] = len(data)
        self._held += len(data)

    def find(self, name: str) -> bytes | None:
        """The picture with this SHA-256, if it is still there and still is that picture."""
        if name not in self._sizes:
            return None
        try:
            data = (self._folder / f"{name}.jpg").read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == name else None

    def destroy(self, but: frozenset[str]) -> int:
        """Destroys every picture but these, and what was left half written; how many. `OSError` if one cannot be."""
        gone = [name for name in self._sizes if name not in but]
        for name in gone:
            wipe(self._folder / f"{name}.jpg")
            self._held -= self._sizes.pop(name)
        for path in (*self._folder.glob("*.part"), *self._folder.glob("*.jpg")):
            if path.stem not in self._sizes and path.stem not in but:
                wipe(path)
        return len(gone)

    def _make_room(self, needed: int) -> None:
        free = shutil.disk_usage(self._folder).free
        while self._sizes and (self._held + needed > self._most or free - needed < self._spare):
            name, size = self._sizes.popitem(last=False)
            (self._folder / f"{name}.jpg").unlink(missing_ok=True)
            self._held -= size
            free += size
        if free - needed < self._spare:
            raise OSError(f"less than {self._spare // 2**20} MB would be free")


@dataclass(frozen=True, slots=True)
class _Taken:
    name: str
    data: bytes


class Pictures:
    """Takes the pictures of crossings on the gate's thread, writes them on its own.

    `fault(why)` is called when they can no longer be kept, with None when they can again.
    """

    def __init__(
        self,
        ring: Ring,
        look: Callable[[str], Look | None],
        clock: Callable[[], float] = time.monotonic,
        fault: Callable[[str | None], None] = lambda why: None,
    ) -> None:
        self._ring = ring
        self._look = look
        self._clock = clock
        self._taken: queue.Queue[_Taken | None] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._failing: bool | None = None
        self._fault = fault
        self._thread = threading.Thread(target=self._write, name="pictures", daemon=True)

    def start(self) -> None:
        """Begins to write."""
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits, and ends."""
        self._taken.put(None)
        self._thread.join(timeout=5)

    def take(self, lane: str) -> str | None:
        """The SHA-256 of the lane's picture at this moment, which will be kept; None if there is none. Never raises."""
        try:
            look = self._look(lane)
            if look is None or self._clock() - look.at > FRESH:
                return None
            data = jpeg(look.frame)
            taken = _Taken(hashlib.sha256(data).hexdigest(), data)
            self._taken.put_nowait(taken)
        except queue.Full:
            log.warning("picture dropped: the disk is too slow")
            return None
        except (cv2.error, ValueError) as error:
            log.warning("picture cannot be made", error=str(error))
            return None
        return taken.name

    def destroy(self, but: frozenset[str]) -> int:
        """Destroys every picture but these; how many. From any thread; `OSError` if one cannot be."""
        with self._lock:
            return self._ring.destroy(but)

    def find(self, name: str) -> bytes | None:
        """The kept picture with this SHA-256; from any thread."""
        with self._lock:
            return self._ring.find(name)

    def _write(self) -> None:
        # the last run may have left its alarm standing
        self._report(self._ring.fault)
        while True:
            try:
                taken = self._taken.get(timeout=AGAIN if self._ring.fault else None)
            except queue.Empty:
                self._ring.try_again()
                self._report(self._ring.fault)
                continue
            if taken is None:
                return
            try:
                with self._lock:
                    self._ring.add(taken.name, taken.data)
            except OSError as error:
                self._report(self._ring.fault or str(error))
            else:
                self._report(None)

    def _report(self, why: str | None) -> None:
        if self._failing is (why is not None):
            return
        self._failing = why is not None
        if why is not None:
            log.warning("pictures are not kept", error=why)
        self._fault(why)
