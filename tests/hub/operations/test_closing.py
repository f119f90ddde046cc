"""The closing report: what happened at each gate and what is open, without personal values, the same bytes each time; exits go on after it."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.cli import main
from hub.console.speaking import speaking
from hub.errors import RefusedError
from hub.operations import closing
from hub.operations.closing import ClosingReport
from hub.operations.closing_sheet import closing_sheet
from hub.reports.pdf import pdf
from hub.reports.workbook import workbook
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, meddle, send, table
from tests.hub.operations.test_life import end, start
from tests.hub.towns import NOW, Place

PLATE, OWNER = "鲁B12345", "王建国"
OVER = NOW + timedelta(days=3)


@pytest.fixture
def ended(place: Place) -> Place:
    start(place)
    east, west = place.gates["east"], place.gates["west"]
    east.visit(PLATE, NOW + timedelta(hours=1), vehicle_class="livestock", private={"x_owner": OWNER})
    east.visit("鲁B54321", NOW + timedelta(hours=2), vehicle_class="resident")
    west.visit("鲁B54321", NOW + timedelta(hours=5), direction="out", vehicle_class="resident", reason="exit_ok")
    west.visit(
        "鲁B77777", NOW + timedelta(hours=6), outcome="turned_back", reason="no_pass", read_by="hand", sprayed=False
    )
    send(place, east)
    send(place, west)
    end(place, OVER)
    return place


def make(place: Place, now: str = "") -> ClosingReport:
    with place.engine.begin() as connection:
        return closing.make(connection, place.town.id, "op-1", zone="Asia/Shanghai", by="cli", now=OVER)


def test_it_says_what_was_decided_what_happened_and_what_is_open(ended: Place) -> None:
    content = make(ended).content
    assert content["operation"]["organ"] == "县人民政府"
    assert content["operation"]["ended_at"] == wall_text(OVER)
    assert [each["act"] for each in content["history"]] == ["started", "ended"]
    figures = content["figures"]
    assert (figures["all"]["arrived"], figures["all"]["passed_in"], figures["all"]["passed_out"]) == (4, 2, 1)
    assert (figures["gates"]["west"]["turned_back"], figures["gates"]["east"]["disinfected"]) == (1, 2)
    assert content["open"]["inside"] == 1
    assert content["rules"] == 2
    assert {"conflict", "detained", "unclear", "inside_long"} == content["matters"].keys()


def test_no_personal_value_stands_in_it(ended: Place) -> None:
    report = make(ended)
    for value in (PLATE, "12345", OWNER, "鲁B"):
        assert value not in report.text
    with speaking("zh"):
        sheet = str(closing_sheet(report))
    assert PLATE not in sheet


def test_it_is_the_same_bytes_each_time_and_a_version_only_where_it_says_something_else(ended: Place) -> None:
    report = make(ended)
    assert make(ended) == report
    with speaking("zh"):
        sheet = closing_sheet(report)
        assert pdf(sheet, OVER) == pdf(closing_sheet(report), OVER)
        assert workbook(sheet, OVER) == workbook(closing_sheet(report), OVER)
    late = ended.gates["south"]
    late.visit("鲁B88888", NOW + timedelta(hours=9), vehicle_class="resident")
    send(ended, late)
    second = make(ended)
    assert (second.version, second.content["figures"]["all"]["arrived"]) == (2, 5)
    with ended.engine.begin() as connection:
        assert closing.versions(connection, ended.town.id, "op-1") == [2, 1]
        first = closing.find(connection, ended.town.id, "op-1", 1)
    assert first == report


def test_before_the_end_there_is_none(place: Place) -> None:
    start(place)
    for id_ in ("op-1", "op-9"):
        with place.engine.begin() as connection, pytest.raises(RefusedError, match="has not ended: its closing report"):
            closing.make(connection, place.town.id, id_, zone="Asia/Shanghai", by="cli", now=OVER)


def test_vehicles_leave_after_the_end_and_stand_in_the_ledger(ended: Place) -> None:
    gate = ended.gates["east"]
    gate.visit(PLATE, OVER + timedelta(hours=1), direction="out", vehicle_class="livestock", reason="exit_ok")
    send(ended, gate)
    assert table(ended, "inside") == []
    check(ended)
    assert make(ended).version == 1, "the operation's figures stay"


def test_a_report_that_somebody_changed_is_not_intact(ended: Place) -> None:
    assert make(ended).intact
    meddle(ended, "UPDATE operation_reports SET content = replace(content, '县人民政府', '别处')")
    with ended.engine.begin() as connection:
        found = closing.find(connection, ended.town.id, "op-1")
    assert found is not None
    assert not found.intact
    meddle(ended, "UPDATE operation_reports SET content = 'no json'")
    with ended.engine.begin() as connection, speaking("en"):
        broken = closing.find(connection, ended.town.id, "op-1")
        assert broken is not None
        assert closing_sheet(broken).title == "Closing report: –"


@pytest.fixture
def app(ended: Place) -> Iterator[Flask]:
    make(ended)
    with console(ended, lambda: OVER + timedelta(hours=2)) as made:
        yield made


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Closing report: Animal disease zone"), ("zh", "结束报告：动物疫情封锁")]
)
def test_the_page_the_pdf_and_the_workbook_say_the_same(app: Flask, language: str, words: str) -> None:
    browser = Browser(app, Role.VIEWER, language)
    text = text_of(browser.open("/operation/closing"))
    assert words in text
    assert "县人民政府" in text
    file = browser.open("/operation/closing.pdf?operation=op-1")
    assert file.data[:5] == b"%PDF-"
    assert file.data == browser.open("/operation/closing.pdf?operation=op-1").data
    assert "closing-demo-op-1.pdf" in file.headers["Content-Disposition"]
    book = browser.open("/operation/closing.xlsx?operation=op-1&version=1")
    sheet = openpyxl.load_workbook(io.BytesIO(book.data)).active
    assert sheet is not None
    assert sheet["A1"].value == words


def test_a_supervisor_makes_it_again_and_what_there_is_not_is_not_found(app: Flask) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    assert browser.send("/operation/closing", {"operation": "op-1"}, page="/operation/closing").status_code == 302
    refused = browser.send("/operation/closing", {"operation": "op-9"}, page="/operation/closing")
    assert refused.status_code == 409
    assert "has not ended" in text_of(refused)
    for address in (
        "closing?operation=op-9",
        "closing.pdf?operation=op-9",
        "closing.xlsx",
        "closing.pdf?operation=op-1&version=7",
    ):
        assert browser.open(f"/operation/{address}").status_code == 404


def test_the_command_line_writes_it(ended: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--data", str(ended.folder), "operation", "report", "op-1"]
    assert main(command) == 1
    assert "was not made" in capsys.readouterr().err
    files = [tmp_path / name for name in ("a.pdf", "b.pdf", "a.xlsx")]
    assert main([*command, "--again", "--pdf", str(files[0]), "--xlsx", str(files[2])]) == 0
    assert main([*command, "--pdf", str(files[1])]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    assert "version 1, " in capsys.readouterr().out
    assert main([*command, "--pdf", str(files[1])]) == 1
    assert "exists already, not written over" in capsys.readouterr().err
