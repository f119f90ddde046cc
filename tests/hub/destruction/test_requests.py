"""Nothing is destroyed before the end, by one admin alone, too late, or while a part is undecided; nothing is changed by a refusal."""

from datetime import timedelta

import pytest

from hub.accounts.roles import Role
from hub.destruction import requests
from hub.destruction.ended import ended as is_over
from hub.errors import RefusedError
from tests.hub.destruction.endings import ENDS, LATER, decide_all, ended, second_admin
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place


def ask(place: Place, by: str | None = None, at: timedelta = timedelta(0)) -> requests.Destruction:
    with place.engine.begin() as connection:
        return requests.request(
            connection, town="demo", rules=place.town.rules, by=by or place.users[Role.ADMIN], now=LATER + at
        )


def confirm(place: Place, id_: str, by: str, at: timedelta = timedelta(hours=1)) -> requests.Destruction:
    with place.engine.begin() as connection:
        return requests.confirm(connection, town="demo", rules=place.town.rules, id_=id_, by=by, now=LATER + at)


def refused(call: object, *arguments: object, **more: object) -> str:
    with pytest.raises(RefusedError) as caught:
        call(*arguments, **more)  # type: ignore[operator]  # one of the functions above
    return str(caught.value)


def test_an_operation_is_over_from_its_end_on(place: Place) -> None:
    rules = ended(place).town.rules
    assert not is_over(rules, ENDS - timedelta(seconds=1))
    assert is_over(rules, ENDS)


def test_before_the_end_one_line_says_so_and_nothing_is_changed(place: Place) -> None:
    before = table(place, "audit")
    assert refused(ask, place) == "operation op-1: it has no end yet: nothing is destroyed before it has ended"
    ended(place)
    line = refused(ask, place, at=ENDS - LATER - timedelta(minutes=1))
    assert line.startswith("operation op-1: it ends at 2026-03-02T")
    assert (table(place, "destructions"), table(place, "audit")) == ([], before)


def test_while_a_part_is_undecided_nobody_can_ask(place: Place) -> None:
    assert refused(ask, ended(place)) == "part ledger: nobody has decided what becomes of it"


def test_the_admin_who_asked_cannot_confirm(place: Place) -> None:
    decide_all(ended(place))
    asked = ask(place)
    line = refused(confirm, place, asked.id, place.users[Role.ADMIN])
    assert line == f"destruction {asked.id}: expected another admin to confirm it than the one who asked for it"
    assert table(place, "destructions")[0]["state"] == "requested"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER, Role.SUPERVISOR])
def test_only_an_admin_asks_and_confirms(place: Place, role: Role) -> None:
    decide_all(ended(place))
    assert "only an admin may do this" in refused(ask, place, by=place.users[role])
    asked = ask(place)
    assert "only an admin may do this" in refused(confirm, place, asked.id, place.users[role])


def test_another_admin_confirms_within_a_day(place: Place) -> None:
    decide_all(ended(place))
    other, asked = second_admin(place), ask(place)
    assert "nobody confirmed it until" in refused(confirm, place, asked.id, other, at=timedelta(hours=25))
    assert confirm(place, asked.id, other).state == "confirmed"
    assert "it is confirmed already" in refused(confirm, place, asked.id, other)
    assert "it is confirmed already" in refused(ask, place)


def test_one_that_nobody_confirmed_can_be_asked_for_again(place: Place) -> None:
    decide_all(ended(place))
    first = ask(place)
    assert "it is requested already" in refused(ask, place)
    assert ask(place, at=timedelta(hours=25)).id != first.id


def test_a_request_can_be_taken_back(place: Place) -> None:
    decide_all(ended(place))
    asked = ask(place)
    with place.engine.begin() as connection:
        requests.cancel(connection, town="demo", id_=asked.id, by=place.users[Role.ADMIN], now=NOW)
    assert "it is cancelled already" in refused(confirm, place, asked.id, second_admin(place))


def test_no_such_destruction(place: Place) -> None:
    assert (
        refused(confirm, ended(place), "d-0", place.users[Role.ADMIN])
        == "destruction 'd-0': there is no such destruction"
    )
