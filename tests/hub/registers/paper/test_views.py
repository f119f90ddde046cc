"""The addresses of a register's paper: who may have it, masked for whom, narrowed as its list, and noted in the audit."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from openpyxl import load_workbook

from hub.accounts.roles import Role
from hub.registers import catalogue, kept
from hub.registers.paper import views
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.registers.declared import ZONE, writer
from tests.hub.registers.test_shipped import drafted, row
from tests.hub.towns import NOW, Place

HERE = "/registers/turned_back/paper"


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with place.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", ["turned_back", "commendations", "isolated_days"], by="cli", now=NOW)
        keeper = kept.keeper(connection, "demo", "turned_back", ZONE, {})
        for number in range(1, 4):
            texts = row("turned_back", stub=f"000{number}", person="王小明", plate=f"鲁B1234{number}")
            keeper.add(connection, drafted(keeper.register, texts), writer(place))
    with console(place) as app:
        yield app


def cells(app: Flask, address: str, role: Role = Role.OFFICER) -> list[object]:
    answer = Browser(app, role).open(address)
    assert answer.status_code == 200, text_of(answer)
    page = load_workbook(io.BytesIO(answer.data)).active
    return [cell.value for row_ in page.iter_rows() for cell in row_ if cell.value is not None]


@pytest.mark.parametrize(("ending", "start"), [("pdf", b"%PDF"), ("xlsx", b"PK\x03\x04"), ("png", b"\x89PNG")])
def test_paper_is_made_twice_the_same_and_noted_in_the_audit(
    app: Flask, place: Place, ending: str, start: bytes
) -> None:
    browser = Browser(app, Role.OFFICER)
    one, two = (browser.open(f"{HERE}.{ending}") for _ in range(2))
    assert one.data.startswith(start)
    assert one.data == two.data
    assert one.headers["Content-Disposition"].startswith('attachment; filename="turned_back-demo-2026')
    noted = [each["object"] for each in table(place, "audit") if each["action"] == "register printed"]
    assert noted == ["registers/turned_back"] * 2


def test_personal_values_are_masked_as_the_list_masks_them(app: Flask) -> None:
    assert {"王小明", "鲁B·12341"} <= set(cells(app, f"{HERE}.xlsx"))


def test_a_sheet_has_the_rows_of_the_list_s_filter_and_says_so(app: Flask) -> None:
    found = cells(app, f"{HERE}.xlsx?search=12342&state=turned_back")
    assert "0002" in found
    assert "0001" not in found
    assert any("12342" in str(each) and "Turned back" in str(each) for each in found[:6])
    assert "0001" not in cells(app, f"{HERE}.xlsx?since=2026-03-02")
    assert "0001" in cells(app, f"{HERE}.xlsx?since=2026-03-01&until=2026-03-01")


def test_an_empty_form_has_no_rows_and_is_not_noted(app: Flask, place: Place) -> None:
    assert "0001" not in cells(app, f"{HERE}.xlsx?empty=1")
    assert not [each for each in table(place, "audit") if each["action"] == "register printed"]


def test_of_more_rows_than_a_form_holds_it_has_the_newest_and_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_IN_BOOK", 2)
    found = cells(app, f"{HERE}.xlsx")
    assert "0001" not in found
    assert {"0002", "0003"} <= set(found)
    assert any("1 more do not" in str(each) for each in found)


def test_who_may_not_read_a_register_gets_no_paper_of_it(app: Flask) -> None:
    assert Browser(app, Role.OFFICER).open("/registers/commendations/paper.png").status_code == 403
    assert Browser(app, Role.VIEWER).open(f"{HERE}.pdf").status_code == 403
    assert Browser(app, Role.OFFICER).open("/registers/nowhere/paper.pdf").status_code == 404
    assert Browser(app, Role.SUPERVISOR).open("/registers/commendations/paper.pdf").status_code == 200


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-02-30", "parent=x", "day=9999-99-99"])
def test_a_filter_that_says_nothing_is_answered_in_one_line(app: Flask, query: str) -> None:
    answer = Browser(app, Role.OFFICER).open(f"{HERE}.pdf?{query}")
    assert answer.status_code == 409
    assert "2026-03-01" in answer.text or "x" in answer.text
