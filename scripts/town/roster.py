"""The demo's roster: the gates' officers, who really sign on, and those who stand beside them, for the week from now on; one gap on purpose.

Tested in `tests/scripts/test_town_roster.py`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.engine import Connection

from hub.accounts import store as accounts
from hub.roster import planning, staff, terms
from hub.roster.author import Author
from hub.roster.planning import Place
from hub.roster.staff import StaffTerms
from hub.roster.values import ANYBODY, LEADER, DutyShift, RosterRules, week_of
from hub.town.town import Town
from scripts.town import organisation

SHIFTS = (DutyShift("day", "白班", "Day", "08:00", "20:00"), DutyShift("night", "夜班", "Night", "20:00", "08:00"))
BESIDE = (
    ("medical", ("林秀梅", "何玉兰", "高翠萍", "罗小燕", "梁红", "宋雅琴", "唐静", "许文慧")),
    ("grid", ("郑国栋", "谢长江", "韩志勇", "冯立新", "于海波", "董建华", "萧永康", "程大勇")),
    ("volunteer", ("曹晨", "袁媛", "邓超群", "傅晓明", "沈一鸣", "曾雨", "彭飞", "吕婷")),
)
"""Duty role, and a name for each gate."""
LEADERS = ("蒋书记", "蔡镇长")
DAYS = 8


def fill(connection: Connection, town: Town, officers: Mapping[str, str], now: datetime, by: str) -> None:
    """Names shifts, roles and rules, puts people on the list, and publishes their roster. `officers`: the user of each gate's officer."""
    author = Author(connection, town.id, by, now, town.settings.zone)
    terms.usual_roles(author)
    for shift in SHIFTS:
        terms.save_shift(author, shift)
    terms.save_rules(author, RosterRules(leader=True))
    here = _running(now, author)
    terms.save_manning(author, officers, {("day", ANYBODY): 2, ("night", ANYBODY): 2, (here, "medical"): 1})
    leaders = [
        staff.add(author, StaffTerms(name, role="cadre", unit=organisation.TOWN.id, since=author.today))
        for name in LEADERS
    ]
    names = accounts.names(connection)
    for place, (gate, user) in enumerate(officers.items()):
        at = organisation.GATES.get(gate, organisation.TOWN.id)
        officer = staff.add(
            author,
            StaffTerms(names[user], phone=f"1380532{place:04}", role="police", unit=at, user=user, since=author.today),
        )
        medical, grid, volunteer = (
            staff.add(author, StaffTerms(people[place % len(people)], f"1390532{place:02}{n:02}", at, role, gates=(gate,), since=author.today))
            for n, (role, people) in enumerate(BESIDE)
        )  # fmt: skip
        for number in range(DAYS):
            for shift in SHIFTS:
                # the officer serves in the shift that goes on now, so that real sign-ons meet the roster
                crew = (officer, medical) if shift.id == here else (grid, volunteer)
                for each in crew:
                    if not (place == 0 and number == 1 and each == medical):
                        _assign(author, number, shift, gate, each)
    for number in range(DAYS):
        for leader, shift in zip(leaders, SHIFTS, strict=True):
            _assign(author, number, shift, LEADER, leader)
    for monday in sorted({week_of(_day(author, number)) for number in range(DAYS)}):
        planning.publish(author, monday)


def _running(now: datetime, author: Author) -> str:
    """The shift that goes on now."""
    clock = f"{now.astimezone(author.zone):%H:%M}"
    return "day" if SHIFTS[0].starts <= clock < SHIFTS[0].ends else "night"


def _day(author: Author, number: int) -> date:
    """The day on which the shift of now began, or one of those after it."""
    local = author.now.astimezone(author.zone)
    first = local.date() - timedelta(days=local.hour < int(SHIFTS[0].starts[:2]))
    return first + timedelta(days=number)


def _assign(author: Author, number: int, shift: DutyShift, gate: str, person: str) -> None:
    day = _day(author, number)
    if shift.span(day, author.zone)[1] > author.now:
        planning.assign(author, Place(day.isoformat(), shift.id, gate), person)
