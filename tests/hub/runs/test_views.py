"""Runs in the browser: planned, read as a timeline, found in the history, stopped."""

from datetime import timedelta

import pytest

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.runs.test_derive import NOON, drives, look, planned
from tests.hub.towns import Place

FORM = {
    "name": "采样", "area": "东区", "route": "东门 - 医院", "vehicle_class": "sample_transport", "gates": ["east"], "direction": "out",
    "every_minutes": "30", "begins": "08:00", "ends": "20:00", "weekdays": list("1234567"), "tolerance_minutes": "10",
    "return_minutes": "60", "plates": "", "passes": "", "times": "",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_runs_are_planned_and_the_day_shows_each_with_a_word(place: Place, language: str) -> None:
    with console(place, lambda: NOON - timedelta(minutes=1)) as app:
        boss = Browser(app, Role.SUPERVISOR, language)
        assert boss.send("/runs/plans", FORM, page="/runs/plans/new").status_code == 302
    drives(place, 3)
    drives(place, 44)
    drives(place, 50, gate="west", direction="in")
    look(place, 75)
    with console(place, lambda: NOON + timedelta(minutes=75)) as app:
        viewer = Browser(app, Role.VIEWER, language)
        page = text_of(viewer.open("/runs"))
        for words in {"en": ("On time 1", "Late run 1", "Missed 1", "To come", "back 12:50", "not back"),
                      "zh": ("按时 1", "晚点 1", "未发 1", "待发", "返回 12:50", "未返回")}[language]:  # fmt: skip
            assert words in page
        past = text_of(viewer.open("/runs/history?state=missed&area=东区&since=2026-03-01&until=2026-03-01"))
        assert "13:00:00" in past
        assert "12:00:00" not in past
        assert viewer.open("/runs/history?state=soon").status_code == 400
        assert viewer.open("/runs?day=2026-02-28").status_code == 200
        assert viewer.open("/runs?day=soon").status_code == viewer.open("/runs?day=0001-01-01").status_code == 400
        assert viewer.open("/runs/plans").status_code == 403, "plans name plates"


def test_a_plan_is_stopped_for_a_reason_and_another_made_like_it(place: Place) -> None:
    id_ = planned(place)
    with console(place) as app:
        boss = Browser(app, Role.SUPERVISOR)
        assert 'value="采样"' in boss.open(f"/runs/plans/new?like={id_}").text
        boss.send(f"/runs/plans/{id_}/stop", {"reason": ""}, page="/runs/plans")
        assert "expected why" in text_of(boss.open("/runs/plans"))
        boss.send(f"/runs/plans/{id_}/stop", {"reason": "改线"}, page="/runs/plans")
        assert "李芳: 改线" in text_of(boss.open("/runs/plans"))
        assert Browser(app, Role.OFFICER).send("/runs/plans", FORM, page="/runs/plans").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": ""}, "Give it a name."),
        ({"vehicle_class": ""}, "expected a class of vehicles, plates or passes"),
        ({"begins": "8 o'clock"}, "expected such as 08:30"),
        ({"weekdays": []}, "at least one day of the week"),
        ({"tolerance_minutes": "30"}, "a tolerance shorter than the time between two runs"),
        ({"every_minutes": "x"}, "Not a valid integer"),
        ({"gates": ["nowhere"]}, "not a valid choice"),
    ],
)
def test_a_form_that_is_wrong_says_so_in_a_line_and_plans_nothing(
    place: Place, wrong: dict[str, object], why: str
) -> None:
    with console(place) as app:
        answer = Browser(app, Role.SUPERVISOR).send("/runs/plans", {**FORM, **wrong}, page="/runs/plans/new")
    assert answer.status_code == 400
    assert why.lower() in text_of(answer).lower()
    assert "采样" in answer.text or not wrong.get("name", "x"), "nothing typed is lost"
    assert table(place, "run_plans") == []
