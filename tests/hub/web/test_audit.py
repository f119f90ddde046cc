"""The page of the audit: asked by time, user, action, object and text; what was and what is; the table to take away."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask

from hub.accounts import audit
from hub.accounts.roles import Role
from hub.passes.passlist import unwatch_plate, watch_plate
from tests.hub import busy
from tests.hub.accounts.test_audit_chain import check, cut
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


def watch(town: Place) -> None:
    with town.engine.begin() as connection:
        for deny_out in (False, True):
            watch_plate(
                town.town, connection, plate="鲁B99999", deny_in=True, deny_out=deny_out, notify=False, why="=找车", by="cli", now=NOW
            )  # fmt: skip


def exported(browser: Browser, query: str = "") -> list[dict[str, str]]:
    answer = browser.open(f"/export/audit.csv{query}")
    assert answer.status_code == 200
    assert answer.text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(answer.text[1:])))


def test_a_change_shows_what_was_and_what_is(app: Flask, town: Place) -> None:
    watch(town)
    page = text_of(Browser(app, Role.SUPERVISOR).open("/audit?object=watched/鲁B99999"))
    assert "Stopped on the way out No → Yes" in page
    assert "Why – → =找车" in page
    assert "Stopped on the way in Yes → " not in page, "what stayed is not said"
    with town.engine.begin() as connection:
        unwatch_plate(town.town, connection, "鲁B99999", reason="found", by="cli", now=NOW)
    assert "Stopped on the way in Yes → –" in text_of(
        Browser(app, Role.SUPERVISOR).open("/audit?action=plate+unwatched")
    )


def test_a_pass_shows_its_state_before_and_after(app: Flask, town: Place) -> None:
    page = text_of(Browser(app, Role.SUPERVISOR, language="zh").open("/audit?action=pass+revoked"))
    assert "状态" in page
    assert "→ 已撤销" in page or "→ 已吊销" in page


def test_the_audit_is_asked_by_time_and_object(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    assert "Nothing found." in text_of(browser.open("/audit?start=2031-01-01T00:00"))
    assert "Nothing found." in text_of(browser.open("/audit?end=2001-01-01"))
    assert "Nothing found." not in text_of(browser.open("/audit?start=2001-01-01&end=2031-01-01T08:00&object=gates/"))


@pytest.mark.parametrize("query", ["start=yesterday", "start=0001-01-01", "start=2026-03-02&end=2026-03-01"])
def test_a_range_that_is_none_is_one_line_and_nothing_is_exported(app: Flask, town: Place, query: str) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    before = len(table(town, "audit"))
    for address in ("/audit", "/export/audit.csv"):
        answer = browser.open(f"{address}?{query}")
        assert answer.status_code == 400
        assert answer.text.count('class="wrong"') == 1
    assert len(table(town, "audit")) == before


def test_the_export_is_defused_in_words_or_codes_and_stands_in_the_audit(app: Flask, town: Place) -> None:
    watch(town)
    browser = Browser(app, Role.SUPERVISOR)
    first, second = exported(browser, "?action=plate+watched&object=watched/鲁B99999")
    assert first["Action"] == "Put a plate on the watch list"
    assert "Why: =找车" in first["After"]
    assert (second["Before"], second["After"]) == ("Stopped on the way out: No", "Stopped on the way out: Yes")
    (codes,) = exported(browser, "?header=machine&search=%22deny_out%22%3A+true&object=watched/鲁B99999")
    assert codes["after"] == '{"deny_out": true}'
    assert codes["hash"] == table(town, "audit")[int(codes["number"]) - 1]["hash"]
    noted = [row for row in table(town, "audit") if row["action"] == "audit exported"]
    assert len(noted) == 2
    assert "plate watched" in noted[0]["detail"]
    assert check(town)


def test_a_cell_that_a_spreadsheet_would_run_is_defused(app: Flask, town: Place) -> None:
    with town.engine.begin() as connection:
        audit.note(connection, user="cli", action="=1+1", object="@SUM(A1)", detail={}, now=NOW)
    (row,) = exported(Browser(app, Role.SUPERVISOR), "?object=%40SUM")
    assert (row["Action"], row["Object"]) == ("'=1+1", "'@SUM(A1)")


def test_the_export_speaks_chinese(app: Flask, town: Place) -> None:
    watch(town)
    rows = exported(Browser(app, Role.SUPERVISOR, language="zh"), "?action=plate+watched&object=watched/鲁B99999")
    assert rows[1]["更改后"].endswith("是")
    assert not any(name.isascii() for name in rows[0])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER])
def test_only_supervisors_take_the_audit_away(app: Flask, role: Role) -> None:
    assert Browser(app, role).open("/export/audit.csv").status_code == 403


def test_a_head_request_exports_nothing(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    assert browser.client.head("/export/audit.csv").status_code == 200
    assert not [row for row in table(town, "audit") if row["action"] == "audit exported"]


def test_the_page_says_at_once_that_rows_were_cut_off(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    assert "not the one that the hub signed" not in text_of(browser.open("/audit"))
    cut(town)
    assert "not the one that the hub signed" in text_of(browser.open("/audit"))


def test_counts_that_go_on_are_shown(app: Flask, town: Place) -> None:
    browser = Browser(app)
    for _ in range(3):
        assert browser.send("/login", {"login": "officer", "password": "guess"}).status_code == 401
    page = text_of(Browser(app, Role.SUPERVISOR).open("/audit"))
    assert "Being counted, not yet closed: Failed to log in" in page
    assert "Times 3" in page


def test_an_export_says_its_filter_in_words(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    for query in ("verdict=hold", "vehicle_class=none", "waited=15-30", "waited=3600-"):
        assert browser.open(f"/export/visits.csv?{query}").status_code == 200
    page = text_of(browser.open("/audit?action=visits+exported"))
    for words in ("Verdict DISINFECT", "Class No class", "Waited 15 s – 30 s", "Waited more than 1 h"):
        assert words in page
