"""Pictures become texts, by the first rung of the ladder that reads them."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.scanner.places import tiles
from edge.scanner.scanner import Scanner, Work, to_gray
from scripts.roadside.picture import picture
from scripts.roadside.shot import Shot, shots
from tests.edge.pictures import code, pass_text, seen

TEXT = pass_text()
EMPTY = np.full((720, 1280), 120, np.uint8)
CARD = seen(code(TEXT), yaw=15, roll=4)
SMALL_AND_BLURRED = Shot(module=3.0, defocus=1.6, at=(0.4, 0.5))


@pytest.mark.parametrize("decoder", ["zxing", "pyzbar"])
@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [(0, 0, 0), (30, 0, 0), (0, -30, 5), (-22, 20, 12), (0, 0, 45), (0, 0, 180), (20, 10, 90)]
)
def test_pass_is_read_at_an_angle(decoder: str, yaw: float, pitch: float, roll: float) -> None:
    (reading,) = Scanner([decoder]).scan(seen(code(TEXT), yaw=yaw, pitch=pitch, roll=roll))
    assert reading.text == TEXT
    assert reading.decoder == decoder


@pytest.mark.parametrize("decoder", ["zxing", "pyzbar"])
def test_text_is_returned_as_it_stands_with_its_spaces(decoder: str) -> None:
    text = "KK1: 6B%*$ +-./: A "
    assert [each.text for each in Scanner([decoder]).scan(seen(code(text)))] == [text]


@pytest.mark.parametrize("decoder", ["zxing", "pyzbar"])
def test_corners_are_where_the_code_is(decoder: str) -> None:
    (reading,) = Scanner([decoder]).scan(seen(code(TEXT), side=300))
    centre = np.mean(reading.corners, axis=0)
    assert len(reading.corners) == 4
    assert centre == pytest.approx([640, 360], abs=4)


def test_inverted_code_of_a_phone_in_dark_mode_is_read() -> None:
    assert [each.text for each in Scanner(["zxing"]).scan(seen(code(TEXT, "m", inverted=True)))] == [TEXT]


def test_colour_frame_reads_like_a_gray_one() -> None:
    assert Scanner(["zxing"]).scan(np.dstack([CARD] * 3)) == Scanner(["zxing"]).scan(CARD)


def test_empty_frame_says_nothing() -> None:
    assert Scanner(["zxing", "pyzbar"]).scan(EMPTY) == ()


def test_configuration_says_which_decoder_comes_first() -> None:
    assert Scanner(["zxing", "pyzbar"]).scan(CARD)[0].decoder == "zxing"
    assert Scanner(["pyzbar", "zxing"]).scan(CARD)[0].decoder == "pyzbar"


def test_second_decoder_is_asked_when_the_first_reads_nothing() -> None:
    dark_mode = seen(code(TEXT, "m", inverted=True))
    assert Scanner(["pyzbar"]).scan(dark_mode) == ()
    assert [each.decoder for each in Scanner(["pyzbar", "zxing"]).scan(dark_mode)] == ["zxing"]


@pytest.mark.parametrize("decoders", [["zbar"], []])
def test_unknown_decoder_is_refused_by_name(decoders: list[str]) -> None:
    with pytest.raises(ValueError, match=r"expected some of zxing, pyzbar"):
        Scanner(decoders)


def test_decoders_leave_nothing_on_standard_error() -> None:
    script = "import numpy as np; from edge.scanner.scanner import Scanner; "
    script += "Scanner(['zxing', 'pyzbar']).scan(np.zeros((90, 160), np.uint8))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def beside(left: Image, right: Image) -> Image:
    """Two frames of 1280x720, the middle half of each, side by side."""
    return pixels(np.hstack([left[:, 320:960], right[:, 320:960]]))


def test_pass_comes_before_another_code_beside_it() -> None:
    timetable = seen(code("https://bus.example/12"), side=200)
    both = Scanner().scan(beside(timetable, CARD))
    assert [each.text for each in both] == [TEXT, "https://bus.example/12"]


def test_pass_that_needs_a_filter_is_still_looked_for_beside_a_code_that_needs_none() -> None:
    timetable, blurred = seen(code("https://bus.example/12"), side=200), picture(TEXT, SMALL_AND_BLURRED)
    blurred_gray = to_gray(blurred)
    middle = round(SMALL_AND_BLURRED.at[0] * 1280)
    left = min(max(0, middle - 320), 640)
    both = np.hstack([timetable[:, 320:960], blurred_gray[:, left : left + 640]])
    assert Scanner(["zxing"]).scan(blurred)[0].rung != "frame"
    assert [each.text for each in Scanner().scan(pixels(both))] == [TEXT, "https://bus.example/12"]


@pytest.mark.parametrize("condition", ["defocus", "low light", "motion", "moire"])
def test_ladder_reads_passes_that_the_bare_decoder_does_not(condition: str) -> None:
    frames = [picture(TEXT, shot) for shot in shots(condition, 1, 12)]
    bare = [reads_at(frame, 1) for frame in frames]
    ladder = [reads_at(frame, len(Scanner().rungs)) for frame in frames]
    assert sum(ladder) > sum(bare)


def reads_at(frame: Image, rungs: int) -> bool:
    """Whether the first so many rungs read the pass, and nothing but the pass."""
    work = Work(to_gray(frame), list(Scanner().rungs[:rungs]))
    while not work.done:
        work.climb()
    assert {each.text for each in work.readings} <= {TEXT}
    return bool(work.readings)


def bent(image: Image, bow: float, stretch: float) -> Image:
    """A gray picture of paper that is bent about its upright axis: lines sink in the middle, steps widen to the right."""
    height, width = image.shape
    down, across = np.indices(image.shape, np.float32)
    wave = np.sin(np.pi * across / width)
    return pixels(
        cv2.remap(image, across - stretch * width * wave, down - bow * height * wave, cv2.INTER_LINEAR,
                  borderMode=cv2.BORDER_REPLICATE)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "bow", "stretch", "rungs"),
    [
        (TEXT, 0.09, 0.0, ("bowed down", "bowed right")),
        (TEXT, -0.09, 0.0, ("bowed up", "bowed left")),
        # a small code has one alignment pattern where a pass has six: it stands less
        ("https://bus.example/12/north", 0.0, 0.05, ("rolled right", "rolled down")),
        ("https://bus.example/12/north", 0.0, -0.05, ("rolled left", "rolled up")),
    ],
)
def test_code_on_bent_paper_is_flattened(text: str, bow: float, stretch: float, rungs: tuple[str, str]) -> None:
    upright = bent(pixels(cv2.resize(code(text), (300, 300), interpolation=cv2.INTER_AREA)), bow, stretch)
    for picture_, rung in zip((upright, pixels(upright.T.copy())), rungs, strict=True):
        assert [(each.text, each.rung) for each in Scanner().scan(picture_)] == [(text, "place, " + rung)]


def test_no_rung_is_begun_when_the_time_is_up() -> None:
    seconds = iter(range(100))
    scanner = Scanner(clock=lambda: float(next(seconds)))
    assert [step.rung for step in scanner.climb(picture(TEXT, Shot(defocus=6.0)), budget=2.5)] == [
        each.name for each in scanner.rungs[:3]
    ]


def test_corners_are_those_of_the_frame_whatever_a_rung_did_to_it() -> None:
    shot = SMALL_AND_BLURRED
    (reading,) = Scanner().scan(picture(TEXT, shot))
    assert np.mean(reading.corners, axis=0) == pytest.approx([shot.at[0] * 1280, shot.at[1] * 720], abs=8)


@pytest.mark.parametrize("side", [1, 7, 60, 300])
def test_tiny_pictures_say_nothing_and_break_nothing(side: int) -> None:
    assert Scanner().scan(np.full((side, side), 90, np.uint8)) == ()


def test_whatever_the_frame_no_rung_hangs_or_speaks(capfd: pytest.CaptureFixture[str]) -> None:
    chance = np.random.default_rng(5)
    noise = chance.integers(0, 256, (720, 1280), np.uint8)
    board = pixels(np.kron(np.indices((45, 80)).sum(0) % 2, np.full((16, 16), 255)).astype(np.uint8))
    finders = np.tile(code("x" * 20)[:80, :80], (9, 16))
    for frame in (noise, board, pixels(finders), np.zeros((720, 1280), np.uint8)):
        assert all(reading.text for reading in Scanner().scan(frame))
    assert capfd.readouterr().err == ""


def sheet(side: int, at: list[tuple[int, int, str]]) -> Image:
    """A photograph of 4000x3000 pixels with flat codes of `side` pixels, each at its place."""
    ground = np.random.default_rng(3).normal(170, 6, (3000, 4000)).clip(0, 255).astype(np.uint8)
    for x, y, text in at:
        ground[y : y + side, x : x + side] = cv2.resize(code(text), (side, side), interpolation=cv2.INTER_AREA)
    return ground


def test_small_pass_on_a_large_photograph_is_read() -> None:
    """Faults F: pictures of more than 1,920 pixels were only looked at shrunk."""
    found = Scanner().scan(sheet(150, [(2130, 1270, TEXT)]))
    assert [each.text for each in found] == [TEXT]
    assert np.mean(found[0].corners, axis=0) == pytest.approx([2205, 1345], abs=4)


def test_small_codes_are_read_beside_a_large_one() -> None:
    names = [f"https://bus.example/{number}" for number in range(12)]
    photograph = sheet(90, [(200 + 900 * (n % 4), 300 + 900 * (n // 4), name) for n, name in enumerate(names)])
    photograph[1300:2100, 1100:1900] = cv2.resize(code("https://shop.example"), (800, 800))
    photograph[1200:1290, 2900:2990] = cv2.resize(code(names[7]), (90, 90), interpolation=cv2.INTER_AREA)
    assert {each.text for each in Scanner().scan(photograph)} >= {"https://shop.example", names[0], names[3], names[11]}


def test_tiles_cover_a_large_picture_and_share_what_lies_between_them() -> None:
    for height, width in [(3000, 4000), (1921, 300), (1, 9001), (1920, 1920)]:
        found = tiles(np.zeros((height, width), np.uint8), 1920, 640)
        for length, spans in (
            (width, sorted({(each.x, each.x + each.width) for each in found})),
            (height, sorted({(each.y, each.y + each.height) for each in found})),
        ):
            assert spans[0][0] == 0
            assert spans[-1][1] == length
            assert all(end - start <= 1920 for start, end in spans)
            assert all(before[1] - after[0] >= 640 for before, after in itertools.pairwise(spans))


def test_frame_of_a_lane_is_not_tiled() -> None:
    assert Work(np.zeros((1080, 1920), np.uint8), [])._tiles() == []


@pytest.mark.parametrize(("height", "width"), [(1, 5000), (5000, 1), (2, 20_000), (1, 1), (3, 1921)])
def test_strips_say_nothing_and_break_nothing(height: int, width: int) -> None:
    """Hard input p01: a picture that became less than a pixel high when it was shrunk."""
    assert Scanner().scan(np.full((height, width), 90, np.uint8)) == ()
