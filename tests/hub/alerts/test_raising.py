"""What raises alerts and what ends them: entries of the ledger once each, states as long as they last, whatever fails beside them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from edge.contract import facts
from edge.contract.facts import Kind
from edge.contract.messages import Health
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.alerts import reading, store
from hub.alerts.kinds import AlertKind
from hub.alerts.raising import of_hub
from hub.alerts.raising.from_ledger import FromLedger
from hub.alerts.raising.lasting import Lasting
from hub.alerts.raising.of_gates import (
    BACKLOG_FOR,
    HEALTH_LAST,
    OF_ALARMS,
    RECORD_FIRST,
    SILENT_FOR,
    UNMANNED_FOR,
    of_alarms,
    of_gates,
)
from hub.alerts.reading import Alert
from hub.alerts.store import About, State
from hub.conflicts import judge
from hub.conflicts import store as conflicts
from hub.conflicts.rules import Finding, What
from hub.console.speaking import speaking
from hub.console.wording import particulars
from hub.database.engine import reader
from hub.database.schema import alerted
from hub.enrolment.authority import LEAF_LIFE
from hub.enrolment.gates import retire_gate
from hub.feed import store as targets
from hub.gates import store as gates
from hub.gates.status import GateStatus
from hub.ledger.projections.rebuild import rebuild
from hub.listener.alerting import Alerting
from hub.listener.schedule import Schedule
from hub.operations import life
from hub.operations.frame import Frame
from hub.operations.life import Beginning
from hub.town.town import Town
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place

SECOND = timedelta(seconds=1)


def alerts_of(place: Place) -> list[Alert]:
    with place.engine.begin() as connection:
        return reading.page(connection, "demo", limit=100)


def look(place: Place, now: datetime = NOW) -> list[Alert]:
    """A new listener's look at the ledger: as after a restart."""
    seen = reader(place.town.settings.database_url)
    FromLedger("demo", place.engine, seen, lambda: now).look()
    seen.dispose()
    return alerts_of(place)


def alarm(place: Place, code: str, *, at: datetime = NOW, detail: str = "lane 1", cleared: bool = False) -> None:
    gate = place.gates["east"]
    if cleared:
        gate.keep(Kind.ALARM_CLEARED, facts.AlarmCleared(alarm=code), at)
    else:
        gate.keep(Kind.ALARM_RAISED, facts.AlarmRaised(alarm=code, detail=detail), at)
    send(place, gate)


# --- entries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("help", AlertKind.HELP), ("camera", AlertKind.CAMERA), ("decoder", AlertKind.CAMERA), ("tank_low", AlertKind.TANK),
        ("solution_low", AlertKind.TANK), ("no_solution", AlertKind.SOLUTION), ("no_flow", AlertKind.SPRAYER),
        ("flow_unasked", AlertKind.SPRAYER), ("barrier_stuck", AlertKind.BARRIER), ("journal_full", AlertKind.GATE_STORAGE),
        ("closed_to_paper", AlertKind.GATE_STORAGE), ("disk_filling", AlertKind.GATE_DISK), ("lists_anew", AlertKind.GATE_ANEW),
        ("journal_anew", AlertKind.GATE_ANEW), ("bad_policy", AlertKind.REFUSED_LISTS), ("voice", AlertKind.DEVICE),
        ("pictures", AlertKind.DEVICE), ("earthquake", AlertKind.GATE_ALARM),
    ],
)  # fmt: skip
def test_an_alarm_that_lasts_is_one_alert_which_ends_with_it(place: Place, code: str, kind: AlertKind) -> None:
    alarm(place, code, detail="why")
    (found,) = look(place)
    assert (found.what, found.gate, found.subject, found.ended_at) == (kind, "east", code, None)
    alarm(place, code, cleared=True)
    (found,) = look(place)
    assert found.ended_at is not None
    alarm(place, code)
    again = look(place)[0]
    assert again.ended_at is None
    assert again.times == (1 if found.acknowledged_at else 2), (
        "a notice that was over is closed, and comes as a new one"
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("forced_passage", AlertKind.FORCED), ("unregistered_passage", AlertKind.UNREGISTERED), ("tailgating", AlertKind.TAILGATING),
        ("unclear_passage", AlertKind.UNCLEAR), ("reversing", AlertKind.REVERSING), ("wrong_pin", AlertKind.WRONG_PIN),
    ],
)  # fmt: skip
def test_what_has_happened_is_not_undone_and_counts(place: Place, code: str, kind: AlertKind) -> None:
    for _ in range(3):
        alarm(place, code, detail="lane 1, in")
        alarm(place, code, cleared=True)
    (found,) = look(place)
    assert (found.what, found.times, found.ended_at, found.detail) == (kind, 3, None, "")


def test_a_watched_vehicle_is_an_alert_of_its_own_that_leads_to_its_visit(place: Place) -> None:
    gate = place.gates["east"]
    visits = [gate.visit(plate, NOW, reason="watch_list", outcome=None) for plate in ("鲁B11111", "鲁B22222")]
    for visit in visits:
        gate.keep(Kind.ALARM_RAISED, facts.AlarmRaised(alarm="watch_list", detail=visit), NOW)
    send(place, gate)
    found = [each for each in look(place) if each.what == AlertKind.WATCHED]
    assert [(each.visit_id, each.plate) for each in found] == [(visits[1], "鲁B22222"), (visits[0], "鲁B11111")]


def test_overrides_and_emergencies_are_told_with_their_visit(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B11111", NOW, outcome=None)
    gate.keep(Kind.OVERRIDDEN, facts.Overridden(officer="u-2", reason="ambulance behind"), NOW, visit=visit)
    gate.visit("鲁B33333", NOW, reason="emergency", read_by="emergency")
    send(place, gate)
    found = {each.what: each for each in look(place)}
    assert found.keys() == {AlertKind.OVERRIDE, AlertKind.EMERGENCY}
    assert (found["override"].visit_id, found["override"].detail) == (visit, "ambulance behind")


def test_a_restart_and_a_rebuild_raise_nothing_again(place: Place) -> None:
    alarm(place, "help")
    alarm(place, "tailgating")
    before = look(place)
    assert [each.times for each in before] == [1, 1]
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    send(place, place.gates["east"], *place.gates["east"].sealed)
    assert look(place) == look(place) == before


def test_what_the_ledger_held_before_alerts_were_raised_raises_nothing(place: Place) -> None:
    alarm(place, "help")
    with place.engine.begin() as connection:
        connection.execute(delete(alerted))
        connection.execute(alerted.insert().values(town="demo", entry=1))
    assert look(place) == []


def test_a_days_backlog_is_one_alert_that_says_when_it_happened_and_sounds_once(place: Place) -> None:
    for minute in range(30):
        alarm(place, "tailgating", at=NOW - timedelta(days=1) + timedelta(minutes=minute))
    (found,) = look(place)
    assert (found.times, found.late, found.repeats, found.sounds) == (30, True, False, True)
    assert found.happened_at == wall_text(NOW - timedelta(days=1) + timedelta(minutes=29))
    alarm(place, "tailgating", at=NOW)
    (found,) = look(place)
    assert (found.times, found.late, found.repeats) == (31, False, True)


def test_a_call_for_help_that_came_and_went_in_an_outage_stays_until_somebody_has_seen_it(place: Place) -> None:
    alarm(place, "help", at=NOW - timedelta(hours=3))
    alarm(place, "help", at=NOW - timedelta(hours=2), cleared=True)
    (found,) = look(place)
    assert (found.acknowledged_at, found.sounds) == (None, False)
    assert found.ended_at is not None


def test_an_entry_at_which_the_program_fails_costs_no_other_its_alert(place: Place, monkeypatch: Any) -> None:
    alarm(place, "camera")
    alarm(place, "help")

    def fail(_self: object, _connection: object, row: Any) -> None:
        if "camera" in row.raw:
            raise ArithmeticError("a fault of ours")
        original(_self, _connection, row)

    original: Callable[..., None] = FromLedger._record
    monkeypatch.setattr(FromLedger, "_record", fail)
    assert [each.what for each in look(place)] == [AlertKind.HELP]
    assert [each.what for each in look(place)] == [AlertKind.HELP]


# --- conflicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (What.TOO_FAST, AlertKind.CLONED), (What.IN_TWICE, AlertKind.TWICE), (What.OUT_TWICE, AlertKind.TWICE),
        (What.REVOKED_AFTER, AlertKind.REVOKED), (What.OVERSTAY, AlertKind.OVERSTAY), (What.WATCH_LIST, AlertKind.WATCHED),
    ],
)  # fmt: skip
def test_a_conflict_is_an_alert_that_leads_to_it_and_ends_when_it_is_settled(
    place: Place, what: What, kind: AlertKind
) -> None:
    visit = place.gates["east"].visit("鲁B11111", NOW)
    send(place, place.gates["east"])
    finding = Finding(what, (visit,), "鲁B11111")
    with place.engine.begin() as connection:
        conflicts.open_(connection, town="demo", finding=finding, key=place.town.key, now=NOW)
    (found,) = look(place)
    assert (found.what, found.conflict_id, found.visit_id, found.plate) == (kind, finding.id, visit, "鲁B11111")
    with place.engine.begin() as connection:
        conflicts.settle(connection, town="demo", id_=finding.id, by="u-1", reason="seen", key=place.town.key, now=NOW)
    (found,) = look(place)
    assert found.ended_at is not None


def test_many_of_a_gates_double_entries_are_one_alert_that_ends_with_the_last(place: Place) -> None:
    gate = place.gates["east"]
    for hour in range(3):
        gate.visit("鲁B11111", NOW + timedelta(hours=hour))
    with place.engine.begin() as connection:
        del connection
    appended = send(place, gate)
    with place.engine.begin() as connection:
        judge.judge_safely(connection, "demo", appended.visits, key=place.town.key, now=NOW)
        open_, _ = conflicts.page(connection, "demo", conflicts.Asked(), limit=9)
    twice = [each.id for each in open_ if each.what == What.IN_TWICE]
    assert len(twice) == 2
    (found,) = [each for each in look(place) if each.what == AlertKind.TWICE]
    assert found.times == 2
    for number, id_ in enumerate(twice):
        with place.engine.begin() as connection:
            conflicts.settle(connection, town="demo", id_=id_, by="u-1", reason="seen", key=place.town.key, now=NOW)
        (found,) = [each for each in look(place) if each.what == AlertKind.TWICE]
        assert (found.ended_at is None) == (number == 0)


# --- what gates say of themselves -------------------------------------------------------------------------------------


def gate_at(now: datetime, **said: Any) -> GateStatus:
    """A gate that spoke a moment ago."""
    health = Health(
        **{
            "at": wall_text(now),
            "software": "1",
            "camera": True,
            "clock": "synced",
            "backlog": 0,
            "officer": "u-2",
            **said,
        }
    )
    return GateStatus("east", "东门", "East", True, wall_text(now), health, wall_text(now))


def states(gate_of: Callable[[datetime], GateStatus], seconds: int, *, step: int = 5) -> list[State]:
    """What is so after a gate was like that for so long."""
    lasting, found = Lasting(), list[State]()
    for second in range(0, seconds + 1, step):
        now = NOW + second * SECOND
        found = list(of_gates([gate_of(now)], lasting, now))
        lasting.forget_others()
    return found


@pytest.mark.parametrize(
    ("said", "kind", "after"),
    [
        ({"officer": None}, AlertKind.UNMANNED, UNMANNED_FOR),
        ({"backlog": 7}, AlertKind.BACKLOG, BACKLOG_FOR),
        ({"clock": "unsynced"}, AlertKind.CLOCK, timedelta(minutes=1)),
        ({"at": wall_text(NOW - timedelta(hours=1))}, AlertKind.CLOCK, timedelta(minutes=1)),
        ({"under_voltage": True}, AlertKind.POWER, timedelta(0)),
    ],
)
def test_what_a_live_gate_says_for_long_enough_is_an_alert(
    said: dict[str, Any], kind: AlertKind, after: timedelta
) -> None:
    seconds = int(after.total_seconds())
    assert [each.what for each in states(lambda now: gate_at(now, **said), seconds)] == [kind]
    assert seconds == 0 or states(lambda now: gate_at(now, **said), seconds - 5) == []
    assert states(lambda now: gate_at(now, **(said if now != NOW + after else {"at": wall_text(now)})), seconds) == []


@pytest.mark.parametrize("online", [True, False])
def test_a_gate_that_says_nothing_is_silent_and_nothing_else(online: bool) -> None:
    gate = replace(gate_at(NOW - timedelta(hours=1), backlog=9, officer=None), online=online)
    seconds = int(SILENT_FOR.total_seconds())
    assert [each.what for each in states(lambda _: gate, seconds)] == [AlertKind.SILENT]
    assert states(lambda _: gate, seconds - 5) == [], "after a start of the hub it has time to speak"


def test_a_gate_that_never_joined_is_not_silent() -> None:
    assert states(lambda _: GateStatus("east", "", "", False, None, None, None), 600) == []


def test_an_alarm_that_only_the_health_says_is_raised_and_one_that_it_no_longer_says_ends() -> None:
    key = (AlertKind.CAMERA.value, "east", "camera")

    def after(said: tuple[str, ...], standing: set[Any], seconds: float) -> list[tuple[Any, ...]]:
        lasting = Lasting()
        list(of_alarms([gate_at(NOW, alarms=said)], standing, lasting, NOW))
        now = NOW + timedelta(seconds=seconds)
        return [each.key for each in of_alarms([gate_at(now, alarms=said)], standing, lasting, now)]

    assert after(("camera",), set(), RECORD_FIRST.total_seconds()) == [key]
    assert after(("camera",), set(), 1) == [], "the record comes first"
    assert after((), {key}, 1) == [key]
    assert after((), {key}, HEALTH_LAST.total_seconds()) == []
    assert after(("forced_passage",), set(), 600) == [], "that is over when it is seen"
    silent = replace(gate_at(NOW - timedelta(hours=1)), online=False)
    assert [each.key for each in of_alarms([silent], {key}, Lasting(), NOW)] == [key]


# --- the hub ----------------------------------------------------------------------------------------------------------


def test_a_disk_without_room_is_an_alert(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = place.town.settings
    for free, expected in ((50 * 2**30, []), (2**20, [AlertKind.DISK])):
        room = type("Room", (), {"free": free, "total": 100 * 2**30})
        monkeypatch.setattr("shutil.disk_usage", lambda _path, room=room: room)
        assert [each.what for each in of_hub.disk(settings)] == expected


def test_a_backup_that_is_due_for_long_is_an_alert(place: Place) -> None:
    with place.engine.begin() as connection:
        for hours, expected in ((1, []), (37, [AlertKind.BACKUP_OLD])):
            now = NOW + timedelta(hours=hours)
            found = of_hub.backup_old(connection, "demo", place.town.settings, now)
            assert [each.what for each in found] == expected


def test_a_certificate_that_ends_soon_is_an_alert(place: Place) -> None:
    with place.engine.begin() as connection:
        audit.note(connection, user="cli", action="gate bundled", object="gates/east", detail={}, now=NOW)
        settings = place.town.settings
        assert list(of_hub.certificates(connection, "demo", settings, NOW)) == []
        soon = NOW + LEAF_LIFE - timedelta(days=89)
        found = {each.about.subject: each.gate for each in of_hub.certificates(connection, "demo", settings, soon)}
    assert found["east"] == "east"
    assert found["listener"] is None


def test_a_target_of_the_feed_that_confirms_nothing_for_long_is_an_alert(place: Place) -> None:
    place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"])
    with place.engine.begin() as connection:
        target = targets.add(connection, town="demo", name="county", url="https://x/", cursor=0, by="cli", now=NOW)
        assert list(of_hub.feed(connection, "demo", NOW + timedelta(minutes=10))) == []
        targets.failed(connection, "demo", target, "answers 503", NOW)
        late = NOW + timedelta(minutes=11)
        (found,) = of_hub.feed(connection, "demo", late)
        assert (found.what, found.detail, found.about.subject) == (AlertKind.FEED, "county: answers 503", "f-1")
        targets.confirmed(connection, "demo", target, 1, 1, late)
        assert list(of_hub.feed(connection, "demo", late)) == []
        targets.confirmed(connection, "demo", targets.known(connection, "demo", "f-1"), 3, 2, late)
        assert list(of_hub.feed(connection, "demo", late + timedelta(days=1))) == []


def test_a_retired_gate_that_speaks_is_an_alert(place: Place) -> None:
    with place.engine.begin() as connection:
        heard = {"east": NOW}
        assert list(of_hub.retired(connection, "demo", heard, NOW)) == []
        retire_gate(place.town, connection, "east", by="u-1", now=NOW)
        assert [each.gate for each in of_hub.retired(connection, "demo", heard, NOW)] == ["east"]
        assert list(of_hub.retired(connection, "demo", heard, NOW + timedelta(hours=1))) == []


# --- the listener's duty ----------------------------------------------------------------------------------------------


class Clock:
    """A time that only goes on where a test says so."""

    now = NOW

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


def speak(place: Place, now: datetime, **said: Any) -> None:
    gate = gate_at(now, **said)
    assert gate.health is not None
    with place.engine.begin() as connection:
        values = {
            "online": True,
            "last_seen": wall_text(now),
            "health": gate.health.encode().decode(),
            "health_at": wall_text(now),
        }
        gates.save_status(connection, "demo", [("east", values)])


def run(alerting: Alerting, clock: Clock, seconds: int, each: Callable[[datetime], None] = lambda _now: None) -> None:
    for _ in range(0, seconds, 2):
        clock.now += 2 * SECOND
        each(clock.now)
        alerting.look_if_due()


def test_a_gate_that_falls_silent_calls_and_ends_when_it_speaks(place: Place, clock: Clock, alerting: Alerting) -> None:
    speak(place, clock.now)
    run(alerting, clock, 60)
    assert alerts_of(place) == []
    run(alerting, clock, 60)
    (found,) = alerts_of(place)
    assert (found.what, found.gate, found.times) == (AlertKind.SILENT, "east", 1)
    with place.engine.begin() as connection:
        store.acknowledge(connection, town="demo", id_=found.id, by="u-2", comment="on the way", now=clock.now)
    run(alerting, clock, 60)
    assert len(alerts_of(place)) == 1, "a state that was acknowledged raises nothing anew"
    run(alerting, clock, 4, lambda now: speak(place, now))
    (found,) = alerts_of(place)
    assert found.ended_at is not None


def test_a_snoozed_alert_comes_back(place: Place, clock: Clock, alerting: Alerting) -> None:
    with place.engine.begin() as connection:
        store.raise_(connection, "demo", AlertKind.FORK, "east", "x", clock.now)
        (found,) = reading.unacknowledged(connection, "demo")
        until = clock.now + timedelta(minutes=15)
        store.snooze(connection, town="demo", id_=found.id, by="u-2", until=until, now=clock.now)
        assert reading.in_bar(connection, "demo", clock.now) == []
        known = reading.version(connection, "demo")
    run(alerting, clock, 15 * 60 + 4, lambda now: speak(place, now))
    with place.engine.begin() as connection:
        (found,) = reading.in_bar(connection, "demo", clock.now)
        assert found.sounds
        assert reading.version(connection, "demo") != known


def test_a_rule_that_fails_stops_no_other_and_ends_no_alert(
    place: Place, clock: Clock, alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.engine.begin() as connection:
        state = State(AlertKind.CLOCK, "east", "x", About(subject="skew"))
        store.standing(connection, "demo", [AlertKind.CLOCK], [state], clock.now)

    def fail(*_: object) -> None:
        raise ArithmeticError("a fault of ours")

    monkeypatch.setattr("hub.listener.alerting.of_gates", fail)
    alarm(place, "help")
    alerting.appended(1)
    run(alerting, clock, 10, lambda now: speak(place, now))
    assert {each.what: each.ended_at for each in alerts_of(place)} == {AlertKind.HELP: None, AlertKind.CLOCK: None}


def test_every_lasting_alarm_has_a_second_way_to_end() -> None:
    assert AlertKind.HELP in OF_ALARMS
    assert AlertKind.FORCED not in OF_ALARMS


def test_the_end_of_an_operation_is_said_three_days_and_one_day_before_and_when_it_has_passed(place: Place) -> None:
    made = Beginning("forest_fire", Frame("县政府", "令1号", "设卡", "全镇"), NOW, NOW + timedelta(days=10))
    with place.engine.begin() as connection:
        assert list(of_hub.operation_ends(connection, "demo", NOW)) == [], "its end is open"
        life.start(place.town, connection, made, by="cli", now=NOW)
        found = {}
        for hours in (0, 7 * 24 - 1, 7 * 24, 9 * 24 - 1, 9 * 24, 240, 300):
            now = NOW + timedelta(hours=hours)
            states = [*of_hub.operation_ends(connection, "demo", now), *of_hub.operation_over(connection, "demo", now)]
            found[hours] = [(each.what.value, each.about.subject) for each in states]
        assert found == {
            0: [], 167: [], 168: [("operation_ends", "op-1 3")], 215: [("operation_ends", "op-1 3")], 216: [("operation_ends", "op-1 1")],
            240: [("operation_over", "op-1")], 300: [("operation_over", "op-1")],
        }  # fmt: skip
        late = NOW + timedelta(days=11)
        (over,) = of_hub.operation_over(connection, "demo", late)
        assert over.detail == f"operation op-1 is over: {wall_text(made.ends)}"
        life.end(Town.open(place.folder), connection, reason="解除", by="cli", now=late)
        assert list(of_hub.operation_over(connection, "demo", late)) == []
        assert list(of_hub.operation_ends(connection, "demo", late)) == []


def test_the_words_of_an_operations_end_are_in_both_languages() -> None:
    for line in (
        "operation op-1 ends within 3 d: 2026-03-11T04:30:00.000Z",
        "operation op-1 is over: 2026-03-11T04:30:00.000Z",
    ):
        for language in ("zh", "en"):
            with speaking(language):
                said = particulars(line, lambda at: "THEN")
            assert "op-1" in said
            assert "THEN" in said
            assert "within" not in said
