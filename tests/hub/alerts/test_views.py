"""The pages of alerts: who sees what, who may do what, the filter, the way from an alert to what it is about."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.alerts import reading, store
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About
from hub.alerts.views.pauses import PAUSES, shift_end
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

HX = {"HX-Request": "true"}


def raise_(
    place: Place, what: AlertKind, gate: str | None = "east", detail: str = "", *, at: datetime = NOW, **about: Any
) -> int:
    with place.engine.begin() as connection:
        store.raise_(connection, "demo", what, gate, detail, at, about=About(**about))
        return reading.page(connection, "demo", limit=1)[0].id


def watched(place: Place) -> tuple[int, str]:
    """An alert about a vehicle, and its visit."""
    visit = place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"])
    return raise_(place, AlertKind.WATCHED, visit=visit, subject=visit), visit


def post(app: Browser, address: str, **form: str) -> Any:
    return app.client.post(address, data={"csrf_token": app.token("/alerts"), **form}, headers=HX)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_worst_calls_first_and_what_is_over_last(place: Place, language: str) -> None:
    raise_(place, AlertKind.HELP, subject="help")
    for kind in (AlertKind.TANK, AlertKind.FORCED, AlertKind.SILENT):
        raise_(place, kind)
    with place.engine.begin() as connection:
        store.end(connection, "demo", AlertKind.HELP, NOW)
        assert [each.what for each in reading.in_bar(connection, "demo", NOW)] == ["forced", "silent", "tank", "help"]
    with console(place) as app:
        page = Browser(app, Role.VIEWER, language).open("/ledger").text
    assert "<title>(3) " in page
    assert 'data-calls="3"' in page


def test_one_touch_acknowledges_with_the_words_that_were_read(place: Place) -> None:
    for language, words in (("en", "Seen"), ("zh", "已知悉")):
        id_ = raise_(place, AlertKind.FORCED)
        with console(place) as app:
            officer = Browser(app, Role.OFFICER, language)
            answer = post(officer, f"/alerts/{id_}/acknowledge", preset="seen")
            assert answer.status_code == 200
            assert "<html" not in answer.text, "the bar alone"
            assert 'data-calls="0"' in answer.text
            # somebody was faster: there is nothing left to do, and nothing breaks
            assert post(officer, f"/alerts/{id_}/acknowledge", preset="seen").status_code == 200
        row = table(place, "alerts")[-1]
        assert (row["comment"], row["acknowledged_by"]) == (words, place.users[Role.OFFICER])
    assert [row["action"] for row in table(place, "audit")].count("alert acknowledged") == 2


@pytest.mark.parametrize("form", [{}, {"comment": "  "}, {"preset": "nonsense"}, {"comment": "x" * 501}])
def test_nothing_is_acknowledged_without_a_word(place: Place, form: dict[str, str]) -> None:
    id_ = raise_(place, AlertKind.FORCED)
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        assert officer.send(f"/alerts/{id_}/acknowledge", form, page="/alerts").status_code == 400
    assert table(place, "alerts")[-1]["acknowledged_at"] is None


def test_a_viewer_sees_masked_plates_and_may_do_nothing(place: Place) -> None:
    id_, _visit = watched(place)
    with console(place) as app:
        viewer, officer = Browser(app, Role.VIEWER), Browser(app, Role.OFFICER)
        for address in ("/alerts", "/alerts/bar", "/ledger"):
            assert "12345" not in viewer.open(address).text, address
            assert "鲁B·12345" in officer.open(address).text, address
        assert post(viewer, f"/alerts/{id_}/acknowledge", preset="seen").status_code == 403
        assert post(viewer, f"/alerts/{id_}/snooze", pause="hour").status_code == 403
        assert "/acknowledge" not in viewer.open("/alerts").text
        assert "Watched" not in text_of(viewer.open("/alerts?search=B123"))
        assert "A watched vehicle" in viewer.open("/alerts?search=鲁B12345").text


def test_an_alert_leads_to_what_it_is_about(place: Place) -> None:
    seen, visit = watched(place)
    ids = {
        seen: f"/visits/{visit}",
        raise_(place, AlertKind.CLONED, subject="c", conflict="c0ffee"): "/conflicts/c0ffee",
        raise_(place, AlertKind.QUARANTINE): "/quarantine",
        raise_(place, AlertKind.CAMERA, subject="camera"): "/ledger?gate=east",
        (backup := raise_(place, AlertKind.BACKUP, None)): f"/alerts#alert-{backup}",
    }
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        for id_, address in ids.items():
            answer = officer.open(f"/alerts/{id_}")
            assert (answer.status_code, answer.headers["Location"]) == (302, address)
        assert officer.open("/alerts/999").status_code == 404
        assert officer.open(f"/alerts/{'9' * 40}").status_code == 404


def test_an_alert_leads_to_its_vehicle_and_no_address_holds_a_plate(place: Place) -> None:
    _id, visit = watched(place)
    with console(place) as app:
        for role in (Role.VIEWER, Role.OFFICER):
            page = Browser(app, role).open("/alerts").text
            assert f'href="/vehicle/of-visit/{visit}"' in page, role
            assert "plate=" not in page, role


def test_an_alarm_without_a_vehicle_leads_to_what_came_to_its_gate_around_that_time(place: Place) -> None:
    there = "2026-03-01T04:30:00.000Z"
    id_ = raise_(place, AlertKind.FORCED, lane="1", subject="forced_passage", happened_at=there)
    with console(place) as app:
        answer = Browser(app, Role.OFFICER).open(f"/alerts/{id_}")
    assert answer.headers["Location"] == "/ledger?gate=east&start=2026-03-01T12:20:00&end=2026-03-01T12:32:00"


def test_any_alert_is_put_off_on_the_page_which_stays_as_it_was_asked_for(place: Place) -> None:
    ids = [raise_(place, kind) for kind in (AlertKind.FORCED, AlertKind.TANK)]
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        for id_ in ids:
            assert f'action="/alerts/{id_}/snooze"' in officer.open("/alerts?state=open").text
        asked = {"pause": "hour", "next": "/alerts?state=open"}
        answer = officer.send(f"/alerts/{ids[1]}/snooze", asked, page="/alerts")
        assert answer.headers["Location"] == "/alerts?state=open"
        assert "/snooze" not in Browser(app, Role.VIEWER).open("/alerts").text
    assert [row["snoozed_until"] for row in table(place, "alerts")] == [None, "2026-03-01T05:30:00.000Z"]


def test_an_alert_that_is_put_off_leaves_the_bar_by_name(place: Place) -> None:
    id_ = raise_(place, AlertKind.FORCED)
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        assert post(officer, f"/alerts/{id_}/snooze", pause="forever").status_code == 400
        assert 'data-calls="0"' in post(officer, f"/alerts/{id_}/snooze", pause="quarter").text
        assert "Snoozed until" in officer.open("/alerts?state=snoozed").text
    row = table(place, "alerts")[-1]
    assert (row["snoozed_until"], row["snoozed_by"]) == ("2026-03-01T04:45:00.000Z", place.users[Role.OFFICER])
    with console(place, lambda: NOW + timedelta(minutes=16)) as app:
        assert 'data-calls="1"' in Browser(app, Role.OFFICER).open("/alerts/bar").text
    (note,) = [row for row in table(place, "audit") if row["action"] == "alert snoozed"]
    assert note["object"] == f"alerts/{id_}"


@pytest.mark.parametrize(
    ("hour", "day", "end"), [(3, 1, "06:30"), (7, 1, "14:00"), (14, 1, "22:00"), (22, 2, "06:30"), (23, 2, "06:30")]
)
def test_a_shift_ends_when_the_towns_shifts_change(hour: int, day: int, end: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    wanted = datetime.fromisoformat(f"2026-03-0{day}T{end}").replace(tzinfo=zone)
    assert shift_end(datetime(2026, 3, 1, hour, 0, tzinfo=zone), ("06:30", "14:00", "22:00")) == wanted
    assert PAUSES["hour"][1](NOW, ()) == NOW + timedelta(hours=1)


def shown(app: Flask, query: str) -> set[str]:
    page = Browser(app, Role.OFFICER).open(f"/alerts?{query}").text
    titles = {"A gate asks for help": "help", "A gate is silent": "silent", "Disinfectant runs low": "tank"}
    main = page[page.index('<p class="alerts-top">') :]
    return {code for words, code in titles.items() if words in main}


def test_the_filter_finds_by_severity_kind_gate_state_time_and_words(place: Place) -> None:
    raise_(place, AlertKind.HELP, "east", "at the ramp", subject="help")
    silent = raise_(place, AlertKind.SILENT, "west", at=NOW + timedelta(days=2))
    raise_(place, AlertKind.TANK, "east", subject="tank_low")
    with place.engine.begin() as connection:
        store.acknowledge(connection, town="demo", id_=silent, by="u-1", comment="power cut", now=NOW)
        store.end(connection, "demo", AlertKind.TANK, NOW)
    with console(place) as app:
        for query, expected in (
            ("", {"help", "silent", "tank"}), ("severity=critical", {"help"}), ("what=silent", {"silent"}),
            ("gate=east", {"help", "tank"}), ("state=open", {"help"}), ("state=standing", {"help", "silent"}),
            ("state=acknowledged", {"silent", "tank"}), ("since=2026-03-02", {"silent"}), ("until=2026-03-02", {"help", "tank"}),
            ("search=ramp", {"help"}), ("search=power", {"silent"}), ("search=100%25", set()), ("severity=serious&gate=west", {"silent"}),
        ):  # fmt: skip
            assert shown(app, query) == expected, query
        assert Browser(app, Role.OFFICER).open("/alerts?since=nonsense").status_code == 400


def test_history_goes_on_over_pages_and_keeps_the_filter(place: Place) -> None:
    for number in range(45):
        raise_(place, AlertKind.CLONED, subject=str(number))
    raise_(place, AlertKind.SILENT, "west")
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        page = officer.open("/alerts?what=cloned").text
        assert page.count("data-row") == 40
        older = page[page.index('rel="next" href="') :].split('"')[3].replace("&amp;", "&")
        assert officer.open(older).text.count("data-row") == 5


def test_a_late_alert_says_when_it_happened(place: Place) -> None:
    raise_(place, AlertKind.FORCED, happened_at="2026-02-28T04:30:00.000Z")
    with console(place) as app:
        page = text_of(Browser(app, Role.OFFICER).open("/inside"))
    assert "happened 2026-02-28 12:30:00, known since 12:30:00" in page
