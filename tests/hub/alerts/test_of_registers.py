"""Rows of a register that are overdue call somebody, once for each register, and a supervisor when nobody does them."""

from datetime import timedelta

from hub.accounts.roles import Role
from hub.alerts import reading, store
from hub.alerts.kinds import AlertKind
from hub.alerts.reading import Alert
from hub.database.engine import reader
from hub.listener.alerting import Alerting
from hub.listener.schedule import Schedule
from hub.registers.rows import Draft, RegisterRow
from tests.hub.consoles import Browser, console, text_of
from tests.hub.registers.declared import FINDINGS, declared, later, writer
from tests.hub.towns import NOW, Place

TIMED = FINDINGS.replace('due = "until"', 'due = "until"\nescalate_hours = 2').replace(
    'type = "date"', 'type = "time"', 1
)


def due(place: Place, minutes: float) -> RegisterRow:
    """A row that is due so many minutes after `NOW`."""
    with declared(place, TIMED) as (connection, keeper):
        at = (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return keeper.add(connection, Draft({"what": "a hole", "until": at}), writer(place))


def look(place: Place, minutes: float) -> dict[str, list[Alert]]:
    """The alerts after the listener has looked, so many minutes after `NOW`, by kind, the newest first."""
    seen = reader(place.town.settings.database_url)
    Alerting(place.town, place.engine, seen, Schedule(lambda: 1.0), lambda: later(minutes)).look_if_due()
    seen.dispose()
    with place.engine.begin() as connection:
        every = reading.page(connection, "demo", limit=100)
    kinds = (AlertKind.REGISTER_OVERDUE, AlertKind.REGISTER_ESCALATED)
    return {kind.value: found for kind in kinds if (found := [each for each in every if each.what == kind])}


def test_a_register_calls_once_with_the_count_and_ends_when_nothing_is_overdue(place: Place) -> None:
    assert look(place, 0) == {}
    rows = [due(place, 10), due(place, 20)]
    assert look(place, 5) == {}
    (found,) = look(place, 15)["register_overdue"]
    assert (found.subject, found.ended_at) == ("faults", None)
    assert found.detail == "register 问题 Faults: 1 overdue since 2026-03-01T04:40:00.000Z"
    (same,) = look(place, 25)["register_overdue"]
    assert (same.id, same.detail) == (found.id, found.detail.replace(": 1 ", ": 2 "))
    with declared(place, TIMED) as (connection, keeper):
        for row in rows:
            fixed = keeper.move(connection, row, "fixed", writer(place), version=1, values={"fix": "filled"})
            keeper.move(connection, fixed, "closed", writer(place, Role.ADMIN), version=2)
    (over,) = look(place, 30)["register_overdue"]
    assert over.ended_at is not None


def test_one_more_overdue_row_calls_anew_after_an_acknowledgement_and_the_same_ones_do_not(place: Place) -> None:
    due(place, 10)
    (found,) = look(place, 15)["register_overdue"]
    with place.engine.begin() as connection:
        store.acknowledge(connection, town="demo", id_=found.id, by="u-3", comment="seen", now=later(16))
    assert len(look(place, 18)["register_overdue"]) == 1
    due(place, 20)
    new, old = look(place, 25)["register_overdue"]
    assert (new.acknowledged_at, old.ended_at is not None) == (None, True)
    assert ": 2 overdue" in new.detail


def test_what_stays_overdue_goes_to_a_supervisor_who_alone_acknowledges_it(place: Place) -> None:
    due(place, 10)
    assert "register_escalated" not in look(place, 100)
    (found,) = look(place, 140)["register_escalated"]
    with console(place, lambda: later(141)) as app:
        acknowledged = {"comment": "on it"}
        officer = Browser(app, Role.OFFICER)
        page = officer.open("/alerts")
        assert "Rows of a register are overdue for too long" in text_of(page)
        assert "问题 Faults: 1 overdue, the first since" in text_of(page)
        assert "/registers/faults?overdue=y" in page.text
        there = f"/alerts/{found.id}/acknowledge"
        assert there not in page.text
        assert officer.send(there, acknowledged, page="/alerts").status_code == 403
        assert Browser(app, Role.SUPERVISOR).send(there, acknowledged, page="/alerts").status_code == 302
