"""Requests and findings in a real browser: from a call to a visit that closes it, from a visit to a finding that is closed after an objection."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from hub.accounts.roles import Role
from hub.database.engine import reader
from hub.needs.marking import Marker
from scripts.town.needs import fill
from scripts.town.scenario import plan
from tests.chromium import NEEDED, chromium
from tests.hub.ledgers import send, table
from tests.hub.web.test_browser import LOOKS, OFFICE, PHONE, Served, judged, serving, unfold, visiting
from tests.scripts.test_scenario import SEED, policy

pytestmark = NEEDED
PLATE = "鲁B77Q31"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("needs")) as served:
        users = served.place.users
        people = [users[role] for role in (Role.OFFICER, Role.SUPERVISOR, Role.ADMIN)]
        with served.place.engine.begin() as connection:
            fill(served.place.town, connection, plan(SEED, policy()), people, datetime.now(UTC))
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def row_of(served: Served, register: str, state: str | None = None) -> int:
    """A row of a register, in a state."""
    rows = table(served.place, "register_rows")
    return int(next(row["id"] for row in rows if row["register"] == register and state in (None, row["state"])))


def addresses(served: Served) -> list[str]:
    """Every page of this part."""
    today = datetime.now(served.place.town.settings.zone).date()
    return [
        "/needs", "/needs/new", "/needs/sheet", f"/needs/{row_of(served, 'need_requests', 'assigned')}",
        f"/needs/{row_of(served, 'need_requests', 'closed')}", f"/persons/{row_of(served, 'persons')}",
        f"/persons/{row_of(served, 'special_needs')}", "/inspections", "/inspections/new?gate=east", f"/inspections/day/{today}",
        *(f"/inspections/{row_of(served, 'inspections', state)}" for state in ("open", "fixed", "objected", "closed")),
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_pages_are_accessible_and_fit_wide_and_narrow(
    served: Served, browser: Browser, language: str, theme: str
) -> None:
    faults: dict[str, Any] = {}
    axe = Axe()
    for size in (OFFICE, PHONE):
        with visiting(browser, served, language=language, theme=theme, size=size, login="boss") as (page, _watch):
            for address in addresses(served):
                page.goto(f"{served.address}{address}")
                unfold(page)
                faults |= judged(axe, page, f"{address} {size}")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, size)
    assert faults == {}


def test_a_call_becomes_a_request_with_a_pass_and_its_crossings_close_it(served: Served, browser: Browser) -> None:
    now = datetime.now(UTC)
    with visiting(browser, served, login="officer", size=OFFICE) as (page, watch):
        watch.expected = "the server responded with a status of 409"
        page.click(".menu-user > summary")
        page.click("a[href='/needs']")
        page.click("text=Somebody calls")
        page.fill("#caller", "孙大伟")
        page.fill("#caller_phone", "13905320000")
        page.fill("#who", "玉珍")
        page.select_option("#need", "hospital")
        page.click("text=Take it down")
        # she stands in the register of households, too
        expect(page.get_by_role("radio")).to_have_count(2)
        page.get_by_role("radio").first.check()
        page.click("text=Take it down")
        expect(page.locator("h1")).to_have_text("Hospital · 周玉珍")
        page.get_by_role("button", name="I do it").click()
        expect(page.locator("[role=status].said")).to_contain_text("The request is assigned.")
        page.fill("#plate", PLATE)
        page.fill("#driver", "孙大伟")
        page.click("form[action$='/pass'] .btn-main")
        expect(page.locator("[role=status].said")).to_contain_text("The pass is issued.")
        there = page.url
        (issued,) = (row for row in table(served.place, "passes") if row["plate"] == PLATE)
        for gate, direction, minutes in (("north", "out", 1), ("west", "in", 90)):
            served.place.gates[gate].visit(
                PLATE, now + timedelta(minutes=minutes), direction=direction, reason="priority", pass_id=issued["id"],
                sprayed=False, disinfection="off",
            )  # fmt: skip
            send(served.place, served.place.gates[gate])
        seen = reader(served.place.town.settings.database_url)
        Marker(served.place.town, served.place.engine, seen).look(now + timedelta(minutes=91))
        seen.dispose()
        page.goto(there)
        expect(page.locator(".trip-done")).to_have_count(2)
        expect(page.locator(".head .mark")).to_contain_text("Delivered")
        page.click("text=Followed up …")
        page.fill("[name=follow_up]", "平安到家")
        page.click("details[open] .btn-main")
        expect(page.locator(".head .mark")).to_contain_text("Followed up and closed")
        page.locator(".trip a").last.click()
        expect(page.locator(".head .plate")).to_have_text("鲁B·77Q31")


def step(page: Page, words: str, **said: str) -> None:
    """Unfolds a step of a finding, says what it asks for, and does it."""
    page.locator("summary", has_text=words).click()
    for name, value in said.items():
        page.fill(f"details[open] [name={name}]", value)
    page.click("details[open] form .btn")
    expect(page.locator("[role=status].said")).to_contain_text("Kept.")


def test_a_finding_from_a_visit_is_closed_after_an_objection_that_another_decided(
    served: Served, browser: Browser
) -> None:
    visit = table(served.place, "visits")[0]["visit_id"]
    with visiting(browser, served, login="officer", size=OFFICE) as (page, _watch):
        page.goto(f"{served.address}/visits/{visit}")
        page.click("text=Write a finding")
        page.fill("#problem", "车辆未核对车牌")
        page.select_option("#category", "registering")
        page.fill("#responsible", "东门卡口")
        page.click("main .btn-main")
        expect(page.locator(".head .mark")).to_contain_text("Handed over")
        expect(page.locator(f"a[href='/visits/{visit}']")).to_have_count(1)
        there = page.url
        step(page, "Object to it", objection="当时系统已核对")
        expect(page.locator("summary", has_text="Dismiss the objection")).to_have_count(0)
    with visiting(browser, served, login="supervisor", size=OFFICE) as (page, _watch):
        page.goto(there)
        step(page, "Dismiss the objection", decision="录像显示未核对")
        step(page, "Put right", fix="已组织学习")
    with visiting(browser, served, login="boss", size=OFFICE) as (page, _watch):
        page.goto(there)
        step(page, "Checked", check="抽查三车均核对")
        page.get_by_role("button", name="Close it").click()
        expect(page.locator(".head .mark")).to_contain_text("Closed")
        page.goto(f"{served.address}/inspections/day")
        expect(page.locator(".day-part", has_text="Solved")).to_contain_text("车辆未核对车牌")
