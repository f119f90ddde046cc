"""Faults B: whose message is next, and what a gate may have waiting: one gate's flood is no other gate's wait."""

from dataclasses import dataclass

import pytest

from edge.contract.limits import JOURNALS, MUTED_SECONDS, OFFENCES, RATES, WAITING, WAITING_BATCHES, Rate
from edge.contract.message import MAX_MESSAGE
from edge.contract.topics import Name, Topic
from hub.database.engine import reader
from hub.ledger.budget import NOBODY, Unkept
from hub.listener import turns as turns_module
from hub.listener.bucket import Bucket
from hub.listener.journals import Journals
from hub.listener.muting import FORGIVEN, Muting
from hub.listener.turns import OTHER, Turns
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place


@dataclass(frozen=True)
class Said:
    topic: str
    data: bytes = b"x"
    ready: bool = True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns[Said]:
    found: Turns[Said] = Turns(clock)
    found.gates = frozenset({"east", "west", "north"})
    return found


def say(turns: Turns[Said], gate: str, name: Name = Name.RECORDS, data: bytes = b"x", *, ready: bool = True) -> bool:
    said = Said(str(Topic(gate, name)), data, ready)
    if not turns.admit(said.topic, len(data)):
        return False
    turns.put(said)
    return True


def owners(found: list[Said]) -> list[str]:
    return [Topic.parse(each.topic).owner for each in found]


def test_gates_are_taken_in_turn_whatever_one_has_waiting(turns: Turns[Said]) -> None:
    for _ in range(6):
        say(turns, "east")
    say(turns, "west")
    say(turns, "north")
    assert owners(turns.gather(4, 2, 0)) == ["east", "west", "north", "east"]
    assert owners(turns.gather(8, 2, 0)) == ["east"] * 4


def test_a_gates_own_messages_stay_in_their_order(turns: Turns[Said]) -> None:
    for number in range(5):
        say(turns, "east", Name.STATE, f"{number}".encode())
        say(turns, "west", Name.STATE)
    found = turns.gather(10, 2, 0)
    assert [each.data for each in found if "east" in each.topic] == [b"0", b"1", b"2", b"3", b"4"]


def test_what_is_still_being_read_holds_nobody_else_up(turns: Turns[Said]) -> None:
    for _ in range(4):
        say(turns, "east", ready=False)
    for _ in range(3):
        say(turns, "west")
    assert owners(turns.gather(8, 2, 0)) == ["west"] * 3
    assert owners(turns.gather(8, 2, 0)) == ["east"] * 2
    assert turns.gather(8, 0, 0) == []


def test_beyond_its_share_a_gates_batches_are_dropped_and_counted(turns: Turns[Said]) -> None:
    admitted = [say(turns, "east", data=b"xyz") for _ in range(50)]
    assert admitted == [True] * WAITING_BATCHES + [False] * (50 - WAITING_BATCHES)
    assert turns.dropped() == (Unkept("east", "records", 50 - WAITING_BATCHES, 3 * (50 - WAITING_BATCHES)),)
    assert turns.dropped() == ()
    assert say(turns, "west")
    turns.gather(1, 1, 0)
    assert say(turns, "east")


def test_all_of_a_gates_messages_have_a_share_and_bytes(turns: Turns[Said]) -> None:
    big = b"x" * (MAX_MESSAGE + 1)
    for name in (Name.HELLO, Name.STATE, Name.PICTURE, Name.HEALTH):
        for _ in range(WAITING):
            say(turns, "east", name, big)
    assert len(turns.gather(1000, 0, 0)) == WAITING
    assert sum(each.messages for each in turns.dropped()) == 3 * WAITING


@pytest.mark.parametrize("name", RATES)
def test_each_thing_that_a_gate_says_has_a_rate(turns: Turns[Said], clock: Clock, name: Name) -> None:
    def said(count: int) -> int:
        taken = 0
        for _ in range(count):
            taken += say(turns, "east", name)
            turns.gather(1, 1, 0)
        return taken

    assert said(3000) == RATES[name].burst
    clock.now += 60.0
    assert said(3000) == pytest.approx(RATES[name].a_minute, abs=1)
    assert say(turns, "west", name)


def test_records_have_a_rate_of_bytes(turns: Turns[Said], clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(turns_module._RATES, Name.RECORDS, Rate(250, 60))
    taken = [say(turns, "east", data=b"x" * 100) for _ in range(4)]
    assert taken == [True, True, False, False]
    clock.now += 50.0
    assert say(turns, "east", data=b"x" * 100)


def test_strangers_and_odd_topics_share_one_line(turns: Turns[Said]) -> None:
    for number in range(30):
        for topic in (f"kakou/v1/mars-{number}/records", "kakou/v2/east/records"):
            if turns.admit(topic, 1):
                turns.put(Said(topic))
    dropped = {(each.gate, each.what): each.messages for each in turns.dropped()}
    assert dropped == {(NOBODY, "records"): 30 - WAITING_BATCHES, (NOBODY, OTHER): 30 - (WAITING - WAITING_BATCHES)}
    assert say(turns, "east")


def test_a_bucket_fills_with_time_and_no_further() -> None:
    bucket = Bucket(Rate(2, 60), 0.0)
    assert [bucket.take(1, 0.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(1, 1.0) for _ in range(2)] == [True, False]
    assert [bucket.take(1, 1000.0) for _ in range(3)] == [True, True, False]


def test_a_gate_that_floods_is_not_listened_to_for_longer_each_time() -> None:
    muting, now, paused = Muting(), 0.0, []
    for _ in range(7):
        assert [muting.offend("east", now) for _ in range(OFFENCES.burst + 9)].index(True) == OFFENCES.burst
        assert muting.muted == {"east"}
        began = now
        while not muting.over(now):
            now += 1.0
        paused.append(now - began)
    assert paused == [15, 30, 60, 120, 240, 480, 960]
    assert paused[-1] == MUTED_SECONDS[1]
    now += FORGIVEN
    for _ in range(OFFENCES.burst + 1):
        muting.offend("east", now)
    assert muting.over(now + MUTED_SECONDS[0]) == {"east"}
    assert muting.muted == frozenset()


def test_a_gate_begins_so_many_journals_and_those_that_are_known_count_no_more(place: Place, clock: Clock) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    send(place, gate)
    reading = reader(place.town.settings.database_url)
    try:
        journals = Journals(reading, "demo", clock)
        assert [journals.may("east", f"{number:032x}") for number in range(JOURNALS.burst + 4)] == [
            True
        ] * JOURNALS.burst + [False] * 4
        assert journals.may("east", f"{0:032x}")
        assert journals.may("east", gate.epoch)
        assert journals.may("west", "ab" * 16)
        clock.now += 600.0
        assert [journals.may("east", f"{number:032x}") for number in range(50, 52)] == [True, False]
    finally:
        reading.dispose()
