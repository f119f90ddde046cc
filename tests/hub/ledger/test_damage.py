"""A database file that is damaged is told in one line, by commands and on every page, and nothing goes on as if it were whole."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub import cli
from hub.accounts.roles import Role
from hub.alerts import reading as alerts
from hub.database.engine import writer
from tests import here
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import damage, send
from tests.hub.towns import NOW, Place

PAGES = ("/", "/ledger", "/inside", "/conflicts", "/orders", "/alerts", "/login", "/nowhere")


@pytest.mark.parametrize("command", [["listener"], ["serve"], ["verify"], ["backup"], ["gate", "list"]])
@pytest.mark.parametrize(("where", "said"), [("header", "file is not a database"), ("sqlite_master", "malformed")])
def test_a_command_ends_with_one_line(place: Place, command: list[str], where: str, said: str) -> None:
    if where == "sqlite_master":
        whole = damage(place, "header")
        (place.folder / "hub.db").write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    else:
        damage(place, where)
    arguments = ("--data", str(place.folder), *command)
    if command[0] in {"listener", "serve"}:
        # a process of its own: the two that stay would put their logging in order in this one
        argv = (sys.executable, "-m", "hub.cli", *arguments)
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    else:
        place.engine.dispose()
        ended = here.run(cli.main, *arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("kakou-hub: ")
    assert said in line


@pytest.mark.parametrize("where", ["header", "users"])
@pytest.mark.parametrize(("language", "words"), [("en", "cannot be used"), ("zh", "数据库无法使用")])
def test_every_page_says_so_and_none_is_a_bare_error(place: Place, where: str, language: str, words: str) -> None:
    with console(place) as app:
        browser = Browser(app, Role.OFFICER, language)
        hub = app.extensions["kakou"]
        hub.writing.dispose()
        hub.reading.dispose()
        damage(place, where)
        for page in PAGES:
            answer = browser.open(page)
            if where == "header" or page not in ("/login", "/nowhere"):
                assert answer.status_code == 503, page
                assert words in text_of(answer), page
                assert answer.headers["Content-Security-Policy"]
        assert browser.open("/healthz").status_code == (503 if where == "header" else 200)


def test_a_backup_of_a_damaged_ledger_fails_with_an_alert(place: Place, tmp_path: Path) -> None:
    place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"])
    damage(place, "entries")
    assert cli.main(["--data", str(place.folder), "backup"]) == 1
    assert list(place.folder.rglob("*.age")) == []
    with place.engine.begin() as connection:
        (alert,) = alerts.unacknowledged(connection, "demo")
    assert (alert.what, alert.ended_at) == ("backup", None)


def test_an_error_of_the_database_names_no_vehicle(tmp_path: Path) -> None:
    """It goes to the log, where nobody is asked for a reason to see a plate."""
    engine = writer(f"sqlite:///{tmp_path / 'x.db'}")
    try:
        with pytest.raises(OperationalError) as raised, engine.begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (:plate)"), {"plate": "鲁B12345"})
        assert "鲁B12345" not in str(raised.value)
    finally:
        engine.dispose()
