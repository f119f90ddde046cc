"""The page leads two admins from the decisions to the signed report, in both languages; alone, or before the end, it destroys nothing."""

import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.destruction import run, start
from hub.web.app import create_app
from tests.hub.consoles import Browser, text_of
from tests.hub.destruction.endings import LATER, decide_all, filled, second_admin, traces
from tests.hub.ledgers import table
from tests.hub.towns import NOW, PASSWORD, Place

PAGE = "/operation/destruction"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The towns for which the page started a process, which is not started here."""
    found: list[str] = []
    monkeypatch.setattr(start, "start", lambda settings: found.append(settings.town))
    return found


def app_at(place: Place, at: datetime) -> Flask:
    place.engine.dispose()
    app = create_app(place.folder, clock=lambda: at)
    app.testing = True
    return app


@pytest.fixture
def app(place: Place, started: list[str]) -> Flask:
    filled(place)
    second_admin(place)
    return app_at(place, LATER)


def signed_in(app: Flask, login: str) -> Browser:
    browser = Browser(app)
    assert browser.send("/login", {"login": login, "password": PASSWORD}).status_code == 302
    return browser


def press(browser: Browser, address: str, **values: str) -> str:
    """Sends one of the page's forms, and gives the page that follows."""
    assert browser.send(address, values, page=PAGE).status_code in (302, 303)
    return text_of(browser.open(PAGE))


def test_two_admins_go_the_whole_way_on_the_page(place: Place, app: Flask, started: list[str]) -> None:
    boss, chief = signed_in(app, "boss"), signed_in(app, "chief")
    assert "Not decided" in text_of(boss.open(PAGE))
    assert "stands in the ledger" in press(boss, f"{PAGE}/decide", part="", choice="destroy", reason="law")
    assert "Another admin confirms it now" in press(boss, f"{PAGE}/request")
    id_ = table(place, "destructions")[0]["id"]
    assert "expected another admin to confirm it" in press(boss, f"{PAGE}/{id_}/confirm")
    assert started == []
    assert "It is confirmed, and has begun" in press(chief, f"{PAGE}/{id_}/confirm")
    assert started == ["demo"]
    run.run(place.town, id_, LATER)
    page = text_of(chief.open(PAGE))
    assert "Done at the hub" in page
    assert "asked, no answer yet" in page
    report = json.loads(chief.client.get(f"{PAGE}/{id_}/report.json").text)
    assert report["content"]["confirmed"]["name"] == "周平"
    pdf = chief.client.get(f"{PAGE}/{id_}/report.pdf").data
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) >= 1
    assert "holds every receipt" in press(boss, f"{PAGE}/{id_}/report")
    assert [each for each in traces(place.folder) if not each.startswith("log/")] == []


def test_it_speaks_chinese(app: Flask) -> None:
    boss = signed_in(app, "boss")
    boss.client.set_cookie("lang", "zh")
    page = text_of(boss.open(PAGE))
    assert "个人信息的销毁" in page
    assert "布控名单" in page


def test_before_the_end_it_shows_and_destroys_nothing(place: Place, started: list[str]) -> None:
    decide_all(place)
    boss = signed_in(app_at(place, NOW), "boss")
    assert "The operation has no end yet" in text_of(boss.open(PAGE))
    assert "it has no end yet" in press(boss, f"{PAGE}/request")
    assert (table(place, "destructions"), started) == ([], [])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"part": "ledger", "choice": "burn"}, "expected what becomes of it"),
        ({"part": "ledger", "choice": "keep", "reason": "x", "until": "soon"}, "until: expected a day"),
        ({"part": "ledger", "choice": "keep", "reason": "x"}, "expected until when it is kept"),
        ({"part": "ledger", "choice": "destroy", "reason": ""}, "expected a reason"),
        ({"part": "cats", "choice": "destroy", "reason": "x"}, "there is no such part"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    place: Place, app: Flask, values: dict[str, str], line: str
) -> None:
    assert line in press(signed_in(app, "boss"), f"{PAGE}/decide", **values)
    assert table(place, "destruction_decisions") == []


def test_a_part_that_was_kept_until_a_day_that_is_past_is_shown(place: Place, app: Flask) -> None:
    boss = signed_in(app, "boss")
    day = (LATER + timedelta(days=1)).date().isoformat()
    page = press(boss, f"{PAGE}/decide", part="pictures", choice="keep", reason="case 3", until=day)
    assert "Kept past its day" not in page
    page = text_of(signed_in(app_at(place, LATER + timedelta(days=3)), "boss").open(PAGE))
    assert "Kept past its day: decide of it anew, then destroy it. Pictures" in page


def test_a_request_is_taken_back_on_the_page(place: Place, app: Flask) -> None:
    decide_all(place)
    boss = signed_in(app, "boss")
    press(boss, f"{PAGE}/request")
    id_ = table(place, "destructions")[0]["id"]
    assert "nothing was destroyed" in press(boss, f"{PAGE}/{id_}/cancel")
    assert table(place, "destructions")[0]["state"] == "cancelled"


def test_one_that_was_cut_off_goes_on_from_the_page(place: Place, app: Flask, started: list[str]) -> None:
    decide_all(place)
    boss, chief = signed_in(app, "boss"), signed_in(app, "chief")
    press(boss, f"{PAGE}/request")
    id_ = table(place, "destructions")[0]["id"]
    press(chief, f"{PAGE}/{id_}/confirm")
    assert "It goes on where it stood" in press(boss, f"{PAGE}/{id_}/go-on")
    assert started == ["demo", "demo"]


def test_no_page_with_personal_values_stays_in_a_browsers_cache(place: Place, app: Flask) -> None:
    boss = signed_in(app, "boss")
    looked = 0
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.arguments and rule.rule not in ("/stream", "/healthz"):
            answer = boss.client.get(rule.rule)
            if not rule.rule.startswith("/static"):
                looked += 1
                # what programs are answered is asked for anew each time
                kept = ("no-store", "private, no-cache") if rule.rule.startswith("/api/") else ("no-store",)
                assert answer.headers["Cache-Control"] in kept, rule.rule
            answer.close()
    assert looked > 30
    assert boss.client.get(f"/visits/{table(place, 'visits')[0]['visit_id']}").headers["Cache-Control"] == "no-store"


def test_a_browser_forgets_its_pages_at_the_log_out_and_at_the_destruction(app: Flask) -> None:
    boss = signed_in(app, "boss")
    assert boss.open(PAGE).headers["Clear-Site-Data"] == '"cache"'
    assert boss.send("/logout", {}, page=PAGE).headers["Clear-Site-Data"] == '"cache"'


def test_only_an_admin_sees_it(app: Flask) -> None:
    assert signed_in(app, Role.SUPERVISOR.value).client.get(PAGE).status_code == 403


def test_the_process_that_carries_it_out_is_the_command(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr("subprocess.Popen", lambda command, **_more: begun.append(command))
    start.start(place.town.settings)
    assert begun[0][-3:] == ["operation", "destroy", "--go-on"]
    assert (Path(place.town.settings.log) / "destruction.log").exists()
