"""Who was on duty at a gate at a moment: signed on, rostered, leading, noted by hand."""

from datetime import date, timedelta

from edge.contract.facts import Kind, ShiftStarted
from hub.accounts.roles import Role
from hub.roster import on_duty, planning
from hub.roster.planning import Place as Cell
from hub.roster.values import LEADER
from tests.hub.ledgers import send
from tests.hub.roster.conftest import Town
from tests.hub.towns import NOW

TODAY = "2026-03-01"


def test_a_moment_has_who_signed_on_who_was_rostered_and_who_led(town: Town) -> None:
    gate, officer = town.place.gates["east"], town.place.users[Role.OFFICER]
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer), NOW - timedelta(hours=2))
    send(town.place, gate)
    for who, at in (("wang", "east"), ("zhou", "east"), ("li", LEADER), ("li", "west")):
        town.assign(who, at, day=TODAY)
    with town.place.engine.begin() as connection:
        assert on_duty.at(connection, "demo", "east", NOW).rostered == (), "drafts are no roster"
        author = town.author(connection)
        planning.publish(author, date(2026, 2, 23))
        planning.note_presence(author, Cell(TODAY, "day", "east"), town.people["zhou"], "9:00", "10:00")
        found = on_duty.at(connection, "demo", "east", NOW)
        assert found.signed_on is not None
        assert found.signed_on.officer == officer
        assert {person.name for _row, person in found.rostered} == {"王伟", "周志愿"}
        assert found.leader is not None
        assert found.leader.name == "李芳"
        assert found.present == ()
        earlier = on_duty.at(connection, "demo", "east", NOW - timedelta(hours=3))
        assert earlier.signed_on is None
        assert [each.name for each in earlier.present] == ["周志愿"]
        assert on_duty.at(connection, "demo", "east", NOW + timedelta(hours=9)).rostered == ()
