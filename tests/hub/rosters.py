"""A roster for a test town: two shifts, roles, people, this week published with a gap, and records of who signed on."""

from datetime import datetime, timedelta

from edge.contract.facts import Kind, ShiftEnded, ShiftStarted
from hub.accounts.roles import Role
from hub.roster import planning, staff, terms
from hub.roster.author import Author
from hub.roster.planning import Place as Cell
from hub.roster.staff import StaffTerms
from hub.roster.values import LEADER, DutyShift, RosterRules, days_of, week_of
from tests.hub.ledgers import send
from tests.hub.towns import Place

PEOPLE = (
    ("周建民", "13812340001", "police"),
    ("孙秀英", "13812340002", "medical"),
    ("马志强", "13812340003", "cadre"),
    ("朱丽娟", "13812340004", "grid"),
    ("胡大海", "13812340005", "volunteer"),
    ("郭晓东", "13812340006", "medical"),
)


def fill(place: Place, now: datetime) -> dict[str, str]:
    """Writes it as a supervisor would; returns the ids of the staff by name."""
    zone = place.town.settings.zone
    monday = week_of(now.astimezone(zone).date())
    began = datetime.combine(monday, datetime.min.time(), zone) - timedelta(minutes=1)
    people: dict[str, str] = {}
    with place.engine.begin() as connection:
        # written before the week began: nothing of it is over
        author = Author(connection, place.town.id, place.users[Role.SUPERVISOR], min(began, now), zone)
        terms.usual_roles(author)
        terms.save_shift(author, DutyShift("day", "白班", "Day", "08:00", "20:00"))
        terms.save_shift(author, DutyShift("night", "夜班", "Night", "20:00", "08:00"))
        terms.save_manning(author, list(place.gates), {("day", ""): 2, ("day", "medical"): 1, ("night", ""): 1})
        terms.save_rules(author, RosterRules(leader=True, lead_hours=24))
        for role, name in ((Role.OFFICER, "王伟"), (Role.SUPERVISOR, "李芳")):
            given = StaffTerms(name, role="police", user=place.users[role], since="2020-01-01")
            people[name] = staff.add(author, given)
        for name, phone, duty_role in PEOPLE:
            people[name] = staff.add(author, StaffTerms(name, phone, role=duty_role, since="2020-01-01"))
        for place_of_day, day in enumerate(days_of(monday)):
            for who, gate, shift in (
                ("王伟", "east", "day"), ("孙秀英", "east", "day"), ("周建民", "east", "night"),
                ("朱丽娟", "west", "day"), ("郭晓东", "west", "day"), ("胡大海", "west", "night"),
                ("马志强", "south", "day"), ("李芳", LEADER, "day"), ("马志强", LEADER, "night"),
            ):  # fmt: skip
                if (who, place_of_day % 3) != ("孙秀英", 2):
                    planning.assign(author, Cell(day, shift, gate), people[who])
        planning.publish(author, monday)
    with place.engine.begin() as connection:
        author = Author(connection, place.town.id, place.users[Role.SUPERVISOR], now, zone)
        last = days_of(monday)[-1]
        planning.assign(author, Cell(last, "night", "north"), people["胡大海"])
        staff.add_absence(author, people["郭晓东"], last, last, "leave")
    return people


def signed_on(place: Place, now: datetime) -> None:
    """An officer signs on at the east gate, late, and hands over with something open."""
    gate, officer = place.gates["east"], place.users[Role.OFFICER]
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer), now - timedelta(hours=3))
    ended = ShiftEnded(officer=officer, to=place.users[Role.SUPERVISOR], open_matters=2)
    gate.keep(Kind.SHIFT_ENDED, ended, now - timedelta(hours=1), private={"remark": "消毒泵漏水，已报修"})
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=place.users[Role.SUPERVISOR]), now - timedelta(hours=1))
    send(place, gate)
