"""A workbook's number -> what a person sees, by the number format of its cell (ECMA-376 part 1, 18.8.30 and 18.8.31).

Formats that we can't draw give the cell a trouble instead of a guess: a plate may be the number 12345 shown as 鲁B12345.
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from openpyxl.styles.numbers import builtin_format_code
from openpyxl.utils.datetime import from_excel

from hub.passes.sheet.table import Cell, Trouble

# what Excel shows for these numbers in Chinese; openpyxl knows the western ones
_CHINESE = {
    27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 30: "m-d-yy", 31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒",
    34: "h时mm分", 35: "h时mm分ss秒", 36: "yyyy年m月", 50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月", 53: "m月d日", 54: "m月d日",
    55: "h时mm分", 56: "h时mm分ss秒", 57: "yyyy年m月", 58: "m月d日",
}  # fmt: skip
_PART = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[([^\]]*)\]|((?:0|#|\?|,(?=[0#?])|\.(?=[0#?]))+%?)|(.)', re.DOTALL)
_DATE_LETTERS = re.compile(r"[ymdhseg]", re.IGNORECASE)
_MOST_DIGITS = 400
_CONDITION = re.compile(r"\[\s*[<>=]")
_EXACT = 15
"""Digits of a number that a spreadsheet keeps."""


def format_code(number: int, custom: dict[int, str]) -> str:
    """The format that a cell's style names."""
    if number in custom:
        return custom[number]
    return _CHINESE.get(number) or builtin_format_code(number) or "General"


@lru_cache(maxsize=4096)
def shown_number(raw: str, code: str, epoch: datetime) -> Cell:
    """The cell of a number as the file has it; `ValueError` for what is no number. Equal cells are one value: lists repeat theirs."""
    if len(raw) > _MOST_DIGITS:
        raise ValueError("number")
    try:
        value = Decimal(raw)
    except InvalidOperation:
        raise ValueError("number") from None
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        raise ValueError("number")
    if _CONDITION.search(code):
        # [<20000] and its like choose by the number itself: what is shown is not worked out here
        return Cell(_general(value), trouble=Trouble.FORMAT)
    section = _section(value, code)
    if not section.strip():
        return Cell(_general(value), trouble=Trouble.INVISIBLE)
    if section.strip().lower() in ("general", "@", "g/通用格式"):
        return _plain_number(value)
    bare = _bare(section)
    if _DATE_LETTERS.search(bare):
        return _date(value, bare, section, epoch)
    return _drawn(value, section)


def shown_text(text: str, code: str) -> str | None:
    """A text as its cell's format shows it; None if the format shows nothing of it."""
    sections = code.split(";")
    section = sections[3] if len(sections) > 3 else next((each for each in sections if "@" in each), "@")
    if len(sections) > 3 and not section.strip():
        return None
    before, at, after = section.partition("@")
    return _literals(before) + text + _literals(after) if at else text


def _section(value: Decimal, code: str) -> str:
    sections = code.split(";")
    if value < 0 and len(sections) > 1:
        return sections[1]
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


def _bare(section: str) -> str:
    """A section without its literal texts, colours and conditions."""
    kept = re.sub(r'"[^"]*"|\\.|_.|\*.|E[+-]', "", section)
    # [h] counts hours beyond a day: a length of time
    return re.sub(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", "", kept, flags=re.IGNORECASE)


def _literals(section: str) -> str:
    return "".join(found[1] or found[2] or found[5] or "" for found in _PART.finditer(section))


def _plain_number(value: Decimal) -> Cell:
    rounded = abs(value) >= 10**_EXACT
    return Cell(_general(value), number=True, trouble=Trouble.ROUNDED if rounded else None)


def _general(value: Decimal) -> str:
    if value == value.to_integral_value() and abs(value) < 10**20:
        return str(int(value))
    # 0.1 + 0.2 is kept as 0.30000000000000004 and shown as 0.3
    return f"{float(value):.{_EXACT}g}"


def _date(value: Decimal, bare: str, section: str, epoch: datetime) -> Cell:
    """The cell of a date: its day, and the time of day if the format shows hours."""
    low = bare.lower()
    shows_day, shows_hour = re.search(r"(?<!d)d{1,2}(?!d)", low), "h" in low
    if re.search(r"\[[hms]+\]", low) or not shows_day:
        return Cell(_lone_time(value, section), trouble=None if shows_hour and value < 1 else Trouble.FORMAT)
    try:
        when = from_excel(float(value), epoch)
    except (ValueError, OverflowError):
        return Cell(_general(value), trouble=Trouble.ERROR)
    if not isinstance(when, datetime):
        # a time without a day
        return Cell(str(when), trouble=Trouble.FORMAT)
    when = (when + timedelta(microseconds=500_000)).replace(microsecond=0)
    day = when.date().isoformat()
    no_year = not re.search(r"[yeg]", low)
    if shows_hour:
        return Cell(f"{day} {when:%H:%M:%S}", day=day, time=f"{when:%H:%M:%S}", no_year=no_year)
    return Cell(day, day=day, no_year=no_year)


def _lone_time(value: Decimal, section: str) -> str:
    if value < 1 and "[" not in section:
        seconds = int(value * 86_400 + Decimal("0.5"))
        return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
    return _general(value)


def _drawn(value: Decimal, section: str) -> Cell:
    """A number in a format of digits, with literal text before and after it."""
    before, pattern, after = "", "", ""
    for found in _PART.finditer(section):
        if found[4]:
            if pattern:
                return Cell(_general(value), number=True, trouble=Trouble.FORMAT)
            pattern = found[4]
        elif pattern:
            after += found[1] or found[2] or found[5] or ""
        else:
            before += found[1] or found[2] or found[5] or ""
    digits = _digits(value, pattern) if pattern else None
    if digits is None:
        return Cell(_general(value), number=True, trouble=Trouble.FORMAT)
    rounded = abs(value) >= 10**_EXACT
    alone = not (before.strip() or after.strip())
    return Cell(f"{before}{digits}{after}".strip(), number=alone, trouble=Trouble.ROUNDED if rounded else None)


def _digits(value: Decimal, pattern: str) -> str | None:
    """The number in a pattern such as 0, 000000, #,##0.00 or 0%; None for one that we can't draw."""
    percent = pattern.endswith("%")
    whole, _, fraction = pattern.rstrip("%").partition(".")
    if "?" in pattern or not set(fraction) <= {"0"} or not re.fullmatch(r"[#,]*0*", whole.replace("#,##0", "#0")):
        return None
    scaled = value * 100 if percent else value
    text = f"{abs(scaled):.{len(fraction)}f}"
    head, dot, tail = text.partition(".")
    head = head.zfill(whole.count("0"))
    if "," in whole:
        head = f"{int(head):,}"
    return f"{'-' if value < 0 else ''}{head}{dot}{tail}{'%' if percent else ''}"
