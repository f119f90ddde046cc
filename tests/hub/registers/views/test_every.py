"""The page of all registers: what each holds, what is open, what is overdue, how fresh it is."""

from flask import Flask

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, text_of


def test_the_page_shows_every_register_that_the_reader_may_see(app: Flask) -> None:
    page = text_of(Browser(app, Role.OFFICER).open("/registers"))
    for word in ("Homes", "Goods", "Faults", "Patrols", "3 rows 3 not finished", "1 overdue", "Places", "Papers"):
        assert word in page
    viewer = text_of(Browser(app, Role.VIEWER).open("/registers"))
    assert "Patrols" in viewer
    assert "Homes" not in viewer


def test_the_page_speaks_chinese(app: Flask) -> None:
    page = text_of(Browser(app, Role.OFFICER, language="zh").open("/registers"))
    for word in ("登记台账", "巡逻台账", "物资", "1 条逾期"):
        assert word in page
