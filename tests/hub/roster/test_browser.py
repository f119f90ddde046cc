"""A roster through a shift with a gap, in a real browser: rostered, the gap flagged, filled by form and by dragging, signed on, compared."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contract.facts import Kind, ShiftStarted
from hub.accounts.roles import Role
from hub.alerts import reading
from hub.alerts.kinds import AlertKind
from hub.database.engine import reader
from hub.listener.alerting import Alerting
from hub.listener.schedule import Schedule
from hub.roster import staff, terms
from hub.roster.author import Author
from hub.roster.staff import StaffTerms
from hub.roster.values import DutyShift, RosterRules
from tests.chromium import NEEDED, chromium
from tests.hub.ledgers import send, settle
from tests.hub.serving import Served, serving
from tests.hub.towns import PASSWORD, Place

pytestmark = NEEDED


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Clock:
    """The listener's clock, which the test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = settle(tmp_path)
    yield found
    found.engine.dispose()


def founded(place: Place, now: datetime) -> tuple[dict[str, str], str, datetime]:
    """Two shifts of twelve hours, of which one goes on for three hours already; people; the day on which it began, and when."""
    zone = place.town.settings.zone
    began = (now - timedelta(hours=3)).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    ends = began + timedelta(hours=12)
    with place.engine.begin() as connection:
        author = Author(connection, place.town.id, "cli", now, zone)
        terms.usual_roles(author)
        terms.save_shift(author, DutyShift("first", "头班", "First", f"{began:%H:%M}", f"{ends:%H:%M}"))
        terms.save_shift(author, DutyShift("second", "二班", "Second", f"{ends:%H:%M}", f"{began:%H:%M}"))
        terms.save_manning(author, ["east"], {("first", ""): 2, ("first", "medical"): 1})
        terms.save_rules(author, RosterRules(lead_hours=2))
        people = {
            "王伟": staff.add(
                author, StaffTerms("王伟", role="police", user=place.users[Role.OFFICER], since="2020-01-01")
            ),
            "孙秀英": staff.add(author, StaffTerms("孙秀英", role="medical", since="2020-01-01")),
        }
    return people, began.date().isoformat(), began.astimezone(UTC)


def signed_in(browser: Browser, served: Served) -> Page:
    page = browser.new_context(viewport={"width": 1366, "height": 2400}).new_page()
    page.context.add_cookies([{"name": "lang", "value": "en", "url": f"http://127.0.0.1:{served.port}"}])
    page.goto(f"http://127.0.0.1:{served.port}/login")
    page.fill("[name=login]", "supervisor")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    return page


def drag(page: Page, source: str, target: str) -> None:
    """Drags as a hand does, in small steps."""
    boxes = [page.locator(each).bounding_box() for each in (source, target)]
    (x, y), (to_x, to_y) = ((box["x"] + 12, box["y"] + 9) for box in boxes if box)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 8, steps=4)
    page.mouse.move(to_x, to_y, steps=8)
    page.mouse.up()


def standing(place: Place, now: datetime) -> set[tuple[str, str | None]]:
    """What the listener's look at this moment leaves standing of the roster's alerts."""
    clock, seen = Clock(now), reader(place.town.settings.database_url)
    try:
        Alerting(place.town, place.engine, seen, Schedule(clock.seconds), clock).look_if_due()
        with seen.begin() as connection:
            found = reading.page(connection, place.town.id, limit=100)
    finally:
        seen.dispose()
    kinds = (AlertKind.ROSTER_GAP, AlertKind.UNATTENDED)
    return {(each.what, each.gate) for each in found if each.what in kinds and each.ended_at is None}


def test_a_roster_goes_through_a_shift_with_a_gap(place: Place, browser: Browser) -> None:
    now = datetime.now(UTC)
    people, day, began = founded(place, now)
    assert standing(place, began - timedelta(hours=3)) == set()
    assert standing(place, began - timedelta(hours=1)) == {(AlertKind.ROSTER_GAP, "east")}
    assert standing(place, began + timedelta(minutes=16)) == {
        (AlertKind.ROSTER_GAP, "east"),
        (AlertKind.UNATTENDED, "east"),
    }
    with serving(place) as served:
        page = signed_in(browser, served)
        address = f"http://127.0.0.1:{served.port}"
        # the gap is there, in words, at its cell
        page.goto(f"{address}/roster?week={day}")
        cell = page.locator(f"#c-{day}-first-east")
        expect(cell).to_contain_text("People: 0 of 2")
        expect(cell).to_contain_text("Medical: 0 of 1")
        # the first by the form, reached from the cell by its link and sent with the keyboard
        cell.get_by_role("link", name="Assign somebody").press("Enter")
        page.locator("#a-staff").select_option(people["王伟"])
        page.locator("#a-staff").press("Tab")
        page.locator("form#assign button").press("Enter")
        expect(page.locator(".said").first).to_contain_text("Assigned")
        expect(cell).to_contain_text("王伟")
        expect(cell).to_contain_text("People: 1 of 2")
        # the second by dragging from the list of people, into another gate's cell first, then where the gap is
        drag(page, f".roster-people [data-staff='{people['孙秀英']}']", f"#c-{day}-first-west")
        expect(page.locator(f"#c-{day}-first-west")).to_contain_text("孙秀英")
        drag(page, f"#c-{day}-first-west [data-staff]", f"#c-{day}-first-east")
        expect(cell).to_contain_text("孙秀英")
        expect(page.locator(f"#c-{day}-first-west")).not_to_contain_text("孙秀英")
        expect(cell).not_to_contain_text("of 2")
        page.get_by_role("button", name="Publish the week").click()
        expect(page.locator(".said").first).to_contain_text("published")
        # nobody has signed on: the officer is missing, the alert calls when the grace is over, which counts from the publishing
        expect(page.locator(f"#c-{day}-first-east")).to_contain_text("Has not signed on")
        graced = datetime.now(UTC) + timedelta(minutes=16)
        assert standing(place, graced) == {(AlertKind.UNATTENDED, "east")}
        # a real record of the gate: the alert is over, the officer was late, the hours count
        place.gates["east"].keep(
            Kind.SHIFT_STARTED, ShiftStarted(officer=place.users[Role.OFFICER]), now - timedelta(hours=1)
        )
        send(place, place.gates["east"])
        assert standing(place, now) == set()
        page.reload()
        expect(page.locator(f"#c-{day}-first-east")).to_contain_text("Late")
        page.goto(f"{address}/roster/shift?day={day}&shift=first")
        row = page.locator("tr", has_text="孙秀英")
        row.locator("[name=came]").fill(began.astimezone(place.town.settings.zone).strftime("%H:%M"))
        row.get_by_role("button", name="Note it").click()
        expect(page.locator("tr", has_text="孙秀英")).to_contain_text("noted by hand")
        page.goto(f"{address}/roster/hours")
        expect(page.locator("tr", has_text="王伟")).to_contain_text("1.0")
        page.context.close()
