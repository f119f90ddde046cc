"""Pictures are taken from PNG and JPEG alone, laid on white, made small, without particulars."""

from io import BytesIO

import pytest
from PIL import Image

from hub.errors import RefusedError
from hub.registers import pictures


def saved(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


def test_a_transparent_picture_is_laid_on_white() -> None:
    with Image.open(BytesIO(pictures.taken(saved(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG")))) as image:
        assert image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "expected a PNG or JPEG"), (b"\xff\xd8\xffrubbish", "damaged"), (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff" + bytes(pictures.MOST_BYTES), "at most 4 MB"),
        (saved(Image.new("1", (9000, 9000)), "PNG"), "at most 50 million pixels"),
    ],
)  # fmt: skip
def test_what_is_no_picture_of_ours_is_refused_in_one_line(data: bytes, line: str) -> None:
    with pytest.raises(RefusedError, match=line):
        pictures.taken(data)
