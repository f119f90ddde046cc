"""Alerts of the roster: a gap before a shift, a shift that began with nobody signed on; each ends when its cause does."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from edge.contract.facts import Kind, ShiftStarted
from edge.contract.messages import Health
from edge.contract.records import wall_text
from hub.alerts import reading
from hub.alerts.kinds import AlertKind
from hub.database.engine import reader
from hub.gates import store as gates
from hub.listener.alerting import Alerting
from hub.listener.schedule import Schedule
from hub.roster import planning, staff, terms
from hub.roster.author import Author
from hub.roster.planning import Place as Cell
from hub.roster.staff import StaffTerms
from hub.roster.values import DutyShift, RosterRules
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place

BEGIN = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
CELL = Cell("2026-03-02", "day", "east")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alerting(place: Place, clock: Clock) -> Iterator[Alerting]:
    seen = reader(place.town.settings.database_url)
    yield Alerting(place.town, place.engine, seen, Schedule(clock.seconds), clock)
    seen.dispose()


def author(place: Place, connection: object, now: datetime = NOW) -> Author:
    return Author(connection, "demo", "cli", now, place.town.settings.zone)  # type: ignore[arg-type]


@pytest.fixture
def officer(place: Place) -> str:
    with place.engine.begin() as connection:
        by = author(place, connection)
        terms.save_shift(by, DutyShift("day", "白班", "Day", "08:00", "20:00"))
        terms.save_manning(by, ["east"], {("day", ""): 1})
        terms.save_rules(by, RosterRules(lead_hours=2, leader=True))
        return staff.add(by, StaffTerms("王伟", since="2026-01-01"))


def look(alerting: Alerting, clock: Clock, now: datetime) -> None:
    clock.now = now
    alerting.look_if_due()


def standing(place: Place, kind: AlertKind) -> list[tuple[str | None, str]]:
    with place.engine.begin() as connection:
        found = reading.page(connection, "demo", limit=100)
    return [(each.gate, each.detail) for each in found if each.what == kind and each.ended_at is None]


def test_a_gap_and_a_missing_leader_call_before_the_shift_and_end_with_the_published_week(
    place: Place, clock: Clock, alerting: Alerting, officer: str
) -> None:
    look(alerting, clock, BEGIN - timedelta(hours=3))
    assert standing(place, AlertKind.ROSTER_GAP) == []
    look(alerting, clock, BEGIN - timedelta(hours=2))
    assert sorted(standing(place, AlertKind.ROSTER_GAP), key=str) == [
        ("east", "2026-03-02 白班 Day 08:00–20:00: 0/1"),
        (None, "2026-03-02 白班 Day 08:00–20:00: 带班领导 leader 0/1"),
    ]
    with place.engine.begin() as connection:
        by = author(place, connection, clock.now)
        planning.assign(by, CELL, officer)
        planning.assign(by, Cell("2026-03-02", "day", ""), officer)
        planning.publish(by, date(2026, 3, 2))
    look(alerting, clock, BEGIN - timedelta(hours=1))
    assert standing(place, AlertKind.ROSTER_GAP) == []


def test_nobody_signed_on_calls_and_ends_with_the_record_or_with_what_the_gate_says(
    place: Place, clock: Clock, alerting: Alerting, officer: str
) -> None:
    look(alerting, clock, BEGIN + timedelta(minutes=14))
    assert standing(place, AlertKind.UNATTENDED) == []
    look(alerting, clock, BEGIN + timedelta(minutes=16))
    assert standing(place, AlertKind.UNATTENDED) == [("east", "2026-03-02 白班 Day 08:00–20:00")]
    clock.now += timedelta(minutes=1)
    with place.engine.begin() as connection:
        health = Health(
            at=wall_text(clock.now), lanes={}, camera=True, tank=None, backlog=0, clock="synced", officer="u-3",
            temperature=None, under_voltage=None, disk_free=None, software="1", alarms=(),
        )  # fmt: skip
        at = wall_text(clock.now)
        values = {"online": True, "last_seen": at, "health": health.encode().decode(), "health_at": at}
        gates.save_status(connection, "demo", [("east", values)])
    look(alerting, clock, clock.now)
    assert standing(place, AlertKind.UNATTENDED) == [], "its record is on the way"
    look(alerting, clock, clock.now + timedelta(minutes=5))
    assert len(standing(place, AlertKind.UNATTENDED)) == 1, "the gate has fallen silent"
    place.gates["east"].keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-3"), BEGIN + timedelta(minutes=17))
    send(place, place.gates["east"])
    look(alerting, clock, clock.now + timedelta(minutes=1))
    assert standing(place, AlertKind.UNATTENDED) == []
