"""A register's sheet as a picture, to be passed on: the pages of its PDF below each other. The same PDF gives the same bytes.

Tested in `tests/hub/registers/paper/test_picture.py`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from hub.errors import RefusedError

if TYPE_CHECKING:
    from PIL.Image import Image  # comes with the drawing library, and is as slow to import

MOST_PAGES = 8
"""Pages of one picture: telephones show no longer ones."""
SCALE = 1.75
"""126 points to the inch: small print can be read on a telephone."""
_GAP = 6


def png(pdf: bytes) -> bytes:
    """The pages of a PDF as one PNG in shades of grey; `RefusedError` if there are too many."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        if len(document) > MOST_PAGES:
            raise RefusedError(
                "%(count)s pages are too many for a picture of at most %(most)s: ask for fewer rows",
                count=len(document),
                most=MOST_PAGES,
            )
        return _saved(
            _below([document[number].render(scale=SCALE, grayscale=True).to_pil() for number in range(len(document))])
        )
    finally:
        document.close()


def _below(pages: list[Image]) -> Image:
    from PIL import Image

    whole = Image.new("L", (max(page.width for page in pages), sum(page.height + _GAP for page in pages) - _GAP), 190)
    y = 0
    for page in pages:
        whole.paste(page, (0, y))
        y += page.height + _GAP
    return whole


def _saved(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
