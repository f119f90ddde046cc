"""What of the roster calls for somebody now: gaps within the lead time, shifts that began with nobody signed on; and the gates' screens."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from edge.contract.facts import Kind, ShiftEnded, ShiftStarted
from hub.accounts.roles import Role
from hub.roster import at_gate, due, planning, store, terms
from hub.roster.values import LEADER
from tests.hub.ledgers import send
from tests.hub.roster.conftest import DAY, Town
from tests.hub.towns import NOW

GATES = ("east", "west", "south", "north")
BEGIN = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
"""Of the day shift of DAY."""
MINUTE = timedelta(minutes=1)


def publish(town: Town) -> None:
    with town.place.engine.begin() as connection:
        planning.publish(town.author(connection), date.fromisoformat(DAY))


def gaps(town: Town, now: datetime) -> list[tuple[str, str, str, int]]:
    with town.place.engine.begin() as connection:
        found = due.gaps_ahead(connection, "demo", GATES, now, town.place.town.settings.zone)
    return [(flag.day, flag.shift, flag.gate, flag.have) for flag, _terms in found]


def empty(town: Town, now: datetime) -> list[tuple[str, str]]:
    with town.place.engine.begin() as connection:
        found = due.unattended(connection, "demo", GATES, now, town.place.town.settings.zone)
    return [(each.gate, each.shift.id) for each in found]


def test_a_gap_calls_from_the_lead_time_until_it_is_filled_and_published(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        terms.save_manning(author, ["east"], {("day", "police"): 1})
        terms.save_rules(author, replace(store.rules(connection, "demo"), lead_hours=6))
    after = NOW + timedelta(days=1)
    assert gaps(town, BEGIN - timedelta(hours=7)) == []
    assert gaps(town, BEGIN - timedelta(hours=6)) == [(DAY, "day", "east", 0)]
    town.assign("wang", "east")
    assert gaps(town, BEGIN) == [(DAY, "day", "east", 0)], "a draft fills no gap"
    publish(town)
    assert gaps(town, BEGIN) == []
    assert gaps(town, after) == []


def test_a_town_without_shifts_or_least_manning_is_left_alone(town: Town) -> None:
    assert gaps(town, BEGIN) == []
    assert empty(town, BEGIN + 30 * MINUTE) == []


def test_a_shift_that_began_with_nobody_signed_on_calls_after_the_minutes_of_grace(town: Town) -> None:
    town.assign("wang", "east")
    publish(town)
    gate, officer = town.place.gates["east"], town.place.users[Role.OFFICER]
    # of the night before somebody stays for ten minutes more
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-9"), BEGIN - timedelta(hours=9))
    gate.keep(Kind.SHIFT_ENDED, ShiftEnded(officer="u-9"), BEGIN + 10 * MINUTE)
    send(town.place, gate)
    assert empty(town, BEGIN + 14 * MINUTE) == []
    assert empty(town, BEGIN + 15 * MINUTE) == [("east", "day")]
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer), BEGIN + 20 * MINUTE)
    send(town.place, gate)
    assert empty(town, BEGIN + 21 * MINUTE) == []
    assert empty(town, BEGIN + timedelta(hours=12)) == [], "the shift is over"


def test_a_gate_shows_its_shifts_with_names_of_those_only_who_do_not_sign_on(town: Town) -> None:
    for who, gate in (("wang", "east"), ("zhou", "east"), ("li", LEADER)):
        town.assign(who, gate)
    town.assign("wang", "west", day="2026-03-06")
    with town.place.engine.begin() as connection:
        assert at_gate.rostered(connection, "demo", NOW) == {}, "drafts are shown nowhere"
    publish(town)
    with town.place.engine.begin() as connection:
        found = at_gate.rostered(connection, "demo", NOW)
        assert found is not None
        assert found.keys() == {"east"}, "two days ahead"
        ((shift,),) = found.values()
        assert (shift.zh, shift.starts) == ("白班", "2026-03-02T00:00:00.000Z")
        assert [(each.officer, each.name, each.role_en, each.leader) for each in shift.staff] == [
            (town.place.users[Role.OFFICER], "", "Police", False),
            (None, "周志愿", "Volunteer", False),
            (town.place.users[Role.SUPERVISOR], "", "Medical", True),
        ]
        assert at_gate.rostered(connection, "demo", BEGIN + timedelta(hours=12)) == {}
