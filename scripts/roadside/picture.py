"""A shot drawn: the pass flat, spoilt, turned in space, laid into the lane, and then seen through lens, sensor and cable."""

from functools import lru_cache

import numpy as np

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.simulation import drawing
from edge.simulation.clips import Appearance, lane_picture
from edge.simulation.drawing import BLACK, BLUE, HEIGHT, WHITE, WIDTH, Colour, write
from scripts.roadside.shot import Chance, Medium, Shot

FINE = 8
"""Pixels a module in the flat drawing of a pass."""
QUIET = drawing.QUIET_ZONE
FOCAL = 1500.0
GRAIN = 96
"""Pixels by which a window of the noise may be moved about in its tile."""

Corners = np.ndarray
"""4 x 2: upper left, upper right, lower right, lower left."""


def picture(text: str, shot: Shot) -> Image:
    """The 1280x720 frame of a shot of a pass, BGR."""
    return picture_and_corners(text, shot)[0]


def picture_and_corners(text: str, shot: Shot) -> tuple[Image, Corners]:
    """The frame, and where in it the four corners of the code are (without its quiet zone)."""
    chance = np.random.default_rng([shot.seed, 5])
    flat, code = _flat(text, shot.medium, shot.dark_mode, shot.chat)
    spoilt = _spoilt(flat.copy(), code, shot, chance)
    canvas = _background(shot.scene, shot.night).copy()
    corners = _lay(canvas, spoilt, code, shot)
    if shot.glare == 0:
        return _through_the_camera(canvas, corners, shot, chance), corners
    # a lamp's reflection is as bright as the lamp, however little light falls on the paper: it is laid apart
    reflection = np.zeros_like(canvas)
    _lay(reflection, _glare(flat.shape, code, shot), code, shot)
    return _through_the_camera(canvas, corners, shot, chance, reflection), corners


def empty(shot: Shot) -> Image:
    """The lane without a pass in it, through the same camera."""
    canvas = _background(shot.scene, shot.night, vehicle=False).copy()
    middle = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    return _through_the_camera(canvas, middle, shot, np.random.default_rng([shot.seed, 5]))


# -- the pass ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _flat(text: str, medium: Medium, dark: bool, chat: bool) -> tuple[Image, Corners]:
    """A pass as it lies on a table, and the corners of its code."""
    modules = drawing.modules(text, "Q" if medium == "card" else "M")
    side = len(modules) * FINE
    code = pixels(cv2.cvtColor(modules.repeat(FINE, 0).repeat(FINE, 1), cv2.COLOR_GRAY2BGR))
    if medium == "card":
        canvas, left, top = _card(side)
    else:
        canvas, left, top = _phone(side, dark, chat)
        code = pixels(cv2.bitwise_not(code)) if dark else code
    canvas[top : top + side, left : left + side] = code
    low, high = QUIET * FINE, side - QUIET * FINE
    square = np.array([[low, low], [high, low], [high, high], [low, high]], np.float64)
    return canvas, square + np.array([left, top])


def _card(side: int) -> tuple[Image, int, int]:
    height, width = round(side * 1.22), round(side * 1.72)
    canvas = np.full((height, width, 3), 250, np.uint8)
    cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), (196, 196, 192), 4)
    cv2.rectangle(canvas, (0, round(side * 0.03)), (width, round(side * 0.13)), BLUE, -1)
    write(canvas, "车辆通行证  VEHICLE PASS", width / 2, side * 0.105, side * 0.075, WHITE, 700)
    write(canvas, "鲁B", side * 0.35, side * 0.42, side * 0.18, BLACK, 700)
    write(canvas, "12345", side * 0.35, side * 0.62, side * 0.14, BLACK, 700)
    cv2.circle(canvas, (round(side * 0.4), round(side * 0.9)), round(side * 0.1), (60, 52, 220), 8, cv2.LINE_AA)
    return canvas, width - side - 12, height - side - 12


def _phone(side: int, dark: bool, chat: bool) -> tuple[Image, int, int]:
    width = round(side * (1.9 if chat else 1.12))
    height = round(width * 1.9)
    paper: Colour = (24, 22, 20) if dark else (245, 245, 245)
    ink: Colour = (210, 210, 210) if dark else BLACK
    canvas = np.full((height, width, 3), paper, np.uint8)
    cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), (26, 24, 24), round(side * 0.05))
    write(canvas, "通行证 PASS", width / 2, height * 0.12, side * 0.09, ink, 700)
    left, top = (round(side * 0.7), round(height * 0.3)) if chat else ((width - side) // 2, (height - side) // 2)
    for line in range(4 if chat else 1):
        y = top + side * 1.12 + line * side * 0.14
        write(canvas, "请出示通行证 12:0" + str(line), width / 2, y, side * 0.08, ink, 500)
    return canvas, left, top


def _spoilt(flat: Image, code: Corners, shot: Shot, chance: Chance) -> Image:
    if shot.contrast < 1:
        # a screen that is turned down: everything nearer to its black
        flat = pixels(cv2.convertScaleAbs(flat, alpha=shot.contrast, beta=18 * (1 - shot.contrast)))
    if shot.covered > 0:
        _cover(flat, code, shot.covered, chance)
    if shot.dirt > 0:
        _mud(flat, shot.dirt, chance)
    for _ in range(shot.cracks):
        _crack(flat, chance)
    if shot.moire > 0:
        flat = _moire(flat, shot.moire, chance)
    return flat


def _cover(flat: Image, code: Corners, share: float, chance: Chance) -> None:
    """A thumb from one edge of the code: an ellipse of the share's area inside it, and never on a finder pattern's corner."""
    (left, top), (right, bottom) = code[0], code[2]
    side = right - left
    radius = side * float(np.sqrt(2 * share / np.pi))
    along = chance.uniform(0.35, 0.65)
    edges = [
        (left + along * side, bottom),
        (right, top + along * side),
        (left + along * side, top),
        (left, top + along * side),
    ]
    x, y = edges[int(chance.integers(4))]
    cv2.ellipse(flat, (round(x), round(y)), (round(radius), round(radius)), 0, 0, 360, drawing.SKIN, -1, cv2.LINE_AA)


def _mud(flat: Image, share: float, chance: Chance) -> None:
    height, width = flat.shape[:2]
    spots = int(chance.integers(8, 30))
    radius = np.sqrt(share * height * width / spots / np.pi)
    for _ in range(spots):
        centre = (int(chance.integers(width)), int(chance.integers(height)))
        axes = tuple(int(max(1, radius * chance.uniform(0.5, 1.4))) for _ in range(2))
        tone = int(chance.integers(40, 140))
        colour: Colour = (tone * 6 // 10, tone * 8 // 10, tone)
        cv2.ellipse(flat, centre, (axes[0], axes[1]), float(chance.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)


def _crack(flat: Image, chance: Chance) -> None:
    height, width = flat.shape[:2]
    steps = np.cumsum(chance.normal(0, 0.05, (9, 2)), axis=0)
    line = np.linspace(chance.random(2), chance.random(2), 9) + steps
    tone = int(chance.choice([30, 235]))
    points = [np.rint(line * [width, height]).astype(np.int32)]
    cv2.polylines(flat, points, False, (tone, tone, tone), int(chance.integers(3, 9)), cv2.LINE_AA)


def _moire(flat: Image, depth: float, chance: Chance) -> Image:
    """The beat of the screen's grid against the sensor's: two waves across the screen."""
    height, width = flat.shape[:2]
    y, x = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    wave = np.ones((height, width), np.float32)
    for _ in range(2):
        turn, period = chance.uniform(0, np.pi), chance.uniform(22, 90)
        phase = np.add.outer(y * np.float32(np.sin(turn)), x * np.float32(np.cos(turn))) * np.float32(
            2 * np.pi / period
        )
        wave -= np.float32(depth / 2) * (1 + np.sin(phase)) / 2
    return pixels(np.clip(flat * wave[..., None], 0, 255).astype(np.uint8))


def _glare(shape: tuple[int, ...], code: Corners, shot: Shot) -> Image:
    """A lamp's reflection on a black pass: a soft spot, to be added."""
    side = float(code[1, 0] - code[0, 0])
    at, wide = code[0] + np.array(shot.glare_at) * side, shot.glare_wide * side
    dx = (np.arange(shape[1], dtype=np.float32) - np.float32(at[0])) / np.float32(wide)
    dy = (np.arange(shape[0], dtype=np.float32) - np.float32(at[1])) / np.float32(wide)
    spot = np.minimum(1, shot.glare * np.exp(-(dy**2))[:, None] * np.exp(-(dx**2))[None, :]) * 235
    return pixels(np.repeat(spot[..., None], 3, axis=2).astype(np.uint8))


# -- the lane ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _background(scene: int, night: bool, vehicle: bool = True) -> Image:
    """A lane of the demo's, a vehicle at the stop line, and the unrest of leaves and gravel that drawn planes lack."""
    seen = Appearance(scene, 100 + scene, night, "resident" if vehicle else None, "鲁B23456")
    canvas = lane_picture(seen)
    unrest = _unrest(scene)
    return pixels(np.clip(canvas.astype(np.float32) * (1 + 0.35 * unrest[..., None]), 0, 255).astype(np.uint8))


def _unrest(seed: int) -> np.ndarray:
    """Noise of six octaves, about -1 to 1."""
    chance = np.random.default_rng([seed, 6])
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for octave in range(6):
        rows, columns = 6 << octave, 10 << octave
        coarse = chance.normal(0, 0.75**octave, (rows, columns)).astype(np.float32)
        total += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(total / 3, -1, 1))


def _lay(canvas: Image, flat: Image, code: Corners, shot: Shot) -> Corners:
    """Turns the flat pass about the middle of its code and lays it on the canvas; the code's corners there."""
    shrink = min(1.0, 2 * shot.module / FINE)
    # near to its size first, then at twice the size through the perspective: warping alone would lose modules to aliasing
    size = (max(2, round(flat.shape[1] * shrink)), max(2, round(flat.shape[0] * shrink)))
    near = cv2.resize(flat, size, interpolation=cv2.INTER_AREA)
    height, width = near.shape[:2]
    per_pixel = shot.module / FINE
    outer = np.array([[0, 0], [flat.shape[1], 0], [flat.shape[1], flat.shape[0]], [0, flat.shape[0]]], np.float64)
    middle = code.mean(axis=0)
    seat = np.array([shot.at[0] * WIDTH, shot.at[1] * HEIGHT])
    seen = _project((outer - middle) * per_pixel, shot) + seat
    low = np.maximum(np.floor(seen.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(seen.max(axis=0)).astype(int) + 1, [WIDTH, HEIGHT])
    here = _project((code - middle) * per_pixel, shot) + seat
    if (high <= low).any():
        return np.asarray(here)
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    way = cv2.getPerspectiveTransform(own, ((seen - low) * 2).astype(np.float32))
    reach = (int(high[0] - low[0]), int(high[1] - low[1]))
    large = (reach[0] * 2, reach[1] * 2)
    shown = cv2.resize(cv2.warpPerspective(near, way, large), reach, interpolation=cv2.INTER_AREA)
    full = np.full((height, width), 255, np.uint8)
    cover = cv2.resize(cv2.warpPerspective(full, way, large), reach, interpolation=cv2.INTER_AREA)
    part = canvas[low[1] : high[1], low[0] : high[0]]
    clear = cv2.cvtColor(cv2.bitwise_not(cover), cv2.COLOR_GRAY2BGR)
    part[:] = cv2.add(cv2.multiply(part, clear, scale=1 / 255), shown)
    return np.asarray(here)


def _project(flat: np.ndarray, shot: Shot) -> np.ndarray:
    """Points of the pass, in pixels about its middle, turned and seen through a pinhole."""
    yaw, pitch, roll = np.radians([shot.yaw, shot.pitch, shot.roll])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    space = np.c_[flat, np.zeros(len(flat))] @ (about_y @ about_x @ about_z).T
    seen: Corners = space[:, :2] * (FOCAL / (FOCAL + space[:, 2:]))
    return seen


# -- lens, sensor, cable -----------------------------------------------------------------------------------------------


def _through_the_camera(
    canvas: Image, corners: Corners, shot: Shot, chance: Chance, reflection: Image | None = None
) -> Image:
    _blur(canvas, corners, shot)
    if shot.headlights > 0:
        _headlights(canvas, shot.headlights)
    if shot.rain:
        _rain(canvas, shot.rain, chance)
    dimmed = cv2.convertScaleAbs(canvas, alpha=shot.light)
    if reflection is not None:
        cv2.add(dimmed, reflection, dst=dimmed)
    y, x = (int(each) for each in chance.integers(0, GRAIN, 2))
    grain = _grain()[y : y + HEIGHT, x : x + WIDTH]
    noisy = cv2.add(dimmed, grain * np.float32(shot.noise), dtype=cv2.CV_8U)
    if shot.jpeg >= 95:
        return pixels(noisy)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, shot.jpeg])
    return pixels(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _blur(canvas: Image, corners: Corners, shot: Shot) -> None:
    """The lens over all of it; the movement over the pass and what is near it alone."""
    if shot.smear >= 1:
        margin = shot.smear + 0.8 * float(np.ptp(corners, axis=0).max())
        x0, y0 = np.maximum(np.floor(corners.min(axis=0) - margin).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=0) + margin).astype(int), [WIDTH, HEIGHT])
        if x0 < x1 and y0 < y1:
            canvas[y0:y1, x0:x1] = cv2.filter2D(canvas[y0:y1, x0:x1], -1, _line(shot.smear, shot.smear_angle))
    if shot.defocus >= 0.3:
        cv2.GaussianBlur(canvas, (0, 0), shot.defocus, dst=canvas)


def _line(length: float, angle: float) -> np.ndarray:
    """The kernel of a straight movement, summing to 1."""
    reach = int(np.ceil(length / 2)) + 1
    fine = np.zeros((8 * (2 * reach + 1),) * 2, np.uint8)
    middle = np.array([fine.shape[0] / 2 - 0.5] * 2)
    half = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length * 4
    ends = [tuple(int(each) for each in np.rint(middle + sign * half)) for sign in (-1, 1)]
    cv2.line(fine, ends[0], ends[1], 255, 8)
    kernel = cv2.resize(fine.astype(np.float32), (2 * reach + 1,) * 2, interpolation=cv2.INTER_AREA)
    return np.asarray(kernel / kernel.sum())


def _headlights(canvas: Image, strength: float) -> None:
    spots = np.zeros((HEIGHT // 8, WIDTH // 8), np.float32)
    for x, y in ((0.27, 0.62), (0.58, 0.62)):
        dx = (np.arange(WIDTH // 8) / (WIDTH // 8) - x) / 0.09
        dy = (np.arange(HEIGHT // 8) / (HEIGHT // 8) - y) / 0.16
        spots += np.exp(-np.abs(dy))[:, None] * np.exp(-np.abs(dx))[None, :]
    light = cv2.resize(np.clip(spots * strength * 255, 0, 255).astype(np.uint8), (WIDTH, HEIGHT))
    cv2.add(canvas, cv2.cvtColor(light, cv2.COLOR_GRAY2BGR), dst=canvas)


def _rain(canvas: Image, drops: int, chance: Chance) -> None:
    starts = chance.integers(0, [WIDTH, HEIGHT], (drops, 2))
    falls = chance.integers([1, 10], [6, 40], (drops, 2))
    layer = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.polylines(layer, list(np.stack([starts, starts + falls], axis=1).astype(np.int32)), False, 70, 1, cv2.LINE_AA)
    cv2.add(canvas, cv2.cvtColor(layer, cv2.COLOR_GRAY2BGR), dst=canvas)


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """A tile of noise of deviation 1, partly the same in all channels, as a Bayer sensor's is."""
    chance = np.random.default_rng(44)
    own = chance.normal(0, 0.6, (HEIGHT + GRAIN, WIDTH + GRAIN, 3))
    shared = chance.normal(0, 0.8, (HEIGHT + GRAIN, WIDTH + GRAIN, 1))
    return np.asarray(own + shared, np.float32)
