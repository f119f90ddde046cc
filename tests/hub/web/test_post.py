"""The post in a real browser: ten conflicts settled in three clicks, a shift from signing on to handing over, the map."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from hub.map import store as maps
from tests.chromium import NEEDED
from tests.hub.ledgers import table
from tests.hub.map.test_plan import geojson, png
from tests.hub.towns import PASSWORD
from tests.hub.web.post_town import make_work
from tests.hub.web.test_browser import LOOKS, OFFICE, PHONE, Served, browser, judged, serving, visiting

__all__ = ["browser"]
"""The fixture of the other tests in a browser."""
pytestmark = NEEDED


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("post")) as served:
        make_work(served.place, datetime.now(UTC))
        yield served


def open_(served: Served) -> int:
    return sum(row["settled_at"] is None for row in table(served.place, "conflicts"))


def plan(served: Served, data: bytes, **places: tuple[float, float]) -> None:
    now = datetime.now(UTC)
    with served.place.engine.begin() as connection:
        on = maps.keep(connection, town="demo", data=data, by="u-5", now=now)
        for gate, (x, y) in places.items():
            maps.put(connection, town="demo", on=on, gate=gate, place=maps.Place(x, y), by="u-5", now=now)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_the_pages_of_the_post(browser: Browser, post: Served, language: str, theme: str) -> None:
    axe = Axe()
    many = [row["id"] for row in table(post.place, "conflicts") if row["what"] == "in_twice" and not row["settled_at"]]
    faults: dict[str, Any] = {}
    plan(post, png(400, 300), east=(800, 400))
    with visiting(browser, post, language=language, theme=theme, login="boss") as (page, watch):
        # the sound is on from signing on, and a page that was reached without a click may not sound
        watch.expected = "AudioContext"
        for name in ("/conflicts", f"/conflicts/{many[-1]}/group", "/shift", "/map"):
            page.goto(f"{post.address}{name}")
            faults |= judged(axe, page, name)
        if page.goto(f"{post.address}/shift") and page.locator("button[formaction], .sign-on button").count():
            page.locator(".sign-on button").click()
        for name in ("/shift", "/shift/hand-over", "/shifts"):
            page.goto(f"{post.address}{name}")
            faults |= judged(axe, page, name)
        page.goto(f"{post.address}/shift/hand-over")
        page.locator("#main form .btn-main").click()
        expect(page.locator(".sheet-page")).to_be_visible()
        faults |= judged(axe, page, "page of the shift")
        page.goto(f"{post.address}/shift")
        page.locator("details:not(.menu) summary").click()
        page.locator("details:not(.menu) .btn").click()
        expect(page.locator(".sign-on")).to_be_visible()
    assert faults == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_posts_pages_fit_a_phone(browser: Browser, post: Served, language: str) -> None:
    plan(post, png(400, 300), east=(800, 400), west=(10, 990))
    many = [row["id"] for row in table(post.place, "conflicts") if row["what"] == "in_twice"]
    with visiting(browser, post, language=language, size=PHONE, login="boss") as (page, _watch):
        for name in ("/conflicts", f"/conflicts/{many[-1]}/group", "/shift", "/shifts", "/map"):
            page.goto(f"{post.address}{name}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE[0], (name, width)


def test_ten_conflicts_are_settled_in_three_clicks(browser: Browser, post: Served) -> None:
    before = open_(post)
    with visiting(browser, post, size=OFFICE, login="officer") as (page, _watch):
        page.locator('.tabs a[href="/conflicts"]').click()  # 1
        rows = page.locator("tbody tr").count()
        assert rows >= 10
        page.locator("[data-tick-all] input").click()  # 2
        page.keyboard.type("the north gate was cut off")
        expect(page.locator("[data-ticked]")).to_have_text(str(rows))
        page.locator(".settle-bar .btn-main").click()  # 3
        expect(page.locator(".said")).to_contain_text("Settled: ")
    assert before - open_(post) >= rows


def test_a_shift_from_signing_on_to_the_next_officer(browser: Browser, post: Served) -> None:
    with visiting(browser, post, size=OFFICE, login="officer") as (page, _watch):
        page.locator('.tabs a[href="/shift"]').click()
        page.locator("[data-tick-all] input").check()
        page.locator(".sign-on .btn-main").click()
        expect(page.locator("#notes-title")).to_be_visible()
        # signing on turns the sound on
        assert page.evaluate("localStorage.getItem('kakou-sound')") == "true"
        page.fill("#text", "the north sprayer drips")
        page.get_by_role("button", name="Write down").click()
        expect(page.locator(".notes")).to_contain_text("the north sprayer drips")
        page.get_by_role("link", name="Hand over").click()
        page.fill("#text", "all quiet")
        page.locator("#main form .btn-main").click()
        expect(page.locator(".signatures")).to_contain_text("Handed over by")
        expect(page.locator("[data-print]")).to_be_visible()
        page.get_by_role("button", name="the next officer logs in here").click()
        post.sessions.pop("officer", None)
        page.fill("#login", "supervisor")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".sign-on")).to_contain_text("Take over from")
        page.locator(".sign-on .btn-main").click()
        expect(page.locator("#notes-title")).to_be_visible()
    rows = table(post.place, "duties")[-2:]
    assert [row["user"] for row in rows] == [rows[1]["relieves"], rows[0]["ended_by"]]
    assert rows[1]["ended_at"] is None


@pytest.mark.parametrize("name", ["/conflicts", "shift"])
def test_a_page_is_printed_once_for_a_click(browser: Browser, post: Served, name: str) -> None:
    address = f"/shift/{table(post.place, 'duties')[0]['shift']}" if name == "shift" else name
    with visiting(browser, post, login="officer") as (page, _watch):
        page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1 }")
        page.goto(post.address + address)
        page.locator("[data-print]").click()
        assert page.evaluate("window.printed") == 1


def test_some_of_the_rows_are_ticked_by_a_sign_of_the_hubs(browser: Browser, post: Served) -> None:
    with visiting(browser, post, size=OFFICE, login="officer") as (page, _watch):
        page.goto(f"{post.address}/shift")
        if page.get_by_text("Sign off without handing over").count():
            page.get_by_text("Sign off without handing over").click()
            page.locator("details:not(.menu) .btn").click()
        page.locator("[data-tick]").first.check()
        assert page.evaluate("document.querySelector('[data-tick-all] input').indeterminate")
        sign = page.locator("[data-tick-all] input").evaluate("box => getComputedStyle(box).backgroundImage")
        assert "/static/img/dash.svg" in sign


def test_the_printed_page_has_no_bars_and_two_lines_to_sign_on(browser: Browser, post: Served) -> None:
    shift = table(post.place, "duties")[0]["shift"]
    with visiting(browser, post, login="officer") as (page, _watch):
        page.goto(f"{post.address}/shift/{shift}")
        page.emulate_media(media="print")
        expect(page.locator(".signatures .line")).to_have_count(2)
        colours = page.evaluate("[...document.querySelectorAll('main .count')].map(one => getComputedStyle(one).color)")
        assert set(colours) <= {"rgb(0, 0, 0)"}, "a number is read on paper, where no background is printed"
        for hidden in (".bar", ".no-print", ".foot"):
            expect(page.locator(hidden).first).to_be_hidden()


def sign_at(page: Page, gate: str) -> tuple[float, float]:
    """The middle of a gate's sign on the map."""
    box = page.locator(".leaflet-marker-pane .map-sign", has_text=gate).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_gate_is_dragged_to_its_place(browser: Browser, post: Served) -> None:
    plan(post, png(400, 300), east=(500, 500))
    with visiting(browser, post, login="boss") as (page, _watch):
        page.goto(f"{post.address}/map")
        expect(page.locator(".leaflet-marker-pane .map-sign")).to_have_count(4)
        x, y = sign_at(page, "East")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y - 40, steps=5)
        page.mouse.up()
        expect(page.locator("#placing [name=gate]")).to_have_value("east")
        assert float(page.input_value("#placing [name=x]")) > 500
        assert float(page.input_value("#placing [name=y]")) < 500
        page.get_by_role("button", name="Place it").click()
        expect(page.locator(".said")).to_contain_text("is placed")
    (row,) = [row for row in table(post.place, "gate_places") if row["gate"] == "east" and row["plan"] == "picture"]
    assert row["x"] > 500 > row["y"]


def test_the_map_says_a_gates_state_by_itself(browser: Browser, post: Served) -> None:
    plan(post, geojson(), east=(120.15, 36.85))
    with visiting(browser, post, login="viewer") as (page, _watch):
        page.goto(f"{post.address}/map")
        sign = page.locator(".leaflet-marker-pane .map-sign", has_text="East")
        expect(sign).to_be_visible()
        expect(page.locator(".leaflet-overlay-pane path.map-shape")).to_have_count(1)
        expect(page.locator(".leaflet-tooltip")).to_have_text("东坡村")
        with post.place.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE gate_status SET online = 0 WHERE gate = 'east'")
        expect(sign).to_contain_text("Offline", timeout=20_000)
        assert re.search("map-sign-offline", sign.get_attribute("class") or "")
