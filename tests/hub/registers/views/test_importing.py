"""A list is uploaded, looked at, confirmed and imported in the browser."""

import re
import time
from io import BytesIO

from flask import Flask

from hub.accounts.roles import Role
from hub.registers.importing.run import AT_ONCE
from tests.hub.consoles import Browser, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place

ADDRESS = "/registers/homes/import"


def upload(browser: Browser, text: str) -> str:
    answer = browser.send(ADDRESS, {"list": (BytesIO(text.encode()), "人员.csv")})
    return answer.text


def kept(page: str) -> dict[str, str]:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found
    return {"name": "人员.csv", "carried": found[1]}


def test_a_list_is_looked_at_and_then_imported(app: Flask, place: Place) -> None:
    browser, before = Browser(app, Role.SUPERVISOR), len(table(place, "register_rows"))
    page = upload(browser, "门牌,户主\n西村1号,张三\n西村2号,李四\n")
    assert "Every row is right: 2 new rows." in page
    assert len(table(place, "register_rows")) == before
    assert browser.send(ADDRESS, kept(page)).status_code == 303
    assert len(table(place, "register_rows")) == before + 2
    assert table(place, "audit")[-1]["action"] == "register imported"


def test_faults_are_shown_and_nothing_can_be_imported(app: Flask) -> None:
    page = upload(Browser(app, Role.SUPERVISOR), "门牌,户主\n南村镇1号,张三\n")
    assert "there already, in row 1 of the register" in page
    assert 'name="carried"' not in page


def test_an_unread_column_is_left_out_only_when_it_is_confirmed(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    form = kept(upload(browser, "门牌,颜色\n西村1号,红\n"))
    assert browser.send(ADDRESS, form).status_code == 409
    assert browser.send(ADDRESS, {**form, "column": "颜色"}).status_code == 303
    assert [row for row in table(place, "register_rows") if "西村1号" in row["private"]]


def test_a_long_list_is_imported_by_a_process_of_its_own(app: Flask, place: Place) -> None:
    browser, count = Browser(app, Role.SUPERVISOR), AT_ONCE + 1
    form = kept(upload(browser, "门牌\n" + "".join(f"西村{n}号\n" for n in range(count))))
    answer = browser.send(ADDRESS, form)
    assert answer.status_code == 303, text_of(answer)
    assert answer.headers["Location"] == ADDRESS
    deadline = time.monotonic() + 60
    while "Imported" not in text_of(browser.open("/registers/homes/imports")):
        assert time.monotonic() < deadline, text_of(browser.open("/registers/homes/imports"))
        time.sleep(0.2)
    assert len([row for row in table(place, "register_rows") if row["register"] == "homes"]) == count + 2


def test_what_is_no_list_is_refused(app: Flask) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    assert browser.send(ADDRESS, {"list": (BytesIO(b"%PDF-1.4"), "x.pdf")}).status_code == 400
    assert browser.send(ADDRESS, {"carried": "!!"}).status_code == 400
    assert browser.send(ADDRESS, {}).status_code == 400
    assert Browser(app, Role.OFFICER).open(ADDRESS).status_code == 403
