"""One vehicle's appearance at the lane as a short video, the same for the same vehicle wherever it is rendered.

A clip is motion JPEG at 5 frames a second: `APPROACH` frames in which it comes, `STANDING` ones in which the driver holds the
pass out (they are played over and over while the vehicle waits), `LEAVING` ones under the raised barrier. Clips are rendered
once into a cache folder under a name that follows from everything that shows; a half-written one never has that name.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.camera.sources import frames_of
from edge.simulation import drawing
from edge.simulation.drawing import HEIGHT, WIDTH, Medium, Sprite

RENDERER = 2
"""Rises when a clip looks different: old ones are then no longer found."""
FRAMES_PER_SECOND = 5.0
APPROACH, STANDING, LEAVING = 4, 6, 3
EMPTY = 3
"""Frames of the empty lane: it differs by noise alone."""
QUALITY = 45
MOST_BYTES = 512 * 1024 * 1024
"""Of the cache folder; the clips that nobody played for longest go first."""

_STOP = (452, 668)
"""Where the wheels stand, in the middle of the vehicle."""
_FAR = (616, 330)
_HAND = (958, 396)
_FOCAL = 1500.0


@dataclass(frozen=True, slots=True)
class Appearance:
    """Everything that can be seen in a clip. `scene` differs between gates, `seed` between vehicles; `vehicle_class` None is the empty lane."""

    scene: int
    seed: int
    night: bool
    vehicle_class: str | None = None
    plate: str = ""
    text: str | None = None
    medium: Medium = "none"

    @property
    def name(self) -> str:
        """The clip's file name."""
        shown = json.dumps([RENDERER, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(shown.encode()).hexdigest()[:32] + ".avi"


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """The frames of one appearance, decoded."""

    frames: tuple[Image, ...]

    @property
    def approach(self) -> tuple[Image, ...]:
        """The vehicle comes."""
        return self.frames[:APPROACH]

    @property
    def standing(self) -> tuple[Image, ...]:
        """The vehicle stands, the pass held out."""
        return self.frames[APPROACH : APPROACH + STANDING]

    @property
    def leaving(self) -> tuple[Image, ...]:
        """The vehicle drives on under the raised barrier."""
        return self.frames[APPROACH + STANDING :]


def clip(appearance: Appearance, folder: Path) -> Clip:
    """The clip of an appearance, from the folder or rendered into it."""
    path = folder / appearance.name
    try:
        os.utime(path)
    except FileNotFoundError:
        render(appearance, folder)
    return Clip(tuple(frames_of(path)))


def render_all(
    appearances: Iterable[Appearance],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    processes: int = 2,
) -> None:
    """Renders what the folder lacks; `progress(done, total)` after each. Keeps the folder below `MOST_BYTES`."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {each.name: each for each in appearances}
    missing = [each for name, each in wanted.items() if not (folder / name).exists()]
    trim(folder, frozenset(wanted))
    if not missing:
        return
    # spawned, not forked: the caller may have threads, and a fork copies their locks
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        rendering = [pool.submit(render, each, folder) for each in missing]
        for done, each in enumerate(as_completed(rendering), 1):
            each.result()
            progress(done, len(missing))


def render(appearance: Appearance, folder: Path) -> None:
    """Renders one clip into the folder, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(suffix=".avi", prefix=".rendering-", dir=folder)
    os.close(handle)
    try:
        # OpenCV's own writer of motion JPEG: the same bytes on every machine, and no codec to install
        writer = cv2.VideoWriter(
            temporary, cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_SECOND, (WIDTH, HEIGHT)
        )
        writer.set(cv2.VIDEOWRITER_PROP_QUALITY, QUALITY)
        for image in draw(appearance):
            writer.write(image)
        writer.release()
        Path(temporary).replace(folder / appearance.name)
    finally:
        Path(temporary).unlink(missing_ok=True)


def trim(folder: Path, keep: frozenset[str], most: int = MOST_BYTES) -> None:
    """Deletes the clips that were not played for longest until at most `most` bytes are left, but none of `keep`."""
    clips: list[tuple[float, int, str]] = []
    for path in folder.iterdir():
        # another demo may be at work in the same folder
        with suppress(FileNotFoundError):
            clips.append((path.stat().st_mtime, path.stat().st_size, path.name))
    total = sum(size for _, size, _ in clips)
    for _, size, name in sorted(clips):
        if total <= most:
            return
        if name not in keep:
            total -= size
            (folder / name).unlink(missing_ok=True)


# -- frames ------------------------------------------------------------------------------------------------------------


def draw(appearance: Appearance) -> Iterator[Image]:
    """The frames of a clip, in order."""
    rng = np.random.default_rng([appearance.seed, 33])
    if appearance.vehicle_class is None:
        for _ in range(EMPTY):
            yield _finish(_lane(appearance, 0.0), appearance, rng)
        return
    vehicle = drawing.vehicle(appearance.vehicle_class, appearance.plate, appearance.seed)
    if appearance.night:
        vehicle = drawing.dimmed(vehicle, 0.42)
    for way in np.linspace(0.0, 0.92, APPROACH):
        yield _finish(_lane(appearance, 0.0, vehicle, float(way), rolling=14), appearance, rng)
    yield from _standing(appearance, vehicle, rng)
    for way, raised in zip((1.06, 1.34, 1.8), (0.75, 1.0, 1.0), strict=True):
        yield _finish(_lane(appearance, raised, vehicle, way, rolling=22), appearance, rng)


def _standing(appearance: Appearance, vehicle: Sprite, rng: np.random.Generator) -> Iterator[Image]:
    stopped = _lane(appearance, 0.0, vehicle, 1.0)
    held = _held(appearance)
    # one pose a vehicle, and a hand that is never quite still
    pose = rng.uniform((-33, -24, -9), (33, 24, 9))
    sleeve = drawing.SLEEVES[int(rng.integers(len(drawing.SLEEVES)))]
    for k in range(STANDING):
        canvas = stopped.copy()
        if held is not None:
            turn = np.clip(pose + rng.normal(0, 2.5, 3), -35, 35)
            x, y = _HAND[0] + rng.normal(0, 5), _HAND[1] + rng.normal(0, 5)
            # the hand is still moving in the first frame; a pass is not readable in every one
            shake = rng.normal(0, 5, 2) if k == 0 else rng.normal(0, 0.6, 2)
            _hand(canvas, held, (x, y), turn, shake, sleeve, appearance.night)
        yield _finish(canvas, appearance, rng)


def lane_picture(appearance: Appearance) -> Image:
    """The lane with the vehicle at the stop line, or empty, and nothing held out; without the sensor's noise."""
    if appearance.vehicle_class is None:
        return _lane(appearance, 0.0)
    vehicle = drawing.vehicle(appearance.vehicle_class, appearance.plate, appearance.seed)
    return _lane(appearance, 0.0, drawing.dimmed(vehicle, 0.42) if appearance.night else vehicle, 1.0)


def _held(appearance: Appearance) -> Sprite | None:
    if appearance.text is None or appearance.medium == "none":
        return None
    if appearance.medium == "phone":
        return drawing.phone(appearance.text, appearance.plate)
    return drawing.card(appearance.text, appearance.plate)


@lru_cache(maxsize=4)
def _empty(scene: int, night: bool) -> Image:
    return drawing.scene(scene, night)


@lru_cache(maxsize=8)
def _boom(raised: float, night: bool) -> tuple[Sprite, int, int]:
    return drawing.boom(raised, night)


def _lane(
    appearance: Appearance, raised: float, vehicle: Sprite | None = None, way: float = 0.0, rolling: float = 0.0
) -> Image:
    """The lane with the barrier raised so far, and a vehicle on its way: 0 far off, 1 at the stop line, more beyond it."""
    canvas = _empty(appearance.scene, appearance.night).copy()
    if vehicle is not None:
        size = 0.3 + 0.7 * way**1.4
        x, y = (_FAR[axis] + (_STOP[axis] - _FAR[axis]) * way**1.2 for axis in (0, 1))
        small = drawing.blurred(drawing.scaled(vehicle, size), -0.4 * rolling * size, rolling * size)
        height, width = small.alpha.shape
        left, top = round(x - width / 2), round(y - height)
        drawing.lay(canvas, small, left, top)
        if appearance.night:
            _headlights(canvas, left, top, size)
    drawing.lay(canvas, *_boom(raised, appearance.night))
    return canvas


def _headlights(canvas: Image, left: int, top: int, size: float) -> None:
    for x, y in drawing.HEADLIGHTS:
        _shine(canvas, left + x * size, top + y * size, 150 * size)


@lru_cache(maxsize=16)
def _halo(reach: int) -> Image:
    steps = np.linspace(-1, 1, 2 * reach, dtype=np.float32)
    away = np.hypot(steps[:, None], steps[None, :])
    light = 255 * np.exp(-(away**2) * 60) + 120 * np.clip(1 - away, 0, 1) ** 3
    return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _shine(canvas: Image, x: float, y: float, reach: float) -> None:
    halo = _halo(max(8, round(reach)))
    half = halo.shape[0] // 2
    left, top = round(x) - half, round(y) - half
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + 2 * half, WIDTH), min(top + 2 * half, HEIGHT)
    if x0 < x1 and y0 < y1:
        canvas[y0:y1, x0:x1] = cv2.add(canvas[y0:y1, x0:x1], halo[y0 - top : y1 - top, x0 - left : x1 - left])


def _hand(
    canvas: Image,
    held: Sprite,
    at: tuple[float, float],
    turn: np.ndarray,
    shake: np.ndarray,
    sleeve: drawing.Colour,
    night: bool,
) -> None:
    """An arm from the driver's window, and in its hand the pass, turned by (yaw, pitch, roll) degrees."""
    light = 0.62 if night else 1.0
    height, width = held.alpha.shape
    wrist = np.array([at[0] - width * 0.34, at[1] + height * 0.36])
    _arm(canvas, wrist, drawing.shade(sleeve, light), drawing.shade(drawing.SKIN, light))
    sprite, left, top = _turned(held, at, turn)
    sprite = drawing.blurred(drawing.dimmed(sprite, light * 0.96), float(shake[0]), float(shake[1]))
    drawing.lay(canvas, sprite, left, top)
    thumb = wrist + np.array([4, -6])
    skin = drawing.shade(drawing.SKIN, light)
    cv2.ellipse(
        canvas, (round(thumb[0]), round(thumb[1])), (24, 11), -38, 0, 360, drawing.shade(skin, 0.8), -1, cv2.LINE_AA
    )
    cv2.ellipse(canvas, (round(thumb[0]), round(thumb[1])), (22, 9), -38, 0, 360, skin, -1, cv2.LINE_AA)


def _arm(canvas: Image, wrist: np.ndarray, sleeve: drawing.Colour, skin: drawing.Colour) -> None:
    window, hand = (702, 398), (round(wrist[0]), round(wrist[1]))
    cv2.line(canvas, window, hand, drawing.shade(sleeve, 0.8), 66, cv2.LINE_AA)
    cv2.line(canvas, window, hand, sleeve, 56, cv2.LINE_AA)
    cv2.circle(canvas, hand, 38, drawing.shade(skin, 0.9), -1, cv2.LINE_AA)


def _turned(held: Sprite, at: tuple[float, float], turn: np.ndarray) -> tuple[Sprite, int, int]:
    """The flat sprite turned in space about its middle, seen through a pinhole; and where its upper left corner goes."""
    height, width = held.alpha.shape
    flat = np.array([[-width, -height], [width, -height], [width, height], [-width, height]], np.float64) / 2
    yaw, pitch, roll = np.radians(turn)
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    space = np.c_[flat, np.zeros(4)] @ (about_y @ about_x @ about_z).T
    seen = space[:, :2] * (_FOCAL / (_FOCAL + space[:, 2:])) + at
    low, high = np.floor(seen.min(axis=0)).astype(int) - 2, np.ceil(seen.max(axis=0)).astype(int) + 2
    size = high - low
    # twice as large first: warping alone would lose modules to aliasing
    way = cv2.getPerspectiveTransform(
        (flat + np.array([width, height]) / 2).astype(np.float32), ((seen - low) * 2).astype(np.float32)
    )
    large = [cv2.warpPerspective(each, way, (int(size[0]) * 2, int(size[1]) * 2)) for each in (held.image, held.alpha)]
    image, alpha = (cv2.resize(each, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA) for each in large)
    return Sprite(pixels(image), pixels(alpha)), int(low[0]), int(low[1])


@lru_cache(maxsize=4)
def _grain(sigma: float) -> np.ndarray:
    tile = np.random.default_rng(44).normal(0, sigma, (HEIGHT + 128, WIDTH + 128))
    return np.repeat(np.rint(tile).astype(np.int16)[..., None], 3, axis=2)


def _finish(canvas: Image, appearance: Appearance, rng: np.random.Generator) -> Image:
    """The sensor's noise over the drawing: a window at random out of one tile, which costs a tenth of fresh noise."""
    y, x = (int(each) for each in rng.integers(0, 128, 2))
    grain = _grain(3.5 if appearance.night else 1.5)[y : y + HEIGHT, x : x + WIDTH]
    return pixels(cv2.add(canvas, grain, dtype=cv2.CV_8U))
