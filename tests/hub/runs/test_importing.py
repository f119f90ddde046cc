"""Plans of runs from a list: each row a plan from now on; one like a plan that holds changes nothing."""

import pytest

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.imports.pages import look, take
from tests.hub.ledgers import table
from tests.hub.towns import Place

PAGE = "/runs/plans/import"
HEAD = "名称,片区,路线,车辆类别,车牌,通行证,卡口,方向,间隔分钟,开始,结束,时刻,星期,容差分钟,返回分钟\n"
GOOD = "采样,东区,东门 - 医院,sample_transport,,,东门,驶出,30,08:00,20:00,,,10,60\n"
TIMES = "清运,,,,鲁B12345 鲁B54321,,,out,,,,06:00 18:00,一、三、五,15,\n"


def test_plans_are_made_once_found_and_exported_as_they_were_imported(place: Place) -> None:
    with console(place) as app:
        boss = Browser(app, Role.SUPERVISOR)
        assert "2 new, 0 known already" in look(boss, PAGE, HEAD + GOOD + TIMES)[1]
        assert table(place, "run_plans") == []
        assert "Imported: 2 rows." in take(boss, PAGE, HEAD + GOOD + TIMES)
        exported = boss.send("/exports/run_plans", {"format": "csv", "header": "zh"}, page=PAGE)
        assert exported.status_code == 200
        assert "0 new, 2 known already" in look(boss, PAGE, exported.text)[1], "the exported list comes back"
        found = text_of(boss.open("/runs/plans?search=54321"))
        assert ("清运" in found, "采样" in found) == (True, False)
        assert "No plan is like that." in text_of(boss.open("/runs/plans?search=nothing"))
        assert "Imported plans of runs" in text_of(Browser(app, Role.ADMIN).open("/audit"))
    plans = {each["name"]: each for each in table(place, "run_plans")}
    assert (plans["采样"]["gates"], plans["采样"]["every_minutes"], plans["采样"]["weekdays"]) == (
        '["east"]',
        30,
        "1234567",
    )
    assert (plans["清运"]["weekdays"], plans["清运"]["times"]) == ("135", '["06:00", "18:00"]')


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (",,,sample_transport,,,,出,30,,,,,,\n", "run: expected a name"),
        ("采样,,,飞船,,,,出,30,,,,,,\n", "class '飞船': the operation has no such class"),
        ("采样,,,,,,,出,30,,,,,,\n", "expected a class of vehicles, plates or passes"),
        ("采样,,,sample_transport,,,月门,出,30,,,,,,\n", "gate '月门': there is no such gate"),
        ("采样,,,sample_transport,,,,上,30,,,,,,\n", "direction '上': expected in or out"),
        ("采样,,,sample_transport,,,,出,often,,,,,,\n", "minutes 'often': expected a whole number"),
        ("采样,,,sample_transport,,,,出,,,,,,,\n", "expected times, or every 5 to 1440 minutes"),
        ("采样,,,sample_transport,,,,出,,,,8点,,,\n", "time '8点': expected such as 08:30"),
        ("采样,,,sample_transport,,,,出,30,,,,九,,\n", "day of the week '九': expected 1 (Monday) to 7"),
        ("采样,,,sample_transport,,xyz,,出,30,,,,,,\n", "pass 'xyz': expected 16 hexadecimal digits"),
        (GOOD, "this plan stands in this list twice"),
    ],
)
def test_a_bad_row_is_one_line_and_nothing_is_planned(place: Place, row: str, line: str) -> None:
    with console(place) as app:
        status, words, kept = look(Browser(app, Role.SUPERVISOR), PAGE, HEAD + GOOD + row)
    assert (status, kept) == (400, "")
    assert line in words
    assert table(place, "run_plans") == []
