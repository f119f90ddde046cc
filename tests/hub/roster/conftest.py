"""A town with two shifts, roles, and people: the officer who signs on at gates, and others who stand beside him."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.organisation import changes
from hub.organisation.units import Said
from hub.roster import planning, staff, terms
from hub.roster.author import Author
from hub.roster.planning import Place as Cell
from hub.roster.staff import StaffTerms
from hub.roster.values import DutyShift
from tests.hub.towns import NOW, Place

DAY = "2026-03-02"
"""A Monday, the day after NOW."""
DAY_SHIFT, NIGHT_SHIFT = (
    DutyShift("day", "白班", "Day", "08:00", "20:00"),
    DutyShift("night", "夜班", "Night", "20:00", "08:00"),
)


@dataclass
class Town:
    """What the tests of the roster work with."""

    place: Place
    people: dict[str, str]

    def author(self, connection: Connection, now: datetime = NOW) -> Author:
        return Author(connection, "demo", self.place.users[Role.SUPERVISOR], now, self.place.town.settings.zone)

    def assign(self, who: str, gate: str, *, day: str = DAY, shift: str = "day", now: datetime = NOW) -> None:
        with self.place.engine.begin() as connection:
            planning.assign(self.author(connection, now), Cell(day, shift, gate), self.people[who])


@pytest.fixture
def town(place: Place) -> Town:
    made = Town(place, {})
    with place.engine.begin() as connection:
        author = made.author(connection)
        changes.add(
            connection, town="demo", said=Said("village", "东村", "East village", id="dongcun"), by="u-5", now=NOW
        )
        terms.usual_roles(author)
        terms.save_shift(author, DAY_SHIFT)
        terms.save_shift(author, NIGHT_SHIFT)
        for who, given in {
            "wang": StaffTerms(
                "王伟", "13812345678", role="police", user=place.users[Role.OFFICER], since="2026-01-01"
            ),
            "li": StaffTerms("李芳", role="medical", user=place.users[Role.SUPERVISOR], since="2026-01-01"),
            "zhou": StaffTerms(
                "周志愿", "13900001111", unit="dongcun", role="volunteer", gates=("east",), since="2026-01-01"
            ),
        }.items():
            made.people[who] = staff.add(author, given)
    return made
