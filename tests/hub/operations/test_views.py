"""The page of the operation: everybody sees it, an admin begins, records, extends and ends it, and a refusal is one line that changes nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.operations.test_life import start
from tests.hub.towns import NOW, Place

FRAME = {
    "organ": "县人民政府",
    "number": "令〔2026〕3号",
    "scope": "南村镇",
    "measures": "设卡，消毒",
    "laws": "动物防疫法",
}
BEGIN = {
    **FRAME,
    "template": "forest_fire",
    "zh": "防火",
    "en": "Fire season",
    "starts": "",
    "ends": "2026-04-01T00:00",
    "disinfection": "",
}


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as made:
        yield made


def test_everybody_sees_what_was_decided_and_how_long_is_left(place: Place, app: Flask) -> None:
    start(place)
    for language, words in (
        ("en", ("Deciding organ", "20 d 0 h left", "Running", "Begun", "Animal disease zone")),
        ("zh", ("决定机关", "剩余 20 天 0 小时", "进行中", "动物疫情封锁", "文号")),
    ):
        text = text_of(Browser(app, Role.VIEWER, language).open("/operation"))
        for part in (*words, "县人民政府", "令〔2026〕3号", "南村镇"):
            assert part in text, part
        assert "/operation/end" not in Browser(app, Role.VIEWER).open("/operation").text


def test_the_page_says_when_nobody_recorded_the_decision(app: Flask) -> None:
    assert "Nobody recorded the decision" in text_of(Browser(app, Role.VIEWER).open("/operation"))


def test_an_admin_begins_one_from_a_template(place: Place, app: Flask) -> None:
    browser = Browser(app, Role.ADMIN)
    page = text_of(browser.open("/operation/start?template=forest_fire"))
    for part in ("Forest fire", "Chemical park", "Pledge: no fire means", "Forest Fire Regulation, arts. 26, 27, 29"):
        assert part in page
    answer = browser.send("/operation/start", BEGIN, page="/operation/start")
    assert answer.status_code == 302, text_of(answer)
    (row,) = table(place, "operations")
    assert (row["id"], row["zh"], row["organ"], row["template"]) == ("op-1", "防火", "县人民政府", "forest_fire")
    assert (row["starts"], row["ends"]) == ("2026-03-01T04:30:00.000Z", "2026-03-31T16:00:00.000Z")
    assert "Operation op-1 is recorded" in text_of(browser.open("/operation"))


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"organ": " "}, 400, "A decision names it."),
        ({"ends": ""}, 400, "A decision names the period."),
        ({"ends": "2026-02-01T00:00"}, 409, "expected a time after"),
        ({"ends": "9999-02-01T00:00"}, 400, "Give a year from 1971 to 2199."),
        ({"zh": ""}, 400, "Enter a name."),
        ({"measures": "a" * 2001}, 400, "2000"),
    ],
)
def test_a_beginning_that_cannot_be_keeps_what_was_typed_and_changes_nothing(
    place: Place, app: Flask, changes: dict[str, str], status: int, words: str
) -> None:
    answer = Browser(app, Role.ADMIN).send("/operation/start", {**BEGIN, **changes}, page="/operation/start")
    assert answer.status_code == status
    assert words in text_of(answer)
    assert "令〔2026〕3号" in answer.text
    assert table(place, "operations") == []


def test_the_decision_is_recorded_and_corrected(place: Place, app: Flask) -> None:
    browser = Browser(app, Role.ADMIN)
    assert browser.send("/operation/record", FRAME, page="/operation").status_code == 302
    assert browser.send("/operation/record", {**FRAME, "scope": "全县"}, page="/operation").status_code == 302
    assert table(place, "operations")[0]["scope"] == "全县"
    assert "Decision recorded" in text_of(browser.open("/operation"))
    assert browser.send("/operation/record", {**FRAME, "organ": ""}, page="/operation").status_code == 400


def test_the_period_is_extended_by_a_document(place: Place, app: Flask) -> None:
    start(place)
    browser = Browser(app, Role.ADMIN)
    form = {"until": "2026-04-15T00:00", "number": "令〔2026〕9号", "reason": "仍有病例"}
    assert browser.send("/operation/extend", form, page="/operation").status_code == 302
    assert table(place, "operations")[0]["ends"] == "2026-04-14T16:00:00.000Z"
    text = text_of(browser.open("/operation"))
    assert "令〔2026〕9号" in text
    assert "Period extended" in text
    sooner = browser.send("/operation/extend", {**form, "until": "2026-03-15T00:00"}, page="/operation")
    assert sooner.status_code == 409
    assert "expected one later than now and than the present end" in text_of(sooner)
    assert browser.send("/operation/extend", {**form, "number": ""}, page="/operation").status_code == 400


def test_the_end_is_confirmed_by_its_id_and_makes_the_closing_report(place: Place, app: Flask) -> None:
    start(place)
    browser = Browser(app, Role.ADMIN)
    form = {"reason": "疫情解除", "number": "令〔2026〕12号", "sure": "op-2"}
    unsure = browser.send("/operation/end", form, page="/operation")
    assert unsure.status_code == 400
    assert "Type the operation&#39;s id: op-1" in unsure.text
    assert table(place, "operations")[0]["ended_at"] is None
    assert browser.send("/operation/end", {**form, "reason": "", "sure": "op-1"}, page="/operation").status_code == 400
    assert browser.send("/operation/end", {**form, "sure": "op-1"}, page="/operation").status_code == 302
    assert table(place, "operations")[0]["end_reason"] == "疫情解除"
    assert len(table(place, "operation_reports")) == 1
    text = text_of(browser.open("/operation"))
    assert "Vehicles inside may leave" in text
    assert "The operation has ended." in text, "on every page"
    assert "/operation/end" not in browser.open("/operation").text
    again = browser.send("/operation/end", {**form, "sure": "op-1"}, page="/operation/start")
    assert again.status_code == 409
    assert "was ended" in text_of(again)


def test_a_period_that_is_over_is_said(place: Place) -> None:
    start(place)
    with console(place, lambda: NOW + timedelta(days=20, hours=5)) as app:
        text = text_of(Browser(app, Role.VIEWER).open("/operation"))
    assert "over for 0 d 5 h" in text
    assert "Its period is over and nobody has ended it" in text


def test_a_form_that_is_sent_twice_begins_one_operation(place: Place, app: Flask) -> None:
    browser = Browser(app, Role.ADMIN)
    form = {**BEGIN, "once": "m-1"}
    for _ in range(2):
        assert browser.send("/operation/start", form, page="/operation/start").status_code == 302
    assert len(table(place, "operations")) == 1


def test_a_file_that_does_not_hold_is_said_on_its_page(place: Place, app: Flask) -> None:
    (place.folder / "operation.toml").write_text("id = [", "utf-8")
    browser = Browser(app, Role.ADMIN)
    assert browser.open("/operation").status_code == 200, "by the rules published last"
    assert browser.open("/operation/rules").status_code == 409
    answer = browser.send("/operation/record", FRAME, page="/operation")
    assert answer.status_code == 409
