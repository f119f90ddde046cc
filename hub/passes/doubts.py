"""The doubts that a person must confirm before a pass is issued: an odd plate, a plate that has a pass, a plate on the watch list.

Nothing here forbids a pass: a doubt is shown once, and whoever issues says that it is meant. Every way to a new pass asks: the form,
the command, the list. Renewal and replacement ask about the watch list alone: the plate and its pass are known.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.engine import Connection

from edge.contract.plates import PlateType, classify
from edge.contract.records import wall_text
from hub.database.schema import pass_keys, passes, watched
from hub.errors import RefusedError, Words

_LETTER = re.compile("[0-9A-Za-z]")
AT_ONCE = 500
"""Plates that one query asks for."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why to look again: at which text, and in which row of a list (0: none)."""

    found: str
    why: Words
    row: int = 0

    def words(self) -> Words:
        """The doubt in one line."""
        if self.row:
            return Words("row %(row)s, %(found)r: %(why)s", row=self.row, found=self.found, why=self.why)
        return Words("%(found)r: %(why)s", found=self.found, why=self.why)


class DoubtfulError(RefusedError):
    """Nothing was issued: somebody must first say that what is doubtful is meant."""

    def __init__(self, doubts: Sequence[Doubt]):
        line = Words("doubts that nobody confirmed: %(count)s (%(wrong)s)", count=len(doubts), wrong=doubts[0].words())
        super().__init__(line.text, **line.values)
        self.doubts = tuple(doubts)


def mark(doubts: Iterable[Doubt], columns: Iterable[str] = ()) -> str:
    """A short text that stands for exactly these doubts and columns: what was confirmed is what was shown."""
    lines = [str(each.words()) for each in doubts] + [f"column {each}" for each in columns]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:32]


def about_form(plate: str) -> list[Words]:
    """The doubts about a plate (normalised) by its form alone."""
    known = classify(plate)
    if known.type in (PlateType.UNKNOWN, PlateType.NONE):
        return [Words("no known form of a number plate")]
    if known.warning is not None:
        return [Words("more letters than a number plate has")]
    return []


def about_signs(text: str) -> list[Words]:
    """The doubts about a plate as it was written: a footnote's ² or a ⑤ is read as a digit, and makes another plate."""
    if not any(holds_odd_digit(each) for each in text):
        return []
    return [Words("holds raised or circled signs, and is read as %(plate)s", plate=classify(text).text)]


def holds_odd_digit(character: str) -> bool:
    """Returns True for a sign that is no letter or digit by itself and that NFKC makes one of: ², ⑤, ㋁, but no full-width one."""
    if character.isascii() or unicodedata.decomposition(character).startswith("<wide>"):
        return False
    return _LETTER.search(unicodedata.normalize("NFKC", character)) is not None


def about_plates(connection: Connection, town: str, plates: Iterable[str], now: datetime) -> Mapping[str, list[Words]]:
    """The doubts about each plate (normalised) from what the town knows of it: passes that hold, the watch list."""
    found: dict[str, list[Words]] = {}
    ordered = sorted(set(plates))
    for at in range(0, len(ordered), AT_ONCE):
        some = ordered[at : at + AT_ONCE]
        query = select(watched).where(watched.c.town == town, watched.c.plate.in_(some))
        for row in connection.execute(query):
            found.setdefault(row.plate, []).append(Words("on the watch list: %(why)s", why=row.why))
        for row in connection.execute(select(passes).where(*_holding(town, some, now)).order_by(passes.c.id)):
            found.setdefault(row.plate, []).append(_pass_words(row, now))
    return found


def about_one(connection: Connection, town: str, plate: str, now: datetime) -> tuple[Doubt, ...]:
    """All doubts about one plate as it was typed."""
    text = classify(plate).text
    words = [*about_signs(plate), *about_form(text), *about_plates(connection, town, [text], now).get(text, ())]
    return tuple(Doubt(text, each) for each in words)


def about_watched(connection: Connection, town: str, plate: str) -> tuple[Doubt, ...]:
    """The doubt about one more pass for a plate (normalised) that is watched."""
    row = connection.execute(select(watched.c.why).where(watched.c.town == town, watched.c.plate == plate)).first()
    return () if row is None else (Doubt(plate, Words("on the watch list: %(why)s", why=row.why)),)


def _holding(town: str, plates: Sequence[str], now: datetime) -> list[ColumnElement[bool]]:
    return [
        passes.c.town == town,
        passes.c.plate.in_(plates),
        passes.c.revoked_at.is_(None),
        passes.c.expires > wall_text(now),
        # a pass ends with its key
        passes.c.kid.not_in(
            select(pass_keys.c.kid).where(pass_keys.c.town == town, pass_keys.c.revoked_at.is_not(None))
        ),
    ]


def _pass_words(row: Row[Any], now: datetime) -> Words:
    if row.blocked_at is not None:
        return Words("its pass %(id)s is blocked: %(why)s", id=row.id, why=row.blocked_reason or "")
    if row.not_before > wall_text(now):
        return Words("has pass %(id)s already, valid from %(start)s", id=row.id, start=row.not_before)
    return Words("has pass %(id)s already, valid until %(at)s", id=row.id, at=row.expires)
