"""The pages of backups: made, listed, taken away, scheduled by an admin; the guide has this hub's commands."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from edge.contract.canonical import fingerprint, public_hex
from hub.accounts.roles import Role
from hub.backup import asking
from hub.backup.age import is_encrypted
from hub.cli import main
from hub.town.settings import Settings
from tests.hub.accounts.test_audit_chain import check
from tests.hub.backup.test_due import made
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

PAGES = ("/backups", "/backups/state", "/backups/restore")


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def noted(place: Place, action: str) -> list[dict[str, str]]:
    return [row for row in table(place, "audit") if row["action"] == action]


@pytest.mark.parametrize("role", Role)
def test_only_admins_see_them(app: Flask, place: Place, role: Role) -> None:
    browser, file = Browser(app, role), made(place, NOW)
    for page in (*PAGES, f"/backups/file/{file.name}"):
        assert browser.open(page).status_code == (200 if role is Role.ADMIN else 403), page
    for address in ("/backups/make", "/backups/schedule"):
        if role is not Role.ADMIN:
            assert browser.send(address, {}).status_code == 403
    assert ('href="/backups"' in browser.open("/").text) == (role is Role.ADMIN)


def test_one_is_made_on_demand_listed_and_taken_away_as_it_lies_there(
    app: Flask, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = Browser(app, Role.ADMIN)
    assert "No backup lies in the folder." in text_of(browser.open("/backups"))
    answer = browser.send("/backups/make", {}, page="/backups")
    assert answer.location == "/backups"
    page = browser.open("/backups")
    assert "it begins in a moment" in text_of(page)
    assert 'hx-trigger="every 2s"' in page.text
    assert main(["--data", str(place.folder), "backup"]) == 0
    (row,) = table(place, "backups")
    page = browser.open("/backups/state")
    assert "hx-trigger" not in page.text
    assert "Proven" in text_of(page)
    assert row["file"] in text_of(page)
    taken = browser.open(f"/backups/file/{row['file']}")
    file = tmp_path / "taken"
    file.write_bytes(taken.data)
    assert taken.headers["Content-Disposition"].endswith(f"filename={row['file']}")
    assert is_encrypted(file)
    assert file.stat().st_size == row["bytes"]
    assert len(noted(place, "backup asked for")) == len(noted(place, "backup downloaded")) == 1
    assert check(place)


def test_a_form_that_is_sent_twice_asks_once(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.ADMIN)
    mark = re.search(r'name="once" value="([^"]+)"', browser.open("/backups").text)
    assert mark
    for _ in range(2):
        assert browser.send("/backups/make", {"once": mark[1]}, page="/backups").location == "/backups"
    assert len(noted(place, "backup asked for")) == 1


def test_two_at_once_are_refused_in_one_line_and_not_audited(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.ADMIN)
    with asking.making(place.town.settings.run, NOW):
        browser.send("/backups/make", {}, page="/backups")
        page = text_of(browser.open("/backups"))
    assert "a backup is being made already" in page
    assert not noted(place, "backup asked for")


def test_one_that_is_gone_is_one_line(app: Flask, place: Place) -> None:
    made(place, NOW - timedelta(hours=2))
    file = made(place, NOW)
    file.unlink()
    browser = Browser(app, Role.ADMIN, language="zh")
    assert "文件已不在" in text_of(browser.open("/backups"))
    answer = browser.open(f"/backups/file/{file.name}")
    assert answer.status_code == 409
    assert "已不在文件夹中" in text_of(answer)
    assert not noted(place, "backup downloaded")


def test_a_head_request_takes_nothing_away(app: Flask, place: Place) -> None:
    file = made(place, NOW)
    answer = Browser(app, Role.ADMIN).client.head(f"/backups/file/{file.name}")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "1")
    answer.close()
    assert not noted(place, "backup downloaded")


def schedule(browser: Browser, **more: object) -> str:
    form: dict[str, object] = {"hours": 12, "keep": 30, "hours_before": 24, "keep_before": 14, **more}
    answer = browser.send("/backups/schedule", form, page="/backups")
    return text_of(browser.open("/backups")) if answer.status_code == 302 else text_of(answer)


def test_the_schedule_is_written_into_hub_toml_and_the_rest_of_it_stays(app: Flask, place: Place) -> None:
    before = Settings.load(place.folder)
    assert "The schedule is set." in schedule(Browser(app, Role.ADMIN))
    after = Settings.load(place.folder)
    assert (after.backup.hours, after.backup.keep) == (12, 30)
    assert after == before.model_copy(update={"backup": after.backup})
    assert noted(place, "backups scheduled")[0]["detail"] == '{"after": {"hours": 12, "keep": 30}, "before": {"hours": 24, "keep": 14}}'  # fmt: skip
    assert 'value="12"' in Browser(app, Role.ADMIN).open("/backups").text, "the running console shows it"


@pytest.mark.parametrize(
    "wrong",
    [{"hours": -1}, {"hours": 745}, {"keep": 0}, {"keep": 1001}, {"hours": ""}, {"keep": "many"}, {"hours": "1e3"}],
)
def test_what_is_no_schedule_is_said_at_the_field_and_nothing_changes(
    app: Flask, place: Place, wrong: dict[str, object]
) -> None:
    before = (place.folder / "hub.toml").read_bytes()
    browser = Browser(app, Role.ADMIN)
    form = {"hours": 12, "keep": 30, "hours_before": 24, "keep_before": 14, **wrong}
    answer = browser.send("/backups/schedule", form, page="/backups")
    assert answer.status_code == 400
    assert answer.text.count('class="wrong"') == 1
    assert (place.folder / "hub.toml").read_bytes() == before
    assert not noted(place, "backups scheduled")


@pytest.mark.parametrize("before", ["23", "", "x", "9" * 40])
def test_what_another_admin_set_meanwhile_is_not_overwritten(app: Flask, place: Place, before: str) -> None:
    assert "hub.toml was changed meanwhile" in schedule(Browser(app, Role.ADMIN), hours_before=before)
    assert Settings.load(place.folder).backup.hours == 24
    assert not noted(place, "backups scheduled")


def test_the_guide_has_the_commands_of_this_hub(app: Flask, place: Place) -> None:
    made(place, NOW - timedelta(hours=5))
    newest = made(place, NOW)
    page = text_of(Browser(app, Role.ADMIN).open("/backups/restore"))
    assert f"--data {place.folder}-restored restore {newest}" in page
    assert fingerprint(public_hex(place.town.key)) in page
    assert "age1" in page
    assert "AGE-SECRET-KEY-1ERLC" not in page
    assert "systemctl stop kakou-web" in page


def test_without_a_key_nothing_is_made_and_the_page_says_what_to_do(app: Flask, place: Place) -> None:
    (place.town.settings.keys / "backup.pub").unlink()
    browser = Browser(app, Role.ADMIN)
    assert "run kakou-hub backup-key new" in text_of(browser.open("/backups"))
    browser.send("/backups/make", {}, page="/backups")
    assert "there is no key" in text_of(browser.open("/backups"))
    assert not asking.is_asked(place.town.settings.run)
