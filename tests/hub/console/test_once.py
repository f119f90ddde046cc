"""A form that is sent twice is answered once: in one browser or two at once, never for another user, or with another word in it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts import forms
from hub.accounts.roles import Role
from hub.conflicts.judge import judge
from hub.database.schema import visits
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

ORDER = {"to": ["east"], "zh": "收队", "en": "", "hours": "12", "once": "abc"}


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def test_the_same_order_again_is_the_same_order(place: Place, app: Flask) -> None:
    boss = Browser(app, Role.SUPERVISOR)
    for _ in range(3):
        assert boss.send("/orders", ORDER, page="/orders").headers["Location"] == "/orders"
    assert len(table(place, "orders")) == 1
    boss.send("/orders", {**ORDER, "zh": "收队！"}, page="/orders")
    boss.send("/orders", {**ORDER, "once": "other"}, page="/orders")
    Browser(app, Role.ADMIN).send("/orders", ORDER, page="/orders")
    assert len(table(place, "orders")) == 4


def test_every_form_of_the_page_has_a_mark_of_its_own(app: Flask) -> None:
    boss = Browser(app, Role.SUPERVISOR)
    marks = [boss.open("/orders").text.split('name="once" value="')[1].split('"')[0] for _ in range(2)]
    assert len(set(marks)) == 2


def test_a_form_without_a_mark_is_answered_each_time(place: Place, app: Flask) -> None:
    boss = Browser(app, Role.SUPERVISOR)
    for _ in range(2):
        boss.send("/orders", {name: value for name, value in ORDER.items() if name != "once"}, page="/orders")
    assert len(table(place, "orders")) == 2


def test_what_was_refused_may_be_sent_again(place: Place, app: Flask) -> None:
    boss = Browser(app, Role.SUPERVISOR)
    boss.send("/orders/o-nothing/cancel", {"reason": "x", "once": "abc"}, page="/orders")
    assert table(place, "answered_forms") == []


def test_an_order_is_taken_back_for_a_reason_only(place: Place, app: Flask) -> None:
    boss = Browser(app, Role.SUPERVISOR)
    boss.send("/orders", ORDER, page="/orders")
    (row,) = table(place, "orders")
    boss.send(f"/orders/{row['id']}/cancel", {"reason": " "}, page="/orders")
    assert table(place, "orders")[0]["cancelled_at"] is None
    boss.send(f"/orders/{row['id']}/cancel", {"reason": "not needed"}, page="/orders")
    assert table(place, "orders")[0]["cancelled_at"] is not None
    assert '"reason": "not needed"' in table(place, "audit")[-1]["detail"]


def test_answered_forms_are_forgotten_after_two_days(place: Place) -> None:
    with place.engine.begin() as connection:
        assert forms.begin(connection, "a", NOW) is None
        forms.finish(connection, "a", "/there")
        assert forms.begin(connection, "a", NOW + forms.KEPT) == "/there"
        assert forms.begin(connection, "a", NOW + forms.KEPT + timedelta(seconds=1)) is None


def test_a_conflict_that_is_settled_by_two_taps_is_settled_once_and_both_lead_on(place: Place, app: Flask) -> None:
    gate = place.gates["east"]
    for minutes in (20, 10):
        gate.visit("鲁B12345", NOW - timedelta(minutes=minutes))
    send(place, gate, *gate.sealed)
    with place.engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(visits.select()).mappings()]
        judge(connection, "demo", rows, key=place.town.key, now=NOW)
    (conflict,) = table(place, "conflicts")
    officer, page = Browser(app, Role.OFFICER), f"/conflicts/{conflict['id']}"
    form = {"reason": "seen on the camera", "once": "abc"}
    answers = [officer.send(f"{page}/settle", form, page=page) for _ in range(2)]
    assert [each.status_code for each in answers] == [302, 302]
    assert answers[0].location == answers[1].location
    assert [row["action"] for row in table(place, "audit")].count("conflict settled") == 1


def test_a_correction_that_is_sent_twice_is_one_entry(place: Place, app: Flask) -> None:
    visit = place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"], *place.gates["east"].sealed)
    officer, page = Browser(app, Role.OFFICER), f"/visits/{visit}"
    form = {"field": "plate", "value": "鲁B12346", "reason": "read wrongly", "once": "abc"}
    for _ in range(2):
        assert officer.send(f"{page}/correct", form, page=page).status_code == 302
    assert [row["kind"] for row in table(place, "entries")].count("corrected") == 1
