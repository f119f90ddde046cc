"""A value of the database -> the cell of an exported file, a column at a time.

Times become the town's: with offset for machines, as a clock shows them for people, who get words for codes, too. Cells that a
spreadsheet would run as a formula get a leading apostrophe. What a reader may not see is masked. A time or number that is none is
written as it stands, marked as invalid; what cannot be seen (control and format characters) is made visible.

Tested in `tests/hub/visits/test_export.py`, `tests/hub/values/test_stored.py` and `tests/hub/exports/writing/test_quick.py`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from edge.contract.unseen import is_plain
from hub.values.stored import MOST, time_of
from hub.values.visible import escaped, short, visible

Header = Literal["machine", "zh", "en"]
HEADERS: tuple[Header, ...] = ("machine", "zh", "en")
INVALID: dict[Header, tuple[str, str]] = {
    "machine": ("[invalid time]", "[invalid number]"),
    "en": ("[invalid time]", "[invalid number]"),
    "zh": ("〔无效时间〕", "〔无效数值〕"),
}
"""What stands before a time and before a number that is none."""
LONGEST = 32_000
"""Characters of a cell at most: spreadsheets take 32,767."""
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
SUSPECT = FORMULA | {" "}
"""What a cell may not begin with: full-width forms too, which some spreadsheets take for the same."""
YES_NO = {True: "yes", False: "no"}
_WITHIN_THE_HOUR = re.compile(r":[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z").fullmatch
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
_SHAPE, _AS_ZERO = "0000-00-00T00:00:00.000Z", {ord(digit): "0" for digit in "123456789"}
HOURS = 4096
"""How many hours are kept in the town's time: rows stand in order of time, so that one is asked for again and again."""
MASKED = 10_000
"""How many masked texts are kept: of a thousand names one sees a hundred."""

Words = Mapping[str, Mapping[str, str]]
"""By column: code -> word."""
Mask = Callable[[str], str]
Rule = Callable[[Sequence[Any]], Sequence[Any]]
"""A column's cells -> what is written. Called only where at least one says something."""


class Sort(StrEnum):
    """The sort of values that a column holds; `CODES`: several with blanks between."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    RAW = "raw"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its name for machines, its headings, and the sort of its values.

    `group`: columns beside each other of one group hold the same few values together, or mostly none at all. They are written as all
    others are, but sooner.
    """

    name: str
    zh: str
    en: str
    sort: Sort = Sort.TEXT
    group: str = ""

    def heading(self, header: Header) -> str:
        """What stands above the column."""
        return {"machine": self.name, "zh": self.zh, "en": self.en}[header]


@dataclass(frozen=True)
class Manner:
    """How rows are written: for machines, or in the words of a language; in which zone's time; with what masked."""

    zone: tzinfo
    header: Header = "machine"
    masks: Mapping[str, Mask] = field(default_factory=lambda: MappingProxyType({}))
    words: Words = field(default_factory=lambda: MappingProxyType({}))

    def rule(self, column: Column) -> Rule:
        """How a column's cells are written."""
        rule = self.own_rule(column)
        return texts if rule is None else rule

    def own_rule(self, column: Column) -> Rule | None:
        """The rule of a column that is more than a text; None: its cells are plain texts."""
        rule = self._machine_rule(column)
        if self.header == "machine":
            return rule
        if column.sort is Sort.TIME and rule is not None:
            return _then(rule, lambda cells: [_of_the_clock(cell) for cell in cells])
        said = self.words.get(column.name)
        if said is None:
            return rule
        return lambda cells: _worded(column.sort, said, cells, (rule or texts)(cells))

    def _machine_rule(self, column: Column) -> Rule | None:
        mask, invalid = self.masks.get(column.name), INVALID[self.header]
        match column.sort:
            case Sort.TIME:
                return local_times(self.zone, invalid[0])
            case Sort.FLAG:
                return lambda cells: [cell if cell is None else YES_NO[bool(cell)] for cell in cells]
            case Sort.NUMBER:
                return lambda cells: cells if _all_numbers(cells) else [_number(cell, invalid[1]) for cell in cells]
            case Sort.WHOLE:
                return lambda cells: cells if _all_whole(cells) else texts(cells)
            case Sort.RAW:
                return lambda cells: [escaped(str(cell)) for cell in cells]
        if mask is not None:
            return _masked(mask)
        return None


def defused(text: str) -> str:
    """A text that no spreadsheet runs."""
    return "'" + text if text[:1] in FORMULA or text.lstrip()[:1] in FORMULA else text


def plain(value: object) -> str:
    """A cell that no spreadsheet runs, with nothing in it that cannot be seen."""
    return short(visible(defused(str(value))), LONGEST)


def texts(cells: Sequence[Any]) -> Sequence[Any]:
    """A column of texts."""
    # nearly every column of nearly every chunk: one look at all of it
    if _harmless(cells):
        return cells
    return [plain(cell) if cell else cell for cell in cells]


def local_time(zone: tzinfo, invalid: str = INVALID["en"][0]) -> Callable[[str | None], str]:
    """From RFC 3339 UTC to the zone's time with its offset, to the second's thousandth; what is no time as it is, marked.

    The offset of an hour is looked up once: no zone changes it within one.
    """

    hours = _Hours(zone)

    def convert(text: str | None) -> str:
        if not text:
            return ""
        text = str(text)
        if _WITHIN_THE_HOUR(text, 13):
            try:
                begin, offset = hours[text[:13]]
            except KeyError:
                pass
            else:
                return f"{begin}{text[13:-1]}{offset}"
        moment = time_of(text)
        if moment is None:
            return f"{invalid} {plain(text)}"
        return moment.astimezone(zone).isoformat(timespec="milliseconds")

    return convert


def local_times(zone: tzinfo, invalid: str = INVALID["en"][0]) -> Callable[[Sequence[Any]], list[str]]:
    """`local_time` of a column: times of hours that the zone does not change in are looked at together."""
    convert, hours = local_time(zone, invalid), _Hours(zone)

    def all_of(cells: Sequence[Any]) -> list[str]:
        said = [cell for cell in cells if cell] if None in cells else cells
        try:
            if not _are_times("".join(said), len(said)):
                return [convert(cell) for cell in cells]
            found = [f"{begin}{cell[13:23]}{end}" for cell in said for begin, end in (hours[cell[:13]],)]
        except (KeyError, TypeError):
            return [convert(cell) for cell in cells]
        if said is cells:
            return found
        each = iter(found)
        return [next(each) if cell else "" for cell in cells]

    return all_of


class _Hours(dict[str, tuple[str, str]]):
    """`2026-03-01T04` -> `2026-03-01T12` and `+08:00` of a zone; `KeyError` for an hour that is none, or is not one in the zone."""

    def __init__(self, zone: tzinfo):
        super().__init__()
        self._zone = zone

    def __missing__(self, text: str) -> tuple[str, str]:
        first = time_of(text + ":00:00Z")
        local = "" if first is None else first.astimezone(self._zone).isoformat()
        # a zone of half an hour moves the minutes as well: those take the long way
        if local[13:19] != ":00:00":
            raise KeyError(text)
        if len(self) >= HOURS:
            self.clear()
        found = self[text] = local[:13], local[19:]
        return found


def _are_times(text: str, count: int) -> bool:
    """Returns True if a text is so many times as records spell them, one behind the other (whatever their days and hours)."""
    if not text.isascii() or text.translate(_AS_ZERO) != _SHAPE * count:
        return False
    return not text or (max(text[14::24]) < "6" and max(text[17::24]) < "6")


def _masked(mask: Mask) -> Rule:
    known: dict[str, str] = {}

    def cell_of(text: str) -> str:
        if text not in known:
            if len(known) >= MASKED:
                known.clear()
            known[text] = plain(text)
        return known[text]

    return lambda cells: [cell_of(mask(str(cell))) if cell else cell for cell in cells]


def _then(first: Rule, second: Rule) -> Rule:
    return lambda cells: second(first(cells))


def _of_the_clock(text: str) -> str:
    """`2026-03-01 12:30:05` of a local time with thousandths and offset; what is none stays."""
    return f"{text[:10]} {text[11:19]}" if _LOCAL.fullmatch(text) else text


def _worded(sort: Sort, said: Mapping[str, str], raw: Sequence[Any], cells: Sequence[Any]) -> Sequence[Any]:
    """The words of a column's cells; what has none is written as it is for machines."""
    if sort is Sort.CODES:
        return [" ".join(said.get(each, each) for each in cell.split()) if cell else cell for cell in cells]
    if sort is Sort.FLAG:
        return [said.get(cell, cell) for cell in cells]
    return [
        plain(said[each]) if isinstance(each, str) and each in said else cell
        for each, cell in zip(raw, cells, strict=True)
    ]


def _harmless(cells: Sequence[Any]) -> bool:
    try:
        every = "".join(filter(None, cells))
    except TypeError:
        return False  # a database may hold a number in a column of texts
    if not is_plain(every) or (len(every) > LONGEST and max(map(len, filter(None, cells))) > LONGEST):
        return False
    return SUSPECT.isdisjoint({cell[0] for cell in cells if cell})


def _all_numbers(cells: Sequence[Any]) -> bool:
    if set(map(type, cells)) == {int}:
        return bool(min(cells) >= 0 and max(cells) < MOST)
    try:
        return all(cell is None or 0 <= cell < MOST for cell in cells)
    except TypeError:
        return False


def _all_whole(cells: Sequence[Any]) -> bool:
    return set(map(type, cells)) == {int} and min(cells) >= 0


def _number(cell: Any, invalid: str) -> Any:
    if cell is None or (isinstance(cell, (int, float)) and 0 <= cell < MOST):
        return cell
    return f"{invalid} {plain(cell)}"
