"""Cards on paper: what is printed is read back by a gate's scanner, on cards and on sheets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import zxingcpp

from edge.camera.frames import Image
from edge.camera.opencv import cv2
from edge.contract.plates import PROVINCES
from edge.contract.policy import Mark
from edge.scanner.scanner import Scanner
from hub.accounts.roles import Role
from hub.cli import main
from hub.errors import HubError
from hub.passes import cards
from hub.passes.cards import Size, card, font_file, outline, pdf
from hub.passes.glyphs import missing, of_font
from hub.passes.issue import issue_pass, revoke_pass
from hub.passes.store import Issued
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

NAMES = {"east": "东门", "south": "南门", "west": "西门", "north": "北门"}


def issue(place: Place, plate: str = "鲁B12345", **changes: object) -> Issued:
    wanted: dict[str, object] = {
        "vehicle_class": "resident", "allowed": ["east", "west"], "not_before": NOW, "expires": None, "priority": None,
    }  # fmt: skip
    with place.engine.begin() as connection:
        return issue_pass(place.town, connection, plate=plate, by="cli", now=NOW, **{**wanted, **changes})  # type: ignore[arg-type]  # any argument


def printed(place: Place, issued: Sequence[Issued], *, size: Size = Size.ID1, sheet: bool = False) -> bytes:
    made = [card(each, place.town.rules, NAMES, place.town.settings.zone) for each in issued]
    return pdf(made, size=size, sheet=sheet, now=NOW)


def pictures(data: bytes, dpi: int) -> list[Image]:
    document = pypdfium2.PdfDocument(data)
    found = [np.array(page.render(scale=dpi / 72).to_numpy()) for page in document]
    document.close()
    return found


def words(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text


def read(image: Image) -> set[str]:
    return {reading.text for reading in Scanner(["zxing", "pyzbar"]).scan(image)}


@pytest.mark.parametrize("size", list(Size))
@pytest.mark.parametrize("dpi", [200, 300])
def test_a_printed_card_is_read_back_exactly(place: Place, size: Size, dpi: int) -> None:
    issued = issue(place)
    (picture,) = pictures(printed(place, [issued], size=size), dpi)
    assert read(picture) == {issued.text}


@pytest.mark.parametrize(("size", "dpi"), [(Size.ID1, 300), (Size.ID2, 200)])
def test_every_card_of_a_sheet_is_read_back(place: Place, size: Size, dpi: int) -> None:
    _width, _height, across, down = size.value
    issued = [issue(place, f"鲁B{number:05}") for number in range(across * down + 1)]
    first, second = pictures(printed(place, issued, size=size, sheet=True), dpi)
    assert read(first) == {each.text for each in issued[:-1]}
    assert read(second) == {issued[-1].text}


@pytest.mark.parametrize("size", list(Size))
def test_a_card_has_the_size_of_its_standard(place: Place, size: Size) -> None:
    document = pypdfium2.PdfDocument(printed(place, [issue(place)], size=size))
    width, height = document[0].get_size()
    document.close()
    assert (width / 72 * 25.4, height / 72 * 25.4) == pytest.approx(size.value[:2], abs=0.05)


@pytest.mark.parametrize("size", list(Size))
def test_a_sheet_is_a4_and_its_cut_marks_stand_outside_the_cards(place: Place, size: Size) -> None:
    (page,) = pictures(printed(place, [issue(place)], size=size, sheet=True), 254)
    height, width = (side / 10 for side in page.shape[:2])
    assert {round(height), round(width)} == {210, 297}
    card_width, card_height, across, down = size.value
    left, top = (width - across * card_width) / 2, (height - down * card_height) / 2
    ink = page.min(axis=2) < 128
    beside = ink[round(top * 10) - 2 : round(top * 10) + 3, round((left - 4) * 10)]
    above = ink[round((top - 4) * 10), round((left + card_width) * 10) - 2 : round((left + card_width) * 10) + 3]
    gap = ink[round(top * 10) - 2 : round(top * 10) + 3, round((left - 0.8) * 10)]
    assert beside.any()
    assert above.any()
    assert not gap.any()


def test_a_card_says_in_words_what_its_code_says(place: Place) -> None:
    text = words(printed(place, [issue(place, priority=True)]))
    for wanted in ("鲁B·12345", "居民", "Resident", "东门、西门", "优先", "2026-03-01 12:30", "2026-03-31 12:30"):
        assert wanted in text
    assert "全部卡口" in words(printed(place, [issue(place, "鲁B54321", allowed=None)]))


def test_a_long_plate_stays_beside_the_code(place: Place) -> None:
    issued = issue(place, "W" * 16)
    (picture,) = pictures(printed(place, [issued]), 300)
    assert read(picture) == {issued.text}


def test_a_class_shows_by_colour_and_by_shape(place: Place) -> None:
    resident, duty = (
        pictures(printed(place, [issue(place, vehicle_class=each)]), 200)[0] for each in ("resident", "village_duty")
    )
    band = (20, 300)
    assert tuple(resident[band][::-1]) == (0x17, 0x56, 0x8B)
    assert tuple(duty[band][::-1]) == (0x0B, 0x6E, 0x4F)
    corner = np.s_[10:70, 20:80]
    assert ((resident[corner].min(axis=2) > 200) != (duty[corner].min(axis=2) > 200)).any()


def test_every_mark_has_an_outline_of_its_own() -> None:
    shapes = {mark: tuple(outline(mark)) for mark in Mark}
    assert len(set(shapes.values())) == len(Mark)
    assert shapes[Mark.CIRCLE] == ()


def test_a_missing_font_is_one_line_that_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(HubError, match=r"^cards: no Chinese font .*fonts-wqy-microhei"):
        font_file([tmp_path / "none.ttc"])


def test_nothing_and_too_much_are_not_printed(place: Place) -> None:
    issued = issue(place)
    with pytest.raises(HubError, match="no pass to print"):
        printed(place, [])
    with pytest.raises(HubError, match="at most 400"):
        printed(place, [issued] * (cards.MOST + 1))


def test_pass_print_writes_the_file_and_notes_it(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = [issue(place, plate, expires=NOW + timedelta(days=366)) for plate in ("鲁B11111", "鲁B22222")]
    folder, file = str(place.folder), tmp_path / "cards.pdf"
    assert main(["--data", folder, "pass", "print", *(each.id for each in issued), "--sheet", "--pdf", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: 2 cards\n"
    (picture,) = pictures(file.read_bytes(), 300)
    assert read(picture) == {each.text for each in issued}
    assert {row["object"] for row in table(place, "audit") if row["action"] == "pass printed"} == {
        f"passes/{each.id}" for each in issued
    }


def test_pass_print_draws_a_code_for_a_phone_at_level_m(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issued, file = issue(place, expires=NOW + timedelta(days=366)), tmp_path / "phone.png"
    arguments = ["--data", str(place.folder), "pass", "print"]
    assert main([*arguments, issued.id, "--png", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: pass {issued.id}\n"
    picture = cv2.imread(str(file))
    assert picture is not None
    (code,) = zxingcpp.read_barcodes(picture)
    assert (code.text, code.ec_level) == (issued.text, "M")
    assert (picture[: 4 * 12] == 255).all(), "the quiet zone is 4 modules"
    assert [row["object"] for row in table(place, "audit") if row["action"] == "pass printed"] == [
        f"passes/{issued.id}"
    ]
    other = issue(place, "鲁B22222", expires=NOW + timedelta(days=366))
    assert main([*arguments, issued.id, other.id, "--png", str(file)]) == 1
    assert capsys.readouterr().err == "kakou-hub: pass print --png: expected one pass, found 2\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["0123456789abcdef"], "there is no such pass"),
        ([], "expected ids of passes or --all-of CLASS"),
        (["--all-of", "tank"], "there is no such class"),
        (["--all-of", "transit"], "there is no pass to print"),
        (["--all-of", "transit", "--size", "a4"], "expected id1 or id2"),
    ],
)
def test_pass_print_refuses_in_one_line(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    file = tmp_path / "cards.pdf"
    assert main(["--data", str(place.folder), "pass", "print", *arguments, "--pdf", str(file)]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not file.exists()


def test_a_revoked_pass_is_not_printed(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    issued = issue(place)
    with place.engine.begin() as connection:
        revoke_pass(place.town, connection, issued.id, by="cli", reason="lost", now=NOW)
    assert main(["--data", str(place.folder), "pass", "print", issued.id, "--pdf", str(tmp_path / "x.pdf")]) == 1
    assert "revoked" in capsys.readouterr().err


# --- faults E: a card says what its code says -------------------------------------------------------------------------


@pytest.mark.parametrize("plate", ["🚑1234", "鲁B1234\u0627", "鲁B\U00020000123"])
def test_a_plate_that_no_card_can_show_is_issued_to_nobody(place: Place, plate: str) -> None:
    with pytest.raises(HubError, match=r"plate '.*': . \(U\+[0-9A-F]{4,5}\) can't be printed on a card"):
        issue(place, plate)
    assert table(place, "passes") == []


@pytest.mark.parametrize(
    ("field", "text"), [("plate", "鲁B·🚑"), ("class_zh", "居民😀"), ("class_en", "Resi\u0627dent"), ("gates", "东门、\U00020000"), ("operation", "x\u200bx")]
)  # fmt: skip
def test_a_character_without_a_shape_is_refused_and_no_box_is_printed(place: Place, field: str, text: str) -> None:
    made = replace(card(issue(place), place.town.rules, NAMES, place.town.settings.zone), **{field: text})  # type: ignore[arg-type]  # texts all
    with pytest.raises(HubError, match=rf"^cards: pass {made.id}: .* \(U\+[0-9A-F]+\) can't be printed"):
        pdf([made], size=Size.ID1, sheet=False, now=NOW)


def test_what_plates_and_names_are_made_of_can_be_drawn() -> None:
    glyphs = of_font(font_file())
    assert missing(PROVINCES + "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789学警挂领使港澳应急·（）ÄÖéñ ", glyphs) == ""
    assert missing("鲁\u200bB", glyphs) == "\u200b"
    assert missing("鲁", None) == ""


def test_a_sheet_is_named_by_the_towns_day(place: Place) -> None:
    issue(place)
    # one in the morning of the day after, by the town's clock
    with console(place, clock=lambda: NOW.replace(hour=17)) as app:
        answer = Browser(app, Role.OFFICER).client.head("/passes/cards.pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cards-2026-03-02.pdf"'
