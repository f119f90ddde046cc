"""A list of units (CSV or workbook, read by `hub.passes.sheet`) -> its rows. Pure: a table and the town's levels -> `ListedRow`s.

Two shapes: a row for each unit (`level`, `name`, `parent`), or a column for each level with the names of a branch from left to right.
Tested in `tests/hub/organisation/test_importing.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.errors import RefusedError
from hub.organisation.units import Level
from hub.passes.sheet import Row, Table

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "level": ("层级", "级别", "单位层级", "单位级别", "level"),
    "name": ("名称", "单位", "单位名称", "中文名称", "name", "unit", "chinese name"),
    "en": ("英文名称", "english name", "name in english", "en"),
    "parent": ("上级", "上级单位", "归属", "所属", "隶属", "parent", "belongs to", "above"),
    "id": ("编号", "代码", "单位编号", "id", "code"),
    "position": ("排序", "顺序", "order"),
    "remark": ("备注", "说明", "remark", "remarks", "note"),
    "number": ("序号", "no", "no.", "#"),
}
"""Column: how its heading may be written; case and blanks do not matter."""
_ABOVE = 10
"""Rows in which the heading is looked for: a title may stand above it."""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row: the unit that it names, as text. `above`: of a list with a column for each level, the names and levels above it."""

    row: int
    level: str
    name: str
    en: str = ""
    parent: str = ""
    id: str = ""
    position: str = ""
    remark: str = ""
    above: tuple[tuple[str, str], ...] = ()
    by_columns: bool = False
    """True for a list with a column for each level: `parent` says nothing, `above` does."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a list, and the columns that are not read though something stands in them."""

    rows: tuple[ListedRow, ...]
    unread: tuple[str, ...]


def read_rows(table: Table, name: str, levels: Sequence[Level]) -> Listed:
    """The rows of a table; `RefusedError` in one line for a heading that is none, or two columns of one meaning."""
    for at, row in enumerate(table.rows[:_ABOVE]):
        found = _columns(row, levels, name)
        by_columns = sum(1 for column in found if column.startswith("level:"))
        if "name" in found and "level" in found:
            lines = table.rows[at + 1 :]
            return Listed(tuple(_of_units(lines, found)), _unread(row, lines, found))
        if by_columns >= 2:
            lines = table.rows[at + 1 :]
            return Listed(tuple(_of_branches(lines, found, levels)), _unread(row, lines, found))
    raise RefusedError(
        "%(file)s: no heading found; expected the columns %(names)s, or a column for each level (%(known)s)",
        file=name, names=("层级 level", "名称 name", "上级 parent"), known=tuple(each.name("zh") for each in levels),
    )  # fmt: skip


def _columns(row: Row, levels: Sequence[Level], name: str) -> dict[str, int]:
    """Column, or `level:` with a level's id -> its place."""
    means = {plain(text): column for column, texts in COLUMNS.items() for text in texts}
    means |= {plain(text): f"level:{each.id}" for each in levels for text in (each.zh, each.en, each.id) if text}
    found: dict[str, int] = {}
    for place, cell in enumerate(row.cells):
        column = means.get(plain(cell.text))
        if column is None:
            continue
        if column in found:
            raise RefusedError("%(file)s: two columns are called %(heading)r", file=name, heading=cell.text)
        found[column] = place
    return found


def _of_units(lines: Sequence[Row], places: Mapping[str, int]) -> Iterator[ListedRow]:
    for line in lines:
        said = {
            column: line.cell(place).text.strip()
            for column, place in places.items()
            if column in ("level", "name", "en", "parent", "id", "position", "remark")
        }
        if any(said.values()):
            yield ListedRow(line.number, **said)  # type: ignore[arg-type]  # the names are those of its texts


def _of_branches(lines: Sequence[Row], places: Mapping[str, int], levels: Sequence[Level]) -> Iterator[ListedRow]:
    """A unit for each cell of a level, once; what else a row says is said of its last one."""
    columns = [(each.id, places[f"level:{each.id}"]) for each in levels if f"level:{each.id}" in places]
    before: set[tuple[tuple[str, str], ...]] = set()
    for line in lines:
        above: tuple[tuple[str, str], ...] = ()
        filled = [(level, line.cell(place).text.strip()) for level, place in columns]
        filled = [each for each in filled if each[1]]
        for number, (level, name) in enumerate(filled):
            whole = (*above, (level, name))
            last = number == len(filled) - 1
            if last or whole not in before:
                more = {
                    column: line.cell(places[column]).text.strip()
                    for column in ("en", "id", "position", "remark")
                    if last and column in places
                }
                yield ListedRow(line.number, level, name, above=above, by_columns=True, **more)
            before.add(whole)
            above = whole


def _unread(row: Row, lines: Sequence[Row], places: Mapping[str, int]) -> tuple[str, ...]:
    read = set(places.values())
    filled = {place for line in lines for place, cell in enumerate(line.cells) if cell}
    return tuple(row.cell(place).text or f"#{place + 1}" for place in sorted(filled - read))


def plain(text: str) -> str:
    """A heading or a name as it is compared: without blanks, whatever its case."""
    return "".join(text.split()).casefold()
