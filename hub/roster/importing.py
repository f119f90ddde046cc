"""Duty staff, or a roster, from a list: every bad row is named before anything is done; then all of it is taken, or nothing.

Tested in `tests/hub/roster/test_importing.py`.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from hub.accounts import store as accounts
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.imports import plain_list
from hub.imports.plain_list import Columns, Do, Preview, RowReader, day_of, named, names_in
from hub.organisation.naming import UnitNames
from hub.passes.sheet import Table
from hub.roster import planning, staff, store
from hub.roster.author import Author
from hub.roster.planning import Place
from hub.roster.staff import StaffTerms
from hub.roster.values import LEADER, Assignment, Terms, span_texts


class ListKind(StrEnum):
    """The lists that are taken."""

    STAFF = "staff"
    ROSTER = "roster"


_IGNORED = ("序号", "no.", "id", "编号", "带班领导", "状态", "state", "开始", "结束", "起", "止", "上岗人", "备注")
"""Columns of an exported or printed list that say nothing here."""
COLUMNS: Mapping[ListKind, Columns] = {
    ListKind.STAFF: Columns(
        {
            "name": ("姓名", "name"), "phone": ("电话", "联系电话", "phone"), "unit": ("单位", "unit"),
            "role": ("岗位", "duty role", "role"), "user": ("登录名", "login"), "gates": ("可值守卡口", "卡口", "gates"),
            "since": ("起始日期", "from", "since"), "until": ("截止日期", "until", "to"),
        },
        ("name",), _IGNORED,
    ),
    ListKind.ROSTER: Columns(
        {
            "day": ("日期", "day", "date"), "shift": ("班次", "shift"), "gate": ("卡口", "gate"), "name": ("姓名", "name"),
            "phone": ("电话", "联系电话", "phone"),
        },
        ("day", "shift", "gate", "name"), _IGNORED,
    ),
}  # fmt: skip
LEADERS = ("带班领导", "leader on duty", "leader")


def reader(author: Author, kind: ListKind) -> RowReader:
    """Who reads the rows of a list."""
    return StaffReader(author) if kind is ListKind.STAFF else RosterReader(author)


def look(author: Author, kind: ListKind, table: Table, file: str) -> Preview:
    """The preview of a list; nothing is changed. `RefusedError` for a heading that is missing or not known."""
    return plain_list.look(COLUMNS[kind], reader(author, kind), table, file)


def take(author: Author, kind: ListKind, table: Table, file: str) -> int:
    """Takes a whole list and returns how many rows were new; `RefusedError` names the first row that cannot be, and nothing is changed."""
    new, known = plain_list.take(COLUMNS[kind], reader(author, kind), table, file)
    taken(author, kind, new, known)
    return new


def taken(author: Author, kind: ListKind, new: int, known: int) -> None:
    """Writes the row of the audit that a list was taken."""
    author.note(f"{kind.value} imported", f"{kind.value}/import", {"added": new, "known": known})


class StaffReader:
    """Reads rows of people."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._roles = {each.id: (each.zh, each.en) for each in store.terms(author.connection, author.town).roles}
        self._gates = {id_: (each.zh, each.en) for id_, each in gates.infos(author.connection, author.town).items()}
        self._officers = {each.login: each.id for each in accounts.officers(author.connection)}
        self._there = {(each.name, each.phone or "") for each in store.members(author.connection, author.town).values()}
        self._units = UnitNames.of(author.connection, author.town, author.within)
        self._before: set[tuple[str, str]] = set()
        self._users: set[str] = set()

    def row(self, said: Mapping[str, str]) -> Do | None:
        """Somebody who is added, or known already."""
        given = StaffTerms(
            said["name"], said.get("phone", ""), self._unit(said.get("unit", "")), self._role(said.get("role", "")),
            self._user(said.get("user", "")), self._at(said.get("gates", "")), day_of(said.get("since", "")), day_of(said.get("until", "")),
        )  # fmt: skip
        wanted = staff.checked(self._author, given)
        key = (wanted.name, wanted.phone)
        if key in self._before or (wanted.user and wanted.user in self._users):
            raise RefusedError("%(name)s stands in this list twice", name=wanted.name)
        self._before.add(key)
        self._users |= {wanted.user} - {""}
        if key in self._there:
            return None
        staff.only_one(self._author, wanted, None)
        return lambda: staff.add(self._author, given)

    def _unit(self, text: str) -> str:
        return self._units.find(text) if text else ""

    def _role(self, text: str) -> str:
        found = named(self._roles, text) if text else ""
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
        return tuple(_gate(self._gates, each) for each in names_in(text))


class RosterReader:
    """Reads rows of a roster: one person in one shift of one day at one gate."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._terms: Terms = store.terms(author.connection, author.town)
        self._gates = {id_: (each.zh, each.en) for id_, each in gates.infos(author.connection, author.town).items()}
        self._shifts = {each.id: (each.zh, each.en) for each in self._terms.shifts}
        self._people = store.members(author.connection, author.town)
        self._of_person: dict[str, list[Assignment]] = {}

    def row(self, said: Mapping[str, str]) -> Do | None:
        """An assignment that is made, or known already."""
        gate = LEADER if said["gate"].lower() in LEADERS else _gate(self._gates, said["gate"])
        shift = self._terms.shift(named(self._shifts, said["shift"]) or "")
        if shift is None:
            raise RefusedError("shift %(text)r: the town has no such shift", text=said["shift"][:40])
        place = Place(day_of(said["day"]), shift.id, gate)
        planning.check(self._author, place)
        staff_id = self._person(said["name"], said.get("phone", ""))
        starts, ends = span_texts(shift, place.day, self._author.zone)
        new = Assignment(place.day, shift.id, gate, staff_id, starts, ends)
        theirs = self._theirs(staff_id, place.day)
        for each in theirs:
            if each.cell == new.cell:
                return None
            if each.starts < ends and starts < each.ends and LEADER not in (gate, each.gate):
                raise RefusedError(
                    "%(name)s is at %(gate)s at the same time, on %(day)s",
                    name=said["name"],
                    gate=each.gate,
                    day=each.day,
                )
        theirs.append(new)
        return lambda: planning.assign(self._author, place, staff_id)

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


def _gate(known: Mapping[str, Sequence[str]], text: str) -> str:
    found = named(known, text)
    if found is None:
        raise RefusedError("gate %(text)r: there is no such gate", text=text[:40])
    return found
