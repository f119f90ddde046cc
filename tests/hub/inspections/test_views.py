"""The pages of findings: written from a visit, an alert or a gate, brought to its end by several people, the day's list, figures."""

from collections.abc import Iterator

import pytest

from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.inspections.views import day as day_views
from tests.hub.consoles import Browser, console, text_of
from tests.hub.inspections.found import again, find
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

FORM = {"problem": "消毒液已过期", "category": "disinfection", "how": "at_once", "gate": "east"}
Browsers = dict[Role, Browser]


@pytest.fixture
def browsers(place: Place) -> Iterator[Browsers]:
    with console(place) as app:
        yield {role: Browser(app, role) for role in (Role.OFFICER, Role.SUPERVISOR, Role.ADMIN)}


def findings(place: Place) -> list[dict[str, object]]:
    return [dict(row) for row in table(place, "register_rows") if row["register"] == "inspections"]


def step(browser: Browser, place: Place, id_: int, to: str, **said: str) -> str:
    """The state after a step, or what the page says instead."""
    form = {"to": to, "version": str(again(place, id_).version), **said}
    there = f"/inspections/{id_}"
    assert browser.send(f"{there}/move", form, page=there).status_code == 302
    found = again(place, id_)
    return str(found.state) if found.state == to else text_of(browser.open(there))


def test_a_finding_is_written_from_a_visit_an_alert_and_a_gate_with_that_filled_in(
    place: Place, browsers: Browsers
) -> None:
    officer = browsers[Role.OFFICER]
    visit = place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"])
    with place.engine.begin() as connection:
        alerts.raise_(connection, "demo", AlertKind.SOLUTION, "west", "", NOW)
    (alert,) = [row["id"] for row in table(place, "alerts") if row["what"] == "solution"]
    assert f"/inspections/new?visit={visit}" in officer.open(f"/visits/{visit}").text
    assert f"/inspections/new?alert={alert}" in officer.open("/alerts").text
    page = officer.open(f"/inspections/new?visit={visit}").text
    assert f'name="visit" type="hidden" value="{visit}"' in page
    assert '<option selected value="east">' in page
    page = officer.open(f"/inspections/new?alert={alert}").text
    assert '<option selected value="west">' in page
    assert "No valid disinfectant" in page
    assert '<option selected value="north">' in officer.open("/inspections/new?gate=north").text
    answer = officer.send("/inspections/new", {**FORM, "visit": visit, "alert": str(alert)}, page="/inspections/new")
    assert answer.status_code == 303, text_of(answer)
    (row,) = findings(place)
    assert (row["visit"], row["gate"], row["due_at"]) == (visit, "east", "2026-03-01T06:30:00.000Z")
    assert f"/visits/{visit}" in officer.open(answer.location).text


def test_one_that_names_who_and_until_when_is_handed_over_on_the_spot(place: Place, browsers: Browsers) -> None:
    form = {**FORM, "responsible": "东门卡口", "person": "王伟", "once": "x"}
    for _ in range(2):
        assert browsers[Role.OFFICER].send("/inspections/new", form, page="/inspections/new").status_code == 303
    (row,) = findings(place)
    assert row["state"] == "assigned"


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"problem": ""}, 400, "Say what was found."),
        ({"how": "term"}, 409, "Due: needed for what is put right within a term"),
        ({"category": "moon"}, 400, "Not a valid choice."),
        ({"visit": "ff" * 16}, 409, "there is none"),
        ({"problem": "a\u202eb"}, 400, "holds characters that can't be seen"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_kept(
    place: Place, browsers: Browsers, wrong: dict[str, str], status: int, words: str
) -> None:
    answer = browsers[Role.OFFICER].send("/inspections/new", {**FORM, **wrong}, page="/inspections/new")
    assert answer.status_code == status
    assert words in text_of(answer)
    assert findings(place) == []


def test_a_finding_goes_its_way_with_an_objection_that_another_decides(place: Place, browsers: Browsers) -> None:
    officer, supervisor, admin = browsers.values()
    id_ = find(place, Role.OFFICER).id
    assert step(officer, place, id_, "assigned", responsible="东门卡口", until="2026-03-01T16:00") == "assigned"
    assert step(officer, place, id_, "objected", objection="当日已更换") == "objected"
    assert "your role may not do this step" in step(officer, place, id_, "upheld", decision="x")
    assert step(supervisor, place, id_, "upheld", decision="记录显示未更换") == "upheld"
    assert step(officer, place, id_, "fixed", fix="已更换并登记") == "fixed"
    assert "somebody else must decide this" in step(officer, place, id_, "checked", check="x")
    assert step(supervisor, place, id_, "checked", check="现场查看") == "checked"
    assert step(admin, place, id_, "closed") == "closed"
    assert again(place, id_).values["closed_at"] == "2026-03-01T04:30:00.000Z"
    page = text_of(officer.open(f"/inspections/{id_}"))
    for words in ("当日已更换", "记录显示未更换", "已更换并登记", "现场查看", "Objection dismissed"):
        assert words in page


def test_the_day_s_list_is_summed_up_studied_and_solved(place: Place, browsers: Browsers) -> None:
    officer, supervisor, _admin = browsers.values()
    first, second = find(place).id, find(place, problem="未戴口罩").id
    step(officer, place, first, "", study="药液批次未登记")
    step(officer, place, first, "fixed", fix="已更换")
    page = text_of(officer.open("/inspections/day/2026-03-01"))
    assert "Summed up 2 · studied 1 · solved 1 · left open 2" in page
    assert "药液批次未登记" in page
    assert "Summed up 0 · studied 0 · solved 0 · left open 0" in text_of(officer.open("/inspections/day/2026-02-28"))
    assert officer.open("/inspections/day").location == "/inspections/day/2026-03-01"
    for nowhere in ("2026-02-30", "x", "0001-01-01"):
        assert officer.open(f"/inspections/day/{nowhere}").status_code == 404
    assert supervisor.open(f"/inspections/{second}").status_code == 200


def test_of_many_that_are_left_open_the_first_are_listed_and_all_are_counted(
    place: Place, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_views, "LEFT", 2)
    for number in range(3):
        find(place, problem=f"问题{number}", found_at="2026-02-27T04:00:00.000Z")
    officer = browsers[Role.OFFICER]
    page = text_of(officer.open("/inspections/day/2026-03-01"))
    assert "left open 3" in page
    left = page[page.rindex("Left open") :]
    assert ("问题1" in left, "问题2" in left, "More in the register" in left) == (True, False, True)


def test_figures_stand_by_gate_and_by_unit_and_the_list_is_narrowed_to_a_gate(place: Place, browsers: Browsers) -> None:
    find(place, gate="east", until="2026-03-01T04:00:00.000Z")
    find(place, gate="west", responsible="西门卡口")
    officer = browsers[Role.OFFICER]
    page = text_of(officer.open("/inspections"))
    for words in ("East 1 1 0 0 0", "West 1 0 0 0 0", "西门卡口 1 0 0 0 0", "By unit", "Overdue"):
        assert words in page, words
    assert "Open findings 1" in text_of(officer.open("/inspections?gate=west"))


def test_a_finding_that_is_not_there_is_404(browsers: Browsers) -> None:
    officer = browsers[Role.OFFICER]
    assert "No finding is open." in text_of(officer.open("/inspections"))
    for there in ("/inspections/1", f"/inspections/{10**30}"):
        assert officer.open(there).status_code == 404
