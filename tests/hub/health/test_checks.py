"""The list of checks: each finds what is wrong, says what to do, and none stops another."""

import shutil
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.contract.records import wall_text
from hub.alerts.not_storing import Trouble
from hub.backup import key
from hub.database.engine import reader
from hub.database.schema import backups
from hub.database.slow import SlowLog
from hub.errors import Words
from hub.gates import store as gates
from hub.health.checks import CHECKS, Check, Result, examine, worst
from hub.health.finding import RANK, Finding, Look, State, reaches
from hub.health.metrics import MEASURES
from tests.hub import busy
from tests.hub.accounts.test_audit_chain import cut
from tests.hub.ledgers import damage, meddle, settle
from tests.hub.towns import NOW, Place
from tests.ports import free_port


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


NAMES = [each.name for each in CHECKS]


class Room(NamedTuple):
    """A disk as the system describes it."""

    total: int
    used: int
    free: int


def results(place: Place, now: datetime = NOW, *, up: bool = True) -> list[Result]:
    engine = reader(place.town.settings.database_url)
    try:
        with engine.connect() as connection:
            return examine(Look(place.town, connection, now, lambda _host, _port: up))
    finally:
        engine.dispose()


def found(place: Place, check: str, now: datetime = NOW, *, up: bool = True) -> dict[str, Finding]:
    (result,) = (each for each in results(place, now, up=up) if each.check.name == check)
    return {each.of: each for each in result.findings}


def test_every_check_finds_something_and_what_is_not_in_order_says_what_to_do(town: Place) -> None:
    for result in results(town):
        assert result.findings, result.check.name
        for each in result.findings:
            assert (each.do is None) == (each.state is State.OK), (result.check.name, each)
            assert "failed" not in str(each.says) or result.check.name == "gate"


def test_what_is_measured_is_what_prometheus_is_given(town: Place) -> None:
    measured = {name for result in results(town) for each in result.findings for name in each.measures}
    assert measured - MEASURES.keys() == set()
    assert {"gate_backlog", "entries_total", "inside", "database_bytes", "certificate_days"} <= measured


def test_no_finding_holds_personal_data(town: Place) -> None:
    said = " ".join(str(each.says) + each.of for result in results(town) for each in result.findings)
    for name in ("鲁B", "王伟", "李芳", "1380"):
        assert name not in said


def test_a_hub_that_is_down_is_a_fault_of_console_and_broker(town: Place) -> None:
    assert found(town, "pages", up=False)[""].state is State.FAULT
    assert found(town, "broker", up=False)[""].measures == {"broker_up": 0}
    assert found(town, "pages")[""].state is State.OK


def test_a_port_is_asked() -> None:
    assert not reaches("127.0.0.1", free_port())


def test_a_listener_that_is_away_or_cannot_store_is_a_fault(place: Place) -> None:
    assert found(place, "listener")[""].state is State.LOOK, "it was never there"
    with place.engine.begin() as connection:
        gates.save_status(connection, "demo", [("hub", {"online": True, "conn": 1, "last_seen": wall_text(NOW)})])
    assert found(place, "listener")[""].state is State.OK
    late = NOW + timedelta(minutes=5)
    assert found(place, "listener", late)[""].at == wall_text(NOW)
    assert found(place, "listener", late)[""].state is State.FAULT
    Trouble(place.town.settings.run).say("no room")
    finding = found(place, "listener")[""]
    assert (finding.state, str(finding.says)) == (State.FAULT, "it cannot store: no room")


def test_gates_are_named_each_with_backlog_version_and_clock(town: Place) -> None:
    lines = found(town, "gate")
    assert {"east", "south", "west", "north"} <= lines.keys()
    states = {gate: each.state for gate, each in lines.items()}
    assert State.FAULT in states.values()
    live = next(each for each in lines.values() if each.measures.get("gate_up"))
    assert "records to send" in str(live.says)
    assert {"gate_backlog", "gate_last_seen_seconds", "gate_clock_ahead_seconds"} <= live.measures.keys()


def test_of_gates_nothing_is_said_to_be_broken_while_the_listener_is_away(town: Place) -> None:
    with town.engine.begin() as connection:
        gates.save_status(connection, "demo", [("hub", {"online": True, "conn": 1, "last_seen": wall_text(NOW)})])
    assert found(town, "gate")["north"].state is State.FAULT
    late = found(town, "gate", NOW + timedelta(minutes=5))
    assert {each.state for each in late.values()} == {State.LOOK}
    assert "The listener is away" in str(late["east"].do)


@pytest.mark.parametrize(
    ("free", "state"), [(10 * 2**30, State.OK), (3 * 2**30, State.LOOK), (2**30, State.FAULT), (0, State.FAULT)]
)
def test_a_disk_that_fills_up_is_said_before_it_is_full(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Room(2**40, 2**40 - free, free))
    assert found(place, "disk")[""].state is state


def test_a_backup_that_is_late_is_a_fault(place: Place) -> None:
    assert found(place, "backup")[""].state is State.LOOK
    row = {"town": "demo", "at": wall_text(NOW), "file": "x", "entries": 7, "bytes": 9}
    with place.engine.begin() as connection:
        connection.execute(backups.insert().values(row))
    fresh = found(place, "backup", NOW + timedelta(hours=1))[""]
    assert (fresh.state, fresh.measures) == (State.OK, {"backup_age_seconds": 3600.0, "backup_entries": 7})
    assert found(place, "backup", NOW + timedelta(hours=37))[""].state is State.FAULT
    (place.town.settings.keys / key.FILE).unlink()
    lines = [str(each.says) for each in results(place)[NAMES.index("backup")].findings]
    assert lines[0] == "there is no key to encrypt backups to"


def test_certificates_are_said_three_months_before_they_end(place: Place) -> None:
    now = found(place, "certificate")
    assert {"authority", "broker", "listener"} <= now.keys()
    assert {each.state for each in now.values()} == {State.OK}
    days = now["listener"].measures["certificate_days"]
    soon = NOW + timedelta(days=days - 89)
    assert found(place, "certificate", soon)["listener"].state is State.LOOK
    assert found(place, "certificate", NOW + timedelta(days=days + 1))["listener"].state is State.FAULT


def test_a_brokers_certificate_that_is_nobodys_to_read_is_asked_of_the_broker(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = place.folder / "broker" / "server.pem"
    text = file.read_text(encoding="ascii")
    file.unlink()
    monkeypatch.setattr(ssl, "get_server_certificate", lambda _address, timeout: text)
    assert found(place, "certificate")["broker"].state is State.OK
    monkeypatch.undo()
    assert found(place, "certificate")["broker"].state is State.LOOK


def test_a_clock_behind_the_ledger_is_a_fault(town: Place) -> None:
    assert found(town, "clock", NOW - timedelta(days=2))[""].state is State.FAULT
    assert found(town, "clock")[""].state is not State.FAULT


def test_what_waits_is_counted(town: Place) -> None:
    waits = found(town, "queue")
    assert waits.keys() == {"ahead", "quarantine", "undone", "alerts", "inside"}
    assert waits["quarantine"].state is State.LOOK
    assert waits["quarantine"].measures["waiting"] >= 1
    assert waits["undone"].state is State.OK


def test_an_audit_and_a_ledger_that_were_cut_are_faults(town: Place) -> None:
    assert found(town, "audit")[""].state is State.OK
    cut(town)
    assert found(town, "audit")[""].state is State.FAULT
    assert found(town, "database")["ledger"].state is State.OK
    meddle(town, "UPDATE ledgers SET count = count - 1")
    assert found(town, "database")["ledger"].state is State.FAULT


def test_a_slow_statement_of_late_is_worth_a_look(place: Place) -> None:
    assert found(place, "slow")[""].state is State.OK
    log = SlowLog(place.town.settings.run, "web", long=0.0)
    log.watch(place.engine)
    meddle(place, "UPDATE users SET name = :name WHERE login = 'admin'", name="鲁B12345")
    finding = found(place, "slow", datetime.now(NOW.tzinfo))["web"]
    assert finding.state is State.LOOK
    assert finding.measures["slow_statements_total"] >= 1
    assert found(place, "slow", datetime.now(NOW.tzinfo) + timedelta(hours=2))["web"].state is State.OK


def test_a_check_that_fails_itself_stops_no_other(place: Place) -> None:
    def fails(_look: Look) -> Iterator[Finding]:
        raise KeyError("鲁B12345")

    checks = (Check("first", Words("First"), fails), *CHECKS)
    engine = reader(place.town.settings.database_url)
    with engine.connect() as connection:
        first, *rest = examine(Look(place.town, connection, NOW, lambda _host, _port: True), checks)
    engine.dispose()
    assert first.state is State.FAULT
    assert str(first.findings[0].says) == "this check failed: KeyError"
    assert len(rest) == len(CHECKS)


def test_a_damaged_table_is_a_fault_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    place = settle(tmp_path)
    damage(place, "audit_heads")
    states = {each.check.name: each.state for each in results(place)}
    place.engine.dispose()
    assert states["audit"] is State.FAULT
    assert states["disk"] in (State.OK, State.LOOK, State.FAULT)
    assert states["database"] is State.OK


def test_the_worst_counts() -> None:
    assert list(RANK) == list(State)
    assert worst(()) is State.OK
    of = [Finding(each, Words("x")) for each in (State.LOOK, State.FAULT, State.OK)]
    assert worst(of) is State.FAULT
