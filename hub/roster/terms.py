"""Changes what the town names and sets for its roster: shifts, duty roles, least manning, rules.

Tested in `tests/hub/roster/test_terms.py`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from sqlalchemy import delete, func, select, update

from edge.contract.canonical import Json
from edge.contract.values import visible
from hub.accounts import audit
from hub.database.schema import duty_manning, duty_roles, duty_shifts, duty_staff, roster, roster_rules
from hub.database.statements import insert, upsert
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.roster import store
from hub.roster.author import Author
from hub.roster.values import ANYBODY, DutyRole, DutyShift, RosterRules, clock_of, span_texts, without_overlaps

ID = re.compile(r"[a-z0-9_-]{1,32}")
LONGEST_WORD = 40
MOST_SHIFTS = 12
MOST_ROLES = 20
MOST_LEAST = 50
RANGES: Mapping[str, tuple[float, float]] = {
    "rest_hours": (0, 72), "late_minutes": (0, 240), "absent_minutes": (1, 240), "lead_hours": (0, 168),
}  # fmt: skip
"""The least and the most of each rule."""
USUAL_ROLES = (
    DutyRole("police", "公安", "Police"),
    DutyRole("medical", "医护", "Medical"),
    DutyRole("cadre", "村干部", "Village cadre"),
    DutyRole("grid", "网格员", "Grid officer"),
    DutyRole("volunteer", "志愿者", "Volunteer"),
)
"""What most towns begin with."""


def save_shift(author: Author, wanted: DutyShift) -> None:
    """A new shift, or other words and times of one; who is rostered in it from now on gets the new times.

    `RefusedError` for bad words or times, or where it overlaps another: nothing is changed then.
    """
    _check_id("shift", wanted.id)
    words = _words(wanted.zh, wanted.en)
    new = DutyShift(wanted.id, *words, clock_of(wanted.starts), clock_of(wanted.ends))
    shifts = store.terms(author.connection, author.town).shifts
    before = next((each for each in shifts if each.id == new.id), None)
    if before == new:
        return
    others = [each for each in shifts if each.id != new.id]
    if len(others) >= MOST_SHIFTS:
        raise RefusedError("shifts: a town has at most %(most)s", most=MOST_SHIFTS)
    without_overlaps([new, *others])
    if before is None and _ever(author, new.id):
        raise RefusedError("shift %(text)r: there was one of that id before; choose another", text=new.id)
    row = {"town": author.town, "shift": new.id, "zh": new.zh, "en": new.en, "starts": new.starts, "ends": new.ends}
    upsert(author.connection, duty_shifts, [{**row, "removed_at": None}])
    _follow(author, new)
    detail = audit.changed({} if before is None else _plain_shift(before), _plain_shift(new))
    author.note("duty shift set", f"duty-shifts/{new.id}", detail)


def remove_shift(author: Author, id_: str) -> None:
    """A shift is no more; `RefusedError` while somebody is rostered in it from now on."""
    known = store.terms(author.connection, author.town).shift(id_)
    if known is None:
        raise RefusedError("shift %(text)r: the town has no such shift", text=id_[:40])
    ahead = _ahead(author, id_)
    if ahead:
        raise RefusedError(
            "shift %(name)s: %(count)s people are rostered in it from now on; take them off first",
            name=known.zh,
            count=ahead,
        )
    this = (duty_shifts.c.town == author.town, duty_shifts.c.shift == id_)
    author.connection.execute(update(duty_shifts).where(*this).values(removed_at=author.at))
    author.connection.execute(
        delete(duty_manning).where(duty_manning.c.town == author.town, duty_manning.c.shift == id_)
    )
    author.note("duty shift removed", f"duty-shifts/{id_}", {})


def save_role(author: Author, wanted: DutyRole) -> None:
    """A new duty role, or other words for one; `RefusedError` for bad words."""
    _check_id("duty role", wanted.id)
    new = DutyRole(wanted.id, *_words(wanted.zh, wanted.en))
    roles = store.terms(author.connection, author.town).roles
    before = next((each for each in roles if each.id == new.id), None)
    if before == new:
        return
    if before is None and len(roles) >= MOST_ROLES:
        raise RefusedError("duty roles: a town has at most %(most)s", most=MOST_ROLES)
    place = len(roles) if before is None else roles.index(before)
    upsert(
        author.connection,
        duty_roles,
        [{"town": author.town, "role": new.id, "zh": new.zh, "en": new.en, "place": place}],
    )
    detail = audit.changed({} if before is None else {"zh": before.zh, "en": before.en}, {"zh": new.zh, "en": new.en})
    author.note("duty role set", f"duty-roles/{new.id}", detail)


def usual_roles(author: Author) -> None:
    """The roles that most towns have; does nothing where the town has named some."""
    if not store.terms(author.connection, author.town).roles:
        for each in USUAL_ROLES:
            save_role(author, each)


def remove_role(author: Author, id_: str) -> None:
    """A duty role is no more; `RefusedError` while somebody has it."""
    known = store.terms(author.connection, author.town).role(id_)
    if known is None:
        raise RefusedError("duty role %(text)r: the town has no such role", text=id_[:40])
    having = select(func.count()).where(duty_staff.c.town == author.town, duty_staff.c.role == id_)
    if count := author.connection.execute(having).scalar_one():
        raise RefusedError(
            "duty role %(name)s: %(count)s people have it; give them another first", name=known.zh, count=count
        )
    author.connection.execute(delete(duty_roles).where(duty_roles.c.town == author.town, duty_roles.c.role == id_))
    author.connection.execute(
        delete(duty_manning).where(duty_manning.c.town == author.town, duty_manning.c.role == id_)
    )
    author.note("duty role removed", f"duty-roles/{id_}", {})


def save_manning(author: Author, at: Iterable[str], least: Mapping[tuple[str, str], int]) -> None:
    """The least manning of these gates: shift and role (or `ANYBODY`) -> people; what is not named, or 0, needs nobody."""
    known = store.terms(author.connection, author.town)
    infos = gates.infos(author.connection, author.town)
    for (shift, role), people in least.items():
        if known.shift(shift) is None:
            raise RefusedError("shift %(text)r: the town has no such shift", text=shift[:40])
        if role != ANYBODY and known.role(role) is None:
            raise RefusedError("duty role %(text)r: the town has no such role", text=role[:40])
        if not 0 <= people <= MOST_LEAST:
            raise RefusedError(
                "least manning: expected a number from 0 to %(most)s, found %(count)s", most=MOST_LEAST, count=people
            )
    for gate in at:
        if gate not in infos:
            raise RefusedError("gate %(text)r: there is no such gate", text=gate[:40])
        before = {(each.shift, each.role): each.least for each in known.manning if each.gate == gate}
        after = {key: people for key, people in least.items() if people}
        if before == after:
            continue
        author.connection.execute(
            delete(duty_manning).where(duty_manning.c.town == author.town, duty_manning.c.gate == gate)
        )
        rows = [
            {"town": author.town, "gate": gate, "shift": shift, "role": role, "least": people}
            for (shift, role), people in after.items()
        ]
        insert(author.connection, duty_manning, rows)
        author.note("least manning set", f"gates/{gate}", audit.changed(_plain_manning(before), _plain_manning(after)))


def save_rules(author: Author, wanted: RosterRules) -> None:
    """The town's rules; `RefusedError` for a number beyond its range, or if somebody else changed them since `wanted.version`."""
    before = store.rules(author.connection, author.town)
    if wanted.version != before.version:
        raise RefusedError(
            "somebody else changed the rules since the page was opened: nothing was changed; look at what stands there now, then do it again"
        )
    for name, (least, most) in RANGES.items():
        value = getattr(wanted, name)
        if not least <= value <= most:
            raise RefusedError(
                "%(rule)s: expected a number from %(least)s to %(most)s, found %(count)s",
                rule=name, least=f"{least:g}", most=f"{most:g}", count=f"{value:g}",
            )  # fmt: skip
    if wanted == before:
        return
    new = replace(wanted, version=before.version + 1)
    upsert(author.connection, roster_rules, [{"town": author.town, **asdict(new)}])
    was, is_ = asdict(before), asdict(new)
    del was["version"], is_["version"]
    author.note("roster rules set", "roster-rules", audit.changed(was, is_))


def _check_id(what: str, id_: str) -> None:
    if not ID.fullmatch(id_):
        raise RefusedError("%(what)s %(text)r: expected 1 to 32 of a-z, 0-9, '-' and '_'", what=what, text=id_[:40])


def _words(zh: str, en: str) -> tuple[str, str]:
    found = visible(zh).strip(), visible(en).strip()
    if not all(0 < len(each) <= LONGEST_WORD for each in found):
        raise RefusedError("words: expected 1 to %(most)s characters in Chinese and in English", most=LONGEST_WORD)
    return found


def _ever(author: Author, id_: str) -> bool:
    this = (duty_shifts.c.town == author.town, duty_shifts.c.shift == id_)
    return author.connection.execute(select(duty_shifts.c.shift).where(*this)).first() is not None


def _ahead(author: Author, id_: str) -> int:
    """How many are rostered in a shift that is not over."""
    here = (
        roster.c.town == author.town,
        roster.c.shift == id_,
        roster.c.ends > author.at,
        roster.c.dropped_at.is_(None),
    )
    return author.connection.execute(select(func.count()).select_from(roster).where(*here)).scalar_one()


def _follow(author: Author, shift: DutyShift) -> None:
    """Gives everybody who is rostered in a shift that has not begun its new times."""
    here = (roster.c.town == author.town, roster.c.shift == shift.id, roster.c.starts > author.at)
    for day in author.connection.execute(select(roster.c.day).where(*here).distinct()).scalars().all():
        starts, ends = span_texts(shift, day, author.zone)
        author.connection.execute(update(roster).where(*here, roster.c.day == day).values(starts=starts, ends=ends))


def _plain_shift(shift: DutyShift) -> dict[str, Json]:
    return {"zh": shift.zh, "en": shift.en, "times": shift.times}


def _plain_manning(least: Mapping[tuple[str, str], int]) -> dict[str, Json]:
    return {f"{shift}/{role}" if role else shift: people for (shift, role), people in sorted(least.items())}
