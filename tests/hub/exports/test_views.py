"""The buttons that export a list, the page of exports, and who may have which file."""

import io
import json
import time
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from flask import Flask

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.database.schema import export_jobs
from hub.exports import lists, views
from hub.exports.jobs import State
from tests.hub import busy
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import meddle, table
from tests.hub.towns import NOW, Place


class Clock:
    now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path_factory.mktemp("town"))
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place, clock: Clock) -> Iterator[Flask]:
    with console(town, lambda: clock.now) as app:
        yield app
        app.extensions["kakou-exports"].join(60)


def audited(town: Place, action: str) -> list[dict[str, object]]:
    return [json.loads(row["detail"]) for row in table(town, "audit") if row["action"] == action]


def job_of(app: Flask, browser: Browser, seconds: float = 60.0) -> tuple[str, str]:
    """The id and the last state of the browser's newest export, when it is not written any more."""
    deadline = time.monotonic() + seconds
    while True:
        page = browser.open("/exports/jobs").text
        id_, state = page.partition('id="job-')[2][:32], page.partition('data-state="')[2].partition('"')[0]
        if state != State.RUNNING:
            return id_, state
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("name", list(lists.LISTS))
def test_who_sees_a_list_exports_it_and_nobody_else(app: Flask, town: Place, name: str) -> None:
    least = lists.LISTS[name].least
    for role in Role:
        browser = Browser(app, role)
        answer = browser.send(f"/exports/{name}", {"format": "csv"})
        assert answer.status_code == (200 if role.may(least) else 403), role
        assert (f'action="/exports/{name}"' in browser.open("/exports").text) is role.may(least)
    assert len(audited(town, "list exported")) == sum(role.may(least) for role in Role)


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("/ledger?gate=east", "visits"), ("/inside?search=B1", "inside"), ("/conflicts?state=all", "conflicts"), ("/orders", "orders"),
        ("/passes?state=valid", "passes"), ("/passes/watched", "watched"), ("/alerts?severity=serious", "alerts"),
        ("/quarantine", "quarantine"), ("/audit?user=cli", "audit"), ("/shifts?name=x", "duties"),
        ("/accounts?search=li", "users"), ("/accounts?state=open", "users"),
    ],
)  # fmt: skip
def test_a_lists_page_exports_what_it_shows(app: Flask, page: str, name: str) -> None:
    browser = Browser(app, Role.ADMIN)
    address = page.replace(page.partition("?")[0], f"/exports/{name}")
    assert f'action="{address}"' in browser.open(page).text
    answer = browser.send(address, {"format": "xlsx"})
    assert answer.status_code == 200
    assert f'filename="{name}-demo-20260301-1230.xlsx"' in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert sheet["A2"].value == "Town: demo"
    assert sheet["A3"].value.startswith("Filter: ")


def test_the_filter_of_the_page_is_what_is_exported_and_audited(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.OFFICER, "zh")
    every = browser.send("/exports/visits", {"format": "csv"}).text.count("\r\n")
    east = browser.send("/exports/visits?gate=east&reason=&nothing=1", {"format": "csv"}).text
    assert 1 < east.count("\r\n") < every
    assert "西门" not in east
    note = audited(town, "list exported")[-1]
    assert note == {"format": "csv", "gate": "east", "rows": east.count("\r\n") - 1, "unmasked": False, "why": None}


def test_the_accounts_that_the_page_shows_are_exported(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.ADMIN)
    logins = {
        query: [
            line.split(",")[1]
            for line in browser.send(f"/exports/users{query}", {"format": "csv"}).text.splitlines()[1:]
        ]
        for query in ("", "?role=admin", "?search=SUPER", "?state=disabled", "?state=open", "?search=_")
    }
    assert logins[""] == logins["?state=open"] == ["admin", "boss", "officer", "supervisor", "viewer"]
    assert logins["?role=admin"] == ["admin", "boss"]
    assert logins["?search=SUPER"] == ["supervisor"]
    assert logins["?state=disabled"] == logins["?search=_"] == []


def test_a_bad_filter_a_bad_format_and_no_list_are_refused_and_nothing_is_audited(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    for address, format_ in (
        ("/exports/visits?start=x", "csv"), ("/exports/visits?start=2026-03-02T00:00&end=2026-03-01T00:00", "csv"),
        ("/exports/visits", "pdf"), ("/exports/visits", ""), ("/exports/nothing", "csv"),
    ):  # fmt: skip
        answer = browser.send(address, {"format": format_})
        assert 400 <= answer.status_code < 500, address
    assert "filter start: 'x' is no time" in text_of(browser.send("/exports/visits?start=x", {"format": "csv"}))
    assert not audited(town, "list exported")
    assert browser.client.post("/exports/visits", data={"format": "csv"}).status_code == 400


def test_without_masks_takes_a_supervisor_and_a_reason(app: Flask, town: Place) -> None:
    officer, supervisor = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    assert officer.send("/exports/visits", {"format": "csv", "why": "x"}).status_code == 403
    assert supervisor.send("/exports/passes", {"format": "csv", "why": "x"}).status_code == 403
    for why in ("", " ", "x" * 501):
        assert 400 <= supervisor.send("/exports/visits", {"format": "csv", "why": why}).status_code < 500
    assert not audited(town, "list exported")
    assert busy.PERSONAL["phone"] in supervisor.send("/exports/visits", {"format": "csv", "why": "上报"}).text
    assert busy.PERSONAL["phone"] not in officer.send("/exports/visits", {"format": "csv"}).text
    assert [(each["unmasked"], each["why"]) for each in audited(town, "list exported")] == [
        (True, "上报"),
        (False, None),
    ]


def test_a_viewer_finds_out_no_plate_by_exporting(app: Flask, town: Place) -> None:
    viewer = Browser(app, Role.VIEWER)
    assert busy.PLATES[0] not in viewer.send("/exports/visits", {"format": "csv"}).text
    answers = [
        viewer.send(f"/exports/visits?plate=鲁B{number:05d}", {"format": "csv"}).status_code for number in range(40)
    ]
    assert 429 in answers


def test_a_long_list_is_written_in_the_background_and_downloaded_by_who_asked(
    app: Flask, town: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SOON", 10)
    officer, boss = Browser(app, Role.OFFICER), Browser(app, Role.ADMIN)
    answer = officer.send("/exports/visits?gate=east", {"format": "xlsx"})
    assert (answer.status_code, answer.location) == (303, "/exports")
    id_, state = job_of(app, officer)
    assert state == "done"
    page = officer.open("/exports").text
    assert f'href="/exports/jobs/{id_}/file"' in page
    assert 'hx-trigger="every 1s"' not in page
    answer = officer.open(f"/exports/jobs/{id_}/file")
    assert answer.headers["Content-Disposition"].endswith("visits-demo-20260301-1230.xlsx")
    rows = [row for row in table(town, "visits") if row["gate"] == "east"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert sheet.max_row == 5 + len(rows)
    assert sheet["A3"].value == "Filter: Gate: east"
    assert audited(town, "export begun")[-1]["rows"] == len(rows)
    assert audited(town, "export downloaded") == [{"format": "xlsx", "rows": len(rows)}]
    for address in (f"/exports/jobs/{id_}/file", "/exports/jobs/" + "0" * 32 + "/file"):
        assert boss.open(address).status_code == 404
    assert id_ not in boss.open("/exports").text
    meddle(town, "UPDATE users SET role = 'viewer' WHERE login = 'officer'")
    assert officer.open(f"/exports/jobs/{id_}/file").status_code == 403
    meddle(town, "UPDATE users SET role = 'officer' WHERE login = 'officer'")
    meddle(town, "UPDATE export_jobs SET ended_at = :at", at=wall_text(NOW))
    clock.now = NOW + timedelta(hours=24)
    fresh = Browser(app, Role.OFFICER)
    assert fresh.open(f"/exports/jobs/{id_}/file").status_code == 404
    assert 'data-state="gone"' in fresh.open("/exports").text


def test_the_page_of_an_export_that_is_written_asks_again_and_a_second_one_is_refused(
    app: Flask, town: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SOON", 10)
    browser = Browser(app, Role.OFFICER)
    # a process that never comes to its end
    monkeypatch.setattr("hub.exports.runner.COMMAND", ("sh", "-c", "sleep 60"))
    browser.send("/exports/visits", {"format": "csv"})
    page = browser.open("/exports").text
    assert 'hx-trigger="every 1s"' in page
    assert 'value="0" aria-label="Progress"' in page
    browser.send("/exports/visits", {"format": "csv"})
    assert "one of yours is being written" in browser.open("/exports").text
    (row,) = table(town, "export_jobs")
    assert browser.open(f"/exports/jobs/{row['id']}/file").status_code == 404
    browser.send(f"/exports/jobs/{row['id']}/cancel", {})
    assert table(town, "export_jobs")[0]["state"] == "cancelled"
    app.extensions["kakou-exports"].join(60)
    assert list((town.folder / "exports").iterdir()) == []
    assert "The export is cancelled." in browser.open("/exports").text
    assert len(audited(town, "export cancelled")) == 1
    browser.send(f"/exports/jobs/{row['id']}/cancel", {})
    assert len(audited(town, "export cancelled")) == 1


def test_a_job_of_a_list_that_is_no_more_stands_on_the_page_and_gives_nothing(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    row = {
        "id": "ab" * 16, "town": "demo", "user": town.users[Role.OFFICER], "role": "officer", "what": "nothing", "format": "csv",
        "header": "en", "filter": "[}", "state": "failed", "rows_done": 1, "rows_all": 2, "error": "x\u202e", "begun_at": "x",
    }  # fmt: skip
    with town.engine.begin() as connection:
        connection.execute(export_jobs.insert(), [row])
    assert "nothing" in officer.open("/exports").text
    assert officer.open(f"/exports/jobs/{row['id']}/file").status_code == 403


def test_an_export_that_a_restart_ended_says_so_on_its_page(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    row = {
        "id": "ab" * 16, "town": "demo", "user": town.users[Role.OFFICER], "role": "officer", "what": "visits", "format": "csv",
        "header": "en", "filter": "{}", "state": "running", "rows_done": 1, "rows_all": 2, "begun_at": wall_text(NOW),
    }  # fmt: skip
    with town.engine.begin() as connection:
        connection.execute(export_jobs.insert(), [row])
    page = officer.open("/exports/jobs")
    assert "Failed: the hub was stopped while this was written; start it again" in text_of(page)
    assert "hx-trigger" not in page.text
