"""Zero reports: given, given anew, missing, refused; the alert while some are missing."""

import json
from datetime import date, timedelta

import pytest

from hub.errors import RefusedError
from hub.zero_reports import store
from hub.zero_reports.missing import missing_zero_reports
from tests.hub.ledgers import table
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place
from tests.hub.zero_reports.reporting import TERMS, VILLAGE, give, set_up

TODAY = "2026-03-01"


@pytest.fixture
def town(place: Place) -> Place:
    with place.engine.begin() as connection:
        set_up(connection)
    return place


def test_none_is_a_report_and_whoever_gave_none_is_missing(town: Place) -> None:
    kept = give(town)
    assert (kept.day, kept.count, kept.late) == (TODAY, 0, True)
    with town.engine.connect() as connection:
        assert store.of_day(connection, "demo", TODAY).keys() == {VILLAGE}
        missing = [each.id for each in store.missing(connection, "demo", date(2026, 3, 1), TERMS)]
        every = [each.id for each in store.reporters(connection, "demo", TERMS)]
    assert every[0] == VILLAGE
    assert missing == every[1:]
    assert all(each.startswith("gate/") for each in missing)
    last = table(town, "audit")[-1]
    assert (last["action"], last["object"]) == ("zero report given", f"zero-reports/{VILLAGE}")
    assert json.loads(last["detail"])["count"] == 0


def test_between_cut_off_and_due_a_report_is_in_time_and_before_it_counts_for_the_day_before(town: Place) -> None:
    assert not give(town, hours=-1).late
    assert give(town, hours=-3).day == "2026-02-28"


def test_a_report_given_anew_is_a_version_and_the_one_before_stays(town: Place) -> None:
    give(town)
    assert give(town, count=2, text="两名返乡人员").version == 2
    with town.engine.connect() as connection:
        assert store.of_day(connection, "demo", TODAY)[VILLAGE].count == 2
        assert [each.version for each in store.versions(connection, "demo", TODAY)] == [2, 1]


def test_the_days_before_are_counted_by_their_last_versions(town: Place) -> None:
    give(town, hours=-24)
    give(town, count=1, text="x", hours=-24)
    give(town, "gate/east", hours=-25)
    with town.engine.connect() as connection:
        assert store.history(connection, "demo", TODAY, 10) == [store.DayCount("2026-02-28", 2, 1, 1)]


@pytest.mark.parametrize(
    ("reporter", "count", "text", "wrong"),
    [
        ("unit/nowhere", 0, "", "has none to give"),
        ("unit/zhen", 0, "", "has none to give"),
        (VILLAGE, 1, "", "say what it was"),
        (VILLAGE, 0, "two", "say how many"),
        (VILLAGE, -1, "x", "expected 0 to"),
        (VILLAGE, 1, "x" * 501, "at most 500"),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_is_kept(
    town: Place, reporter: str, count: int, text: str, wrong: str
) -> None:
    with pytest.raises(RefusedError, match=wrong):
        give(town, reporter, count, text)
    assert table(town, "zero_reports") == []


def test_without_hours_nobody_reports(place: Place) -> None:
    with pytest.raises(RefusedError, match="not set yet"):
        give(place, "gate/east")
    with place.engine.connect() as connection:
        assert list(missing_zero_reports(connection, "demo", NOW, ZONE)) == []


def test_the_alert_stands_from_the_due_time_until_all_have_reported(town: Place) -> None:
    def states(hours: float = 0) -> list[str]:
        with town.engine.connect() as connection:
            return [
                each.detail for each in missing_zero_reports(connection, "demo", NOW + timedelta(hours=hours), ZONE)
            ]

    with town.engine.connect() as connection:
        every = [each.id for each in store.reporters(connection, "demo", TERMS)]
    assert states(-1) == []
    assert states()[0].startswith(f"{TODAY}: {len(every)}: {VILLAGE}")
    for each in every:
        give(town, each)
    assert states() == []
