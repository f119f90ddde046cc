"""Changes the duty staff: a new person, other particulars, days away. Nobody is ever removed: who left has an end.

The audit has the particulars that are not personal; of name and phone it says only that they changed.

Tested in `tests/hub/roster/test_staff.py`.
"""

import json
import re
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Integer, cast, delete, func, insert, select, update

from edge.contract.canonical import Json
from edge.contract.values import visible
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.database.schema import duty_absences, duty_staff
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.organisation.changes import open_unit
from hub.roster import store
from hub.roster.author import Author
from hub.roster.values import WHYS, StaffMember, day_of

LONGEST_NAME = 64
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,23}")
_PERSONAL = ("name", "phone")


@dataclass(frozen=True, slots=True)
class StaffTerms:
    """The particulars of somebody of the staff, as a form or a row of a file has them. Empty texts: none; `gates` None: every gate."""

    name: str
    phone: str = ""
    unit: str = ""
    role: str = ""
    user: str = ""
    gates: tuple[str, ...] | None = None
    since: str = ""
    until: str = ""


def checked(author: Author, given: StaffTerms, before: StaffMember | None = None) -> StaffTerms:
    """The particulars in their one spelling; `RefusedError` for the first that cannot be. `before`: who is changed by them."""
    name = visible(given.name).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise RefusedError("name: expected 1 to %(most)s characters", most=LONGEST_NAME)
    phone = visible(given.phone).strip()
    if phone and not _PHONE.fullmatch(phone):
        raise RefusedError("phone of %(name)s: expected 4 to 25 digits, blanks and '-'", name=name)
    unit = _unit(author, visible(given.unit).strip(), before)
    role = given.role.strip()
    if role and store.terms(author.connection, author.town).role(role) is None:
        raise RefusedError("duty role %(text)r: the town has no such role", text=role)
    if given.user and accounts.find_officer(author.connection, given.user) is None:
        raise RefusedError("officer %(text)r: there is no such officer", text=given.user)
    known = gates.infos(author.connection, author.town)
    for each in given.gates or ():
        if each not in known:
            raise RefusedError("gate %(text)r: there is no such gate", text=each)
    since = day_of(given.since or author.today).isoformat()
    until = day_of(given.until).isoformat() if given.until else ""
    if until and until < since:
        raise RefusedError(
            "%(name)s: serves until %(last)s, which is before the beginning, %(first)s",
            name=name,
            first=since,
            last=until,
        )
    at = None if given.gates is None else tuple(sorted(set(given.gates)))
    return StaffTerms(name, phone, unit, role, given.user, at, since, until)


def _unit(author: Author, text: str, before: StaffMember | None) -> str:
    """The unit of the organisation, by its id, that somebody belongs to; a text from before units were chosen stays until it is changed."""
    was = "" if before is None else before.unit or ""
    if text == was and (text or author.within is None):
        return text
    if not text:
        return "" if author.within is None else author.within.unit
    unit = open_unit(author.connection, author.town, text).id
    if author.within is not None:
        author.within.check_unit(unit)
    return unit


def check_branch(author: Author, person: StaffMember) -> None:
    """`RefusedError` for somebody beyond the author's branch, whom it may see at its gates and not change."""
    if author.within is not None:
        author.within.check_unit(person.unit or "–")


def add(author: Author, given: StaffTerms) -> str:
    """A new person of the staff, whose id it returns; `RefusedError` for bad particulars, or for one whom the list has."""
    wanted = checked(author, given)
    only_one(author, wanted, None)
    numbers = select(func.max(cast(func.substr(duty_staff.c.id, 3), Integer))).where(duty_staff.c.town == author.town)
    id_ = f"s-{(author.connection.execute(numbers).scalar() or 0) + 1}"
    row = {
        "town": author.town,
        "id": id_,
        **_columns(wanted),
        "version": 1,
        "changed_at": author.at,
        "changed_by": author.user,
    }
    author.connection.execute(insert(duty_staff).values(**row))
    author.note("staff added", f"staff/{id_}", _plain(wanted))
    return id_


def change(author: Author, id_: str, given: StaffTerms, version: int) -> StaffMember:
    """Other particulars of somebody; `RefusedError` also if somebody else changed them since `version`. An empty phone stays as it was."""
    before = _found(author, id_)
    if before.version != version:
        raise RefusedError(
            "somebody else changed %(name)s since the page was opened: nothing was changed; look at what stands there now, then do it again",
            name=before.name,
        )
    check_branch(author, before)
    wanted = checked(author, given if given.phone else replace(given, phone=before.phone or ""), before)
    only_one(author, wanted, id_)
    was = _terms(before)
    if was == wanted:
        return before
    this = (duty_staff.c.town == author.town, duty_staff.c.id == id_)
    row = {**_columns(wanted), "version": version + 1, "changed_at": author.at, "changed_by": author.user}
    author.connection.execute(update(duty_staff).where(*this).values(**row))
    detail = audit.changed(_plain(was), _plain(wanted))
    if personal := [name for name in _PERSONAL if getattr(was, name) != getattr(wanted, name)]:
        detail["personal"] = " ".join(personal)
    author.note("staff changed", f"staff/{id_}", detail)
    return _found(author, id_)


def forget_phone(author: Author, id_: str) -> None:
    """Takes somebody's phone off the list."""
    before = _found(author, id_)
    check_branch(author, before)
    if before.phone is None:
        return
    this = (duty_staff.c.town == author.town, duty_staff.c.id == id_)
    author.connection.execute(update(duty_staff).where(*this).values(phone=None, version=before.version + 1))
    author.note("staff changed", f"staff/{id_}", {"personal": "phone"})


def add_absence(author: Author, id_: str, since: str, until: str, why: str) -> None:
    """Somebody is away from one day to another; `RefusedError` for no such days, or where they overlap other days away."""
    person = _found(author, id_)
    check_branch(author, person)
    first, last = day_of(since).isoformat(), day_of(until or since).isoformat()
    if last < first:
        raise RefusedError("away until %(last)s: expected a day from %(first)s on", first=first, last=last)
    if why not in WHYS:
        raise RefusedError("away because of %(text)r: expected one of %(known)s", text=why[:40], known=WHYS)
    for each in person.absences:
        if first <= each.until and each.since <= last:
            raise RefusedError(
                "%(name)s is away from %(first)s to %(last)s already",
                name=person.name,
                first=each.since,
                last=each.until,
            )
    row = {"town": author.town, "staff": id_, "since": first, "until": last, "why": why}
    author.connection.execute(insert(duty_absences).values(**row))
    author.note("staff away", f"staff/{id_}", {"since": first, "until": last, "away_why": why})


def remove_absence(author: Author, id_: str, absence: int) -> None:
    """Somebody is not away after all; `RefusedError` where no such days stand."""
    person = _found(author, id_)
    check_branch(author, person)
    known = next((each for each in person.absences if each.id == absence), None)
    if known is None:
        raise RefusedError("%(name)s: those days away are not on the list any more", name=person.name)
    author.connection.execute(
        delete(duty_absences).where(duty_absences.c.town == author.town, duty_absences.c.id == absence)
    )
    author.note("staff not away", f"staff/{id_}", {"since": known.since, "until": known.until})


def _found(author: Author, id_: str) -> StaffMember:
    person = store.member(author.connection, author.town, id_)
    if person is None:
        raise RefusedError("staff %(text)r: there is no such person", text=id_[:40])
    return person


def only_one(author: Author, wanted: StaffTerms, id_: str | None) -> None:
    """`RefusedError` if the list has this person already, or somebody else signs on under the same user."""
    same = select(duty_staff).where(duty_staff.c.town == author.town, duty_staff.c.id != (id_ or ""))
    if wanted.user:
        taken = author.connection.execute(same.where(duty_staff.c.user == wanted.user)).first()
        if taken is not None and author.within is not None and taken.unit not in author.within.units:
            raise RefusedError("officer %(text)r: somebody else signs on at gates so", text=wanted.user)
        if taken is not None:
            raise RefusedError("%(name)s signs on at gates as that officer already", name=taken.name)
    for row in author.connection.execute(same.where(duty_staff.c.name == wanted.name)):
        if row.phone == (wanted.phone or None):
            raise RefusedError("%(name)s is on the list already, with the same phone", name=wanted.name)
        if not (row.phone and wanted.phone):
            raise RefusedError(
                "%(name)s is on the list already: of two people of one name both need a phone by which they are told apart",
                name=wanted.name,
            )


def _columns(wanted: StaffTerms) -> dict[str, str | None]:
    row: dict[str, str | None] = {
        name: value or None for name, value in asdict(wanted).items() if name not in ("gates", "name", "since")
    }
    at = None if wanted.gates is None else json.dumps(wanted.gates)
    return {**row, "name": wanted.name, "since": wanted.since, "gates": at}


def _terms(person: StaffMember) -> StaffTerms:
    return StaffTerms(
        person.name, person.phone or "", person.unit or "", person.role or "", person.user or "",
        None if person.gates is None else tuple(sorted(person.gates)), person.since, person.until or "",
    )  # fmt: skip


def _plain(given: StaffTerms) -> dict[str, Json]:
    """The particulars that are not personal, as the audit has them."""
    at = "all" if given.gates is None else " ".join(given.gates) or "none"
    known = {
        "unit": given.unit,
        "duty_role": given.role,
        "user": given.user,
        "since": given.since,
        "until": given.until,
    }
    return {**{name: value for name, value in known.items() if value}, "gates": at}
