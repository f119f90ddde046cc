"""A form that is sent twice is answered once: in one browser or two at once, never for another user, or with another word in it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts import forms
from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import table
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
