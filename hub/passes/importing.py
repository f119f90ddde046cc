"""Many passes from a list: every bad row is named before anything is done; then all are issued, or none.

A row that was imported before changes nothing: it is known by its reference, else by plate, class, gates and times; a time that
the row leaves empty fits any, of a pass that has not expired.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.messages import GateInfo
from edge.contract.records import wall_text
from hub.database import passes
from hub.errors import RefusedError, Words
from hub.operation import Rules
from hub.passes.listed import Listed, read
from hub.passes.sheet import Cell
from hub.passes.terms import Unfit, Wanted, terms

# column: how its heading may be written, besides its own name. Case and blanks do not matter.
COLUMNS: dict[str, tuple[str, ...]] = {
    "plate": ("车牌", "车牌号", "车牌号码", "号牌", "plate number"),
    "class": ("类别", "车辆类别", "vehicle_class", "vehicle class"),
    "from": ("起", "开始", "生效", "生效时间", "有效期起", "valid from", "not_before"),
    "to": ("止", "结束", "失效", "失效时间", "到期", "有效期止", "valid until", "expires"),
    "gates": ("卡口", "准行卡口", "可走卡口", "gate"),
    "priority": ("优先", "优先通行"),
    "reference": ("参考号", "申请编号", "申请单号", "ref"),
}
REQUIRED = ("plate", "class")
MOST_REFERENCE = 64
_YES = frozenset({"yes", "y", "true", "1", "是", "优先", "√"})
_NO = frozenset({"no", "n", "false", "0", "否", "×"})
_EVERY_GATE = frozenset({"", "all", "*", "全部", "所有", "不限"})
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MOMENT = re.compile(_DAY.pattern + r"[ T]+(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row: the column, what was found there, and what is wrong with it.

    `heading`: the column as the list itself calls it, if it has it; `found`: what the list says, as it was written.
    """

    row: int
    column: str
    heading: str
    found: str
    wrong: Words

    def words(self) -> Words:
        """All of it in one line."""
        return Words(
            "row %(row)s, %(heading)s %(found)r: %(wrong)s",
            row=self.row,
            heading=self.heading,
            found=self.found,
            wrong=self.wrong,
        )

    def __str__(self) -> str:
        return str(self.words())


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row that can be issued; `known`: the id of the pass that was issued for it already."""

    row: int
    wanted: Wanted
    reference: str | None
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list asks for. It is issued only without faults; `ignored`: headings of columns that nobody reads."""

    name: str
    rows: tuple[ImportRow, ...]
    faults: tuple[Fault, ...]
    ignored: tuple[str, ...]

    @property
    def fresh(self) -> tuple[ImportRow, ...]:
        """The rows that no pass was issued for yet."""
        return tuple(each for each in self.rows if each.known is None)


@dataclass(frozen=True, slots=True)
class Here:
    """What a list is read against: the operation, the town's gates and time zone, and now."""

    town: str
    rules: Rules
    gates: Mapping[str, GateInfo]
    zone: tzinfo
    now: datetime


@dataclass(frozen=True, slots=True)
class _Asked:
    """One row read: the pass it asks for, and which of its times it leaves to the hub."""

    row: int
    wanted: Wanted
    reference: str | None
    from_given: bool
    to_given: bool


def preview(connection: Connection, data: bytes | Listed, name: str, here: Here) -> Preview:
    """Reads a list, if it is not read already, and checks every row; `RefusedError` for a file that can't be read, or a heading that lacks a column."""
    (_, heading), *lines = (data if isinstance(data, Listed) else read(data, name)).lines
    places, ignored = _columns(heading, name)
    headings = {column: str(heading[place]) for column, place in places.items()}
    asked: list[_Asked] = []
    unfits: list[tuple[int, Unfit]] = []
    for row, cells in lines:
        values = {column: cells[place] if place < len(cells) else "" for column, place in places.items()}
        try:
            asked.append(_asked(row, values, here))
        except Unfit as unfit:
            unfits.append((row, _as_written(unfit, values)))
    unfits += _twice(asked)
    book = _Book(connection, here, asked)
    rows: list[ImportRow] = []
    for each in asked:
        try:
            rows.append(ImportRow(each.row, each.wanted, each.reference, book.pass_of(each)))
        except Unfit as unfit:
            unfits.append((each.row, unfit))
    faults = [
        Fault(row, unfit.column, headings.get(unfit.column, unfit.column), unfit.found, unfit.wrong)
        for row, unfit in sorted(unfits, key=lambda each: each[0])
    ]
    return Preview(name, tuple(rows), tuple(faults), ignored)


def _as_written(unfit: Unfit, values: Mapping[str, Cell]) -> Unfit:
    """What is wrong, with the time as the list has it, and not as we understood it."""
    if unfit.column not in ("from", "to") or not (written := _text(values, unfit.column)):
        return unfit
    return Unfit(unfit.column, written, unfit.wrong)


def _columns(heading: Sequence[Cell], name: str) -> tuple[dict[str, int], tuple[str, ...]]:
    spelled = {_plain(text): column for column, texts in COLUMNS.items() for text in (column, *texts)}
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(heading):
        column = spelled.get(_plain(str(cell)))
        if column is None:
            ignored += [str(cell)] if cell else []
        elif column in places:
            raise RefusedError(
                "%(file)s: two columns are called %(column)r (%(second)r is the second)",
                file=name,
                column=column,
                second=str(cell),
            )
        else:
            places[column] = place
    for column in REQUIRED:
        if column not in places:
            raise RefusedError(
                "%(file)s: no column %(heading)r (or %(other)r) in the first row",
                file=name,
                heading=column,
                other=COLUMNS[column][0],
            )
    return places, tuple(ignored)


def _asked(row: int, values: Mapping[str, Cell], here: Here) -> _Asked:
    begin, end = _time("from", values, here.zone), _time("to", values, here.zone, end=True)
    wanted = terms(
        here.rules,
        {gate: info.number for gate, info in here.gates.items()},
        plate=_text(values, "plate"),
        vehicle_class=_class(_text(values, "class"), here.rules),
        allowed=_gates(_text(values, "gates"), here.gates),
        not_before=here.now if begin is None else begin,
        expires=end,
        priority=_priority(_text(values, "priority")),
    )
    reference = _text(values, "reference")
    if len(reference) > MOST_REFERENCE or not reference.isprintable():
        raise Unfit("reference", reference, Words("expected at most %(most)s characters", most=MOST_REFERENCE))
    return _Asked(row, wanted, reference or None, begin is not None, end is not None)


def _text(values: Mapping[str, Cell], column: str) -> str:
    return str(values.get(column, ""))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _class(text: str, rules: Rules) -> str:
    for each in rules.classes:
        if _plain(text) in (each.id, _plain(each.zh), _plain(each.en)):
            return each.id
    return text


def _gates(text: str, known: Mapping[str, GateInfo]) -> list[str] | None:
    if _plain(text) in _EVERY_GATE:
        return None
    spelled = {_plain(name): gate for gate, info in known.items() for name in (info.en, info.zh, gate)}
    names = [name for name in re.split(r"[,;，；、/|\n]+", text) if name.strip()]
    return list(dict.fromkeys(spelled.get(_plain(name), name.strip()) for name in names))


def _priority(text: str) -> bool | None:
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    if word:
        raise Unfit("priority", text, Words("expected yes, no or nothing"))
    return None


def _time(column: str, values: Mapping[str, Cell], zone: tzinfo, *, end: bool = False) -> datetime | None:
    """A time in the town; a bare date is its first instant, as an end the first of the next day."""
    cell = values.get(column, "")
    try:
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=zone)
        if isinstance(cell, str):
            if not cell:
                return None
            if found := _MOMENT.fullmatch(cell):
                return datetime(*(int(part or 0) for part in found.groups()), tzinfo=zone)  # type: ignore[arg-type,misc]  # six numbers
            if not (found := _DAY.fullmatch(cell)):
                when = datetime.fromisoformat(cell)
                return when if when.tzinfo else when.replace(tzinfo=zone)
            cell = date(*(int(part) for part in found.groups()))
        return datetime.combine(cell + timedelta(days=1 if end else 0), time(), zone)
    except (ValueError, OverflowError):
        raise Unfit(column, str(cell), Words("expected a date or a time like 2026-03-01 08:00")) from None


def _twice(asked: Sequence[_Asked]) -> list[tuple[int, Unfit]]:
    """Rows that say the same, or bear the same reference, as one before them."""
    found: list[tuple[int, Unfit]] = []
    first: dict[object, int] = {}
    for each in asked:
        wanted = each.wanted
        key = each.reference or (wanted.plate, wanted.vehicle_class, wanted.not_before, wanted.expires, _names(wanted))
        column, text = ("reference", each.reference) if each.reference else ("plate", wanted.plate)
        if key in first:
            found.append((each.row, Unfit(column, text, Words("the same as row %(row)s", row=first[key]))))
        first.setdefault(key, each.row)
    return found


class _Book:
    """The passes that the rows of a list may have been issued as already."""

    def __init__(self, connection: Connection, here: Here, asked: Sequence[_Asked]):
        self._now = wall_text(here.now)
        columns = (passes.c.id, passes.c.plate, passes.c.vehicle_class, passes.c.gates, passes.c.not_before,
                   passes.c.expires, passes.c.reference)  # fmt: skip
        plates, references = {each.wanted.plate for each in asked}, {each.reference for each in asked} - {None}
        self._by_reference: dict[str, _Known] = {}
        self._by_plate: dict[str, list[_Known]] = {}
        for row in connection.execute(select(*columns).where(passes.c.town == here.town)):
            if row.reference in references:
                self._by_reference[row.reference] = _Known(*row)
            if row.plate in plates:
                self._by_plate.setdefault(row.plate, []).append(_Known(*row))

    def pass_of(self, asked: _Asked) -> str | None:
        """The pass that was issued for this row; `Unfit` if its reference stands for another plate or class."""
        wanted = asked.wanted
        if asked.reference is not None:
            known = self._by_reference.get(asked.reference)
            if known is not None and (known.plate, known.vehicle_class) != (wanted.plate, wanted.vehicle_class):
                taken = Words(
                    "pass %(id)s was issued for it, with plate %(plate)s and class %(vehicle_class)s",
                    id=known.id,
                    plate=known.plate,
                    vehicle_class=known.vehicle_class,
                )
                raise Unfit("reference", asked.reference, taken)
            return None if known is None else known.id
        return next((each.id for each in self._by_plate.get(wanted.plate, ()) if self._fits(each, asked)), None)

    def _fits(self, known: "_Known", asked: _Asked) -> bool:
        wanted = asked.wanted
        return (
            (known.vehicle_class, known.gates) == (wanted.vehicle_class, _names(wanted))
            and (not asked.from_given or known.not_before == wall_text(wanted.not_before))
            and (not asked.to_given or known.expires == wall_text(wanted.expires))
            and ((asked.from_given and asked.to_given) or known.expires > self._now)
        )


@dataclass(frozen=True, slots=True)
class _Known:
    id: str
    plate: str
    vehicle_class: str
    gates: str | None
    not_before: str
    expires: str
    reference: str | None


def _names(wanted: Wanted) -> str | None:
    numbers = wanted.gate_numbers
    return None if numbers is None else ",".join(sorted(numbers, key=numbers.__getitem__))
