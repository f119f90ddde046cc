"""All rows of one day in one form."""

from flask import Flask

from hub.accounts.roles import Role
from hub.registers.rows import RegisterRow
from tests.hub.consoles import Browser, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place

ADDRESS = "/registers/home_days/days"


def of_day(place: Place, day: str) -> list[dict[str, object]]:
    return [dict(row) for row in table(place, "register_rows") if row["day"] == day]


def test_what_is_filled_in_is_added_and_what_is_not_is_not(
    app: Flask, place: Place, rows: dict[str, RegisterRow]
) -> None:
    home, browser = rows["home"].id, Browser(app, Role.OFFICER)
    form = {"day": "2026-03-01", f"{home}-v-people": "4", f"{home}-v-heat": "36.6"}
    assert browser.send(ADDRESS, form).status_code == 303
    (row,) = of_day(place, "2026-03-01")
    assert (row["parent"], row["facts"], row["private"]) == (home, '{"people":4}', '{"heat":36.6}')


def test_a_row_of_the_day_is_changed_and_a_masked_value_stays(
    app: Flask, place: Place, rows: dict[str, RegisterRow]
) -> None:
    home = rows["home"].id
    form = {"day": "2026-02-28", f"{home}-version": "1", f"{home}-v-people": "2", f"{home}-v-heat": ""}
    assert Browser(app, Role.OFFICER).send(ADDRESS, form).status_code == 303
    (row,) = of_day(place, "2026-02-28")
    assert (row["facts"], row["private"], row["version"]) == ('{"people":2}', '{"heat":36.5}', 2)


def test_a_value_that_can_not_stand_is_named_and_nothing_is_kept(
    app: Flask, place: Place, rows: dict[str, RegisterRow]
) -> None:
    form = {"day": "2026-03-01", f"{rows['home'].id}-v-people": "x"}
    answer = Browser(app, Role.OFFICER).send(ADDRESS, form)
    assert answer.status_code == 400
    assert "Expected a whole number." in text_of(answer)
    assert of_day(place, "2026-03-01") == []


def test_only_a_daily_register_has_such_a_form(app: Flask) -> None:
    assert Browser(app, Role.OFFICER).open("/registers/homes/days").status_code == 404
