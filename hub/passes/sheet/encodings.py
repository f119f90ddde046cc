"""Bytes -> text. The encoding is decided from the whole file, and the result is looked at before anybody believes it.

Bytes of GB 18030 may be valid UTF-8 by accident (鲁 becomes "³" with a sign before it), and those of UTF-8 are often valid GB 18030.
Where both are possible, number plates and Chinese characters decide; where those do not, the file is refused and not guessed.
A file with a broken UTF-8 character is never read as GB 18030 instead.
"""

import codecs
import csv
import io
import re

from edge.contract.plates import PROVINCES, PlateType, classify
from hub.errors import RefusedError
from hub.passes.sheet.table import letters

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_WORD = re.compile(r"[^\s,;，；|\"'=]{6,12}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_WIDE = re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff01-\uff5e]")
_NEVER = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff]")
"""Controls and private use: no list holds them, a wrong reading does."""
_GB2312 = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")
_THREE = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}|\xef[\xbc-\xbd][\x80-\xbf]")
"""A Chinese character, or a full-width one, in UTF-8."""
_DAMAGE = 10
"""UTF-8 is believed broken, and not another encoding, unless broken places are this many times as frequent as Chinese characters."""


def decoded(data: bytes, name: str) -> tuple[str, str]:
    """The text, and the encoding's name; `RefusedError` names row and column of a broken character, or says that it is unclear."""
    if b"\0" not in data and data.endswith((b"\n\x1a", b"\r\x1a")):
        # programs of DOS end a text with it
        data = data[:-1]
    for mark, encoding, called in _MARKS:
        if data.startswith(mark):
            return _strict(data.removeprefix(mark), encoding, called, name), called
    if b"\0" in data:
        return _wide(data, name), "UTF-16"
    try:
        utf8 = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error, name), "GB 18030"
    if data.isascii():
        return utf8, "UTF-8"
    gb = _gb18030(data)
    if gb is None:
        return utf8, "UTF-8"
    as_utf8, as_gb = _plates(utf8), _plates(gb)
    if _WIDE.search(utf8) and as_utf8 >= as_gb:
        return utf8, "UTF-8"
    if as_gb and not as_utf8 and not _WIDE.search(utf8):
        return gb, "GB 18030"
    raise _unclear(name)


def _strict(data: bytes, encoding: str, called: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _broken(data[: error.start].decode(encoding, "replace"), called, name) from None


def _wide(data: bytes, name: str) -> str:
    """UTF-16 without a mark: the order of bytes that gives a list."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NEVER.search(text) and re.search("[\r\n]", text) and re.search("[\t,;]", text):
            return text
    raise RefusedError("%(file)s: neither CSV in UTF-8 or GB 18030 nor an .xlsx workbook", file=name)


def _not_utf8(data: bytes, error: UnicodeDecodeError, name: str) -> str:
    """GB 18030, if the bytes look like that and not like UTF-8 with a damage."""
    broken, chinese = _broken_places(data), len(_THREE.findall(data))
    gb = _gb18030(data)
    if chinese and broken < _DAMAGE * chinese:
        raise _broken(data[: error.start].decode("utf-8"), "UTF-8", name)
    if gb is None:
        raise RefusedError("%(file)s: neither CSV in UTF-8 or GB 18030 nor an .xlsx workbook", file=name)
    if not _GB2312.search(data) or not _HAN.search(gb):
        # single letters with accents of a western code page make rare characters
        raise _unclear(name)
    return gb


def _broken_places(data: bytes) -> int:
    return data.decode("utf-8", "replace").count("\ufffd")


def _gb18030(data: bytes) -> str | None:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return None if _NEVER.search(text) else text


def _plates(text: str) -> int:
    """How many words are number plates with a province's character."""
    found = (word for word in _WORD.findall(text) if word[0] in PROVINCES)
    return sum(classify(word).type is not PlateType.UNKNOWN for word in found)


def _unclear(name: str) -> RefusedError:
    return RefusedError(
        "%(file)s: its encoding is unclear (UTF-8 or GB 18030); save it as CSV in UTF-8, or as .xlsx", file=name
    )


def _broken(before: str, called: str, name: str) -> RefusedError:
    """The refusal for a character that breaks off after `before`."""
    heading = before.lstrip("\r\n").partition("\n")[0]
    rows = list(csv.reader(io.StringIO(before, newline=""), delimiter=max(",;\t", key=heading.count)))
    row, place = (len(rows), len(rows[-1]) - 1) if rows else (1, 0)
    if before.endswith(("\n", "\r")):
        row, place = row + 1, 0
    return RefusedError(
        "%(file)s: row %(row)s, column %(letters)s: a character is broken off (%(encoding)s); save the list again",
        file=name,
        row=row,
        letters=letters(max(place, 0)),
        encoding=called,
    )
