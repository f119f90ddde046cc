"""Sessions that end: what puts the end off, what a page says before it, and how nothing that was typed is lost by it."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.console import kept_forms
from hub.database.schema import sessions as table_of_sessions
from hub.town.settings import Session, Settings
from tests.hub import busy
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import settle, table
from tests.hub.towns import NOW, PASSWORD, Place

ORDER = {"to": "east", "zh": "北门改道", "en": "", "hours": "4"}


class Clock:
    """The hub's time, which a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = settle(tmp_path_factory.mktemp("sessions"))
    busy.fill(place, NOW)
    yield place
    place.engine.dispose()


@pytest.fixture
def app(town: Place, clock: Clock) -> Iterator[Flask]:
    with console(town, clock) as app:
        yield app


def referred(address: str) -> dict[str, str]:
    """What a browser says of the page that sends a form."""
    return {"Referer": f"http://localhost{address}"}


def post(browser: Browser, address: str, form: dict[str, str], *, page: str, token: str, mark: str):  # type: ignore[no-untyped-def]
    data = {"csrf_token": token, "form_of": mark, **form}
    return browser.client.post(address, data=data, headers=referred(page))


def mark_of(page: str) -> str:
    found = re.search(r'name="form_of" value="([^"]+)"', page)
    assert found
    return unescape(found[1])


def half_filled(browser: Browser, page: str) -> tuple[str, str]:
    """The token and the mark of the forms of a page."""
    text = browser.open(page).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token
    return token[1], mark_of(text)


def kept_in(text: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', text)
    assert found, text
    return found[1]


def sign_in_again(browser: Browser, answer_text: str, login: str):  # type: ignore[no-untyped-def]
    action = re.search(r'class="card" action="([^"]+)"', answer_text)
    assert action
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer_text)
    assert token
    form = {"csrf_token": token[1], "login": login, "password": PASSWORD, "kept": kept_in(answer_text)}
    return browser.client.post(unescape(action[1]), data=form)


@pytest.mark.parametrize("role", list(Role))
def test_a_session_ends_when_nothing_was_done_for_the_hours_of_its_role(app: Flask, clock: Clock, role: Role) -> None:
    browser, idle = Browser(app, role), Session().idle(role)
    clock.now += idle - timedelta(minutes=2)
    assert browser.open("/ledger").status_code == 200, "an act puts the end off"
    clock.now += idle - timedelta(minutes=2)
    assert browser.open("/ledger").status_code == 200
    clock.now += idle + timedelta(seconds=1)
    assert browser.open("/ledger").location == "/login?next=/ledger"


def test_what_a_page_asks_for_by_itself_puts_nothing_off(app: Flask, clock: Clock) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    for _ in range(5):
        clock.now += timedelta(minutes=30)
        browser.client.get("/live/board", headers={"HX-Request": "true"})
        browser.client.get("/session")
        browser.client.get("/ledger", headers={"Accept": "text/event-stream"})
    assert browser.client.get("/session").json == {"left": 0}
    other = Browser(app, Role.SUPERVISOR)
    clock.now += timedelta(minutes=110)
    other.client.get("/live/board", headers={"HX-Request": "true", "Kakou-By-Hand": "1"})
    clock.now += timedelta(minutes=110)
    assert other.open("/ledger").status_code == 200, "somebody touched the page"


def test_not_every_click_is_written(app: Flask, clock: Clock, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)

    def ends() -> set[str]:
        return {row["expires_at"] for row in table(town, table_of_sessions.name)}

    before = ends()
    clock.now += timedelta(minutes=1)
    browser.open("/ledger")
    assert ends() == before
    clock.now += timedelta(minutes=2)
    browser.open("/ledger")
    assert ends() != before


def test_a_page_says_how_long_the_session_lasts_and_one_click_puts_the_end_off(app: Flask, clock: Clock) -> None:
    browser = Browser(app, Role.ADMIN)
    page = browser.open("/ledger").text
    assert 'data-left="3600"' in page
    assert 'data-warn="300"' in page
    clock.now += timedelta(minutes=58)
    assert browser.client.get("/session").json == {"left": 120}
    token, mark = re.search(r'name="csrf_token" value="([^"]+)"', page), mark_of(page)
    assert token
    data = {"csrf_token": token[1], "form_of": mark}
    answer = browser.client.post("/session/stay", data=data, headers={"Accept": "application/json"})
    assert answer.json == {"left": 3600}


def test_the_settings_say_how_long_and_a_short_session_warns_at_its_half(tmp_path) -> None:  # type: ignore[no-untyped-def]
    given = Settings.of({"town": "demo", "session": {"admin": 0.1, "warn_minutes": 10}}, tmp_path).session
    assert given.idle("admin") == timedelta(minutes=6)
    assert given.warning("admin") == timedelta(minutes=3)
    assert given.idle("officer") == timedelta(hours=8)


def test_a_form_that_meets_the_end_stands_filled_in_again_and_is_not_sent(
    app: Flask, clock: Clock, town: Place
) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    clock.now += timedelta(hours=3)
    answer = post(browser, "/orders", ORDER, page="/orders", token=token, mark=mark)
    assert answer.status_code == 401
    assert "what you typed comes back" in text_of(answer)
    assert "北门改道" not in answer.text, "who uses the browser next reads nothing"
    again = sign_in_again(browser, answer.text, "supervisor")
    assert again.location == "/orders"
    page = browser.open("/orders")
    kept = re.search(r'data-action="([^"]+)" data-values="([^"]+)"', page.text)
    assert kept
    assert kept[1] == "/orders"
    assert ["zh", "北门改道"] in json.loads(unescape(kept[2]))
    assert token not in page.text
    assert 'id="kept"' not in browser.open("/orders").text, "once"
    assert not any(row["zh"] == "北门改道" for row in table(town, "orders"))
    assert not any(row["kept"] for row in table(town, "sessions"))


def test_another_user_gets_nothing_of_it(app: Flask, clock: Clock, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    clock.now += timedelta(hours=3)
    answer = post(browser, "/orders", ORDER, page="/orders", token=token, mark=mark)
    sign_in_again(browser, answer.text, "boss")
    assert 'id="kept"' not in browser.open("/orders").text
    assert not any(row["kept"] for row in table(town, "sessions"))


def test_secrets_are_never_kept(app: Flask, clock: Clock) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    clock.now += timedelta(hours=3)
    typed = {**ORDER, "password": "s1", "new_password": "s2", "pin": "s3", "pin_again": "s4", "passphrase": "s5"}
    answer = post(browser, "/orders", typed, page="/orders", token=token, mark=mark)
    with app.test_request_context():
        kept = kept_forms.opened(kept_in(answer.text))
    assert kept is not None
    assert dict(kept.values) == ORDER
    assert ("opinion", "x") in kept_forms.keepable([("opinion", "x"), ("pinned", "y")])


def test_a_wrong_password_in_between_loses_nothing(app: Flask, clock: Clock) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    clock.now += timedelta(hours=3)
    answer = post(browser, "/orders", ORDER, page="/orders", token=token, mark=mark)
    form = {"csrf_token": token, "login": "supervisor", "password": "wrong", "kept": kept_in(answer.text)}
    wrong = browser.client.post("/login?next=/orders", data=form)
    assert wrong.status_code == 401
    assert sign_in_again(browser, wrong.text, "supervisor").location == "/orders"
    assert 'id="kept"' in browser.open("/orders").text


def test_another_language_in_between_loses_nothing(app: Flask, clock: Clock) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    clock.now += timedelta(hours=3)
    sign_in = post(browser, "/orders", ORDER, page="/orders", token=token, mark=mark).text
    switch = re.search(r'action="/preferences">.*?name="next" value="([^"]+)"', sign_in, re.DOTALL)
    assert switch
    form = {"csrf_token": token, "lang": "en", "next": switch[1], "kept": kept_in(sign_in)}
    page = browser.client.post("/preferences", data=form, follow_redirects=True)
    assert page.request.path == "/login"
    assert "what you typed comes back" in page.text
    assert sign_in_again(browser, page.text, "supervisor").location == "/orders"
    assert 'id="kept"' in browser.open("/orders").text


@pytest.mark.parametrize("login", ["supervisor", "boss"])
def test_a_form_of_the_session_before_comes_back_to_its_user_alone(app: Flask, login: str, town: Place) -> None:
    # signed out and in again in another tab: the token of this tab's form is worth nothing any more
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    browser.send("/logout", {}, page="/orders")
    browser.send("/login", {"login": login, "password": PASSWORD})
    answer = post(browser, "/orders", ORDER, page="/orders", token=token, mark=mark)
    if login == "boss":
        assert answer.status_code == 400
        return
    assert answer.location == "/orders"
    assert 'id="kept"' in browser.open("/orders").text
    assert not any(row["zh"] == "北门改道" for row in table(town, "orders"))


def test_a_form_after_signing_out_in_another_tab_asks_to_sign_in(app: Flask) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    browser.send("/logout", {}, page="/orders")
    answer = post(browser, "/orders", ORDER, page="/orders", token=token, mark=mark)
    assert answer.status_code == 401
    assert sign_in_again(browser, answer.text, "supervisor").location == "/orders"


def test_a_mark_of_nobody_keeps_nothing(app: Flask) -> None:
    answer = Browser(app).client.post("/orders", data={**ORDER, "form_of": "u-1.made-up"})
    assert answer.status_code == 400


def test_one_comes_back_to_the_page_and_not_to_where_its_form_goes(app: Flask, clock: Clock, town: Place) -> None:
    visit = table(town, "visits")[0]["visit_id"]
    browser = Browser(app, Role.OFFICER)
    token, mark = half_filled(browser, f"/visits/{visit}")
    clock.now += timedelta(hours=9)
    form = {"field": "remark", "value": "x", "reason": "y"}
    answer = post(browser, f"/visits/{visit}/correct", form, page=f"/visits/{visit}", token=token, mark=mark)
    again = sign_in_again(browser, answer.text, "officer")
    assert again.location == f"/visits/{visit}"
    assert f'data-action="/visits/{visit}/correct"' in browser.open(again.location).text
    # a page of errors stands at the form's own address
    answer = Browser(app).send(f"/login?next=/visits/{visit}/correct", {"login": "officer", "password": PASSWORD})
    assert answer.location == f"/visits/{visit}"


def test_htmx_is_led_to_the_whole_page_and_back(app: Flask, clock: Clock) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    token, mark = half_filled(browser, "/orders")
    clock.now += timedelta(hours=3)
    asks = {"HX-Request": "true", "HX-Current-URL": "http://localhost/?theme=x"}
    answer = browser.client.get("/live/board", headers=asks)
    assert answer.status_code == 204
    assert parse_qs(urlsplit(answer.headers["HX-Redirect"]).query) == {"next": ["/?theme=x"]}
    asks["HX-Current-URL"] = "http://localhost/orders"
    data = {"csrf_token": token, "form_of": mark, **ORDER}
    answer = browser.client.post("/orders", data=data, headers=asks)
    page = browser.open(answer.headers["HX-Redirect"])
    assert sign_in_again(browser, page.text, "supervisor").location == "/orders"
    assert 'id="kept"' in browser.open("/orders").text


def test_signing_in_below_any_address_goes_to_the_login(app: Flask) -> None:
    # the form says where it goes: whatever address it is shown at
    assert 'action="/login' in Browser(app).open("/login?next=/inside").text


def test_head_answers_as_get_does_and_leaves_no_trace(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.ADMIN)
    issued = table(town, "passes")[0]["id"]
    addresses = [f"/passes/{issued}", f"/passes/{issued}.svg", f"/passes/{issued}.png", "/session"]
    addresses += [
        rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    expected = {
        "/news": 404, "/conflicts/next": 302, "/shift/hand-over": 302, "/vehicle/search": 302, "/inspections/day": 302,
        # of no report, of no part of the rules, of no shift
        "/operation/closing.pdf": 404, "/operation/closing.xlsx": 404, "/operation/rules/edit": 404, "/roster/shift": 404,
    }  # fmt: skip
    before = len(table(town, "audit")), table(town, "passes")
    for address in addresses:
        answer = browser.client.head(address, buffered=True)
        # this town was set up on the command line
        usual = 404 if address.startswith("/setup") else 200
        assert (address, answer.status_code) == (address, expected.get(address, usual))
        assert answer.data == b""
    assert (len(table(town, "audit")), table(town, "passes")) == before
    assert Browser(app).client.head("/login").status_code == 200
