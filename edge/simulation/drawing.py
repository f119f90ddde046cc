"""Draws the pictures of the simulated camera: a gate, vehicles from the front, a pass held out on a card or a phone.

Nothing is taken from a picture: every shape is drawn from numbers, so a frame is the same wherever it is drawn. Colours are
BGR. A `Sprite` is drawn at twice its size and shrunk, which smooths its edges and its outline alike.

Tested in `tests/edge/simulation/test_clips.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import segno

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.contract.plates import PlateType, classify

WIDTH, HEIGHT = 1280, 720
HORIZON = 236
QUIET_ZONE = 4
"""Modules of white around a code (ISO/IEC 18004)."""

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]
Medium = Literal["card", "phone", "none"]

WHITE: Colour = (250, 250, 250)
BLACK: Colour = (22, 22, 22)
RED: Colour = (46, 40, 200)
BLUE: Colour = (150, 78, 18)
GREEN: Colour = (120, 176, 66)
YELLOW: Colour = (40, 190, 240)
GLASS: Colour = (82, 66, 54)
RUBBER: Colour = (34, 32, 32)
STEEL: Colour = (150, 146, 142)
SKIN: Colour = (150, 178, 222)

PAINTS: tuple[Colour, ...] = (
    (196, 196, 192),
    (70, 66, 64),
    (92, 52, 34),
    (44, 40, 122),
    (226, 226, 224),
    (104, 116, 88),
)
SLEEVES: tuple[Colour, ...] = ((94, 64, 48), (58, 62, 64), (64, 58, 120), (86, 104, 70))


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A drawn thing and how much of each pixel it covers (0 to 255)."""

    image: Image
    alpha: Image


class Sheet:
    """A transparent sheet to draw a sprite on. Coordinates are those of the finished sprite."""

    SCALE = 2
    SHIFT = 4
    """Bits of a pixel's fraction that OpenCV's drawing takes."""

    def __init__(self, width: int, height: int) -> None:
        self.image = np.zeros((height * self.SCALE, width * self.SCALE, 3), np.uint8)
        self.alpha = np.zeros((height * self.SCALE, width * self.SCALE), np.uint8)

    def area(self, points: Points, colour: Colour) -> None:
        """A filled polygon."""
        corners = np.rint(np.array(points) * self.SCALE * (1 << self.SHIFT)).astype(np.int32)
        cv2.fillPoly(self.image, [corners], colour, cv2.LINE_8, self.SHIFT)
        cv2.fillPoly(self.alpha, [corners], 255, cv2.LINE_8, self.SHIFT)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle, its corners rounded."""
        self.area(rounded(left, top, right, bottom, radius), colour)

    def disc(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled ellipse of these half axes."""
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        self.area([(x + width * np.cos(t), y + height * np.sin(t)) for t in turns], colour)

    def text(self, text: str, x: float, y: float, size: float, colour: Colour, weight: int = 600) -> None:
        """Words, centred on x, their baseline at y, where the sheet is covered already."""
        write(self.image, text, x * self.SCALE, y * self.SCALE, size * self.SCALE, colour, weight)

    def picture(self, image: Image, left: float, top: float) -> None:
        """Pixels laid on the sheet as they are, at the sheet's own scale."""
        x, y = round(left * self.SCALE), round(top * self.SCALE)
        height, width = image.shape[:2]
        self.image[y : y + height, x : x + width] = image
        self.alpha[y : y + height, x : x + width] = 255

    def sprite(self) -> Sprite:
        """What was drawn, at its size."""
        size = (self.image.shape[1] // self.SCALE, self.image.shape[0] // self.SCALE)
        # the colour of an uncovered pixel is black: shrinking both alike keeps it multiplied by its cover
        image, alpha = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (self.image, self.alpha))
        return Sprite(pixels(image), pixels(alpha))


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> list[tuple[float, float]]:
    """The corners of a rectangle whose corners are rounded."""
    if radius <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    centres = [(right - radius, top + radius), (right - radius, bottom - radius)]
    centres += [(left + radius, bottom - radius), (left + radius, top + radius)]
    return [
        (x + radius * float(np.cos(turn)), y + radius * float(np.sin(turn)))
        for quarter, (x, y) in enumerate(centres)
        for turn in np.linspace((quarter - 1) * np.pi / 2, quarter * np.pi / 2, 6)
    ]


@cache
def _font() -> cv2.FontFace:
    # OpenCV 5 carries a font with Chinese in it: nothing has to be installed
    return cv2.FontFace("sans")


def write(image: Image, text: str, x: float, y: float, size: float, colour: Colour, weight: int = 600) -> None:
    """Draws words centred on x, their baseline at y."""
    _, _, width, _ = cv2.getTextSize((WIDTH, HEIGHT), text, (0, 0), _font(), round(size), weight)
    cv2.putText(image, text, (round(x - width / 2), round(y)), colour, _font(), round(size), weight)


def lay(canvas: Image, sprite: Sprite, left: int, top: int) -> None:
    """Lays a sprite on the canvas; what falls outside is cut off."""
    height, width = sprite.alpha.shape
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, canvas.shape[1]), min(top + height, canvas.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    clear = cv2.cvtColor(cv2.bitwise_not(sprite.alpha[part]), cv2.COLOR_GRAY2BGR)
    below = cv2.multiply(canvas[y0:y1, x0:x1], clear, scale=1 / 255)
    canvas[y0:y1, x0:x1] = cv2.add(below, sprite.image[part])


def scaled(sprite: Sprite, factor: float) -> Sprite:
    """The sprite, larger or smaller."""
    height, width = sprite.alpha.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    image, alpha = (cv2.resize(each, size, interpolation=method) for each in (sprite.image, sprite.alpha))
    return Sprite(pixels(image), pixels(alpha))


def blurred(sprite: Sprite, dx: float, dy: float) -> Sprite:
    """The sprite, moved by (dx, dy) pixels while the shutter was open; a box is near enough to the slanted line."""
    reach = (1 + round(abs(dx)), 1 + round(abs(dy)))
    if reach == (1, 1):
        return sprite
    return Sprite(pixels(cv2.blur(sprite.image, reach)), pixels(cv2.blur(sprite.alpha, reach)))


def dimmed(sprite: Sprite, light: float) -> Sprite:
    """The sprite under less light."""
    return Sprite(pixels(cv2.convertScaleAbs(sprite.image, alpha=light)), sprite.alpha)


# -- the gate ----------------------------------------------------------------------------------------------------------


def scene(seed: int, night: bool) -> Image:
    """The empty lane of one gate: sky, hills, houses, road, kerbs, booth and sign."""
    rng = np.random.default_rng([seed, 11])
    tint = rng.integers(-10, 10, 3)
    canvas = _sky(np.array((232, 208, 176)) + tint, np.array((246, 240, 232)) + tint)
    _hills(canvas, rng)
    _houses(canvas, rng)
    _road(canvas)
    _sign(canvas)
    _booth(canvas)
    return _by_night(canvas) if night else canvas


def _sky(top: np.ndarray, low: np.ndarray) -> Image:
    rows = np.clip(np.linspace(top, low, HORIZON + 8), 0, 255).astype(np.uint8)
    canvas = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    canvas[: len(rows)] = rows[:, None]
    return canvas


def _hills(canvas: Image, rng: np.random.Generator) -> None:
    for depth, colour in enumerate([(186, 176, 150), (150, 150, 118)]):
        x = np.linspace(0, WIDTH, 60)
        phases = rng.uniform(0, 6, 3)
        waves = sum(np.sin(x / (70 + 60 * k) + phase) * (8 + 7 * k) for k, phase in enumerate(phases))
        y = HORIZON - 46 + 26 * depth + np.asarray(waves)
        ridge = np.stack([np.r_[x, WIDTH, 0], np.r_[y, HORIZON + 4, HORIZON + 4]], axis=1).astype(np.int32)
        cv2.fillPoly(canvas, [ridge], colour, cv2.LINE_AA)


def _houses(canvas: Image, rng: np.random.Generator) -> None:
    for x in (20, 120, 250, 360, 820, 930, 1060):
        width, height = int(rng.integers(70, 104)), int(rng.integers(40, 96))
        wall = int(rng.integers(172, 214))
        top = HORIZON + 6 - height
        cv2.rectangle(canvas, (x, top), (x + width, HORIZON + 6), (wall - 14, wall, wall + 8), -1)
        cv2.rectangle(canvas, (x - 3, top - 6), (x + width + 3, top), (96, 92, 120), -1)
        for wx in range(x + 10, x + width - 12, 20):
            for wy in range(top + 10, HORIZON - 8, 20):
                cv2.rectangle(canvas, (wx, wy), (wx + 9, wy + 11), (128, 112, 96), -1)


def _road(canvas: Image) -> None:
    def strip(points: Points, colour: Colour) -> None:
        cv2.fillPoly(canvas, [np.array(points, np.int32)], colour, cv2.LINE_AA)

    strip([(0, HORIZON + 6), (WIDTH, HORIZON + 6), (WIDTH, HEIGHT), (0, HEIGHT)], (104, 142, 120))
    strip([(588, HORIZON + 6), (652, HORIZON + 6), (1190, HEIGHT), (-150, HEIGHT)], (112, 110, 108))
    for left, right in ((586, -190), (654, 1230)):
        for k in range(14):
            # kerb stones, black and yellow, larger the nearer
            a, b = (k / 14) ** 2, ((k + 1) / 14) ** 2
            xa, xb = left + (right - left) * a, left + (right - left) * b
            ya, yb = (HORIZON + 6 + (HEIGHT - HORIZON) * t for t in (a, b))
            strip([(xa, ya), (xb, yb), (xb, yb - 26 * b), (xa, ya - 26 * a)], YELLOW if k % 2 else (60, 60, 60))
    strip([(232, 664), (946, 664), (958, 690), (204, 690)], (206, 208, 208))


def _sign(canvas: Image) -> None:
    cv2.rectangle(canvas, (148, 220), (160, 500), STEEL, -1)
    cv2.rectangle(canvas, (28, 92), (280, 246), WHITE, -1)
    cv2.rectangle(canvas, (34, 98), (274, 240), BLUE, -1)
    write(canvas, "停车 · 出示通行证", 154, 150, 27, WHITE)
    write(canvas, "STOP · SHOW PASS", 154, 184, 21, WHITE)
    write(canvas, "卡口 CHECKPOINT", 154, 222, 21, (190, 230, 250))


def _booth(canvas: Image) -> None:
    cv2.rectangle(canvas, (1096, 190), (1280, 560), (206, 204, 198), -1)
    cv2.rectangle(canvas, (1084, 166), (1280, 194), (128, 84, 34), -1)
    cv2.rectangle(canvas, (1118, 236), (1280, 372), (140, 120, 98), -1)
    cv2.rectangle(canvas, (1118, 236), (1280, 372), WHITE, 5)
    cv2.line(canvas, (1204, 236), (1204, 372), WHITE, 5)
    write(canvas, "值班", 1180, 440, 40, BLUE, 700)


def _by_night(canvas: Image) -> Image:
    light = np.full((HEIGHT, WIDTH), 0.13, np.float32)
    for x, y, wide, high, power in (
        (560, 640, 620, 190, 0.38),
        (1190, 300, 190, 190, 0.30),
        (154, 170, 210, 140, 0.30),
    ):
        light += power * _glow(x, y, wide, high)
    tone = np.array([1.08, 0.98, 0.92], np.float32)
    return pixels(np.clip(canvas * light[..., None] * tone, 0, 255).astype(np.uint8))


def _glow(x: float, y: float, wide: float, high: float) -> np.ndarray:
    dx = (np.arange(WIDTH, dtype=np.float32) - x) / wide
    dy = (np.arange(HEIGHT, dtype=np.float32) - y) / high
    fade: np.ndarray = np.exp(-2 * dy**2)[:, None] * np.exp(-2 * dx**2)[None, :]
    return fade


def boom(raised: float, night: bool) -> tuple[Sprite, int, int]:
    """The barrier, down (0) to up (1), and where its upper left corner is in the frame."""
    sheet = Sheet(WIDTH, HEIGHT)
    pivot, turn = (1196.0, 590.0), raised * 1.36
    ahead = np.array([-np.cos(turn), -np.sin(turn)])
    aside = np.array([-ahead[1], ahead[0]]) * 9
    for k in range(15):
        ends = [np.array(pivot) + ahead * 80 * t for t in (k, k + 1)]
        corners = [ends[0] - aside, ends[1] - aside, ends[1] + aside, ends[0] + aside]
        sheet.area([(float(p[0]), float(p[1])) for p in corners], WHITE if k % 2 else RED)
    sheet.box(1166, 556, 1240, 720, YELLOW, 10)
    sheet.box(1166, 600, 1240, 622, BLACK)
    sheet.box(1166, 650, 1240, 672, BLACK)
    sheet.disc(pivot[0], pivot[1], 15, 15, STEEL)
    whole = dimmed(sheet.sprite(), 0.5) if night else sheet.sprite()
    left, top, width, height = cv2.boundingRect(whole.alpha)
    part = np.s_[top : top + height, left : left + width]
    return Sprite(whole.image[part].copy(), whole.alpha[part].copy()), left, top


# -- vehicles ----------------------------------------------------------------------------------------------------------

VEHICLE = (640, 560)
"""Size of a vehicle's sprite; its wheels stand on the lower edge."""
WINDOW = 96
"""The upper edge of a van's windscreen; what is written on it stands above."""
HEADLIGHTS = ((118, 372), (522, 372))


@dataclass(frozen=True, slots=True)
class Body:
    """The look of a sort of vehicle: how high it is, its paint (None: any), and what is written on it."""

    top: int
    wide_top: int
    paint: Colour | None = None
    stripe: Colour | None = None
    words: str = ""
    yellow_plate: bool = False


BODIES: dict[str, Body] = {
    "resident": Body(top=150, wide_top=190),
    "village_duty": Body(top=110, wide_top=206, paint=(226, 226, 224), stripe=BLUE, words="包村值班"),
    "supplies": Body(top=16, wide_top=262, paint=(150, 92, 40), words="生活物资保供", yellow_plate=True),
    "sample_transport": Body(top=60, wide_top=226, paint=(228, 228, 226), stripe=GREEN, words="采样转运"),
    "emergency": Body(top=40, wide_top=232, paint=(236, 236, 234), stripe=RED, words="急救 AMBULANCE"),
    "medical": Body(top=60, wide_top=226, paint=(236, 236, 234), stripe=RED, words="医疗"),
    "refuse_removal": Body(top=20, wide_top=256, paint=(80, 128, 70), words="环卫清运", yellow_plate=True),
    "transit": Body(top=10, wide_top=262, paint=(60, 56, 128), yellow_plate=True),
}


def vehicle(class_: str, plate: str, seed: int) -> Sprite:
    """A vehicle from the front: what it looks like follows from its class, its colour from the seed."""
    body = BODIES.get(class_, BODIES["resident"])
    rng = np.random.default_rng([seed, 22])
    paint = body.paint or PAINTS[int(rng.integers(len(PAINTS)))]
    sheet = Sheet(*VEHICLE)
    _wheels(sheet)
    _cabin(sheet, body, paint)
    _front(sheet, paint)
    if body.stripe:
        sheet.box(66, 318, 574, 338, body.stripe)
    if body.words:
        _words(sheet, body)
    if plate:
        _plate(sheet, plate, body.yellow_plate)
    return sheet.sprite()


def _wheels(sheet: Sheet) -> None:
    for left in (82, 474):
        sheet.box(left, 430, left + 84, 558, RUBBER, 18)


def _cabin(sheet: Sheet, body: Body, paint: Colour) -> None:
    top, half = body.top, body.wide_top
    dark = shade(paint, 0.72)
    sheet.area([(320 - half, top + 14), (320 - half + 22, top), (320 + half - 22, top), (320 + half, top + 14),
                (574, 320), (66, 320)], paint)  # fmt: skip
    window_top = max(top + 26, WINDOW)
    edge = half - 20 if top > 90 else 236
    sheet.area([(320 - edge, window_top), (320 + edge, window_top), (548, 286), (92, 286)], GLASS)
    sheet.area(
        [(320 - edge + 30, window_top), (320 - edge + 110, window_top), (226, 286), (130, 286)], shade(GLASS, 1.28)
    )
    # the driver, on the left of the vehicle: on the right of the picture
    sheet.disc(424, 214, 27, 32, shade(SKIN, 0.72))
    sheet.area([(372, 286), (388, 250), (460, 250), (482, 286)], shade(GLASS, 0.5))
    sheet.disc(424, 288, 62, 10, BLACK)
    for left in (26, 566):
        sheet.box(left, 242, left + 48, 284, dark, 12)


def _front(sheet: Sheet, paint: Colour) -> None:
    dark = shade(paint, 0.8)
    sheet.area([(66, 314), (574, 314), (596, 352), (600, 470), (574, 500), (66, 500), (40, 470), (44, 352)], paint)
    sheet.area([(66, 314), (574, 314), (586, 334), (54, 334)], shade(paint, 1.1))
    sheet.box(190, 346, 450, 394, shade(BLACK, 1.3), 12)
    for y in (354, 366, 378):
        sheet.box(200, y, 440, y + 5, STEEL)
    for x, y in HEADLIGHTS:
        sheet.box(x - 58, y - 24, x + 58, y + 22, dark, 16)
        sheet.box(x - 52, y - 19, x + 52, y + 17, (214, 214, 206), 14)
        sheet.disc(x, y, 17, 15, WHITE)
    sheet.box(44, 448, 596, 500, shade(paint, 0.62), 14)
    sheet.box(120, 494, 520, 514, BLACK, 6)


def _words(sheet: Sheet, body: Body) -> None:
    ink = body.stripe or WHITE
    if body.top <= 66:
        size = min(34.0, 0.72 * (WINDOW - body.top))
        sheet.text(body.words, 320, (WINDOW + body.top) / 2 + 0.36 * size + 3, size, ink, 700)
    else:
        sheet.text(body.words, 320, 311, 22, ink, 700)


def _plate(sheet: Sheet, plate: str, yellow: bool) -> None:
    face, ink = _plate_colours(plate, yellow)
    sheet.box(216, 404, 424, 466, BLACK if face == WHITE else WHITE, 6)
    sheet.box(219, 407, 421, 463, face, 5)
    spaced = f"{plate[:2]}·{plate[2:]}" if len(plate) <= 8 else plate
    sheet.text(spaced, 320, 447, 34 if len(plate) <= 7 else 29, ink, 700)


def _plate_colours(plate: str, yellow: bool) -> tuple[Colour, Colour]:
    match classify(plate).type:
        case PlateType.NEW_ENERGY_SMALL | PlateType.NEW_ENERGY_LARGE:
            return (150, 214, 150), BLACK
        case PlateType.EMERGENCY | PlateType.POLICE | PlateType.ARMED_POLICE | PlateType.MILITARY:
            return WHITE, BLACK
        case _:
            return (YELLOW, BLACK) if yellow else ((168, 82, 22), WHITE)


def shade(colour: Colour, light: float) -> Colour:
    """The colour, lighter or darker."""
    blue, green, red = (min(255, round(each * light)) for each in colour)
    return blue, green, red


# -- passes ------------------------------------------------------------------------------------------------------------

CARD = (400, 282)
"""ID-2, 105 x 74 mm: a card that lies behind a windscreen."""
PHONE = (232, 440)
CODE_SIDE = 232
"""Pixels of the code with its quiet zone, on either."""


def modules(text: str, level: Literal["M", "Q"]) -> Image:
    """The QR code of a text with its quiet zone, one gray pixel a module."""
    code = segno.make(text, error=level, micro=False, boost_error=False)
    return np.array(
        [[BLACK[0] if dark else WHITE[0] for dark in row] for row in code.matrix_iter(border=QUIET_ZONE)], np.uint8
    )


def qr(text: str, level: Literal["M", "Q"], side: int) -> Image:
    """The QR code of a text with its quiet zone, `side` pixels square, BGR."""
    large = modules(text, level).repeat(8, axis=0).repeat(8, axis=1)
    square = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    return pixels(cv2.cvtColor(square, cv2.COLOR_GRAY2BGR))


def card(text: str, plate: str) -> Sprite:
    """A printed pass: level Q, since dirt and folds cost area. It is held by its left lower corner."""
    sheet = Sheet(*CARD)
    sheet.box(0, 0, CARD[0], CARD[1], (196, 196, 192), 14)
    sheet.box(2, 2, CARD[0] - 2, CARD[1] - 2, (253, 253, 252), 13)
    sheet.box(2, 14, CARD[0] - 2, 40, BLUE)
    sheet.text("车辆通行证  VEHICLE PASS", 200, 34, 20, WHITE, 700)
    sheet.picture(qr(text, "Q", CODE_SIDE * Sheet.SCALE), CARD[0] - CODE_SIDE - 6, 45)
    sheet.text(plate[:2] or "通行", 84, 106, 44, BLACK, 700)
    sheet.text(plate[2:] or "证", 84, 154, 34, BLACK, 700)
    sheet.disc(112, 200, 22, 22, shade(RED, 1.3))
    sheet.disc(112, 200, 18, 18, (246, 244, 250))
    sheet.text("印", 112, 209, 22, RED, 700)
    return sheet.sprite()


def phone(text: str, plate: str) -> Sprite:
    """A pass on a telephone: level M, since a screen stays clean and large modules read farther."""
    sheet = Sheet(*PHONE)
    sheet.box(0, 0, PHONE[0], PHONE[1], (26, 24, 24), 26)
    sheet.box(8, 8, PHONE[0] - 8, PHONE[1] - 8, (62, 46, 40), 20)
    sheet.text("通行证 PASS", PHONE[0] / 2, 56, 22, WHITE, 700)
    side = PHONE[0] - 16
    sheet.picture(qr(text, "M", side * Sheet.SCALE), 8, 84)
    sheet.text(plate, PHONE[0] / 2, 84 + side + 46, 30, WHITE, 700)
    sheet.box(70, PHONE[1] - 26, PHONE[0] - 70, PHONE[1] - 20, (170, 170, 170), 3)
    return sheet.sprite()
