"""Duty staff, or a roster, from a list: every bad row is named before anything is done; then all of it is taken, or nothing.

Tested in `tests/hub/roster/test_importing.py`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.accounts import store as accounts
from hub.errors import RefusedError, Words
from hub.gates import store as gates
from hub.passes.sheet import Cell, Row, Table
from hub.roster import planning, staff, store
from hub.roster.author import Author
from hub.roster.planning import Place
from hub.roster.staff import StaffTerms
from hub.roster.values import LEADER, Assignment, Terms, span_texts

MOST_FAULTS = 200


class ListKind(StrEnum):
    """The lists that are taken."""

    STAFF = "staff"
    ROSTER = "roster"


HEADINGS: Mapping[ListKind, Mapping[str, tuple[str, ...]]] = {
    ListKind.STAFF: {
        "name": ("姓名", "name"), "phone": ("电话", "联系电话", "phone"), "unit": ("单位", "unit"),
        "role": ("岗位", "duty role", "role"), "user": ("登录名", "login"), "gates": ("可值守卡口", "卡口", "gates"),
        "since": ("起始日期", "from", "since"), "until": ("截止日期", "until", "to"),
    },
    ListKind.ROSTER: {
        "day": ("日期", "day", "date"), "shift": ("班次", "shift"), "gate": ("卡口", "gate"), "name": ("姓名", "name"),
        "phone": ("电话", "联系电话", "phone"),
    },
}  # fmt: skip
"""The columns of each list -> what their headings may say; the first is what the exported list says."""
NEEDED: Mapping[ListKind, tuple[str, ...]] = {
    ListKind.STAFF: ("name",),
    ListKind.ROSTER: ("day", "shift", "gate", "name"),
}
IGNORED = ("序号", "no.", "id", "编号", "带班领导", "状态", "state", "开始", "结束", "起", "止", "上岗人", "备注")
"""Columns of an exported or printed list that say nothing here."""
LEADERS = ("带班领导", "leader on duty", "leader")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_APART = re.compile(r"[\s、,，;；/]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be taken, and why."""

    number: int
    why: Words


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list would do: its rows as they were read, how many are new (the others are known already), what speaks against it."""

    kind: ListKind
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    fresh: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row that can be taken: what it does, None where it is known already."""

    do: Callable[[Author], object] | None


def look(author: Author, kind: ListKind, table: Table, file: str) -> Preview:
    """The preview of a list; nothing is changed. `RefusedError` for a heading that is missing or not known."""
    places = _columns(kind, table, file)
    found = list(_read(author, kind, table, places))
    faults = [each for each in found if isinstance(each, Fault)]
    fresh = sum(isinstance(each, _Wanted) and each.do is not None for each in found)
    rows = tuple(tuple(row.cell(place).text for place in places.values()) for row in table.rows[1:])
    return Preview(kind, tuple(HEADINGS[kind][name][0] for name in places), rows, fresh, tuple(faults[:MOST_FAULTS]))


def take(author: Author, kind: ListKind, table: Table, file: str) -> int:
    """Takes a whole list and returns how many rows were new; `RefusedError` names the first row that cannot be, and nothing is changed."""
    found = list(_read(author, kind, table, _columns(kind, table, file)))
    for each in found:
        if isinstance(each, Fault):
            raise RefusedError("row %(number)s: %(what)s", number=each.number, what=each.why)
    wanted = [each.do for each in found if isinstance(each, _Wanted) and each.do is not None]
    for do in wanted:
        do(author)
    author.note(
        f"{kind.value} imported", f"{kind.value}/import", {"added": len(wanted), "known": len(found) - len(wanted)}
    )
    return len(wanted)


def _columns(kind: ListKind, table: Table, file: str) -> dict[str, int]:
    """The place of each column, by its heading."""
    known = {word: name for name, words in HEADINGS[kind].items() for word in words}
    places: dict[str, int] = {}
    for place, cell in enumerate(table.rows[0].cells):
        word = cell.text.strip().lower()
        name = known.get(word)
        if name is None and word and word not in IGNORED:
            raise RefusedError(
                "%(file)s: heading %(text)r is not known; expected %(known)s",
                file=file,
                text=cell.text[:40],
                known=_expected(kind),
            )
        if name in places:
            raise RefusedError("%(file)s: heading %(text)r stands there twice", file=file, text=cell.text[:40])
        if name is not None:
            places[name] = place
    for name in NEEDED[kind]:
        if name not in places:
            raise RefusedError(
                "%(file)s: no column %(text)r; expected %(known)s",
                file=file,
                text=HEADINGS[kind][name][0],
                known=_expected(kind),
            )
    return places


def _expected(kind: ListKind) -> tuple[str, ...]:
    return tuple(words[0] for words in HEADINGS[kind].values())


def _read(author: Author, kind: ListKind, table: Table, places: Mapping[str, int]) -> Iterator[_Wanted | Fault]:
    read = (_StaffReader if kind is ListKind.STAFF else _RosterReader)(author)
    for row in table.rows[1:]:
        try:
            said = {name: _text(row, place) for name, place in places.items()}
            yield read.row(said)
        except RefusedError as refused:
            yield Fault(row.number, refused.words)


def _text(row: Row, place: int) -> str:
    cell: Cell = row.cell(place)
    if cell.trouble is not None and cell.text:
        raise RefusedError("%(text)r: this cell cannot be read for certain", text=cell.text[:40])
    return (cell.day or cell.text).strip()


def _named(known: Mapping[str, Sequence[str]], text: str) -> str | None:
    """The id whose words a text is."""
    return next((id_ for id_, words in known.items() if text.lower() in (id_, *(each.lower() for each in words))), None)


class _StaffReader:
    """Reads rows of people."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._roles = {each.id: (each.zh, each.en) for each in store.terms(author.connection, author.town).roles}
        self._gates = {id_: (each.zh, each.en) for id_, each in gates.infos(author.connection, author.town).items()}
        self._officers = {each.login: each.id for each in accounts.officers(author.connection)}
        self._there = {(each.name, each.phone or "") for each in store.members(author.connection, author.town).values()}
        self._before: set[tuple[str, str]] = set()
        self._users: set[str] = set()

    def row(self, said: Mapping[str, str]) -> _Wanted:
        given = StaffTerms(
            said["name"], said.get("phone", ""), said.get("unit", ""), self._role(said.get("role", "")),
            self._user(said.get("user", "")), self._at(said.get("gates", "")), _day(said.get("since", "")), _day(said.get("until", "")),
        )  # fmt: skip
        wanted = staff.checked(self._author, given)
        key = (wanted.name, wanted.phone)
        if key in self._before or (wanted.user and wanted.user in self._users):
            raise RefusedError("%(name)s stands in this list twice", name=wanted.name)
        self._before.add(key)
        self._users |= {wanted.user} - {""}
        if key in self._there:
            return _Wanted(None)
        staff.only_one(self._author, wanted, None)
        return _Wanted(lambda author: staff.add(author, given))

    def _role(self, text: str) -> str:
        found = _named(self._roles, text) if text else ""
        if found is None:
            raise RefusedError("duty role %(text)r: the town has no such role", text=text[:40])
        return found

    def _user(self, text: str) -> str:
        if text and text not in self._officers:
            raise RefusedError("officer %(text)r: there is no such officer", text=text[:40])
        return self._officers.get(text, "")

    def _at(self, text: str) -> tuple[str, ...] | None:
        if text in ("", "全部", "所有卡口", "all", "every gate"):
            return None
        names = _APART.split(text.strip("[]").replace('"', ""))
        return tuple(_gate(self._gates, each) for each in names if each)


class _RosterReader:
    """Reads rows of a roster: one person in one shift of one day at one gate."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._terms: Terms = store.terms(author.connection, author.town)
        self._gates = {id_: (each.zh, each.en) for id_, each in gates.infos(author.connection, author.town).items()}
        self._shifts = {each.id: (each.zh, each.en) for each in self._terms.shifts}
        self._people = store.members(author.connection, author.town)
        self._of_person: dict[str, list[Assignment]] = {}

    def row(self, said: Mapping[str, str]) -> _Wanted:
        gate = LEADER if said["gate"].lower() in LEADERS else _gate(self._gates, said["gate"])
        shift = self._terms.shift(_named(self._shifts, said["shift"]) or "")
        if shift is None:
            raise RefusedError("shift %(text)r: the town has no such shift", text=said["shift"][:40])
        place = Place(_day(said["day"]), shift.id, gate)
        planning.check(self._author, place)
        staff_id = self._person(said["name"], said.get("phone", ""))
        starts, ends = span_texts(shift, place.day, self._author.zone)
        new = Assignment(place.day, shift.id, gate, staff_id, starts, ends)
        theirs = self._theirs(staff_id, place.day)
        for each in theirs:
            if each.cell == new.cell:
                return _Wanted(None)
            if each.starts < ends and starts < each.ends and LEADER not in (gate, each.gate):
                raise RefusedError(
                    "%(name)s is at %(gate)s at the same time, on %(day)s",
                    name=said["name"],
                    gate=each.gate,
                    day=each.day,
                )
        theirs.append(new)
        return _Wanted(lambda author: planning.assign(author, place, staff_id))

    def _theirs(self, staff_id: str, day: str) -> list[Assignment]:
        """Where somebody is on the days around, by the table and by the rows before."""
        if staff_id not in self._of_person:
            rows = store.of_member(self._author.connection, self._author.town, staff_id, "0000", "9999")
            self._of_person[staff_id] = [each for each in rows if not each.dropped and each.ends > self._author.at]
        return self._of_person[staff_id]

    def _person(self, name: str, phone: str) -> str:
        found = [each for each in self._people.values() if name in (each.name, each.id) and phone in ("", each.phone)]
        if not found:
            raise RefusedError("staff %(text)r: there is no such person", text=name[:40])
        if len(found) > 1:
            raise RefusedError(
                "staff %(text)r: there are %(count)s of that name; give the phone too", text=name[:40], count=len(found)
            )
        return found[0].id


def _day(text: str) -> str:
    """A day as ISO 8601 has it, of `2026/3/1` or `2026年3月1日`; any other text as it is."""
    found = _DAY.fullmatch(text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text


def _gate(known: Mapping[str, Sequence[str]], text: str) -> str:
    found = _named(known, text)
    if found is None:
        raise RefusedError("gate %(text)r: there is no such gate", text=text[:40])
    return found
