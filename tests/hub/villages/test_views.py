"""The pages of village plans: who sees what, marks by form, the page for paper with households masked unless somebody says why."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.organisation import changes
from hub.villages.marks import MarkKind, Said
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.map.test_plan import geojson, png
from tests.hub.organisation.test_store import fill
from tests.hub.towns import NOW, Place
from tests.hub.villages.test_store import HOUSE, SQUARE, add, keep

HERE = "/villages/wangjia"


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    fill(place)
    keep(place, png(400, 300))
    add(place, Said(MarkKind.AREA, "一区", SQUARE, officer="王伟", phone="13900139000"))
    add(place, HOUSE)
    with console(place) as app:
        yield app


def belong(place: Place, role: Role, unit: str) -> None:
    with place.engine.begin() as connection:
        changes.put_user(connection, town="demo", user=place.users[role], unit=unit, by="u-5", now=NOW)


def test_a_village_is_listed_with_how_fresh_its_plan_is(app: Flask) -> None:
    page = text_of(Browser(app, Role.VIEWER).open("/villages"))
    assert "Wangjia" in page
    assert "Wangjiazhuang East area Village – no plan yet" in page


def test_households_are_for_supervisors_and_the_officers_of_the_branch(app: Flask, place: Place) -> None:
    def shown(role: Role) -> bool:
        browser = Browser(app, role)
        pages = browser.open(HERE).text, browser.open(f"{HERE}/print").text
        found = {"孙•••" in page for page in pages}
        assert len(found) == 1
        assert not any("孙立国" in page or "13800138000" in page for page in pages)
        return found.pop()

    assert not shown(Role.VIEWER)
    assert not shown(Role.OFFICER)
    assert shown(Role.SUPERVISOR)
    belong(place, Role.OFFICER, "west")
    assert not shown(Role.OFFICER)
    belong(place, Role.OFFICER, "east")
    assert shown(Role.OFFICER)
    belong(place, Role.VIEWER, "east")
    assert not shown(Role.VIEWER)


def test_full_names_are_printed_for_a_reason_that_the_audit_keeps(app: Flask, place: Place) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    assert supervisor.send(f"{HERE}/print", {"why": " "}).status_code == 400
    page = supervisor.send(f"{HERE}/print", {"why": "送药上门"})
    assert "孙立国" in page.text
    row = table(place, "audit")[-1]
    assert (row["action"], row["object"]) == ("plan households read", "villages/wangjia")
    assert "孙立国" not in supervisor.open(f"{HERE}/print").text


def test_phones_of_those_responsible_are_for_officers(app: Flask) -> None:
    assert "13900139000" in Browser(app, Role.OFFICER).open(HERE).text
    for address in (HERE, f"{HERE}/print"):
        assert "13900139000" not in Browser(app, Role.VIEWER).open(address).text


def test_a_mark_is_put_changed_moved_and_taken_off_by_forms(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    sent = {"kind": "checkpoint", "name": "村口卡点", "gate": "east", "shape": "120 340"}
    browser.send(f"{HERE}/marks", sent)
    mark = table(place, "plan_marks")[-1]
    assert (mark["kind"], mark["gate"], mark["shape"]) == ("checkpoint", "east", "[[120.0, 340.0]]")
    assert "村口卡点" in browser.open(HERE).text
    one = f"{HERE}/marks/{mark['id']}"
    version = re.search(r'name="version" value="(\d+)"', browser.open(one).text)
    assert version
    browser.send(one, {**sent, "version": version[1], "name": "东口卡点"})
    browser.send(f"{HERE}/move", {"gate": mark["id"], "shape": "500 600"})
    assert table(place, "plan_marks")[-1]["shape"] == "[[500.0, 600.0]]"
    assert "东口卡点" in browser.open(HERE).text
    assert browser.send(one, {**sent, "version": "1", "name": "甲"}).status_code == 409
    browser.send(one, {"version": "3", "remove": "1"})
    assert "东口卡点" not in text_of(browser.open(HERE)).partition("On the plan")[2]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ({"kind": "entrance", "name": "村口", "shape": "here"}, "expected two numbers, as 120 340"),
        ({"kind": "entrance", "name": "村口", "shape": ""}, "Click on the plan, or enter a place."),
        ({"kind": "throne", "name": "村口", "shape": "1 2"}, "Not a valid choice"),
        ({"kind": "area", "name": "一区", "shape": "1 2; 3 4"}, "expected at least 3 corners"),
        ({"kind": "entrance", "name": "村口", "shape": "1 2000"}, "expected 0 to 1000"),
    ],
)
def test_a_wrong_mark_is_one_line_and_changes_nothing(
    app: Flask, place: Place, form: dict[str, str], line: str
) -> None:
    browser, before = Browser(app, Role.SUPERVISOR), table(place, "plan_marks")
    answer = browser.send(f"{HERE}/marks", form)
    page = answer if answer.status_code == 400 else browser.open(HERE)
    assert line in text_of(page)
    assert table(place, "plan_marks") == before


def test_a_plan_is_uploaded_seen_checked_and_removed(app: Flask) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    browser.send("/villages/plan", {"village": "wangjia-2", "plan": (BytesIO(geojson()), "plan.geojson")})
    page = browser.open("/villages/wangjia-2")
    address = re.search(r'data-plan="([^"]+)"', page.text)
    assert address
    assert browser.open(address[1]).mimetype == "application/geo+json"
    assert browser.open(f"{address[1]}x").status_code == 404
    browser.send("/villages/wangjia-2/check", {})
    assert "Noted: the plan holds." in text_of(browser.open("/villages/wangjia-2"))
    assert (
        "<polyline" in browser.open("/villages/wangjia-2/print").text
        or "<polygon" in browser.open("/villages/wangjia-2/print").text
    )
    browser.send("/villages/plan", {"village": "wangjia-2", "remove": "1"})
    assert browser.open("/villages/wangjia-2/print").status_code == 404
    browser.send("/villages/plan", {"village": "wangjia-2", "plan": (BytesIO(b"no"), "plan.png")})
    assert "expected a PNG or JPEG picture, or GeoJSON" in text_of(browser.open("/villages/wangjia-2"))


def test_an_account_limited_to_another_branch_finds_no_plan(app: Flask, place: Place) -> None:
    with place.engine.begin() as connection:
        changes.put_user(
            connection, town="demo", user=place.users[Role.SUPERVISOR], unit="west", confined=True, by="u-5", now=NOW
        )
    browser = Browser(app, Role.SUPERVISOR)
    assert browser.open(HERE).status_code == 404
    assert browser.open(f"{HERE}/print").status_code == 404
    assert browser.send(f"{HERE}/marks", {"kind": "entrance", "name": "村口", "shape": "1 2"}).status_code == 404
    assert "Wangjia" not in text_of(browser.open("/villages"))
