"""The page of zero reports: who has not reported stands first; given, set up, printed, exported."""

import pytest

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.towns import Place
from tests.hub.zero_reports.reporting import VILLAGE, give, set_up

HERE = "/zero-reports"


@pytest.fixture
def town(place: Place) -> Place:
    with place.engine.begin() as connection:
        set_up(connection)
    return place


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_explicit_none_is_sent_and_who_has_not_reported_stands_first(town: Place, language: str) -> None:
    none, village, missing = {"en": ("None", "South village", "Not reported"), "zh": ("无", "南村", "未报")}[language]
    with console(town) as app:
        officer = Browser(app, Role.OFFICER, language)
        answer = officer.send(HERE, {"reporter": VILLAGE, "count": "0", "text": ""}, page=HERE)
        assert answer.status_code == 302
        page = officer.open(HERE).text
        table = page[page.index("<tbody>") :]
        assert table.index(missing) < table.index(village)
        assert none in table


def test_a_wrong_report_says_what_is_wrong_and_keeps_nothing(town: Place) -> None:
    with console(town) as app:
        officer = Browser(app, Role.OFFICER)
        for form, status in (
            ({"reporter": "unit/nowhere", "count": "0"}, 400),
            ({"reporter": VILLAGE, "count": "many"}, 400),
            ({"reporter": VILLAGE, "count": "2", "text": ""}, 409),
        ):
            assert officer.send(HERE, form, page=HERE).status_code == status
        assert (
            Browser(app, Role.VIEWER).send(HERE, {"reporter": VILLAGE, "count": "0"}, page="/account").status_code
            == 403
        )


def test_a_supervisor_sets_the_hours_once_for_all(place: Place) -> None:
    with console(place) as app:
        boss, officer = Browser(app, Role.SUPERVISOR), Browser(app, Role.OFFICER)
        assert "not set up" in text_of(officer.open(HERE))
        form = {"cut_off": "09:00", "due": "10:00", "level": "village", "gates": "y"}
        assert officer.send(f"{HERE}/terms", form, page="/account").status_code == 403
        assert boss.send(f"{HERE}/terms", {**form, "due": "08:00"}, page=HERE).status_code == 409
        assert boss.send(f"{HERE}/terms", form, page=HERE).status_code == 302
        assert "Not reported" in text_of(officer.open(HERE))


def test_days_before_are_opened_from_the_list_and_an_address_that_is_none_is_not_found(town: Place) -> None:
    give(town, hours=-24)
    with console(town) as app:
        officer = Browser(app, Role.OFFICER)
        assert f'href="{HERE}?day=2026-02-28"' in officer.open(HERE).text
        assert "South village" in text_of(officer.open(f"{HERE}?day=2026-02-28"))
        assert officer.open(f"{HERE}?day=tomorrow").status_code == 404


def test_reports_are_exported(town: Place) -> None:
    give(town, count=2, text="=两名")
    with console(town) as app:
        answer = Browser(app, Role.OFFICER).send("/exports/zero_reports", {"format": "csv"}, page="/exports")
        assert answer.status_code in (200, 302), text_of(answer)
