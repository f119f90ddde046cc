"""Registers as files: their fields as columns, masked as the reader sees them, whole for a reason."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import settle, table
from tests.hub.registers.views.filled import fill
from tests.hub.towns import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = settle(tmp_path)
    fill(place)
    yield place
    place.engine.dispose()


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def exported(browser: Browser, address: str, **form: str) -> list[dict[str, str]]:
    answer = browser.send(address, {"format": "csv", **form})
    assert answer.status_code == 200, text_of(answer)
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))


def test_a_register_is_a_file_with_its_fields_in_words_and_masked(app: Flask) -> None:
    rows = exported(Browser(app, Role.SUPERVISOR, language="zh"), "/exports/register:homes")
    assert [each["户主"] for each in rows] == ["王小明", "李丽"]
    assert rows[0]["结束"] == "2026-03-11"
    assert rows[0]["上门次数"] == "1"
    assert "1号" not in rows[0]["门牌"]
    goods = exported(Browser(app, Role.OFFICER), "/exports/register:goods?f-way=out")
    assert [(each["Item"], each["Way"], each["In stock"]) for each in goods] == [("口罩", "Out", "380")]


def test_it_is_whole_for_a_supervisor_who_says_why(app: Flask, place: Place) -> None:
    (first, _) = exported(Browser(app, Role.SUPERVISOR), "/exports/register:homes", why="handing over")
    assert first["Door"] == "南村镇1号"
    said = table(place, "audit")[-1]
    assert (said["object"], "handing over" in said["detail"]) == ("register:homes", True)
    assert Browser(app, Role.OFFICER).send("/exports/register:homes", {"format": "csv", "why": "x"}).status_code == 403


def test_the_workbook_says_the_same(app: Flask) -> None:
    answer = Browser(app, Role.OFFICER).send("/exports/register:faults?overdue=y", {"format": "xlsx"})
    book = load_workbook(BytesIO(answer.data))
    texts = [str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value]
    assert "岗亭漏水" in texts
    assert "照明不足" not in texts


def test_only_who_may_read_a_register_exports_it(app: Flask) -> None:
    viewer = Browser(app, Role.VIEWER)
    assert viewer.send("/exports/register:homes", {"format": "csv"}).status_code == 403
    assert viewer.send("/exports/register:none", {"format": "csv"}).status_code == 404
    assert "隔离户" not in text_of(viewer.open("/exports"))
    assert "Homes" in text_of(Browser(app, Role.OFFICER).open("/exports"))
