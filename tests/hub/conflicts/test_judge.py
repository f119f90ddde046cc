"""Judging again beside the listener: by the clock, without a link, with a fault that undoes itself alone, many at once."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from edge.contract.messages import Health, State
from edge.contract.records import wall_text
from edge.contract.topics import Name, Topic
from hub.broker.mosquitto import IN_FLIGHT
from hub.conflicts import judge
from hub.database.engine import UnusableError, reader
from hub.database.schema import watched
from hub.database.statements import upsert
from hub.enrolment.gates import retire_gate
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.projections.visit_row import Row
from hub.listener.connection import Arrival, Link
from hub.listener.listener import Listener, address
from hub.systemd import Notifier
from tests.hub.conflicts.test_store import CAR, conflicts, minutes, rules, send, ways_unknown, whats, with_limit
from tests.hub.ledgers import check, read, table, take
from tests.hub.towns import NOW, Place
from tests.hub.wire import hello, with_ports


@pytest.fixture(autouse=True)
def plain(place: Place) -> None:
    rules(place, ways_unknown)


def listener(place: Place, hours: list[datetime], *arrived: Arrival) -> Listener:
    """A listener whose broker nobody can reach, whose pauses are over at once, and who has heard this."""
    settings = with_ports(place)
    ticks = iter(range(0, 10_000_000, 100))
    link = Link(address(settings), "kakou-hub-demo", IN_FLIGHT)
    for each in arrived:
        link.turns.put(each)
    return Listener(
        place.town,
        writing=place.engine,
        reading=reader(settings.database_url),
        link=link,
        notifier=Notifier({}),
        now=lambda: hours[-1],
        monotonic=lambda: float(next(ticks)),
    )


def test_a_will_right_behind_its_gates_hello_is_heard_after_it(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit(CAR, NOW)
    will = State(online=False, conn=1, at="2026-03-01T08:00:00.000Z", epoch=gate.epoch)
    words = ((Name.HELLO, hello(gate)), (Name.STATE, will.encode()))
    arrived = [Arrival(str(Topic("east", name)), data, mid=0, qos=0, connection=0) for name, data in words]
    listener(place, [NOW], *arrived).turn()
    (row,) = [row for row in table(place, "gate_status") if row["gate"] == "east"]
    assert (row["online"], row["epoch"], row["conn"]) == (False, gate.epoch, 1)


def test_a_retired_gate_that_runs_on_fills_no_quarantine(place: Place) -> None:
    with place.engine.begin() as connection:
        retire_gate(place.town, connection, "east", by="u-1", now=NOW)
    health = Health(at="2026-03-01T08:00:00.000Z", software="0.1.0", camera=True, clock="synced", backlog=0, lanes={})
    will = State(online=True, conn=1, at="2026-03-01T08:00:00.000Z")
    words = ((Name.STATE, will.encode()), (Name.HEALTH, health.encode()), (Name.HELLO, hello(place.gates["east"])))
    arrived = [Arrival(str(Topic("east", name)), data, mid=0, qos=0, connection=0) for name, data in words]
    listener(place, [NOW], *arrived).turn()
    assert [row["topic"] for row in table(place, "quarantine")] == ["kakou/v1/east/hello"]


def test_a_damaged_database_is_no_fault_of_ours(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def malformed(*_arguments: object, **_values: object) -> None:
        raise UnusableError("SELECT", {}, sqlite3.DatabaseError("database disk image is malformed"))

    place.gates["east"].visit(CAR, NOW)
    appended = take(place, read(place, "east", place.gates["east"].batch().encode()))
    monkeypatch.setattr(judge, "judge", malformed)
    with pytest.raises(UnusableError), place.engine.begin() as connection:
        judge.judge_safely(connection, "demo", appended.visits, key=place.town.key, now=NOW)


def test_the_listener_looks_for_overstays_without_any_message(place: Place) -> None:
    rules(place, with_limit)
    place.gates["east"].visit(CAR, NOW, vehicle_class="transit")
    send(place, "east", now=NOW + minutes(1))
    hours = [NOW]
    listening = listener(place, hours)
    hours.append(NOW + minutes(50))
    listening.turn()
    assert whats(place) == []
    hours.append(NOW + minutes(70))
    listening.turn()
    listening.turn()
    assert whats(place) == ["overstay"]
    assert check(place).entries == 4


def watched_row(**values: str) -> dict[str, object]:
    """A row of the watch list."""
    return {
        "town": "demo", "plate": CAR, "deny_in": False, "deny_out": False, "notify": True, "why": "",
        "added_at": wall_text(NOW), "added_by": "u-3", **values,
    }  # fmt: skip


def test_a_fault_undoes_the_judgement_and_nothing_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(judge, "judge_visit", fail)
    with place.engine.begin() as connection:
        upsert(connection, watched, [watched_row()])
    place.gates["east"].visit(CAR, NOW)
    arrived = read(place, "east", place.gates["east"].batch().encode())
    appended = take(place, arrived)
    with place.engine.begin() as connection:
        judge.judge_safely(connection, "demo", appended.visits, key=place.town.key, now=NOW)
        # the transaction goes on
        upsert(connection, watched, [watched_row(why="after")])
    assert table(place, "watched")[0]["why"] == "after"
    assert conflicts(place) == []
    assert check(place).entries == 3


def test_a_database_that_cannot_write_is_told_to_the_listener(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(60))
    visits: list[Row] = []
    for name in ("east", "west"):
        arrived = read(place, name, place.gates[name].batch().encode())
        visits += take(place, arrived).visits
    engine = reader(place.town.settings.database_url)
    try:
        with pytest.raises(UnusableError), engine.begin() as connection:
            judge.judge_safely(connection, "demo", visits, key=place.town.key, now=NOW)
    finally:
        engine.dispose()


def test_a_long_backlog_is_judged_at_once_and_rebuilt_the_same(place: Place) -> None:
    east, west = place.gates["east"], place.gates["west"]
    for number in range(400):
        east.visit(f"鲁B{number:05d}", NOW + timedelta(seconds=10 * number), sprayed=False)
        if number % 8 == 0:
            west.visit(f"鲁B{number:05d}", NOW + timedelta(hours=3, seconds=10 * number), sprayed=False)
        if number % 50 == 49:
            send(place, "west", "east")
    assert whats(place) == ["in_twice"] * 50
    before = table(place, "conflicts")
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert table(place, "conflicts") == before
    check(place)


def test_nothing_is_judged_without_a_policy(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW, reason="watch_list", outcome="turned_back")
    arrived = read(place, "east", place.gates["east"].batch().encode())
    appended = take(place, arrived)
    with place.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM published")
        assert judge.judge(connection, "demo", appended.visits, key=place.town.key, now=NOW) == judge.Judged()
        assert judge.look_for_overstays(connection, "demo", NOW) == []
