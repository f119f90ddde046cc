"""Pictures in fields of rows: taken from a PNG or JPEG file, drawn anew without anything that a camera writes beside it, and kept by id.

A picture of a form that was not sent yet belongs to no row; a day later it is forgotten.

Tested in `tests/hub/registers/test_pictures.py`.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image, ImageOps
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import register_pictures
from hub.errors import RefusedError

MOST_BYTES = 4 * 1024 * 1024
MOST_SIDE = 2000
MOST_PIXELS = 50_000_000
"""Of a file: larger ones are not even decoded."""
STAYS = timedelta(days=1)
_PICTURES = register_pictures.c
_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept."""

    id: str
    row: int | None
    field: str
    media: str
    data: bytes


def taken(data: bytes) -> bytes:
    """The picture in a file as a JPEG of at most 2000 pixels a side, without its particulars; `RefusedError` says why it is none."""
    if len(data) > MOST_BYTES:
        raise RefusedError("picture: expected at most %(most)s MB", most=MOST_BYTES // 1024 // 1024)
    kind = next((name for begin, name in _BEGINNINGS.items() if data.startswith(begin)), None)
    if kind is None:
        raise RefusedError("picture: expected a PNG or JPEG file")
    try:
        with Image.open(BytesIO(data), formats=[kind]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise RefusedError("picture: expected at most %(most)s million pixels", most=MOST_PIXELS // 1_000_000)
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((MOST_SIDE, MOST_SIDE))
            whole = upright.convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError("picture: the file is damaged") from None
    ground = Image.new("RGB", whole.size, "white")
    ground.paste(whole, mask=whole.getchannel("A"))
    out = BytesIO()
    ground.save(out, "JPEG", quality=85)
    return out.getvalue()


def keep(connection: Connection, town: str, field: str, data: bytes, *, by: str, now: datetime) -> str:
    """Keeps a picture that no row has yet, and forgets those that none has had for a day. Returns its id."""
    old = (_PICTURES.town == town, _PICTURES.row.is_(None), _PICTURES.at < wall_text(now - STAYS))
    connection.execute(delete(register_pictures).where(*old))
    id_ = secrets.token_hex(16)
    row = {
        "town": town, "id": id_, "row": None, "field": field, "media": "image/jpeg", "data": data, "at": wall_text(now), "user": by,
    }  # fmt: skip
    connection.execute(insert(register_pictures).values(**row))
    return id_


def find(connection: Connection, town: str, id_: str) -> Picture | None:
    """The picture with this id."""
    columns = [_PICTURES[name] for name in ("id", "row", "field", "media", "data")]
    found = connection.execute(select(*columns).where(_PICTURES.town == town, _PICTURES.id == id_)).first()
    return None if found is None else Picture(*found)


def check(connection: Connection, town: str, field: str, id_: str, row: int | None, by: str) -> None:
    """`RefusedError` unless a picture is this row's, or was sent by this user for this field and is no row's yet."""
    free = (_PICTURES.row.is_(None)) & (_PICTURES.user == by)
    mine = free if row is None else or_(free, _PICTURES.row == row)
    query = select(_PICTURES.id).where(_PICTURES.town == town, _PICTURES.id == id_, _PICTURES.field == field, mine)
    if connection.execute(query).first() is None:
        raise RefusedError("picture: it is not there any more; choose the file again")


def bind(connection: Connection, town: str, row: int, ids: Collection[str]) -> None:
    """Gives pictures to a row, and forgets those that it had and names no more."""
    mine = (_PICTURES.town == town, _PICTURES.row == row)
    connection.execute(delete(register_pictures).where(*mine, _PICTURES.id.not_in(list(ids))))
    if ids:
        given = (_PICTURES.town == town, _PICTURES.id.in_(list(ids)))
        connection.execute(update(register_pictures).where(*given).values(row=row))
