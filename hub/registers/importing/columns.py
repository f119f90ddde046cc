"""Finds the headings of a list, below the title of a paper form; which field each column is; and the lines that are no rows.

Tested in `tests/hub/registers/importing/test_preview.py`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.errors import RefusedError
from hub.passes.sheet.headings import plain
from hub.registers.catalogue import TownRegister
from hub.registers.cells import label
from hub.registers.declaration import Register
from hub.registers.importing.reading import Cells, Sheet, column_letters, text_of

ABOVE = 20
"""Rows in which the heading is looked for."""
PARENT, DAY, UNIT, GATE = "=parent", "=day", "=unit", "=gate"
BOUND: Mapping[str, tuple[str, ...]] = {
    PARENT: ("row_parent", "所属编号", "所属", "belongs to"),
    DAY: ("row_day", "日期", "day"),
    UNIT: ("row_unit", "单位", "unit", "填报单位", "报送单位"),
    GATE: ("row_gate", "卡口", "gate"),
}
"""What a row is bound to: the headings of it, unless a field is called so."""
PASSED = (
    "序号", "编号", "no", "no.", "№", "number", "row_number", "row_state", "row_due", "row_created_at", "row_changed_at", "状态", "state",
    "时限", "due", "登记时间", "修改时间", "written at", "changed at",
)  # fmt: skip
"""Columns that a file of ours or a paper form has, and that say nothing a new row takes."""
_HINT = re.compile(r"[（(\[【](必填|选填|可不填|required|optional|可选)[）)\]】]|[*＊]", re.IGNORECASE)
_NOTE = re.compile(
    r"(填表说明|说明|备注说明|注|填表人|负责人|复核人|制表人|审核人|填报人|单位负责人|填报单位|填报时间|合计|总计|小计|联系电话)\s*([（(].*[）)])?\s*[:：]|^(合计|总计|小计)$|^[—－-]\s*\d+\s*[—－-]$"
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of a list: in which row, which column each field is, the rows below, and what is not read.

    `passed`: columns that say nothing a new row takes; `unread`: columns with something in them that no field is; `notes`: lines of the
    paper form that are no rows.
    """

    row: int
    places: Mapping[str, int]
    names: Mapping[str, str]
    lines: list[tuple[int, Cells]]
    passed: tuple[str, ...]
    unread: tuple[str, ...]
    notes: tuple[int, ...]
    above: tuple[int, ...]


def columns(sheet: Sheet, found: TownRegister, parent: Register | None, name: str) -> Columns:
    """The columns of a file; `RefusedError` if a field that is required has none, or two columns are one field."""
    spelled = spellings(found, parent)
    at = _heading(sheet.rows, spelled)
    cells = sheet.rows[at][1] if sheet.rows else []
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        of = spelled.get(_spelled(text_of(cell)), "")
        if not of:
            continue
        if of in places and of != "=passed":
            raise RefusedError(
                "%(file)s: two columns are called %(column)r (%(second)r is the second)",
                file=name, column=_written(cells, places[of]), second=text_of(cell),
            )  # fmt: skip
        if place in sheet.hidden_columns and of != "=passed":
            raise RefusedError(
                "%(file)s: column %(letters)s (%(heading)s) is hidden in the spreadsheet; show it or delete it",
                file=name, letters=column_letters(place), heading=text_of(cell),
            )  # fmt: skip
        if of != "=passed":
            places[of] = place
    _nothing_missing(places, found, name)
    below = sheet.rows[at + 1 :]
    notes = tuple(number for number, line in below if _is_note(line))
    lines = [each for each in below if each[0] not in set(notes)]
    filled = {place for _, line in lines for place, cell in enumerate(line) if text_of(cell)}
    passed: list[str] = []
    unread: list[str] = []
    for place in sorted(filled - set(places.values())):
        known = place < len(cells) and spelled.get(_spelled(text_of(cells[place]))) == "=passed"
        (passed if known else unread).append(_written(cells, place))
    names = {of: _written(cells, place) for of, place in places.items()}
    above = tuple(number for number, _ in sheet.rows[:at])
    return Columns(sheet.rows[at][0], places, names, lines, tuple(passed), tuple(unread), notes, above)


def spellings(found: TownRegister, parent: Register | None) -> Mapping[str, str]:
    """By heading as it is compared: the field, what a row is bound to, or `=passed`."""
    register = found.register
    spelled: dict[str, str] = {_spelled(each): "=passed" for each in PASSED}
    there = {
        PARENT: register.parent is not None,
        DAY: register.daily,
        UNIT: register.unit != "off",
        GATE: register.gate != "off",
    }
    for bound, names in BOUND.items():
        if there[bound]:
            spelled |= {_spelled(each): bound for each in names}
    if parent is not None:
        spelled |= {_spelled(each): PARENT for each in (parent.zh, parent.en, parent.id)}
        for of in parent.fields:
            if of.unique:
                spelled |= {_spelled(each): PARENT for each in (of.id, of.zh, of.en)}
    for of in register.fields:
        kind = "=passed" if of.computed else of.id
        spelled |= {_spelled(each): kind for each in (of.id, of.zh, of.en, f"{of.zh} {of.en}", f"{of.zh}/{of.en}")}
        if of.measure:
            measured = (f"{of.zh}({of.measure.zh})", f"{of.en} ({of.measure.en})")
            spelled |= {_spelled(each): kind for each in measured}
    return spelled


def _spelled(text: str) -> str:
    return plain(_HINT.sub("", text)).strip(":*.·_-")


def _heading(rows: Sequence[tuple[int, Cells]], spelled: Mapping[str, str]) -> int:
    """The row that names most; of two that name as much (a heading of two lines), the last."""
    best, most = 0, 0
    for at, (_, cells) in enumerate(rows[:ABOVE]):
        named = len({of for cell in cells if (of := spelled.get(_spelled(text_of(cell)))) and of != "=passed"})
        if named >= most and named:
            best, most = at, named
    return best


def _nothing_missing(places: Mapping[str, int], found: TownRegister, name: str) -> None:
    register = found.register
    for of in register.typed:
        if of.required and of.id in found.asked and of.id not in places:
            raise RefusedError(
                "%(file)s: no column %(heading)r in the first %(count)s rows", file=name, heading=label(of), count=ABOVE
            )
    for bound, needed in ((PARENT, register.parent is not None), (DAY, register.daily)):
        if needed and bound not in places:
            raise RefusedError(
                "%(file)s: no column %(heading)r in the first %(count)s rows",
                file=name, heading=BOUND[bound][1], count=ABOVE,
            )  # fmt: skip


def _is_note(cells: Cells) -> bool:
    """Returns True for a line of the paper form: one text over the whole width, or a line to sign on."""
    said = list(dict.fromkeys(text_of(each).strip() for each in cells if text_of(each).strip()))
    return bool(said) and len(said) <= 6 and bool(_NOTE.search(said[0][:60]) and (len(said) == 1 or all(
        _NOTE.search(each[:60]) or not each for each in said
    )))  # fmt: skip


def _written(cells: Cells, place: int) -> str:
    """A column as the list calls it, on one line; by its letters if it has no name."""
    text = " ".join(text_of(cells[place]).split()) if place < len(cells) else ""
    return text or column_letters(place)
