"""The listener against a real mosquitto: it answers what it has committed, and nothing that dies loses anything."""

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import event
from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex, sign
from edge.contract.commands import CommandKind
from edge.contract.facts import Kind, Lost, OrderReceived
from edge.contract.files import write_whole
from edge.contract.messages import Bridge, Health, Picture, Signed, State
from edge.contract.records import signed_head
from edge.contract.topics import Name
from hub import generated_files
from hub.alerts.not_storing import Trouble
from hub.broker.mosquitto import IN_FLIGHT
from hub.database.engine import reader, writer
from hub.downlink import signed_lists
from hub.enrolment.gates import add_gate
from hub.gates.store import next_hub_connection
from hub.ledger.received import Received
from hub.listener.connection import Link, guarded
from hub.listener.listener import Listener, address
from hub.listener.reader_process import Begun, Reading
from hub.orders import pending
from hub.orders import store as orders
from hub.passes.issue import issue_pass, revoke_pass
from hub.passes.passlist import rotate_key, watch_plate
from hub.pictures import store as pictures
from hub.service.supervise import Child, Supervisor
from hub.systemd import Notifier
from hub.town.town import Town
from tests.hub.ledgers import batch_of, check, damage, journal, table
from tests.hub.towns import NOW, Gate, Place
from tests.hub.wire import Wire, hello, running, until, with_ports


class Desk:
    """A listener on a thread of the test's process, with its broker and a gate's wire."""

    def __init__(self, place: Place, supervisor: Supervisor, folder: Path, *, reading_ahead: bool = False):
        self.place, self.supervisor, self.folder = place, supervisor, folder
        settings = place.town.settings
        self.writing, self.reading = writer(settings.database_url), reader(settings.database_url)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.wires: list[Wire] = []
        self.ahead = Reading("demo") if reading_ahead else None
        begin = (lambda _topic, _data: None) if self.ahead is None else self.ahead.begin
        self.link = Link(address(settings), "kakou-hub-demo", IN_FLIGHT, begin)
        self.poison: str | None = None
        self.pages: int | None = None
        self.errors: list[str] = []
        # here, before the thread runs: hooks can't be put on or taken off while it goes through them
        event.listen(self.writing, "before_cursor_execute", self._before)
        event.listen(self.writing, "checkout", self._checkout)
        event.listen(self.writing, "handle_error", self._error)

    def _before(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        """Fails at the entry that holds `poison`."""
        if self.poison is not None and statement.startswith("INSERT INTO entries") and self.poison in str(parameters):
            raise ArithmeticError("a fault of ours")

    def _checkout(self, connection: Any, *_: Any) -> None:
        """Lets the database grow to `pages` at most."""
        if self.pages is not None:
            connection.execute(f"PRAGMA max_page_count={self.pages}")

    def _error(self, context: Any) -> None:
        self.errors.append(str(context.original_exception))

    def _run(self) -> None:
        Listener(
            self.place.town, writing=self.writing, reading=self.reading, link=self.link, notifier=Notifier({}),
            reading_ahead=self.ahead,
        ).run(self.stop)  # fmt: skip

    def wire(self, gate: str = "east") -> Wire:
        wire = Wire(self.place, gate, self.folder / gate)
        self.wires.append(wire)
        # the hub says so after it has subscribed
        wire.next("kakou/v1/hub/state", lambda state: state["online"])
        return wire

    def end(self) -> None:
        for wire in self.wires:
            wire.close()
        self.stop.set()
        if self.thread.is_alive():
            self.thread.join(20)
        if self.ahead is not None:
            self.ahead.close()
        self.writing.dispose()
        self.reading.dispose()

    def damage(self, where: str) -> bytes:
        """As `ledgers.damage`, and nobody has the true bytes cached."""
        whole = damage(self.place, where)
        self.forget()
        return whole

    def mend(self, whole: bytes) -> None:
        """The file as it was."""
        (self.place.folder / "hub.db").write_bytes(whole)
        self.forget()

    def forget(self) -> None:
        """Every connection to the database is made anew."""
        for engine in (self.writing, self.reading, self.place.engine):
            engine.dispose()

    def connection(self) -> int:
        """The number of the listener's connection."""
        return int(self.status("hub")["conn"])

    def status(self, gate: str = "east") -> dict[str, Any]:
        return next((row for row in table(self.place, "gate_status") if row["gate"] == gate), {})


@pytest.fixture
def desk(place: Place, tmp_path: Path) -> Iterator[Desk]:
    with running(with_ports(place)) as supervisor:
        found = Desk(place, supervisor, tmp_path)
        found.thread.start()
        yield found
        found.end()


def visits(place: Place, count: int, gate: str = "east") -> None:
    for number in range(count):
        # another vehicle each time: the same one in twice would be a conflict
        place.gates[gate].visit(f"鲁B{len(place.gates[gate].sealed):05d}", NOW + timedelta(minutes=number))


@pytest.mark.parametrize("client_id", ["kakou-hub-demo", "hub"])
def test_no_gate_takes_over_the_listeners_session(desk: Desk, tmp_path: Path, client_id: str) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    before = desk.connection()
    thief = Wire(desk.place, "west", tmp_path / "thief", client_id=client_id)
    try:
        visits(desk.place, 1)
        wire.say(Name.RECORDS, gate.batch().encode())
        wire.acked(3)
        assert desk.connection() == before, "the listener had to connect again"
    finally:
        thief.close()


def test_records_are_answered_when_they_are_committed(desk: Desk) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 2)
    wire.say(Name.RECORDS, gate.batch().encode())
    ack = wire.acked(6)
    assert ack.head.count == 6
    assert ack.head.holds("demo", desk.place.town.key.public_key())
    assert [row["raw"] for row in table(desk.place, "entries")] == [sealed.raw for sealed in gate.sealed]
    check(desk.place)


@pytest.fixture
def reading_desk(place: Place, tmp_path: Path) -> Iterator[Desk]:
    with running(with_ports(place)) as supervisor:
        found = Desk(place, supervisor, tmp_path, reading_ahead=True)
        found.thread.start()
        yield found
        found.end()


def test_long_batches_are_read_in_a_process_of_their_own_whose_end_loses_nothing(
    reading_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, ahead = reading_desk, reading_desk.ahead
    assert ahead is not None
    until(lambda: ahead.pid)
    read: list[bool] = []
    take = ahead.take

    def watched_take(begun: Begun, key: Ed25519PublicKey | None) -> Received | None:
        found = take(begun, key)
        read.append(found is not None)
        return found

    monkeypatch.setattr(ahead, "take", watched_take)
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 150)
    batches = [batch_of(gate, gate.sealed[first : first + 150], first + 150).encode() for first in (0, 150, 300)]
    # whoever is heard first makes the gates' keys known
    wire.say(Name.HELLO, hello(gate))
    wire.acked(0)
    wire.say(Name.RECORDS, batches[0])
    wire.acked(150)
    assert read == [True]
    os.kill(ahead.pid or 0, signal.SIGSTOP)
    wire.say(Name.RECORDS, batches[1])
    wire.say(Name.RECORDS, batches[2])
    os.kill(ahead.pid or 0, signal.SIGKILL)
    assert wire.acked(450).committed == 450
    assert [row["raw"] for row in table(desk.place, "entries")] == [sealed.raw for sealed in gate.sealed]
    check(desk.place)


def test_a_hello_is_answered_and_what_a_gate_says_is_shown(desk: Desk) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 1)
    wire.say(Name.HELLO, hello(gate))
    assert wire.acked(0).committed == 0
    said = State(online=True, conn=7, at="2026-03-01T08:00:00.000Z", epoch=gate.epoch)
    wire.say(Name.STATE, said.encode(), retain=True)
    health = Health(at="2026-03-01T08:00:00.000Z", software="0.1.0", camera=True, clock="synced", backlog=3, lanes={})
    wire.say(Name.HEALTH, health.encode(), qos=0)
    until(lambda: desk.status().get("health"))
    status = desk.status()
    assert (status["online"], status["conn"], status["epoch"]) == (True, 7, gate.epoch)
    assert Health.parse(status["health"].encode()).backlog == 3
    assert status["last_seen"]


def test_a_late_will_of_an_old_connection_is_ignored(desk: Desk) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]

    def say(online: bool, conn: int, epoch: str | None) -> None:
        wire.say(Name.STATE, State(online=online, conn=conn, at="2026-03-01T08:00:00.000Z", epoch=epoch).encode())

    wire.say(Name.HELLO, hello(gate))
    wire.acked(0)
    say(True, 8, gate.epoch)
    say(False, 7, gate.epoch)
    # one of an older version, or retained since a card before this one, counts nothing
    say(True, 2**53 - 1, None)
    wire.say(Name.HELLO, hello(gate))
    until(lambda: desk.status()["conn"] == 8)
    assert (desk.status()["online"], desk.status()["conn"]) == (True, 8)
    say(False, 8, gate.epoch)
    until(lambda: not desk.status()["online"])


def test_a_late_will_of_an_old_card_is_ignored(desk: Desk) -> None:
    """A new journal counts its connections from 1: only the epoch tells its words from those of the card before."""
    wire, gate = desk.wire(), desk.place.gates["east"]
    new = "9" * 32

    def say(online: bool, conn: int, epoch: str) -> None:
        said = State(online=online, conn=conn, at="2026-03-01T08:00:00.000Z", epoch=epoch)
        wire.say(Name.STATE, said.encode())

    say(True, 50, gate.epoch)
    wire.say(Name.HELLO, hello(gate))
    wire.acked(0)
    say(True, 1, new)
    wire.say(Name.HELLO, hello(gate, epoch=new))
    until(lambda: desk.status()["epoch"] == new)
    say(False, 50, gate.epoch)
    health = Health(at="2026-03-01T08:00:00.000Z", software="0.1.0", camera=True, clock="synced", backlog=0, lanes={})
    wire.say(Name.HEALTH, health.encode(), qos=0)
    until(lambda: desk.status()["health"])
    assert (desk.status()["online"], desk.status()["conn"]) == (True, 0)
    say(False, 1, new)
    until(lambda: not desk.status()["online"])


@pytest.mark.parametrize("held", [0, 3])
def test_a_gap_that_a_gate_explains_is_an_alert_unless_there_is_none(desk: Desk, held: int) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    gate.visit("鲁B12345", NOW)
    gate.keep(Kind.LOST, Lost(first=1, last=3, why="pruned"), NOW)
    if held:
        wire.say(Name.RECORDS, batch_of(gate, gate.sealed[:3], 3).encode())
        wire.acked(3)
    head = signed_head(gate.town, gate.id, gate.epoch, 4, gate.sealed[3].hash)
    over = Bridge(record=gate.sealed[3], seq=4, sig=sign(gate.key, head))
    last = batch_of(gate, gate.sealed[3:], 4)
    wire.say(Name.RECORDS, (last if held else last.model_copy(update={"bridge": over})).encode())
    wire.acked(4)
    told = [(row["what"], row["gate"], row["detail"]) for row in table(desk.place, "alerts")]
    assert told == ([] if held else [("lost", "east", "records 1 to 3: pruned")])


def test_the_lists_come_at_once_and_again_when_they_change(desk: Desk) -> None:
    wire = desk.wire()
    first = wire.next("kakou/v1/hub/passlist")
    with desk.place.engine.begin() as connection:
        issued = issue_pass(desk.place.town, connection, plate="鲁B12345", vehicle_class="resident", allowed=None, not_before=NOW,
            expires=NOW + timedelta(days=1), priority=None, by="cli", now=NOW,
        )  # fmt: skip
        revoke_pass(desk.place.town, connection, issued.id, by="cli", reason="lost", now=NOW)
    second = wire.next("kakou/v1/hub/passlist", lambda message: issued.id in message["text"])
    assert second["version"] == first["version"] + 1


def test_a_change_reaches_a_connected_gate_within_two_seconds(desk: Desk) -> None:
    wire, town = desk.wire(), desk.place.town
    wire.next("kakou/v1/hub/policy")
    version = wire.next("kakou/v1/hub/passlist")["version"]
    changes: tuple[tuple[str, Callable[[Connection], object]], ...] = (
        ("passlist", lambda connection: watch(town, connection, "鲁B66666")),
        ("passlist", lambda connection: rotate_key(town, connection, keep_until=None, by="cli", now=NOW)),
        ("policy", lambda connection: add_gate(town, connection, "fifth", zh="", en="", by="cli", now=NOW)),
    )
    for kind, change in changes:
        with desk.place.engine.begin() as connection:
            change(connection)
        begin = time.monotonic()
        message = Signed.model_validate(wire.next(f"kakou/v1/hub/{kind}"))
        assert time.monotonic() - begin < 2
        assert message.holds(town.key.public_key())
    assert town.id == message.town
    with desk.place.engine.begin() as connection:
        assert signed_lists.versions(connection, town.id)["passlist"] == version + 2


def test_who_may_speak_is_said_again_if_it_could_not_be_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, access = desk.wire(), desk.place.folder / "access"
    until(lambda: "user north" in (access / "acl").read_text())
    wire.next("kakou/v1/hub/policy")
    full = threading.Event()
    full.set()
    write = write_whole

    def on_a_full_disk(path: Path, *args: Any, **kwargs: Any) -> None:
        if full.is_set() and path.name == "acl":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, *args, **kwargs)

    monkeypatch.setattr(generated_files, "write_whole", on_a_full_disk)
    with desk.place.engine.begin() as connection:
        add_gate(desk.place.town, connection, "fifth", zh="", en="", by="cli", now=NOW)
    wire.next("kakou/v1/hub/policy")
    assert "fifth" not in (access / "acl").read_text()
    full.clear()
    until(lambda: "user fifth" in (access / "acl").read_text())


def watch(town: Town, connection: Connection, plate: str) -> None:
    watch_plate(town, connection, plate, deny_in=True, deny_out=False, notify=True, why="stolen", by="cli", now=NOW)


def test_every_gate_is_told_who_passed_right_after_the_commit(desk: Desk) -> None:
    east, west = desk.wire(), desk.wire("west")
    visits(desk.place, 2)
    east.say(Name.RECORDS, desk.place.gates["east"].batch().encode())
    told = Signed.model_validate(west.next("kakou/v1/hub/sightings"))
    assert told.holds(desk.place.town.key.public_key())
    body = told.sightings()
    assert (body.first, body.last, body.snapshot) == (1, 2, False)
    assert [(each.gate, each.plate) for each in body.sightings] == [("east", "鲁B00000"), ("east", "鲁B00003")]
    visits(desk.place, 1)
    east.say(Name.RECORDS, desk.place.gates["east"].batch().encode())
    body = Signed.model_validate(west.next("kakou/v1/hub/sightings")).sightings()
    assert (body.first, body.last) == (3, 3)


def test_a_hello_is_answered_with_the_sightings_that_a_gate_lacks(desk: Desk) -> None:
    east, west = desk.wire(), desk.wire("west")
    visits(desk.place, 3)
    east.say(Name.RECORDS, desk.place.gates["east"].batch().encode())
    east.acked(9)
    gate = desk.place.gates["west"]
    west.say(Name.HELLO, hello(gate))
    snapshot = Signed.model_validate(west.next("kakou/v1/west/sightings")).sightings()
    assert (snapshot.snapshot, snapshot.last, len(snapshot.sightings)) == (True, 3, 3)
    west.say(Name.HELLO, hello(gate, series=snapshot.series, sighting=1))
    missed = Signed.model_validate(west.next("kakou/v1/west/sightings")).sightings()
    assert (missed.snapshot, missed.first, missed.last) == (False, 2, 3)


def test_poison_blocks_nothing(desk: Desk) -> None:
    wire = desk.wire()
    visits(desk.place, 1)
    for data in (b"", b"\xff\x00garbage", b'{"v":2}', b"[" * 200_000, b"{" * 100_000):
        wire.say(Name.RECORDS, data)
        wire.say(Name.HELLO, data)
        wire.say(Name.STATE, data)
    wire.say(Name.RECORDS, desk.place.gates["east"].batch().encode())
    assert wire.acked(3).committed == 3
    assert len(table(desk.place, "quarantine")) == 15


def test_a_message_that_the_code_fails_at_is_quarantined_alone(desk: Desk) -> None:
    wire = desk.wire()
    visits(desk.place, 2)
    gate = desk.place.gates["east"]

    desk.poison = '"seq":1,'
    wire.say(Name.RECORDS, gate.batch().encode())
    until(lambda: table(desk.place, "quarantine"))
    assert table(desk.place, "quarantine")[0]["why"] == "the hub failed at it: ArithmeticError"
    desk.poison = None
    gate.sent = 0
    wire.say(Name.RECORDS, gate.batch().encode())
    assert wire.acked(6).committed == 6


def test_a_full_disk_is_waited_for_without_an_answer(desk: Desk) -> None:
    wire = desk.wire()
    visits(desk.place, 40)
    gate = desk.place.gates["east"]
    gate.sealed[:] = gate.sealed[:90]
    with desk.reading.connect() as connection:
        # as small as it is now
        desk.pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    wire.say(Name.RECORDS, gate.batch().encode())
    until(lambda: len(desk.errors) > 1)
    assert desk.errors[0] == "database or disk is full"
    assert table(desk.place, "entries") == []
    assert not wire.has_heard(Name.ACK)
    desk.pages = 1_000_000
    assert wire.acked(90).committed == 90
    check(desk.place)


@pytest.mark.parametrize(("where", "said"), [("header", "file is not a database"), ("entries", "malformed")])
def test_a_damaged_database_is_told_and_takes_no_records_from_their_gates(desk: Desk, where: str, said: str) -> None:
    """Neither an ack nor the quarantine: what arrives stays with the broker and the gate until there is a hub that can store it."""
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 1)
    wire.say(Name.RECORDS, gate.batch().encode())
    wire.acked(3)
    until(lambda: desk.status("hub").get("last_seen"))
    whole = desk.damage(where)
    visits(desk.place, 1)
    wire.say(Name.RECORDS, gate.batch().encode())
    trouble = Trouble(desk.place.town.settings.run)
    assert said in until(trouble.read)
    # some more tries
    time.sleep(1.5)
    assert desk.thread.is_alive()
    assert not wire.has_heard(Name.ACK)

    desk.mend(whole)
    assert wire.acked(6).committed == 6
    until(lambda: trouble.read() is None)
    assert table(desk.place, "quarantine") == []
    check(desk.place)


def test_a_killed_broker_loses_nothing(desk: Desk) -> None:
    wire = desk.wire()
    visits(desk.place, 2)
    gate = desk.place.gates["east"]
    wire.say(Name.RECORDS, gate.batch().encode())
    wire.acked(6)
    retained = ("kakou/v1/hub/policy", "kakou/v1/hub/passlist")
    for topic in retained:
        wire.next(topic)
    os.kill(desk.supervisor.pid("broker"), signal.SIGKILL)
    until(desk.supervisor.poll)
    visits(desk.place, 1)
    # the retained words are back though the broker forgot them
    for topic in retained:
        wire.next(topic)
    wire.say(Name.RECORDS, gate.batch().encode())
    wire.acked(9)
    assert check(desk.place).entries == 9


def test_a_gate_that_was_cut_off_opens_a_conflict_when_it_uploads(desk: Desk) -> None:
    east, west = desk.wire("east"), desk.wire("west")
    desk.place.gates["east"].visit("鲁B12345", NOW)
    then = desk.place.gates["west"].visit("鲁B12345", NOW + timedelta(hours=1))
    west.say(Name.RECORDS, desk.place.gates["west"].batch().encode())
    west.acked(3)
    assert table(desk.place, "conflicts") == []
    east.say(Name.RECORDS, desk.place.gates["east"].batch().encode())
    east.acked(3)
    (found,) = table(desk.place, "conflicts")
    assert (found["what"], found["visit"], found["settled_at"]) == ("in_twice", then, None)
    assert check(desk.place).entries == 7


def test_a_fault_in_judging_loses_no_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    gate.visit("鲁B12345", NOW)
    monkeypatch.setattr("hub.conflicts.judge.judge_visit", lambda *_args, **_kwargs: 1 / 0)
    wire.say(Name.RECORDS, gate.batch().encode())
    assert wire.acked(3).committed == 3
    assert check(desk.place).entries == 3
    assert table(desk.place, "visits")[0]["plate"] == "鲁B12345"


def test_a_stopped_listener_says_that_it_is_away(desk: Desk) -> None:
    wire = desk.wire()
    desk.stop.set()
    desk.thread.join(20)
    assert wire.next("kakou/v1/hub/state", lambda state: not state["online"])["conn"] == 1


def has_entries(place: Place, number: int) -> bool:
    return len(table(place, "entries")) == number


def test_a_killed_listener_is_sent_what_it_did_not_acknowledge(place: Place, tmp_path: Path) -> None:
    settings = with_ports(place)
    argv = (sys.executable, "-m", "hub.cli", "--data", str(settings.folder), "listener")
    with running(settings):
        supervisor = Supervisor([Child("listener", argv, settings.run, settings.log)])
        supervisor.start()
        wire = Wire(place, "east", tmp_path / "east")
        try:
            gate = place.gates["east"]
            wire.next("kakou/v1/hub/state", lambda state: state["online"])
            for round_ in range(1, 5):
                visits(place, 3)
                wire.say(Name.RECORDS, gate.batch().encode())
                # in the middle of whatever it does with it
                os.kill(supervisor.pid("listener"), signal.SIGKILL)
                until(supervisor.poll)
                # the session outlived it: the gate need not even send again
                until(partial(has_entries, place, 9 * round_))
        finally:
            wire.close()
            supervisor.stop()
    assert check(place).entries == 36


def test_a_gate_speaks_under_its_own_name_only(desk: Desk) -> None:
    wire = desk.wire()
    assert wire.say(Name.RECORDS, b"mine") == "Success"
    for gate, name in (("west", Name.RECORDS), ("west", Name.STATE), ("east", Name.ACK), ("hub", Name.POLICY)):
        assert wire.say(name, b"not mine", gate=gate) == "Not authorized"


def test_an_exception_in_a_callback_ends_nothing() -> None:
    @guarded
    def fails() -> None:
        raise ZeroDivisionError

    fails()


def test_each_connection_has_a_higher_number(place: Place) -> None:
    with place.engine.begin() as connection:
        numbers = [next_hub_connection(connection, "demo", NOW) for _ in range(3)]
    assert numbers == [1, 2, 3]


def test_a_picture_is_taken_if_it_was_asked_for_and_is_the_one_that_was_recorded(desk: Desk) -> None:
    wire, jpeg = desk.wire(), bytes.fromhex("ffd8ffe0") + b"a car"
    hash_ = sha256_hex(jpeg)
    now = datetime.now(UTC)
    with desk.place.engine.begin() as connection:
        pictures.ask(connection, "demo", "ab" * 16, "east", hash_, by="u-1", now=now)
        pending.publish(connection, "demo", "east", key=desk.place.town.key, now=now)
    signed = Signed.model_validate(wire.next("kakou/v1/east/command"))
    assert signed.holds(desk.place.town.key.public_key())
    (command,) = signed.commands().commands
    assert (command.kind, command.visit) == ("picture", "ab" * 16)
    for named, data in ((hash_, jpeg + b"x"), ("cd" * 32, None), (hash_, jpeg)):
        wire.say(Name.PICTURE, Picture.model_construct(hash=named, jpeg=data, at="2026-03-01T09:00:00.000Z").encode())
    (row,) = until(lambda: [row for row in table(desk.place, "pictures") if row["answered_at"]])
    assert row["jpeg"] == jpeg
    after = Signed.model_validate(wire.next("kakou/v1/east/command"))
    assert (after.commands().commands, after.version > signed.version) == ((), True)
    (quarantined,) = table(desk.place, "quarantine")
    assert quarantined["why"] == f"jpeg: no JPEG with the SHA-256 {hash_}"


def first_crossing(desk: Desk) -> tuple[Wire, Gate]:
    """East has connected, and the hub holds all three records of its journal."""
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 1)
    wire.say(Name.HELLO, hello(gate))
    wire.say(Name.RECORDS, gate.batch().encode())
    wire.acked(3)
    return wire, gate


def test_a_gate_with_a_new_journal_is_an_alert(desk: Desk) -> None:
    wire, gate = first_crossing(desk)
    assert table(desk.place, "alerts") == []
    wire.say(Name.HELLO, hello(journal(desk.place.town, "east", epoch="ab" * 16)))
    (alert,) = until(lambda: table(desk.place, "alerts"))
    assert (alert["what"], alert["gate"]) == ("new_journal", "east")
    line = f"epoch abababab after {gate.epoch[:8]}: the hub holds 3 of its records"
    assert alert["detail"] == f"{line}, all that the gate spoke of when it last connected"


def test_the_alert_says_how_many_records_may_have_gone_with_the_old_card(desk: Desk) -> None:
    wire, gate = first_crossing(desk)
    said = {"at": "2026-03-01T08:00:00.000Z", "software": "0.1.0", "camera": True, "clock": "synced"}
    new = journal(desk.place.town, "east", epoch="ab" * 16)
    wire.say(Name.HEALTH, Health(**said, backlog=4, epoch=gate.epoch, head=7, lanes={}).encode(), qos=0)
    until(lambda: desk.status().get("health"))
    at = desk.status()["health_at"]
    wire.say(Name.HELLO, hello(new))
    (alert,) = until(lambda: table(desk.place, "alerts"))
    line = f"epoch abababab after {gate.epoch[:8]}: the hub holds 3 of its records"
    assert alert["detail"] == f"{line}, the gate spoke of 7 at {at}: up to 4 may be missing"


def test_what_a_dead_card_had_sent_ahead_is_put_before_somebodys_eyes(desk: Desk) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 3)
    wire.say(Name.HELLO, hello(gate))
    newest = batch_of(gate, gate.sealed[6:], 9).model_copy(update={"live": True}).encode()
    wire.say(Name.RECORDS, newest)
    until(lambda: table(desk.place, "ahead"))
    wire.say(Name.HELLO, hello(journal(desk.place.town, "east", epoch="ab" * 16)))
    (row,) = until(lambda: table(desk.place, "quarantine"))
    assert (row["gate"], row["raw"], row["seq"]) == ("east", newest, None)
    assert row["why"].startswith("records 7 to 9, sent ahead of a backlog that will not come")
    assert table(desk.place, "ahead") == []
    check(desk.place)


def test_a_fork_is_an_alert(desk: Desk) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    visits(desk.place, 1)
    wire.say(Name.RECORDS, gate.batch().encode())
    wire.acked(3)
    twin = journal(desk.place.town, "east")
    twin.visit("鲁B99999", NOW)
    wire.say(Name.RECORDS, twin.batch().encode())
    (alert,) = until(lambda: table(desk.place, "alerts"))
    assert (alert["what"], alert["detail"]) == ("fork", f"epoch {gate.epoch[:8]}, record 1")


def test_an_order_reaches_its_gate_and_leaves_when_it_is_answered(desk: Desk) -> None:
    wire, gate = desk.wire(), desk.place.gates["east"]
    wire.client.subscribe("kakou/v1/east/command", 1)
    with desk.place.engine.begin() as connection:
        (id_,) = orders.send(
            connection, town="demo", to=["east"], kind=CommandKind.ORDER, zh="收队", lasts=timedelta(hours=1), by="u-1",
            now=datetime.now(UTC),
        )  # fmt: skip
    message = Signed.model_validate(wire.next("kakou/v1/east/command"))
    assert message.holds(desk.place.town.key.public_key())
    assert [each.id for each in message.commands().commands] == [id_]
    gate.keep(Kind.ORDER_RECEIVED, OrderReceived(order=id_, result="received"), NOW)
    wire.say(Name.RECORDS, gate.batch().encode())
    after = Signed.model_validate(wire.next("kakou/v1/east/command"))
    assert after.commands().commands == ()
    assert after.version > message.version
