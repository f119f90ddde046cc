"""Faults B: a gate with a valid certificate and key that is broken, stolen or hostile, through a real broker: the others go on."""

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.contract.limits import JOURNALS, MAX_PACKET, MIB, NOISE, OFFENCES, RATES
from edge.contract.messages import MAX_LIST
from edge.contract.topics import HUB, Name, Topic
from hub.listener import connection as link
from hub.listener import muting, surplus
from tests.hub.ledgers import check, journal, table
from tests.hub.listener.test_listener import Desk
from tests.hub.towns import NOW, Place
from tests.hub.wire import Wire, hello, running, until, with_ports


@pytest.fixture
def desk(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # a connection that is old enough for offences
    monkeypatch.setattr(link, "CATCHING_UP", 0.0)
    with running(with_ports(place)) as supervisor:
        found = Desk(place, supervisor, tmp_path)
        found.thread.start()
        try:
            yield found
        finally:
            found.end()


def pour(wire: Wire, name: Name, messages: Iterator[bytes] | list[bytes], *, retain: bool = False) -> None:
    """Sends without waiting for anything."""
    for data in messages:
        wire.client.publish(str(Topic(wire.gate, name)), data, qos=1, retain=retain)


def counted(desk: Desk, what: str, gate: str = "west") -> int:
    return sum(row["messages"] for row in table(desk.place, "unkept") if (row["gate"], row["what"]) == (gate, what))


def alerts(desk: Desk) -> dict[tuple[str, str], int]:
    return {(row["what"], row["gate"]): row["times"] for row in table(desk.place, "alerts")}


def cross(desk: Desk, wire: Wire, count: int = 1) -> None:
    """The good gate's crossings are acknowledged."""
    gate = desk.place.gates[wire.gate]
    for _ in range(count):
        gate.visit("鲁B12345", NOW)
        wire.say(Name.RECORDS, gate.batch().encode())
        wire.acked(len(gate.sealed))


def cross_at_last(desk: Desk, wire: Wire) -> None:
    """A crossing of a gate that the hub may not listen to yet: like every gate it sends again until the hub acknowledges."""
    gate = desk.place.gates[wire.gate]
    gate.visit("鲁B12345", NOW)
    batch, sent = gate.batch().encode(), 0.0

    def acknowledged() -> bool:
        nonlocal sent
        if time.monotonic() - sent > 1.0:
            wire.say(Name.RECORDS, batch)
            sent = time.monotonic()
        return wire.has_heard(Name.ACK)

    until(acknowledged)
    wire.acked(len(gate.sealed))


def test_another_gate_is_answered_while_one_floods_and_the_flood_is_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # on a slow machine too the pause ends where the test ends it
    monkeypatch.setattr(muting, "MUTED_SECONDS", (600.0, 960.0))
    good, bad = desk.wire("east"), desk.wire("west")
    pour(bad, Name.RECORDS, [f"junk {number}".encode() for number in range(4000)])
    cross(desk, good, 5)
    until(lambda: counted(desk, "muted"))
    assert alerts(desk)["flood", "west"] >= 1
    rows = table(desk.place, "quarantine")
    assert len(rows) <= NOISE.rows
    assert {row["gate"] for row in rows} <= {"west"}
    # its records come when it is listened to again: until then it keeps them
    bad.say(Name.HELLO, hello(desk.place.gates["west"]))
    cross(desk, good, 2)
    assert not bad.has_heard(Name.ACK)
    desk.link._muting._pauses["west"] = type(desk.link._muting._pauses["west"])(0.0, 60.0)
    until(lambda: not desk.link._muting.muted)
    # the hub's subscription may reach the broker later than this
    cross_at_last(desk, bad)
    check(desk.place)


def test_hellos_beyond_their_rate_are_dropped_and_counted(desk: Desk) -> None:
    good, bad = desk.wire("east"), desk.wire("west")
    rate = RATES[Name.HELLO]
    said, began = rate.burst + OFFENCES.burst // 2, time.monotonic()
    for _ in range(said):
        bad.say(Name.HELLO, hello(desk.place.gates["west"]))
    allowed = rate.burst + (time.monotonic() - began) * rate.a_minute / 60 + 2
    until(lambda: counted(desk, "hello"))
    cross(desk, good)
    assert desk.link._muting.muted == frozenset()
    until(lambda: counted(desk, "hello") >= said - allowed)
    # records are another matter
    cross_at_last(desk, bad)


def test_new_journals_without_end_are_one_alert_and_few_journals(desk: Desk) -> None:
    good, bad = desk.wire("east"), desk.wire("west")
    for number in range(20):
        bad.say(Name.HELLO, hello(journal(desk.place.town, "west", epoch=f"{number:032x}")))
        bad.say(Name.RECORDS, _first_batch(desk, f"{number + 100:032x}"))
    # a slow hub drops some of them before it reads which journal they are of
    sorts = (surplus.JOURNAL, "hello", "records")
    until(lambda: sum(counted(desk, sort) for sort in sorts) >= 40 - JOURNALS.burst - 1)
    found = alerts(desk)
    assert found["new_journal", "west"] <= JOURNALS.burst
    assert len([row for row in table(desk.place, "alerts") if row["what"] == "new_journal"]) == 1
    assert len(table(desk.place, "cursors")) <= JOURNALS.burst
    cross(desk, good)
    check(desk.place)


def _first_batch(desk: Desk, epoch: str) -> bytes:
    gate = journal(desk.place.town, "west", epoch=epoch)
    gate.visit("鲁B12345", NOW)
    return gate.batch().encode()


def test_noise_of_127_kib_fills_its_gates_room_and_no_more(desk: Desk) -> None:
    good, bad = desk.wire("east"), desk.wire("west")
    size = 127 * 1024
    number = 0
    # a slow hub drops some of it unread: it goes on until the room is full
    while not counted(desk, "noise"):
        assert number < 10 * NOISE.bytes // size
        bad.say(Name.RECORDS, bytes([number % 256]) * (size - number))
        if number % 40 == 0:
            cross(desk, good)
        # slowly enough for a gate that is listened to
        desk.link._muting._left.pop("west", None)
        number += 1
    kept = sum(len(row["raw"]) for row in table(desk.place, "quarantine"))
    assert NOISE.bytes - size < kept <= NOISE.bytes
    assert alerts(desk)["not_kept", "west"] >= 1
    cross(desk, good)


def test_who_sends_60_mib_in_one_message_is_disconnected_unread_and_nobody_else_notices(
    desk: Desk, place: Place
) -> None:
    good, bad = desk.wire("east"), desk.wire("west")
    ended: list[Any] = []
    bad.client.on_disconnect = lambda *_: ended.append(1)
    connection = desk.connection()
    bad.client.publish(str(Topic("west", Name.RECORDS)), b"x" * (60 * MIB), qos=1)
    until(lambda: ended)
    bad.close()
    cross(desk, good)
    assert desk.connection() == connection
    assert table(place, "quarantine") == []


def test_the_longest_list_of_the_hub_fits_through_the_broker(desk: Desk) -> None:
    assert MAX_PACKET >= MAX_LIST + 16 * 1024
    wire = desk.wire("east")
    text = b'"' + b"x" * (MAX_LIST - 2) + b'"'
    desk.link.publish(Topic(HUB, Name.POLICY), text, retain=True)
    assert len(wire.next(str(Topic(HUB, Name.POLICY)), lambda value: isinstance(value, str))) == MAX_LIST - 2


def test_a_message_between_the_two_limits_is_cut_where_it_is_too_long(desk: Desk) -> None:
    wire = desk.wire("west")
    wire.say(Name.RECORDS, b"x" * MIB)
    (row,) = until(lambda: table(desk.place, "quarantine"))
    assert len(row["raw"]) == 128 * 1024
    assert "at most 131072" in row["why"]


def test_a_gate_that_takes_its_own_connection_over_again_and_again_costs_nobody_anything(desk: Desk) -> None:
    good, bad = desk.wire("east"), desk.wire("west")
    settings, folder = desk.place.town.settings, desk.folder / "west"
    bad.close()
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "tls.key")
    connect = bytes([0x10, 16]) + b"\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03any"
    before, slowest = desk.connection(), 0.0
    for number in range(60):
        plain = socket.create_connection((settings.broker.host, settings.broker.port))
        with context.wrap_socket(plain, server_hostname=settings.broker.host) as wrapped:
            wrapped.sendall(connect)
            wrapped.recv(64)
            if number % 10 == 0:
                began = time.monotonic()
                cross(desk, good)
                slowest = max(slowest, time.monotonic() - began)
    assert desk.connection() == before
    assert slowest < 10.0
