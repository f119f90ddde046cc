"""The registers in the daily report: that day, in all, by kind and state; reproducible; and “none” where there is nothing."""

from datetime import timedelta

from hub.accounts.roles import Role
from hub.console.speaking import speaking
from hub.registers import catalogue, kept
from hub.registers.checks import Writer
from hub.reports.kept import Report
from hub.reports.registers import section
from hub.reports.sheet import sheet
from tests.hub.ledgers import meddle
from tests.hub.registers.declared import ZONE
from tests.hub.registers.test_shipped import ROWS, drafted
from tests.hub.reports.test_daily import CUT_OFF, compare, make
from tests.hub.towns import NOW, Place


def fill(place: Place, *hours: float, id_: str = "turned_back") -> None:
    """Adds the register, and a row so many hours before the day's cut-off for each."""
    with place.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", [id_, "refuse"], by="cli", now=NOW)
        keeper = kept.keeper(connection, "demo", id_, ZONE, {})
        for number, each in enumerate(hours):
            texts = {**ROWS[id_], "stub": str(each) + str(number)}
            writer = Writer("u-3", Role.SUPERVISOR, CUT_OFF - timedelta(hours=each))
            keeper.add(connection, drafted(keeper.register, texts), writer)


def lines(report: Report, language: str) -> list[tuple[object, ...]]:
    with speaking(language):
        return [tuple(cell.value for cell in row) for row in section(report.content).rows]


def test_the_figures_of_that_day_and_in_all_stand_by_kind_and_state(place: Place) -> None:
    fill(place, 30, 20, 2, -1)
    found = lines(make(place), "zh")
    assert found[0] == (1, "劝返台账", "新增", 2, 3, 3, "无")
    assert ("", "", "未报备", 2, 3, "–", "–") in found
    assert ("", "", "已劝返", "无", "无", 3, "–") in found
    assert found[-1] == ("", "垃圾清运台账：无")
    assert lines(make(place), "en")[0] == (1, "Turned back", "New", 2, 3, 3, "None")


def test_a_report_compares_with_the_registers_up_to_the_same_change(place: Place) -> None:
    fill(place, 2)
    report = make(place)
    assert compare(place, report).same
    fill(place, 3, 4)
    assert compare(place, report).same
    assert make(place).content["registers"]["turned_back"]["day"]["added"] == 3
    # who takes a row's history away changes what was reported
    meddle(place, "DELETE FROM register_history")
    assert not compare(place, report).same


def test_a_report_of_before_there_were_registers_still_compares(place: Place) -> None:
    report = make(place)
    with speaking("zh"):
        titles = [each.title for each in sheet(report, masked=True).sections]
        assert titles[-2:] == ["登记台账", "未回执的指令"]
        (none,) = [each for each in sheet(report, masked=True).sections if each.title == "登记台账"]
        assert none.rows == ()
