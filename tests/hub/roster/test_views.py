"""The pages of the roster: the week with its flags, changes by form and by what dragging sends, publishing, staff, settings, import, print."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from edge.contract.facts import Kind, ShiftEnded, ShiftStarted
from hub.accounts.roles import Role
from hub.downlink import signed_lists
from hub.orders import pending
from hub.roster import store
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, table
from tests.hub.roster.conftest import DAY, Town
from tests.hub.towns import NOW

WEEK = f"/roster?week={DAY}"


@pytest.fixture
def app(town: Town) -> Iterator[Flask]:
    with console(town.place) as app:
        yield app


@pytest.fixture
def supervisor(app: Flask) -> Browser:
    return Browser(app, Role.SUPERVISOR)


def send_form(browser: Browser, address: str, page: str = WEEK, **form: object) -> str:
    """Sends a form and gives what the page that follows says."""
    answer = browser.send(address, form, page=page)
    assert answer.status_code == 302, text_of(answer)
    return text_of(browser.open(str(answer.location)))


def cell(browser: Browser, day: str, shift: str, gate: str, week: str = WEEK) -> str:
    """What a cell of the week's page says."""
    found = re.search(rf'<td id="c-{day}-{shift}-{gate}".*?</td>', browser.open(week).text, flags=re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", found[0], flags=re.S)).split())


def test_a_gap_is_flagged_filled_by_a_form_and_by_dragging_and_published(supervisor: Browser, town: Town) -> None:
    said = send_form(
        supervisor,
        "/roster/settings/manning",
        "/roster/settings",
        gate="east",
        **{"least/day/": "2", "least/day/medical": "1"},
    )
    assert "Saved." in said
    assert "People: 0 of 2 Medical: 0 of 1" in cell(supervisor, DAY, "day", "east")
    said = send_form(
        supervisor, "/roster/assign", staff=town.people["wang"], day=DAY, shift="day", gate="east", week=DAY
    )
    assert "Assigned, as a draft." in said
    assert "1 changes not published" not in said, "a week that was never published has no changes yet"
    moved = {
        "staff": town.people["li"],
        "day": DAY,
        "shift": "day",
        "gate": "west",
        "from_day": "",
        "from_shift": "",
        "from_gate": "",
    }
    send_form(supervisor, "/roster/move", **moved)
    back = {**moved, "gate": "east", "from_day": DAY, "from_shift": "day", "from_gate": "west"}
    assert "Moved, as a draft." in send_form(supervisor, "/roster/move", **back)
    filled = cell(supervisor, DAY, "day", "east")
    assert "王伟" in filled
    assert "李芳 Medical" in filled
    assert "of 2" not in filled
    assert "The week is published" in send_form(supervisor, "/roster/publish", week=DAY)
    assert "draft" not in cell(supervisor, DAY, "day", "east")
    said = send_form(supervisor, "/roster/off", off=f"{DAY}/day/east/{town.people['li']}", week=DAY)
    assert "1 changes not published" in said
    assert "taken off, not published" in cell(supervisor, DAY, "day", "east")
    actions = [row["action"] for row in table(town.place, "audit") if row["object"].startswith("roster/")]
    assert actions.count("roster assigned") == 3
    assert actions[-1] == "roster taken off"


def test_the_same_form_twice_assigns_once(supervisor: Browser, town: Town) -> None:
    form = {"staff": town.people["wang"], "day": DAY, "shift": "day", "gate": "east", "once": "abc"}
    assert "draft" in send_form(supervisor, "/roster/assign", **form)
    assert "is rostered there already" not in send_form(supervisor, "/roster/assign", **form)


def test_what_is_wrong_is_one_line_and_nothing_is_changed(supervisor: Browser, town: Town) -> None:
    for form, line in (
        ({"staff": "s-99", "gate": "east"}, "there is no such person"),
        ({"staff": town.people["wang"], "gate": "moon"}, "there is no such gate"),
        ({"staff": town.people["wang"], "gate": "east", "day": "soon"}, "expected a day"),
        ({"staff": town.people["wang"], "gate": "east", "day": "2026-02-02"}, "is over"),
    ):
        assert line in send_form(supervisor, "/roster/assign", **{"day": DAY, "shift": "day", **form})
    assert "nothing has changed" in send_form(supervisor, "/roster/publish", week=DAY)
    answer = supervisor.send(
        "/roster/settings/shift",
        {"id": "mid", "zh": "中班", "en": "Middle", "starts": "19:00", "ends": "21:00"},
        page="/roster/settings",
    )
    assert answer.status_code == 400
    assert "shift 中班 (19:00–21:00) overlaps 白班 (08:00–20:00): nothing was changed" in text_of(answer)
    with town.place.engine.begin() as connection:
        assert store.assignments(connection, "demo", "2026-01-01", "2026-12-31") == []
        assert len(store.terms(connection, "demo").shifts) == 2


def test_a_week_is_copied(supervisor: Browser, town: Town) -> None:
    town.assign("wang", "east")
    assert "Copied as drafts: 1." in send_form(supervisor, "/roster/copy", week="2026-03-09")
    assert "王伟" in cell(supervisor, "2026-03-09", "day", "east", "/roster?week=2026-03-09")


def test_a_published_week_reaches_the_gate_with_the_commands(supervisor: Browser, town: Town) -> None:
    town.assign("wang", "east")
    send_form(supervisor, "/roster/publish", week=DAY)
    with town.place.engine.begin() as connection:
        assert "east" in pending.outdated(connection, "demo", NOW)
        pending.publish(connection, "demo", "east", key=town.place.town.key, now=NOW)
        commands = signed_lists.commands(connection, "demo")["east"].commands()
        assert pending.outdated(connection, "demo", NOW + timedelta(hours=24)) == [], "the day shift goes on"
        assert "east" in pending.outdated(connection, "demo", NOW + timedelta(days=1, hours=8)), "it is over"
    assert commands.roster is not None
    assert [each.officer for each in commands.roster[0].staff] == [town.place.users[Role.OFFICER]]


def test_an_officer_sees_the_roster_and_changes_nothing(app: Flask, town: Town) -> None:
    town.assign("wang", "east")
    officer = Browser(app, Role.OFFICER)
    page = officer.open(WEEK)
    assert "王伟" in page.text
    assert "Publish the week" not in page.text
    assert officer.send("/roster/off", {"off": f"{DAY}/day/east/s-1"}).status_code == 403


def test_phones_are_masked_for_everybody_and_shown_once_for_a_reason(supervisor: Browser, town: Town) -> None:
    person = f"/roster/staff/{town.people['wang']}"
    assert "138•••78" in supervisor.open(person).text
    assert "13812345678" not in supervisor.open(person).text + supervisor.open("/roster/staff").text
    assert supervisor.send(f"{person}/phone", {"why": ""}, page=person).status_code == 400
    answer = supervisor.send(f"{person}/phone", {"why": "he is late"}, page=person)
    assert "13812345678" in answer.text
    assert [row["action"] for row in table(town.place, "audit")][-1] == "staff unmasked"


def test_somebody_new_changed_away_and_back(supervisor: Browser, town: Town) -> None:
    form = {
        "name": "陈新",
        "phone": "13700001111",
        "unit": "dongcun",
        "role": "grid",
        "user": "",
        "gates": "south",
        "since": "2026-03-01",
        "until": "",
    }
    said = send_form(supervisor, "/roster/staff/new", "/roster/staff/new", **form)
    assert "陈新" in said
    assert "South" in said
    again = supervisor.send("/roster/staff/new", form, page="/roster/staff/new")
    assert again.status_code == 400
    assert "is on the list already" in text_of(again)
    person = "/roster/staff/s-4"
    assert "Changed." in send_form(
        supervisor, f"{person}/change", person, **{**form, "phone": "", "role": "cadre", "version": "1"}
    )
    stale = supervisor.send(f"{person}/change", {**form, "version": "1"}, page=person)
    assert stale.status_code == 400
    assert "somebody else changed" in text_of(stale)
    assert "2026-03-05 – 2026-03-06 Leave" in send_form(
        supervisor, f"{person}/away", person, since="2026-03-05", until="2026-03-06", why="leave"
    )
    assert "is away from" in send_form(supervisor, f"{person}/away", person, since="2026-03-06", until="", why="ill")
    assert "2026-03-05 –" not in send_form(supervisor, f"{person}/away", person, absence="1")


def test_the_rules_of_a_town_are_numbers_in_their_ranges(supervisor: Browser, town: Town) -> None:
    form = {
        "rest_hours": "10.5",
        "late_minutes": "5",
        "absent_minutes": "20",
        "lead_hours": "24",
        "leader": "1",
        "version": "0",
    }
    assert "Saved." in send_form(supervisor, "/roster/settings/rules", "/roster/settings", **form)
    for name, value, line in (
        ("rest_hours", "soon", "expected a number"),
        ("lead_hours", "2.5", "expected a number"),
        ("late_minutes", "999", "from 0 to 240"),
    ):
        answer = supervisor.send(
            "/roster/settings/rules", {**form, "version": "1", name: value}, page="/roster/settings"
        )
        assert answer.status_code == 400
        assert line in text_of(answer)
    with town.place.engine.begin() as connection:
        assert store.rules(connection, "demo").rest_hours == 10.5


def signed_on(town: Town, officer: str, since: datetime, until: datetime | None = None, note: str = "") -> None:
    gate = town.place.gates["east"]
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer), since)
    if until is not None:
        gate.keep(Kind.SHIFT_ENDED, ShiftEnded(officer=officer, open_matters=2), until, private={"remark": note})
    send(town.place, gate)


def publish_today(browser: Browser) -> None:
    send_form(browser, "/roster/publish", week="2026-03-01")


def test_a_shift_is_compared_with_who_signed_on_and_the_rest_is_noted_by_hand(supervisor: Browser, town: Town) -> None:
    officer, stranger = town.place.users[Role.OFFICER], town.place.users[Role.ADMIN]
    for who in ("wang", "zhou"):
        town.assign(who, "east", day="2026-03-01")
    publish_today(supervisor)
    signed_on(town, stranger, NOW - timedelta(hours=4), NOW - timedelta(hours=3))
    signed_on(town, officer, NOW - timedelta(hours=3), NOW - timedelta(hours=1), "泵漏水")
    page = "/roster/shift?day=2026-03-01&shift=day"
    text = text_of(supervisor.open(page))
    assert "王伟 Police Late 90 min" in text
    assert "周志愿 Volunteer Not recorded" in text
    assert "Signed on without being on the roster" in text
    note = {
        "day": "2026-03-01",
        "shift": "day",
        "gate": "east",
        "staff": town.people["zhou"],
        "came": "08:05",
        "left": "11:00",
    }
    assert "Left early 540 min (noted by hand)" in send_form(supervisor, "/roster/presence", page, **note)
    assert "lies ahead" in send_form(supervisor, "/roster/presence", page, **{**note, "left": "19:00"})
    handovers = text_of(supervisor.open("/roster/handovers"))
    assert "泵漏水" in handovers
    assert "Waits for the next officer" in handovers
    hours = text_of(supervisor.open("/roster/hours"))
    assert "周志愿 Volunteer 1 2.9 12.0" in hours
    assert "王伟 Police 1 2.0 12.0" in hours
    assert "(not on the staff) – 1 1.0 0.0" in hours


def test_who_was_on_duty_is_found_by_gate_and_time_and_stands_on_the_page_of_a_crossing(
    supervisor: Browser, app: Flask, town: Town
) -> None:
    town.assign("zhou", "east", day="2026-03-01")
    town.assign("li", "", day="2026-03-01")
    publish_today(supervisor)
    signed_on(town, town.place.users[Role.OFFICER], NOW - timedelta(hours=3))
    visit = town.place.gates["east"].visit("鲁B12345", NOW - timedelta(hours=1))
    send(town.place, town.place.gates["east"])
    found = text_of(supervisor.open("/roster/on-duty?gate=east&at=2026-03-01T11:30"))
    assert "Signed on 王伟" in found
    assert "周志愿 (Volunteer)" in found
    assert "Leader on duty 李芳" in found
    assert "nobody, as far as the gate's records have come" in text_of(
        supervisor.open("/roster/on-duty?gate=east&at=2026-03-01T09:00")
    )
    page = text_of(supervisor.open(f"/visits/{visit}"))
    assert "On duty then 王伟, 周志愿 (on the roster) · Leader on duty: 李芳" in page
    assert "周志愿" not in text_of(Browser(app, Role.VIEWER).open(f"/visits/{visit}"))


def test_the_sheet_has_the_lines_of_the_paper_form_and_masks_names_where_it_is_asked(
    supervisor: Browser, town: Town
) -> None:
    town.assign("wang", "east")
    text = text_of(supervisor.open(f"/roster/print?week={DAY}&gate=east"))
    for words in ("Duty roster of East", "2026-03-02 to 2026-03-08: 2 shifts a day, 1 people", "No.", "王伟 Police", "Responsible:", "Reviewed by:", "Filled in by:", "Date:", "Phone:", "(Seal)", "Draft, not published."):  # fmt: skip
        assert words in text
    masked = supervisor.open(f"/roster/print?week={DAY}&gate=east&masked=1").text
    assert "王•••" in masked
    assert "王伟" not in masked
    chinese = Browser(supervisor.client.application, Role.SUPERVISOR, "zh").open(f"/roster/print?week={DAY}")
    for words in ("东门值班表", "序号", "负责人", "复核人", "填表人", "日期", "电话", "盖章"):
        assert words in chinese.text


def test_a_list_is_previewed_and_then_taken(supervisor: Browser, town: Town) -> None:
    page = "/roster/import/roster"
    good = "日期,班次,卡口,姓名\n2026-03-02,白班,东门,王伟\n2026-03-02,夜班,西门,李芳\n"
    bad = good + "2026-03-02,白班,南门,王伟\n"
    answer = supervisor.send(page, {"list": (io.BytesIO(bad.encode()), "r.csv")}, page=page)
    assert answer.status_code == 400
    assert "王伟 is at East at the same time, on 2026-03-02" in text_of(answer)
    wrong = supervisor.send(page, {"list": (io.BytesIO(b"a,b\n1,2\n"), "r.csv")}, page=page)
    assert "r.csv: heading 'a' is not known" in text_of(wrong)
    preview = supervisor.send(page, {"list": (io.BytesIO(good.encode()), "r.csv")}, page=page)
    assert "Every row is right: 2 new, 0 known already." in text_of(preview)
    kept = re.search(r'name="kept" value="([^"]+)"', preview.text)
    assert kept
    assert "Imported: 2 rows." in send_form(supervisor, page, page, kept=kept[1], name="r.csv")
    assert "王伟" in cell(supervisor, DAY, "day", "east")
    assert supervisor.open("/roster/import/nothing").status_code == 404
    assert supervisor.send(page, {}, page=page).status_code == 400


def test_the_lists_are_exported_as_their_pages_show_them(supervisor: Browser, town: Town) -> None:
    town.assign("wang", "east")
    town.assign("li", "east", day="2026-03-09")
    signed_on(town, town.place.users[Role.OFFICER], NOW - timedelta(hours=3), NOW - timedelta(hours=1))

    def rows(address: str) -> list[dict[str, str]]:
        answer = supervisor.send(address, {"format": "csv", "header": "machine"}, page=WEEK)
        assert answer.status_code == 200, text_of(answer)
        return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    (only,) = rows(f"/exports/roster?week={DAY}")
    assert (only["Name"], only["Shift"], only["Gate"], only["State"]) == ("王伟", "白班", "East", "Draft")
    found = rows("/exports/staff?search=王")
    assert [(each["Name"], each["Phone"], each["Duty role"], each["Login"]) for each in found] == [
        ("王伟", "138•••78", "公安", "officer")
    ]
    (served,) = rows("/exports/gate_duty?gate=east")
    assert (served["Officer"], served["Minutes"]) == ("王伟", "120")


def test_a_town_without_shifts_is_told_what_to_do(app: Flask, supervisor: Browser, town: Town) -> None:
    for id_ in ("day", "night"):
        send_form(supervisor, "/roster/settings/shift", "/roster/settings", remove=id_)
    assert "The town has no shifts yet" in text_of(supervisor.open("/roster"))
    assert Browser(app, Role.OFFICER).open("/roster/settings").status_code == 403
