"""The page of all registers: what each holds, what is open, what is overdue, how fresh it is."""

import re
from datetime import UTC, datetime, timedelta

from flask import Flask

from hub.accounts.roles import Role
from hub.zero_reports import store as zero_reports
from hub.zero_reports.terms import Terms
from tests.hub.consoles import Browser, console, text_of
from tests.hub.needs.asked import ask
from tests.hub.orders.desk import fill_desk
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place


def test_the_page_shows_every_register_that_the_reader_may_see(app: Flask) -> None:
    page = text_of(Browser(app, Role.OFFICER).open("/registers"))
    for word in ("Homes", "Goods", "Faults", "Patrols", "3 rows 3 not finished", "1 overdue", "Places", "Papers"):
        assert word in page
    viewer = text_of(Browser(app, Role.VIEWER).open("/registers"))
    assert "Patrols" in viewer
    assert "Homes" not in viewer


def test_the_page_speaks_chinese(app: Flask) -> None:
    page = text_of(Browser(app, Role.OFFICER, language="zh").open("/registers"))
    for word in ("登记台账", "巡逻台账", "物资", "1 条逾期"):
        assert word in page


def test_orders_questions_runs_roster_and_zero_reports_have_a_card_with_figures_and_freshness(
    app: Flask, place: Place
) -> None:
    fill_desk(place)
    with place.engine.begin() as connection:
        zero_reports.set_terms(
            connection, "demo", Terms("10:00", "12:00", level=""), by="cli", now=NOW - timedelta(days=2)
        )
        zero_reports.report(connection, "demo", "gate/east", 0, "", zone=ZONE, by="u-3", now=NOW)
    with console(place, lambda: datetime.now(UTC) + timedelta(minutes=10)) as later:
        page = Browser(later, Role.OFFICER).open("/registers")
    cards = dict(re.findall(r'<li class="card"><h3><a href="([^"]+)">(.*?)</li>', page.text, re.S))
    words = {name: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for name, text in cards.items()}
    assert "1 rows 1 not finished 1 overdue" in words["/orders"]
    assert 'href="/orders?state=missing"' in cards["/orders"]
    assert "2 rows 2 not finished 1 overdue" in words["/questions"]
    assert "1 rows 1 not finished" in words["/runs/plans"]
    assert "not finished" not in words["/roster"]
    assert "4 rows" in words["/zero-reports"]
    assert all("Last written" in words[each] for each in ("/orders", "/questions", "/runs/plans", "/zero-reports"))
    assert "Nothing is in it yet." in words["/roster"]


def test_the_register_behind_needs_and_inspections_fills_their_cards(place: Place) -> None:
    ask(place)
    with console(place) as fresh:
        page = Browser(fresh, Role.OFFICER, "zh").open("/registers").text
        viewer = Browser(fresh, Role.VIEWER).open("/registers").text
    card = page[page.index('href="/needs"') :]
    assert "<b>1</b>" in card[: card.index("</li>")]
    assert '<h3><a href="/orders">' in viewer
    assert '<h3><a href="/inspections">' not in viewer
