"""The page of health: who sees it, what it says, in both languages; and that every page answers HEAD."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.database.slow import SlowLog
from hub.health.checks import CHECKS
from tests.hub import busy
from tests.hub.accounts.test_audit_chain import cut
from tests.hub.consoles import Browser, console, text_of
from tests.hub.towns import Place


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


@pytest.mark.parametrize("role", Role)
def test_supervisors_and_admins_see_it(app: Flask, role: Role) -> None:
    browser = Browser(app, role)
    may = role in (Role.SUPERVISOR, Role.ADMIN)
    assert browser.open("/health").status_code == (200 if may else 403)
    assert ('href="/health"' in browser.open("/").text) == may


def test_each_check_stands_there_with_state_and_what_to_do(app: Flask, town: Place) -> None:
    page = text_of(Browser(app, Role.SUPERVISOR).open("/health"))
    for each in CHECKS:
        assert str(each.title) in page
    assert "In order" in page
    assert "Fault" in page
    assert "Look at the quarantine: let in or dismiss each." in page
    cut(town)
    assert "its last row is not the one that the hub signed" in text_of(Browser(app, Role.ADMIN).open("/health"))


def test_it_speaks_chinese_and_names_gates(app: Flask) -> None:
    page = text_of(Browser(app, Role.SUPERVISOR, language="zh").open("/health"))
    for words in ("运行状况", "正常", "故障", "东门", "待处理", "证书", "已签名"):
        assert words in page


def test_slow_statements_stand_there_without_values(app: Flask, town: Place) -> None:
    SlowLog(town.town.settings.run, "web", long=0.0).watch(app.extensions["kakou"].reading)
    browser = Browser(app, Role.SUPERVISOR)
    browser.open("/ledger?plate=鲁B12345")
    page = text_of(browser.open("/health"))
    assert "Slow statements of web" in page
    assert "SELECT" in page
    assert "鲁B12345" not in page


def test_every_page_answers_head_as_it_answers_get(app: Flask) -> None:
    """`HEAD /login` was 400 once."""
    for browser in (Browser(app), Browser(app, Role.ADMIN)):
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.arguments or rule.rule == "/stream":
                continue
            got, head = browser.client.get(rule.rule), browser.client.head(rule.rule)
            assert head.status_code == got.status_code, rule.rule
            assert not head.data
            got.close()
            head.close()
