"""The console's pages: who may see what, what forms answer, what the audit keeps."""

import ast
import csv
import io
import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask, request
from sqlalchemy import delete, insert, select

from edge.contract.plates import spoken
from edge.contract.records import wall_text
from edge.contract.topics import FROM_GATE
from hub.accounts.roles import Role
from hub.alerts.kinds import AlertKind
from hub.console import wording
from hub.console.labels import LABELS
from hub.database.schema import gate_status
from hub.enrolment.officers import disable_user
from hub.ledger import queries, unkept
from hub.ledger.budget import Unkept
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.ledger.received import Sort
from hub.listener.surplus import JOURNAL, detail
from hub.listener.turns import MUTED, OTHER
from tests.hub import busy
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, meddle, send, table
from tests.hub.towns import NOW, PASSWORD, Place

HUB = Path(__file__).resolve().parents[3] / "hub"
PAGES = {
    "/": Role.VIEWER,
    "/live/board": Role.VIEWER,
    "/ledger": Role.VIEWER,
    "/inside": Role.VIEWER,
    "/conflicts": Role.VIEWER,
    "/export/visits.csv": Role.VIEWER,
    "/map": Role.VIEWER,
    "/map/gates": Role.VIEWER,
    "/shift": Role.OFFICER,
    "/shifts": Role.SUPERVISOR,
    "/roster": Role.OFFICER,
    "/roster/print": Role.OFFICER,
    "/roster/staff": Role.OFFICER,
    "/roster/staff/new": Role.SUPERVISOR,
    "/roster/handovers": Role.OFFICER,
    "/roster/on-duty": Role.OFFICER,
    "/roster/hours": Role.SUPERVISOR,
    "/roster/settings": Role.SUPERVISOR,
    "/roster/import/staff": Role.SUPERVISOR,
    "/exports": Role.VIEWER,
    "/exports/jobs": Role.VIEWER,
    "/passes": Role.OFFICER,
    "/passes/new": Role.OFFICER,
    "/passes/import": Role.SUPERVISOR,
    "/passes/watched": Role.SUPERVISOR,
    "/passes/keys": Role.ADMIN,
    "/tokens": Role.ADMIN,
    "/feed": Role.ADMIN,
    "/audit": Role.SUPERVISOR,
    "/export/audit.csv": Role.SUPERVISOR,
    "/health": Role.SUPERVISOR,
    "/backups": Role.ADMIN,
    "/backups/restore": Role.ADMIN,
    "/quarantine": Role.SUPERVISOR,
}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


def by_hand(town: Place) -> str:
    """A visit with everything personal in it."""
    return str(next(row["visit_id"] for row in table(town, "visits") if row["driver"]))


# --- who may see what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_page_without_logging_in(app: Flask, page: str) -> None:
    answer = Browser(app).open(page)
    assert answer.status_code == 302
    assert answer.location.startswith("/login?next=")


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_pages_and_no_others(app: Flask, role: Role) -> None:
    browser = Browser(app, role)
    found = {page: browser.open(page).status_code for page in PAGES}
    assert found == {page: 200 if role.may(least) else 403 for page, least in PAGES.items()}


def test_every_answer_carries_the_strict_headers(app: Flask) -> None:
    browser = Browser(app, Role.ADMIN)
    for page in ("/login", "/", "/nowhere", "/static/kakou.css", "/export/visits.csv", "/healthz"):
        headers = browser.open(page).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self';"), page
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("page", [*PAGES, "/login"])
def test_pages_carry_nothing_inline(app: Flask, page: str) -> None:
    body = Browser(app, Role.ADMIN).open(page).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", body)


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    browser = Browser(app, Role.ADMIN)
    for address in (
        "/login",
        "/logout",
        "/preferences",
        "/passes/new",
        "/visits/ab/correct",
        "/visits/ab/unmask",
        "/conflicts/ab/settle",
    ):
        answer = browser.client.post(address, data={"login": "boss", "password": PASSWORD})
        assert answer.status_code == 400, address
        assert "reload the page" in text_of(answer)


def test_the_cookie_is_strict_and_secure_over_https(app: Flask) -> None:
    cookie = Browser(app).open("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert "Secure" in app.test_client().get("/login", base_url="https://hub", buffered=True).headers["Set-Cookie"]


# --- logging in ---------------------------------------------------------------------------------------------------------


def test_a_wrong_login_says_the_same_for_everybody(app: Flask) -> None:
    browser = Browser(app)
    answers = [browser.send("/login", {"login": login, "password": "wrong"}) for login in ("officer", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("Login or password is wrong." in text_of(answer) for answer in answers)
    assert 'value="nobody"' in answers[1].text, "what was typed is lost"
    assert "wrong" not in re.findall(r'value="([^"]*)"', answers[1].text), "a password came back"


@pytest.mark.parametrize(("proxies", "addresses"), [(0, {"127.0.0.1"}), (1, {"10.0.0.1", "10.0.0.2"})])
def test_a_proxys_word_on_the_address_counts_only_where_the_settings_say_so(
    town: Place, proxies: int, addresses: set[str]
) -> None:
    settings = town.town.settings
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"proxies": proxies})})
    (town.folder / "hub.toml").write_text(settings.text(), encoding="utf-8")
    seen = set[str | None]()
    with console(town) as app:
        app.before_request(lambda: seen.add(f"{request.remote_addr}"))
        for client in ("10.0.0.1", "10.0.0.2"):
            # what a client claims to come from stands further left, and is not believed
            forwarded = {"X-Forwarded-For": f"8.8.8.8, {client}", "X-Forwarded-Proto": "https"}
            answer = app.test_client().get("/login", headers=forwarded, buffered=True)
            assert ("Secure" in answer.headers["Set-Cookie"]) is bool(proxies)
    assert seen == addresses


def test_an_empty_login_says_what_is_missing(app: Flask) -> None:
    answer = Browser(app).send("/login", {"login": "", "password": ""})
    assert answer.status_code == 400
    assert "Enter your login." in text_of(answer)
    assert "Enter your password." in text_of(answer)


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://[",
        "/%0d%0aX-Evil: 1",
        "/%0a/evil.example",
    ],
)
def test_logging_in_never_leads_elsewhere(app: Flask, address: str) -> None:
    form: dict[str, object] = {"login": "officer", "password": PASSWORD}
    assert Browser(app).send(f"/login?next={address}", form).location == "/"


def test_logging_in_leads_to_the_page_that_was_asked_for(app: Flask) -> None:
    form: dict[str, object] = {"login": "officer", "password": PASSWORD}
    assert Browser(app).send("/login?next=/ledger?plate=88", form).location == "/ledger?plate=88"


def test_logging_out_ends_the_session_for_a_copied_cookie_too(app: Flask) -> None:
    browser, copy = Browser(app, Role.OFFICER), Browser(app)
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = browser.client.get_cookie(name)
    assert cookie is not None
    copy.client.set_cookie(name, cookie.value)
    assert copy.open("/").status_code == 200
    browser.send("/logout", {}, page="/")
    assert copy.open("/").status_code == 302


def test_a_disabled_user_is_out_at_the_next_click(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    with town.engine.begin() as connection:
        disable_user(town.town, connection, town.users[Role.OFFICER], by="cli", now=NOW)
    assert browser.open("/").status_code == 302


def test_a_missing_cookie_key_is_made_for_its_owner_only(place: Place) -> None:
    key = place.folder / "keys" / "web.key"
    key.unlink()
    with console(place) as app:
        assert Browser(app).open("/login").status_code == 200
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text().strip()) == 64


# --- the live page ------------------------------------------------------------------------------------------------------


def test_the_live_page_says_how_fresh_each_gate_is(app: Flask) -> None:
    board = text_of(Browser(app, Role.VIEWER).open("/live/board"))
    assert re.search(r"East Online", board)
    assert re.search(r"South Online", board)
    assert re.search(r"West Silent", board), "a gate that said nothing for 95 s looks live"
    assert re.search(r"North Offline", board)
    assert "37 waiting to be sent" in board
    assert "Tank 10 %" in board
    assert "Nobody signed on" in board


def test_what_a_gate_said_before_it_fell_silent_is_said_to_be_of_then(app: Flask) -> None:
    markup = Browser(app, Role.VIEWER).open("/live/board").text
    cards = {name: text for name in ("east", "west", "north") for text in card_of(markup, name)}
    # the hub may have had those twelve since
    assert "12 waited then" in cards["west"]
    assert "waiting to be sent" not in cards["west"]
    assert re.search(r"What it said of itself last \d\d:\d\d", cards["west"])
    assert "Nothing waited then" in cards["north"]
    assert "Nothing waits" in cards["east"]
    assert "said of itself last" not in cards["east"]


def card_of(markup: str, gate: str) -> list[str]:
    """The text of a gate's card on the live page."""
    cards = re.findall(r'<details class="pop".*?</details>', markup, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in cards if f">{gate}</span>" in each]


def test_a_gate_that_never_spoke_says_so(place: Place) -> None:
    with console(place) as app:
        board = text_of(Browser(app, Role.VIEWER).open("/"))
    assert board.count("Never heard") == 4
    assert "No vehicle has come yet." in board


def test_health_that_is_not_understood_breaks_no_page(app: Flask, town: Place) -> None:
    meddle(town, "UPDATE gate_status SET health = '{}' WHERE gate = 'east'")
    assert Browser(app, Role.VIEWER).open("/").status_code == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Unclear whether a vehicle went through: look"), ("zh", "车辆是否通过不明，请核实")],
)
def test_an_unclear_passage_is_an_alarm_of_its_gate_with_the_words_of_the_gates_screen(
    town: Place, language: str, words: str
) -> None:
    busy.speak(town, "east", NOW, alarms=("unclear_passage",))
    with console(town) as app:
        assert words in text_of(Browser(app, Role.VIEWER, language=language).open("/live/board"))


def test_the_figures_are_those_of_the_ledger(app: Flask, town: Place) -> None:
    rows = table(town, "visits")
    board = text_of(Browser(app, Role.VIEWER).open("/live/board"))
    passed = [row for row in rows if row["outcome"] == "passed"]
    for words, number in {
        "Inside now": len(table(town, "inside")),
        "In today": sum(row["direction"] == "in" for row in passed),
        "Out today": sum(row["direction"] == "out" for row in passed),
        "Refused": sum(row["outcome"] == "turned_back" or row["verdict"] == "stop" for row in rows),
        "By hand": sum(row["read_by"] == "hand" for row in rows),
        "Disinfected": sum(row["disinfected"] == "yes" for row in rows),
    }.items():
        assert f"{words} {number} " in board


@pytest.mark.parametrize(("later", "shown"), [(0, True), (20, True), (25, False)])
def test_the_live_page_asks_to_look_into_unclear_visits_for_a_day(town: Place, later: int, shown: bool) -> None:
    with console(town, clock=lambda: NOW + timedelta(hours=later)) as app:
        page = Browser(app, Role.VIEWER).open("/live/board")
    assert ("Unclear in 24 h 1 " in text_of(page)) == shown
    assert 'href="/ledger?outcome=unclear"' in page.text


@pytest.mark.parametrize(
    ("language", "outcome", "more"),
    [("en", "Unclear", "It counts as neither"), ("zh", "是否通过不明", "两者均不计入")],
)
def test_an_unclear_visit_says_so_wherever_it_is_shown(
    app: Flask, town: Place, language: str, outcome: str, more: str
) -> None:
    (row,) = (row for row in table(town, "visits") if row["outcome"] == "unclear")
    browser = Browser(app, Role.OFFICER, language=language)
    pages = {page: browser.open(page) for page in ("/live/board", "/ledger", f"/visits/{row['visit_id']}")}
    for page, answer in pages.items():
        assert outcome in text_of(answer), page
        assert "mark-unclear" in answer.text, page
    assert more in text_of(answer)


def test_yesterday_is_not_today(town: Place) -> None:
    with console(town, clock=lambda: NOW + timedelta(days=1)) as app:
        assert "In today 0 " in text_of(Browser(app, Role.VIEWER).open("/live/board"))


# --- the ledger ---------------------------------------------------------------------------------------------------------


def test_a_search_finds_by_any_part_of_a_plate_however_it_is_typed(app: Flask, town: Place) -> None:
    page = text_of(Browser(app, Role.OFFICER).open("/ledger?plate=b·d0612"))
    assert "鲁B·D06123" in page
    assert "鲁B·12345" not in page


@pytest.mark.parametrize(
    ("query", "column", "value"),
    [
        ("gate=east", "gate", "east"),
        ("direction=out", "direction", "out"),
        ("outcome=turned_back", "outcome", "turned_back"),
        ("outcome=open", "outcome", None),
        ("outcome=unclear", "outcome", "unclear"),
        ("reason=emergency", "reason", "emergency"),
        ("read_by=hand", "read_by", "hand"),
    ],
)
def test_a_search_finds_by_each_field(app: Flask, town: Place, query: str, column: str, value: str | None) -> None:
    page = Browser(app, Role.OFFICER).open(f"/ledger?{query}").text
    wanted = {row["visit_id"] for row in table(town, "visits") if row[column] == value}
    assert set(re.findall(r"/visits/([0-9a-f]{32})", page)) == wanted
    assert wanted


def test_times_are_the_towns(app: Flask, town: Place) -> None:
    # 11:00 to 12:00 in Shanghai is 03:00 to 04:00 UTC
    page = Browser(app, Role.OFFICER).open("/ledger?start=2026-03-01T11:00&end=2026-03-01T12:00").text
    wanted = {
        row["visit_id"]
        for row in table(town, "visits")
        if "2026-03-01T03:00:00.000Z" <= row["opened_at"] < "2026-03-01T04:00:00.000Z"
    }
    assert set(re.findall(r"/visits/([0-9a-f]{32})", page)) == wanted
    assert wanted


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("start=2026-03-02T00:00&end=2026-03-01T00:00", "“Until” must be later than “From”."),
        ("start=yesterday&plate=88", "Not a valid"),
        ("gate=no+where", "Not a valid choice"),
        ("start=0001-01-01", "Give a year from 1970 to 9998."),
        ("end=9999-12-31T23:59", "Give a year from 1970 to 9998."),
    ],
)
def test_a_wrong_search_says_so_at_the_field_and_keeps_what_was_typed(app: Flask, query: str, says: str) -> None:
    browser = Browser(app, Role.OFFICER)
    answer = browser.open(f"/ledger?{query}")
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert browser.open(f"/export/visits.csv?{query}").status_code == 400
    if "plate" in query:
        assert 'value="88"' in answer.text


def test_pages_lead_through_every_visit_once_and_back(app: Flask, town: Place) -> None:
    browser, address, seen = Browser(app, Role.OFFICER), "/ledger", list[str]()
    pages = []
    while address:
        body = browser.open(address).text
        pages.append(re.findall(r"/visits/([0-9a-f]{32})", body))
        seen += pages[-1]
        older = re.search(r'rel="next" href="([^"]+)"', body)
        address = older[1] if older else ""
    assert len(seen) == len(set(seen)) == len(table(town, "visits"))
    newer = re.search(r'rel="prev" href="([^"]+)"', body)
    assert newer
    assert re.findall(r"/visits/([0-9a-f]{32})", browser.open(newer[1]).text) == pages[-2]


@pytest.mark.parametrize("query", ["older=x", "newer=~", "older=~~~&newer=%00", "before=abc"])
def test_a_made_up_cursor_breaks_nothing(app: Flask, query: str) -> None:
    for page in ("/ledger", "/inside", "/passes", "/audit", "/quarantine"):
        assert Browser(app, Role.ADMIN).open(f"{page}?{query}").status_code == 200


@pytest.mark.parametrize("page", ["/audit", "/quarantine"])
def test_an_id_that_no_database_counts_to_is_refused_in_one_line(app: Flask, page: str) -> None:
    answer = Browser(app, Role.ADMIN).open(f"{page}?before=99999999999999999999")
    assert answer.status_code == 400
    assert "too old or incomplete" in text_of(answer)


def test_who_is_inside_is_searched(app: Flask, town: Place) -> None:
    inside = [row["plate"] for row in table(town, "inside")]
    page = text_of(Browser(app, Role.OFFICER).open(f"/inside?search={inside[0][2:]}"))
    assert spoken(inside[0]) in page
    assert "Nobody found inside." in text_of(Browser(app, Role.OFFICER).open("/inside?search=ZZZ"))


# --- masks --------------------------------------------------------------------------------------------------------------


def test_a_viewer_never_sees_a_whole_plate(app: Flask, town: Place) -> None:
    browser, visit = Browser(app, Role.VIEWER), by_hand(town)
    for page in ("/", "/ledger", "/inside", f"/visits/{visit}", "/export/visits.csv"):
        body = browser.open(page).text
        for plate in busy.PLATES:
            assert plate not in body, page
            assert spoken(plate) not in body, page
    assert "鲁B·•••" in text_of(browser.open("/ledger"))


@pytest.mark.parametrize(
    "page", ["/ledger?plate=", "/inside?search=", "/conflicts?state=all&search=", "/export/visits.csv?plate="]
)
def test_a_viewer_finds_whole_plates_only(app: Flask, town: Place, page: str) -> None:
    plate = next(row["plate"] for row in table(town, "inside") if row["plate"])
    viewer, officer = Browser(app, Role.VIEWER), Browser(app, Role.OFFICER)
    whole, part, nothing = (viewer.open(page + typed).text for typed in (spoken(plate), plate[2:-1], "鲁ZZZZZZ"))

    def found(body: str) -> list[str]:
        return re.findall(r"\b[0-9a-f]{32}\b", body)

    assert found(part) == found(nothing) == []
    if "conflicts" not in page:
        assert found(whole)
        assert found(officer.open(page + plate[2:-1]).text)


def test_no_address_on_a_viewers_pages_names_a_plate(place: Place) -> None:
    for number in range(60):
        place.gates["east"].visit(f"鲁B{number:05d}", NOW + timedelta(minutes=number))
        if number % 10 == 9:
            send(place, place.gates["east"])
    with console(place, lambda: NOW + timedelta(hours=2)) as app:
        viewer = Browser(app, Role.VIEWER)
        for page, neighbour in (("/inside", "after="), ("/ledger", "older=")):
            second = next(each for each in addresses(viewer, page) if neighbour in each)
            for found in (*addresses(viewer, page), *addresses(viewer, second)):
                assert not re.search(r"鲁|B\d{5}", found), page
            assert viewer.open(second).text.count('class="cell-plate"') == 20, "the second page is the rest"


def addresses(browser: Browser, page: str) -> list[str]:
    """Where a page leads to, as a person would read it."""
    return [unquote(unescape(each)) for each in re.findall(r'(?:href|action)="([^"]*)"', browser.open(page).text)]


PROBES = ("/ledger?plate=", "/inside?search=", "/conflicts?search=", "/export/visits.csv?plate=")


def test_trying_out_plates_is_slowed_down_and_leafing_is_not(app: Flask) -> None:
    browser, other = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    codes = [browser.open(f"{PROBES[n % 4]}鲁B{n:05d}").status_code for n in range(61)]
    assert codes == [200] * 60 + [429]
    assert browser.open("/ledger?gate=east").status_code == 200
    assert other.open("/ledger?plate=1").status_code == 200


@pytest.mark.parametrize(
    ("language", "words"), [("en", "30 plates within an hour"), ("zh", "一小时内已查找 30 个车牌")]
)
def test_a_viewer_finds_out_no_plate_by_trying(town: Place, language: str, words: str) -> None:
    """Faults C: an hourly cap for who does not see plates in full, on every page that knows whether a plate is there."""
    clock = [NOW]
    with console(town, lambda: clock[0]) as app:
        browser, other = Browser(app, Role.VIEWER, language), Browser(app, Role.OFFICER)
        codes = [browser.open(f"{PROBES[n % 4]}鲁B{n:05d}").status_code for n in range(30)]
        assert codes == [200] * 30
        for probe in PROBES:
            answer = browser.open(f"{probe}鲁B77777")
            assert (answer.status_code, words in text_of(answer)) == (429, True), probe
            assert int(answer.headers["Retry-After"]) > 0
        assert browser.open("/ledger?gate=east").status_code == 200, "leafing is limited"
        assert other.open("/ledger?plate=鲁B00001").status_code == 200, "an officer sees plates in full"
        noted = [row for row in table(town, "audit") if row["action"] == "plate searches limited"]
        assert [row["user"] for row in noted] == [town.users[Role.VIEWER]], "once, and who"
        clock[0] += timedelta(hours=1, minutes=1)
        assert {browser.open(f"{PROBES[0]}鲁C{n:05d}").status_code for n in range(15)} == {200}, "the cap never ends"


def test_the_same_search_again_is_no_other_guess(app: Flask) -> None:
    browser = Browser(app, Role.VIEWER)
    assert {browser.open("/ledger?plate=鲁B12345").status_code for _ in range(40)} == {200}


def test_who_drove_is_masked_for_everybody(app: Flask, town: Place) -> None:
    visit = by_hand(town)
    for role in Role:
        for page in (f"/visits/{visit}", "/export/visits.csv"):
            body = Browser(app, role).open(page).text
            assert busy.PERSONAL["driver"] not in body
            assert busy.PERSONAL["phone"] not in body
            assert busy.PERSONAL["origin"] not in body
            assert "孙•••" in body


def test_unmasking_takes_a_supervisor_and_a_reason_and_is_audited(app: Flask, town: Place) -> None:
    visit = by_hand(town)
    address = f"/visits/{visit}/unmask"
    assert Browser(app, Role.OFFICER).send(address, {"why": "curious"}).status_code == 403
    supervisor = Browser(app, Role.SUPERVISOR)
    silent = supervisor.send(address, {"why": "  "})
    assert silent.status_code == 400
    assert "Say why" in text_of(silent)
    assert not audited(town, "visit unmasked")
    shown = supervisor.send(address, {"why": "核查失联车辆"})
    assert busy.PERSONAL["phone"] in shown.text
    (note,) = audited(town, "visit unmasked")
    assert note["user"] == town.users[Role.SUPERVISOR]
    assert note["object"] == f"visits/{visit}"
    assert "核查失联车辆" in note["detail"]
    assert busy.PERSONAL["phone"] not in supervisor.open(f"/visits/{visit}").text


def audited(town: Place, action: str) -> list[dict[str, str]]:
    return [row for row in table(town, "audit") if row["action"] == action and row["user"] != "cli"]


# --- one visit ----------------------------------------------------------------------------------------------------------


def test_a_visit_shows_its_entries_and_their_place_in_the_chain(app: Flask, town: Place) -> None:
    visit = by_hand(town)
    page = text_of(Browser(app, Role.VIEWER).open(f"/visits/{visit}"))
    entries = [row for row in table(town, "entries") if row["visit"] == visit]
    assert len(entries) == 3
    for row in entries:
        assert row["hash"] in page
        assert row["prev"] in page
        assert row["chain"] in page
        assert f"Entry {row['id']}" in page
    assert "Signed by the gate with no." in page
    assert "No signature covers it" not in page


def test_an_entry_that_no_signature_covers_says_so(app: Flask, town: Place) -> None:
    meddle(town, "DELETE FROM signatures")
    assert "No signature covers it" in text_of(Browser(app, Role.VIEWER).open(f"/visits/{by_hand(town)}"))


def test_a_correction_is_a_new_entry_of_the_hub_in_a_sound_ledger(app: Flask, town: Place) -> None:
    visit, before = by_hand(town), table(town, "entries")
    officer = Browser(app, Role.OFFICER)
    form: dict[str, object] = {"field": "plate", "value": "鲁 b·99999", "reason": "看错"}
    answer = officer.send(f"/visits/{visit}/correct", form)
    assert answer.status_code == 302
    after = table(town, "entries")
    assert after[: len(before)] == before
    added, *judged = after[len(before) :]
    assert {row["kind"] for row in judged} <= {"conflict_opened", "conflict_settled"}
    assert (added["gate"], added["kind"], added["visit"]) == ("hub", "corrected", visit)
    check(town)
    page = text_of(officer.open(f"/visits/{visit}"))
    assert "鲁B·99999" in page
    assert "Written by the hub" in page
    assert "看错" in page
    assert len(audited(town, "visit corrected")) == 1


def test_a_correction_needs_a_reason_and_an_officer(app: Flask, town: Place) -> None:
    visit, before = by_hand(town), len(table(town, "entries"))
    form: dict[str, object] = {"field": "remark", "value": "雨天", "reason": ""}
    answer = Browser(app, Role.OFFICER).send(f"/visits/{visit}/correct", form)
    assert answer.status_code == 400
    assert 'value="雨天"' in answer.text
    assert "Say why" in text_of(answer)
    assert Browser(app, Role.VIEWER).send(f"/visits/{visit}/correct", form).status_code == 403
    assert len(table(town, "entries")) == before


def test_a_visit_that_is_not_there_is_not_found(app: Flask) -> None:
    browser = Browser(app, Role.ADMIN)
    for answer in (
        browser.open("/visits/00"),
        browser.send("/visits/00/correct", {"field": "remark", "value": "x", "reason": "x"}),
        browser.send("/visits/00/unmask", {"why": "x"}),
    ):
        assert answer.status_code == 404


# --- export -------------------------------------------------------------------------------------------------------------


def test_the_export_is_the_search_as_csv(app: Flask, town: Place) -> None:
    answer = Browser(app, Role.OFFICER, language="zh").open("/export/visits.csv?gate=east")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == [zh for zh, _en in VISIT_COLUMNS.values()]
    wanted = {row["visit_id"] for row in table(town, "visits") if row["gate"] == "east"}
    assert {row[0] for row in rows[1:]} == wanted
    (note,) = audited(town, "visits exported")
    assert '"gate": "east"' in note["detail"]


def test_an_export_without_masks_takes_a_supervisor_and_a_reason(app: Flask, town: Place) -> None:
    officer, supervisor = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    assert officer.send("/export/visits.csv", {"why": "x"}).status_code == 403
    assert supervisor.send("/export/visits.csv", {"why": ""}).status_code == 400
    assert not audited(town, "visits exported")
    assert busy.PERSONAL["phone"] in supervisor.send("/export/visits.csv", {"why": "上报"}).text
    (note,) = audited(town, "visits exported")
    assert "上报" in note["detail"]


def test_an_inverted_export_is_refused_and_not_audited(app: Flask, town: Place) -> None:
    answer = Browser(app, Role.OFFICER).open("/export/visits.csv?start=2026-03-02T00:00&end=2026-03-01T00:00")
    assert answer.status_code == 400
    assert "must be later" in text_of(answer)
    assert not audited(town, "visits exported")


# --- passes -------------------------------------------------------------------------------------------------------------


def pass_form(**changes: object) -> dict[str, object]:
    return {
        "plate": "鲁B·66666",
        "vehicle_class": "resident",
        "gates": ["east", "west"],
        "not_before": "2026-03-01T00:00",
        "expires": "2026-04-01T00:00",
        **changes,
    }


def test_a_pass_is_issued_and_its_card_is_there_to_print(app: Flask) -> None:
    answer = Browser(app, Role.OFFICER).send("/passes/new", pass_form() | {"then": "print"}, page="/passes/new")
    assert answer.status_code == 302
    assert re.fullmatch(r"/passes/[^/]+/card\.pdf", answer.location)


def test_a_pass_is_issued_shown_and_revoked(app: Flask, town: Place) -> None:
    officer, supervisor = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    issued = officer.send("/passes/new", pass_form(), page="/passes/new")
    assert issued.status_code == 302
    page = text_of(officer.open(issued.location))
    assert "鲁B·66666" in page
    assert "East, West" in page
    assert "Valid" in page
    assert officer.open(issued.location + ".svg").mimetype == "image/svg+xml"
    assert officer.send(issued.location + "/revoke", {"reason": "遗失"}).status_code == 403
    refused = supervisor.send(issued.location + "/revoke", {"reason": " "})
    assert refused.status_code == 400
    assert "Say why" in text_of(refused)
    assert supervisor.send(issued.location + "/revoke", {"reason": "遗失"}).status_code == 302
    page = text_of(officer.open(issued.location))
    assert "Revoked" in page
    assert "遗失" in page
    assert supervisor.send(issued.location + "/revoke", {"reason": "again"}).status_code == 409
    published = next(row for row in table(town, "published") if row["kind"] == "passlist")
    assert issued.location.removeprefix("/passes/") in published["message"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"plate": ""}, "Enter the plate."),
        ({"plate": "A" * 17}, "Enter a plate of 1 to 16 characters."),
        ({"expires": "2026-02-01T00:00"}, "The end must be later than the beginning."),
        ({"expires": "soon"}, "Not a valid"),
        ({"vehicle_class": "tank"}, "Not a valid choice"),
        ({"gates": ["nowhere"]}, "valid choice"),
    ],
)
def test_a_wrong_pass_says_so_at_the_field_and_keeps_the_rest(
    app: Flask, town: Place, changes: dict[str, object], says: str
) -> None:
    before = len(table(town, "passes"))
    answer = Browser(app, Role.OFFICER).send("/passes/new", pass_form(**changes))
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert f'value="{changes.get("not_before", "2026-03-01T00:00")}"' in answer.text
    assert len(table(town, "passes")) == before


def test_passes_are_searched_by_plate(app: Flask) -> None:
    page = text_of(Browser(app, Role.OFFICER).open("/passes?search=88k2"))
    assert "鲁B·88K21" in page
    assert "鲁B·12345" not in page


# --- audit, quarantine, languages, errors ----------------------------------------------------------------------------------


def test_the_audit_names_people_and_is_searched(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    page = text_of(browser.open("/audit?action=pass+revoked"))
    assert "李芳" in page
    assert "车辆已转让" in page
    assert "Issued a pass passes/" not in page
    assert "Nothing found." in text_of(browser.open("/audit?search=nothing+like+it"))


def test_the_audit_speaks_the_language_of_its_reader(app: Flask, town: Place) -> None:
    Browser(app, Role.OFFICER).open("/export/visits.csv?gate=east&direction=in&start=2026-03-01T00:00")
    rows = re.findall(
        r"<td class=\"break\">(.*?)</td>", Browser(app, Role.SUPERVISOR, language="zh").open("/audit").text
    )
    names = {name for row in rows for name in re.findall(r'<span class="soft">(.*?)</span>', row)}
    assert {"卡口", "方向", "车辆类别", "原因"} <= names
    assert not [name for name in names if re.search("[a-z]", name)]
    said = " ".join(rows)
    for words in ("东门", "驶入", "否"):
        assert words in said
    assert "False" not in said
    assert "车辆已转让" in said, "free text stays as it was written"


def is_detail(given: ast.Assign | ast.AnnAssign) -> bool:
    """Returns True if the particulars of a row are put together here."""
    targets = given.targets if isinstance(given, ast.Assign) else [given.target]
    return any(isinstance(each, ast.Name) and each.id == "detail" for each in targets)


def particulars() -> tuple[set[str], set[str]]:
    """Every action that the hub's code writes to the audit, and the name of every particular."""
    actions, names = set(), set(queries.Filter.__slots__)
    for path in sorted(HUB.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for call in ast.walk(ast.parse(text)):
            if "audit.note(" in text and isinstance(call, ast.Assign | ast.AnnAssign) and is_detail(call):
                names |= {str(key.value) for key in getattr(call.value, "keys", ()) if isinstance(key, ast.Constant)}
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in {
                "note",
                "audit.note",
                "_publish_change",
            }:
                continue
            texts = [
                each for each in (*call.args, *(word.value for word in call.keywords)) if isinstance(each, ast.Constant)
            ]
            actions |= {
                each.value
                for each in texts
                if isinstance(each.value, str) and re.fullmatch("[a-z]+( [a-z]+)+", each.value)
            }
            names |= {word.arg for word in call.keywords if word.arg and ast.unparse(call.func) == "note"}
            for given in (*call.args, *(word.value for word in call.keywords)):
                names |= {str(key.value) for key in getattr(given, "keys", ()) if isinstance(key, ast.Constant)}
    return actions, names


def test_every_action_and_particular_of_the_audit_has_words() -> None:
    actions, names = particulars()
    assert {"pass blocked", "order sent", "picture asked for"} <= actions
    assert {"reason", "login", "start", "scopes", "url"} <= names
    assert actions - LABELS["action"].keys() == set()
    assert names - LABELS["detail"].keys() == set()


def test_the_quarantine_shows_bytes_and_why(app: Flask) -> None:
    page = text_of(Browser(app, Role.SUPERVISOR).open("/quarantine"))
    assert "message: not JSON" in page
    assert "0001 0203" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "Not kept",
                "cannot be read, or are not signed: and 9412 more, 120832 KiB",
                "No gate of this town",
                "Batches dropped",
            ),
        ),
        ("zh", ("未保存", "无法读取或未签名的消息：另有 9412 条，120832 KiB", "不属于本镇的卡口", "未读即弃的批次")),
    ],
)
def test_the_quarantine_says_what_was_not_kept(place: Place, language: str, words: tuple[str, ...]) -> None:
    """Faults B: dropped is never silent."""
    counts = [Unkept("east", "noise", 9412, 118 * 2**20), Unkept("", "noise", 3, 30), Unkept("west", "records", 7, 70)]
    with place.engine.begin() as connection:
        unkept.add(connection, place.town.id, counts, NOW)
    with console(place) as here:
        page = text_of(Browser(here, Role.SUPERVISOR, language).open("/quarantine"))
    assert [each for each in words if each not in page] == []


def test_each_thing_that_is_counted_and_each_alert_has_words() -> None:
    counted = {*Sort, *(name.value for name in FROM_GATE), OTHER, JOURNAL, MUTED}
    assert LABELS["unkept"].keys() == counted
    assert LABELS["alert"].keys() == LABELS["alert_says"].keys() == set(AlertKind)
    details = [detail(each) for each in counted]
    shown = [wording.particulars(each, str) for each in details]
    assert set(shown) & set(details) == set()
    assert len(set(shown)) == len(counted)


def test_language_and_theme_are_kept(app: Flask) -> None:
    browser = Browser(app, Role.VIEWER, language="zh")
    assert "当前在区内" in browser.open("/").text
    answer = browser.send("/preferences", {"lang": "en", "theme": "dark", "next": "/ledger?plate=1"})
    assert answer.location == "/ledger?plate=1"
    page = browser.open("/").text
    assert "Inside now" in page
    assert 'data-bs-theme="dark"' in page
    assert browser.send("/preferences", {"lang": "xx", "next": "//evil"}).location == "/"
    assert "Inside now" in browser.open("/").text


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "此地址没有内容。"), ("en", "There is nothing at this address.")]
)
def test_errors_are_one_line_in_both_languages(app: Flask, language: str, words: str) -> None:
    answer = Browser(app, Role.VIEWER, language).open("/nowhere")
    assert answer.status_code == 404
    assert words in text_of(answer)


def test_a_fault_of_ours_is_one_line_without_a_trace(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.VIEWER)
    with town.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE orders RENAME TO gone")
    answer = browser.open("/orders")
    assert answer.status_code == 500
    assert "The hub made a mistake." in text_of(answer)
    assert "no such table" not in answer.text


def test_the_probe_says_that_the_listener_is_gone(app: Flask, town: Place) -> None:
    """Faults D: a broker that was dead for ever, and /healthz said ok."""
    for seconds, status in ((0, 200), (50, 200), (70, 503)):
        row = {
            "town": "demo",
            "gate": "hub",
            "online": True,
            "conn": 1,
            "last_seen": wall_text(NOW - timedelta(seconds=seconds)),
        }
        with town.engine.begin() as connection:
            connection.execute(delete(gate_status).where(gate_status.c.gate == "hub"))
            connection.execute(insert(gate_status).values(**row))
        answer = Browser(app).open("/healthz")
        assert answer.status_code == status, seconds
    assert answer.json == {"status": "listener is not at the broker"}


def test_a_user_whose_role_nobody_knows_may_do_nothing_and_breaks_no_page(app: Flask, town: Place) -> None:
    with town.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'king' WHERE login = 'officer'")
    assert Browser(app, Role.ADMIN).open("/audit").status_code == 200
    browser = Browser(app)
    assert browser.send("/login", {"login": "officer", "password": PASSWORD}).status_code == 401


def test_the_probe_says_whether_the_database_answers(app: Flask, town: Place) -> None:
    assert Browser(app).open("/healthz").json == {"status": "ok"}
    with town.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ledgers RENAME TO gone")
    assert Browser(app).open("/healthz").status_code == 503


def test_hostile_text_is_shown_and_not_run(app: Flask, town: Place) -> None:
    meddle(town, "UPDATE visits SET plate = '<script>alert(1)</script>', remark = '<img src=x onerror=alert(1)>'")
    browser = Browser(app, Role.OFFICER)
    for page in ("/", "/ledger", f"/visits/{by_hand(town)}"):
        assert "<script>alert" not in browser.open(page).text
        assert "<img src=x" not in browser.open(page).text


def test_status_rows_of_retired_gates_stay_out(app: Flask, town: Place) -> None:
    meddle(town, "UPDATE gates SET retired_at = '2026-03-01T00:00:00.000Z' WHERE gate = 'north'")
    with town.engine.begin() as connection:
        assert connection.execute(select(gate_status.c.gate).where(gate_status.c.gate == "north")).scalar() == "north"
    board = Browser(app, Role.VIEWER).open("/live/board").text
    assert "tile-east" in board
    assert "tile-north" not in board


def test_what_is_wrong_is_said_in_chinese_too(app: Flask) -> None:
    page = text_of(Browser(app, Role.OFFICER, "zh").open("/ledger?gate=no+where&start=yesterday"))
    assert "Not a valid" not in page
    assert "有效" in page
