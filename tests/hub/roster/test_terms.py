"""What a town names and sets for its roster: shifts without overlap, roles, least manning, rules."""

from dataclasses import replace

import pytest

from hub.errors import RefusedError
from hub.roster import store, terms
from hub.roster.values import DutyRole, DutyShift, RosterRules
from tests.hub.roster.conftest import DAY, Town


def test_overlapping_shifts_are_refused_and_nothing_is_changed(town: Town) -> None:
    with town.place.engine.begin() as connection:
        before = store.terms(connection, "demo")
        with pytest.raises(
            RefusedError, match=r"shift 中班 \(19:00–21:00\) overlaps 白班 \(08:00–20:00\): nothing was changed"
        ):
            terms.save_shift(town.author(connection), DutyShift("mid", "中班", "Middle", "19:00", "21:00"))
        assert store.terms(connection, "demo") == before


@pytest.mark.parametrize(
    ("shift", "line"),
    [
        (DutyShift("A b", "白", "Day", "01:00", "02:00"), "expected 1 to 32 of a-z"),
        (DutyShift("x", "", "Day", "01:00", "02:00"), "in Chinese and in English"),
        (DutyShift("x", "白", "Day", "1", "02:00"), "expected a time"),
    ],
)
def test_a_shift_without_words_or_times_is_refused(town: Town, shift: DutyShift, line: str) -> None:
    with town.place.engine.begin() as connection, pytest.raises(RefusedError, match=line):
        terms.save_shift(town.author(connection), shift)


def test_new_times_of_a_shift_reach_whoever_is_rostered_in_it_from_now_on(town: Town) -> None:
    town.assign("wang", "east", day="2026-03-01")  # goes on now
    town.assign("wang", "east", day=DAY)
    with town.place.engine.begin() as connection:
        terms.save_shift(town.author(connection), DutyShift("night", "夜班", "Night", "20:00", "07:00"))
        terms.save_shift(town.author(connection), DutyShift("day", "白班", "Day", "07:00", "20:00"))
        starts = [each.starts for each in store.assignments(connection, "demo", "2026-03-01", DAY)]
    assert starts == ["2026-03-01T00:00:00.000Z", "2026-03-01T23:00:00.000Z"]


def test_a_shift_is_removed_once_nobody_is_rostered_in_it(town: Town) -> None:
    town.assign("wang", "east")
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        with pytest.raises(RefusedError, match="1 people are rostered in it"):
            terms.remove_shift(author, "day")
        terms.remove_shift(author, "night")
        assert [each.id for each in store.terms(connection, "demo").shifts] == ["day"]
        assert len(store.terms(connection, "demo", removed=True).shifts) == 2
        with pytest.raises(RefusedError, match="there was one of that id before"):
            terms.save_shift(author, DutyShift("night", "夜班", "Night", "20:00", "08:00"))


def test_a_role_that_somebody_has_stays(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        with pytest.raises(RefusedError, match="1 people have it"):
            terms.remove_role(author, "police")
        terms.save_role(author, DutyRole("police", "派出所", "Police station"))
        terms.remove_role(author, "cadre")
        assert [each.zh for each in store.terms(connection, "demo").roles] == ["派出所", "医护", "网格员", "志愿者"]


def test_least_manning_is_set_for_several_gates_at_once(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        terms.save_manning(author, ["east", "west"], {("day", ""): 2, ("day", "medical"): 1, ("night", ""): 0})
        found = {(each.gate, each.shift, each.role): each.least for each in store.terms(connection, "demo").manning}
        assert found == {
            (gate, "day", role): least for gate in ("east", "west") for role, least in (("", 2), ("medical", 1))
        }
        for at, least, line in (
            (["moon"], {}, "gate 'moon'"),
            (["east"], {("noon", ""): 1}, "shift 'noon'"),
            (["east"], {("day", "chief"): 1}, "duty role 'chief'"),
            (["east"], {("day", ""): 51}, "from 0 to 50"),
        ):
            with pytest.raises(RefusedError, match=line):
                terms.save_manning(author, at, least)


def test_rules_have_ranges_and_one_author_at_a_time(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        terms.save_rules(author, RosterRules(rest_hours=11.5, lead_hours=24))
        assert store.rules(connection, "demo") == RosterRules(rest_hours=11.5, lead_hours=24, version=1)
        with pytest.raises(RefusedError, match="somebody else changed the rules"):
            terms.save_rules(author, RosterRules())
        with pytest.raises(RefusedError, match="rest_hours: expected a number from 0 to 72"):
            terms.save_rules(author, replace(store.rules(connection, "demo"), rest_hours=73))
