"""Runs are marked by what gates send, also days later; a missed one is an alert until then; a look that is repeated changes nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.ledger.projections.rebuild import rebuild
from hub.listener.runs import RunMarks
from hub.listener.schedule import Schedule
from hub.runs import derive, store
from hub.runs.missed import missed_runs
from hub.runs.plan import Plan
from tests.hub.ledgers import send, table
from tests.hub.runs.test_plan import SAMPLES, ZONE
from tests.hub.towns import NOW, Place

MINUTE = timedelta(minutes=1)
NOON = NOW - 30 * MINUTE
"""The town's clock shows twelve: the first run that these tests look at."""
GATES, CLASSES = {"east", "west", "south", "north"}, {"sample_transport"}


def planned(place: Place, plan: Plan = SAMPLES, at: datetime = NOON - MINUTE) -> str:
    with place.engine.begin() as connection:
        return store.add(connection, town="demo", plan=plan, gates=GATES, classes=CLASSES, by="u-4", now=at)


def drives(place: Place, minutes: int, gate: str = "east", direction: str = "out", plate: str = "鲁B12345") -> None:
    """A vehicle of the class passes; its records come to the hub at once."""
    journal = place.gates[gate]
    journal.visit(
        plate, NOON + minutes * MINUTE, direction=direction, vehicle_class="sample_transport", reason="priority",
        sprayed=False, disinfection="off",
    )  # fmt: skip
    send(place, journal)


def look(place: Place, minutes: int) -> list[str]:
    """The marks after a look so many minutes after noon, in order of time: `12:00 done`."""
    now = NOON + minutes * MINUTE
    with place.engine.begin() as connection:
        found = derive.look(connection, "demo", ZONE, now)
        derive.write(connection, "demo", found)
        assert not derive.look(connection, "demo", ZONE, now).rows, "looked at again nothing differs"
    rows = sorted(table(place, "runs"), key=lambda row: (row["due_at"], row["plan"]))
    return [f"{_clock(row['due_at'])} {row['state']}" for row in rows]


def _clock(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(ZONE).strftime("%H:%M")


def calling(place: Place, minutes: int) -> list[str]:
    with place.engine.begin() as connection:
        states = list(missed_runs(connection, "demo", NOON + minutes * MINUTE))
        alerts.standing(connection, "demo", (AlertKind.RUN_MISSED,), states, NOON + minutes * MINUTE)
    return [_clock(row["happened_at"]) for row in table(place, "alerts") if row["ended_at"] is None]


def test_a_crossing_marks_its_run_and_the_return_follows(place: Place) -> None:
    planned(place)
    assert look(place, 5) == []
    drives(place, 6)
    assert look(place, 7) == ["12:00 done"]
    drives(place, 20, gate="west", direction="in")
    look(place, 21)
    (run,) = table(place, "runs")
    assert (run["gate"], _clock(run["at"]), _clock(run["returned_at"])) == ("east", "12:06", "12:20")


def test_a_missed_run_is_an_alert_that_a_late_upload_ends(place: Place) -> None:
    """The gate was cut off: its crossing of 12:03 comes to the hub at 15:00."""
    planned(place)
    assert look(place, 11) == ["12:00 missed"]
    assert calling(place, 11) == ["12:00"]
    assert look(place, 72) == ["12:00 missed", "12:30 missed", "13:00 missed"]
    assert calling(place, 72) == ["12:00"], "one alert for those in a row"
    drives(place, 3)
    assert look(place, 73) == ["12:00 done", "12:30 missed", "13:00 missed"]
    assert calling(place, 73) == ["12:30"]
    drives(place, 44)
    drives(place, 62)
    assert look(place, 74) == ["12:00 done", "12:30 late", "13:00 done"]
    assert calling(place, 74) == []
    assert all(row["known_at"] is not None for row in table(place, "runs"))


def test_what_comes_days_later_marks_the_runs_of_those_days(place: Place) -> None:
    planned(place, replace(SAMPLES, times=("12:00",)))
    day = 24 * 60
    assert look(place, 5 * day + 60) == [f"12:00 {each}" for each in ["missed"] * 6]
    drives(place, day + 4)
    assert look(place, 5 * day + 61) == [f"12:00 {each}" for each in ["missed", "done", *["missed"] * 4]]
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert look(place, 5 * day + 62)[1] == "12:00 done"


def test_before_a_plan_was_made_and_after_it_was_stopped_nothing_is_due(place: Place) -> None:
    id_ = planned(place, at=NOON + 20 * MINUTE)
    assert look(place, 41) == ["12:30 missed"]
    with place.engine.begin() as connection:
        store.stop(connection, town="demo", id_=id_, reason="结束采样", by="u-4", now=NOON + 45 * MINUTE)
    assert look(place, 200) == ["12:30 missed"]


def test_named_plates_and_passes_mark_runs_too(place: Place) -> None:
    planned(place, replace(SAMPLES, vehicle_class=None, plates=("鲁B12345",), gates=()))
    drives(place, 1, gate="west", plate="鲁B99999")
    assert look(place, 12) == ["12:00 missed"]
    drives(place, 2, gate="west")
    assert look(place, 13) == ["12:00 done"]


def test_the_listener_marks_runs_when_it_is_due(place: Place) -> None:
    planned(place)
    seconds = [0.0]
    marks = RunMarks(place.town, place.engine, place.engine, Schedule(lambda: seconds[0]), lambda: NOON + 11 * MINUTE)
    marks.look_if_due()
    assert [row["state"] for row in table(place, "runs")] == ["missed"]
    drives(place, 1)
    marks.look_if_due()
    assert [row["state"] for row in table(place, "runs")] == ["missed"], "not due yet"
    seconds[0] = 11.0
    marks.look_if_due()
    assert [row["state"] for row in table(place, "runs")] == ["done"]
