"""Orders without a receipt and the zero reports in the daily report: as they stood then, and the same when it is made anew."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from hub.console.speaking import speaking
from hub.database.schema import zero_report_terms
from hub.orders import dispatches
from hub.orders.store import Manner
from hub.reports import content
from hub.reports.kept import Report
from hub.reports.parts import Section
from hub.reports.sheet import sheet
from hub.zero_reports import store as zero_reports
from hub.zero_reports.terms import Terms
from tests.hub.ledgers import meddle
from tests.hub.orders.test_dispatches import answers, sent
from tests.hub.registers.declared import ZONE
from tests.hub.reports.test_daily import CUT_OFF, compare, make
from tests.hub.towns import NOW, Place

HOUR = timedelta(hours=1)
LASTS = timedelta(hours=30)
TOLD = Manner(urgent=True, due=timedelta(minutes=30))


def order(place: Place, *to: str, before: timedelta = 2 * HOUR, villages: tuple[str, ...] = ()) -> str:
    """An order that was sent so long before the cut-off, to be confirmed within half an hour."""
    return sent(place, *to, villages=villages, manner=TOLD, lasts=LASTS, now=CUT_OFF - before, zh="鲁B12345 一律劝返")


def confirm_at(place: Place, id_: str, unit: str, before: timedelta) -> None:
    with place.engine.begin() as connection:
        dispatches.confirm(connection, town="demo", id_=id_, unit=unit, note="", by="u-3", now=CUT_OFF - before)


def say(place: Place, who: str, count: int = 0, text: str = "", before: timedelta = 13 * HOUR) -> None:
    with place.engine.begin() as connection:
        zero_reports.report(connection, "demo", who, count, text, zone=ZONE, by="u-3", now=CUT_OFF - before)


def section(report: Report, title: str, language: str = "en") -> Section:
    with speaking(language):
        (found,) = [each for each in sheet(report, masked=True).sections if each.title == title]
    return found


def lines(found: Section) -> list[tuple[object, ...]]:
    return [tuple(cell.value for cell in row) for row in found.rows]


@pytest.fixture
def town(place: Place) -> Place:
    """Villages and gates report, due at 17:00 of the day before the cut-off."""
    with place.engine.begin() as connection:
        zero_reports.set_terms(connection, "demo", Terms("16:00", "17:00"), by="u-3", now=CUT_OFF - 40 * HOUR)
    return place


def test_an_order_without_every_receipt_is_a_row_that_names_who_is_missing(town: Place) -> None:
    whole = order(town, "east")
    part = order(town, "east", "west", villages=("dongcun", "xicun"))
    order(town, "east", before=70 * HOUR)
    answers(town, whole, "east", at=CUT_OFF - NOW - HOUR)
    answers(town, part, "east", at=CUT_OFF - NOW - 1.9 * HOUR)
    confirm_at(town, part, "dongcun", HOUR)
    report = make(town)
    found = section(report, "Orders without a receipt")
    assert lines(found) == [(1, "03-01 06:00", "Yes", "03-01 06:30", "2 of 4", "West, West village")]
    assert found.note == "Sent that day: 2 orders to 5 recipients, 3 confirmed, 2 of them late."
    assert found.rows[0][1].leads_to == {"to": "order", "order": part}
    chinese = section(report, "未回执的指令", "zh")
    assert lines(chinese)[0][-1] == "西门、西村"
    assert "鲁B12345" not in report.text, "no word of an order stands in what is kept"


def test_where_every_receipt_came_none_stands_there(town: Place) -> None:
    found = section(make(town), "Orders without a receipt")
    assert found.rows == ()
    assert found.note.startswith("Sent that day: 0 orders")


def test_who_has_not_reported_comes_first_and_none_is_said_explicitly(town: Place) -> None:
    order(town, "east", villages=("dongcun",))
    say(town, "unit/dongcun")
    say(town, "gate/east", 2, "两名返乡人员 13812345678")
    report = make(town)
    found = section(report, "Zero reports")
    words = [(who, count) for _no, who, count, _at, _late in lines(found)]
    assert {who for who, count in words[:4] if count == "not reported"} == {"West village", "West", "South", "North"}
    assert words[4:] == [("East village", "None"), ("East", 2)]
    assert lines(found)[4][3:] == ("02-28 19:00", "late")
    assert found.note == "For 2026-02-28, due 02-28 17:00: 2 of 6 have reported, 1 of them “none”."
    assert "无" in [count for _no, _who, count, *_ in lines(section(report, "零报告", "zh"))]
    assert "13812345678" not in report.text


def test_a_town_without_zero_reports_has_no_such_table(place: Place) -> None:
    with speaking("en"):
        assert "Zero reports" not in [each.title for each in sheet(make(place), masked=True).sections]


def test_the_check_holds_whatever_comes_later(town: Place) -> None:
    id_ = order(town, "east", "west", villages=("dongcun",))
    say(town, "unit/dongcun")
    report = make(town)
    assert compare(town, report).same
    answers(town, id_, "west", at=2 * HOUR)
    with town.engine.begin() as connection:
        later = NOW + 2 * HOUR
        dispatches.confirm(connection, town="demo", id_=id_, unit="dongcun", note="", by="u-3", now=later)
        zero_reports.report(connection, "demo", "unit/dongcun", 3, "三起", zone=ZONE, by="u-3", now=later)
        dispatches.cancel(connection, town="demo", id_=id_, reason="完毕", by="u-3", now=later)
        connection.execute(delete(zero_report_terms))
    assert compare(town, report).same
    meddle(town, "DELETE FROM zero_reports")
    assert not compare(town, report).same


def test_a_report_of_before_this_stood_in_it_still_compares(town: Place) -> None:
    report = make(town)
    old = {name: each for name, each in report.content.items() if name != "desk"}
    old["inputs"] = {name: each for name, each in old["inputs"].items() if name != "desk"}
    with town.engine.connect() as connection:
        inputs = content.Inputs.of(old)
        assert content.text(content.remade(connection, "demo", inputs)) == content.text(old)
