"""Faults A at the door: whatever a gate says, the listener lives, other gates lose nothing, and the gate is told what was refused."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from edge.contract.canonical import canonical, sha256_hex, sign
from edge.contract.facts import Kind, Lost, ShiftStarted
from edge.contract.messages import Ack, Health, Hello, State
from edge.contract.records import Record, Sealed, chain_hash, signed_head, wall_text
from edge.contract.topics import Name, Topic
from edge.contract.values import MOST
from hub.backup.make import backup
from hub.database.engine import reader, writer
from hub.ledger.acks import answer
from hub.ledger.append import Appended
from hub.ledger.head import read_ledger
from hub.ledger.projections.good_record import Good, private_of
from hub.ledger.received import Poison, Quarantined, Received
from hub.ledger.refused import LOOKED_AT, of_journal
from hub.listener.connection import Arrival
from hub.listener.listener import Listener
from hub.listener.turns import Turns
from hub.systemd import Notifier
from tests.contract.test_values import BAD_TIMES
from tests.hub.ledgers import batch_of, check, read, send, settle, table
from tests.hub.towns import NOW, Gate, Place
from tests.hub.wire import hello


class Link:
    """The broker's side of a listener, in memory: what arrives, what it publishes, what it has acknowledged to the broker."""

    def __init__(self) -> None:
        # time passes fast here, so that no limit on a gate's words is met: those have tests of their own
        seconds = count(0, 60)
        self.turns: Turns[Arrival] = Turns(lambda: float(next(seconds)))
        self.said: list[tuple[str, bytes]] = []
        self.done_with: list[int] = []
        self.broken, self.online = False, True
        self._mid = 0

    def connect(self, number: int, will: State) -> None:
        """Nothing to connect to."""

    def listen_to(self, gates: frozenset[str]) -> None:
        self.turns.gates = gates

    def settle(self) -> None:
        """Nothing is owed."""

    def offend(self, gate: str) -> None:
        """No pause is made."""

    def close(self, last: State) -> None:
        """Nothing to close."""

    def publish(self, topic: Topic, data: bytes, *, retain: bool = False) -> None:
        self.said.append((str(topic), data))

    def done(self, arrival: Arrival) -> None:
        self.done_with.append(arrival.mid)

    def arrive(self, topic: str, data: bytes) -> int:
        self._mid += 1
        assert self.turns.admit(topic, len(data))
        self.turns.put(Arrival(topic, data, self._mid, 1, 1))
        return self._mid

    def acks(self, gate: str) -> list[Ack]:
        return [Ack.parse(data) for topic, data in self.said if topic == str(Topic(gate, Name.ACK))]


class Hub:
    """A town's real listener, turned by hand."""

    def __init__(self, place: Place) -> None:
        self.place, self.link = place, Link()
        url = place.town.settings.database_url
        self._engines = writer(url), reader(url)
        self.now = NOW
        self.seconds = 0.0
        self.start()

    def start(self) -> None:
        writing, reading = self._engines
        self.listener = Listener(
            self.place.town, writing=writing, reading=reading, link=self.link, notifier=Notifier({}),  # type: ignore[arg-type]  # this link is of memory
            now=lambda: self.now, monotonic=lambda: self.seconds,
        )  # fmt: skip

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()

    def hears(self, *words: tuple[str, Name, bytes]) -> None:
        """All of it in one handful, and what comes after it by itself."""
        mids = [self.link.arrive(str(Topic(gate, name)), data) for gate, name, data in words]
        for _ in range(2):
            self.listener.turn()
            self.seconds += 2
        assert set(mids) <= set(self.link.done_with), "each message is acknowledged to the broker"

    def quarantined(self) -> list[tuple[str | None, int | None, str]]:
        return [(row["gate"], row["seq"], row["why"]) for row in table(self.place, "quarantine")]

    def status(self, gate: str) -> dict[str, Any]:
        return next((row for row in table(self.place, "gate_status") if row["gate"] == gate), {})


@pytest.fixture
def hub(place: Place) -> Iterator[Hub]:
    hub = Hub(place)
    yield hub
    hub.close()


def state(**values: Any) -> bytes:
    return json.dumps({"v": 1, "online": True, "conn": 1, "at": wall_text(NOW), **values}).encode()


def health(**values: Any) -> bytes:
    said = Health(at=wall_text(NOW), software="0.1.0", camera=True, clock="synced", backlog=0, lanes={})
    return json.dumps({**json.loads(said.encode()), **values}).encode()


def says_hello(gate: Gate, **values: Any) -> bytes:
    return json.dumps({**json.loads(hello(gate)), **values}).encode()


def forged(gate: Gate, change: Callable[[dict[str, Any]], None], place: int = -1) -> None:
    """Changes what a sealed record says and chains all from there on again, as a gate with a fault would write it."""
    place %= len(gate.sealed)
    prev = gate.sealed[place].prev
    for number in range(place, len(gate.sealed)):
        sealed = gate.sealed[number]
        value = json.loads(sealed.raw)
        if number == place:
            change(value)
        raw = canonical(value).decode()
        gate.sealed[number] = Sealed.model_construct(
            raw=raw, private=sealed.private, prev=prev, hash=chain_hash(prev, raw)
        )
        prev = gate.sealed[number].hash


def spoken(gate: Gate, records: list[Sealed] | None = None, last: int | None = None, **values: Any) -> bytes:
    """A batch of the gate's journal as JSON, whatever its records hold, and signed."""
    records = gate.sealed if records is None else records
    last = last or len(gate.sealed)
    value = {
        "v": 1, "town": gate.town, "gate": gate.id, "epoch": gate.epoch, "seq": last,
        "records": [{"raw": each.raw, "private": each.private, "prev": each.prev, "hash": each.hash} for each in records],
        "sig": sign(gate.key, signed_head(gate.town, gate.id, gate.epoch, last, records[-1].hash)), **values,
    }  # fmt: skip
    return json.dumps(value).encode()


# -- what gates say of themselves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (Name.STATE, state(conn=2**63)), (Name.STATE, state(conn=2**53)), (Name.STATE, state(conn=-1)), (Name.STATE, state(conn=True)),
        (Name.STATE, state(conn="5")), (Name.STATE, state(conn=1.0)), (Name.STATE, b'{"v":1,"online":true,"conn":1e3,"at":"x"}'),
        (Name.STATE, b'{"v":1,"online":true,"conn":' + b"9" * 10_000 + b"}"), (Name.STATE, b"[" * 100_000),
        (Name.STATE, state(online="yes")), (Name.STATE, state(online=1)), (Name.STATE, state(epoch="\ud800" * 32)),
        *((Name.STATE, state(at=text)) for text in BAD_TIMES[:10:2]), *((Name.HEALTH, health(at=text)) for text in BAD_TIMES[1:10:3]),
        (Name.HEALTH, health(lanes={str(n): "free" for n in range(3000)})), (Name.HEALTH, health(software="0\u202e1")),
        (Name.HEALTH, health(software="\ud800")), (Name.HEALTH, health(temperature=float("nan"))), (Name.HEALTH, health(tank=1e308)),
        (Name.HEALTH, health(backlog=2**63)), (Name.HEALTH, health(head=2**64)), (Name.HEALTH, health(v=True)),
        (Name.PICTURE, json.dumps({"v": 1, "hash": "0" * 64, "jpeg": None, "at": "2026-02-30T00:00:00.000Z"}).encode()),
    ],
)  # fmt: skip
def test_a_word_that_no_gate_says_is_quarantined_alone(hub: Hub, name: Name, data: bytes) -> None:
    """Faults A1: the good words of other gates in the same handful are stored, and a listener that starts anew lives."""
    east, south = hub.place.gates["east"], hub.place.gates["south"]
    south.visit("鲁B12345", NOW)
    hub.hears(
        ("east", name, data), ("south", Name.STATE, state(conn=3)), ("south", Name.RECORDS, south.batch().encode())
    )
    assert [gate for gate, _, _ in hub.quarantined()] == ["east"]
    assert "the hub failed" not in hub.quarantined()[0][2]
    assert hub.link.acks("south")[-1].committed == 3
    assert hub.status("south")["conn"] == 3
    hub.start()
    hub.hears(("east", name, data), ("east", Name.HELLO, hello(east)))
    assert len(hub.quarantined()) == 1, "the same bytes are kept once"
    assert hub.status("east")["online"]
    assert hub.link.acks("east")


@pytest.mark.parametrize(
    "values",
    [
        {"head": 2**63}, {"head": 5, "acked": 6}, {"oldest": 0}, {"oldest": 9, "head": 3}, {"sighting": -1}, {"sighting": 2**60},
        {"policy": "1"}, {"boot": ""}, {"epoch": "x"}, {"series": "a b"}, {"witness": {"ledger": "l", "ledger_epoch": 2**63}},
    ],
)  # fmt: skip
def test_a_hello_that_cannot_be_is_quarantined_and_changes_nothing(hub: Hub, values: dict[str, Any]) -> None:
    """Faults A1."""
    east, south = hub.place.gates["east"], hub.place.gates["south"]
    hub.hears(("east", Name.HELLO, says_hello(east, **values)), ("south", Name.HELLO, hello(south)))
    assert [gate for gate, _, _ in hub.quarantined()] == ["east"]
    assert not hub.link.acks("east")
    assert hub.status("east").get("hello") is None
    assert hub.link.acks("south")


def test_the_largest_numbers_are_taken(hub: Hub) -> None:
    east = hub.place.gates["east"]
    hub.hears(("east", Name.HELLO, says_hello(east, head=MOST, acked=MOST, sighting=MOST, policy=MOST)))
    said = state(conn=MOST, epoch=east.epoch)
    hub.hears(("east", Name.STATE, said), ("east", Name.HEALTH, health(backlog=MOST, head=MOST)))
    assert hub.quarantined() == []
    assert hub.status("east")["conn"] == MOST
    assert hub.link.acks("east")[-1].missing == ((1, MOST),)


def test_nothing_is_known_of_a_gate_before_it_is_committed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults A1: a transaction that fails leaves the listener as it was."""
    from hub.gates import store

    save = store.save_status
    monkeypatch.setattr(store, "save_status", lambda *_: (_ for _ in ()).throw(OverflowError("too large")))
    hub.hears(("east", Name.STATE, state(conn=7)))
    assert hub.listener._status.unsaved.get("east", {}) == {}
    assert [why for _, _, why in hub.quarantined()] == ["the hub failed at it: OverflowError"]
    monkeypatch.setattr(store, "save_status", save)
    hub.hears(("south", Name.STATE, state(conn=2)))
    assert hub.status("south")["conn"] == 2
    assert hub.status("east") == {}


def test_a_status_that_cannot_be_saved_keeps_no_other_from_it(hub: Hub) -> None:
    hub.listener._status.unsaved = {"east": {"conn": 2**63}, "south": {"conn": 4}}
    hub.hears()
    assert hub.status("south")["conn"] == 4
    assert hub.status("east") == {}


# -- records -------------------------------------------------------------------------------------------------------------


def change_at(text: str) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["at"].update(wall=text)


HOSTILE: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    *((change_at(each), "at.wall: expected a time") for each in BAD_TIMES[::2]),
    (lambda value: value.update(v=True), "v: expected 1, found True"),
    (lambda value: value.pop("v"), "v: expected 1, found None"),
    (lambda value: value.update(seq="2"), "seq: "),
    (lambda value: value.update(seq=True), "seq: "),
    (lambda value: value["body"].update(officer="a b"), "body.officer: expected a name"),
    (lambda value: value["body"].update(seconds=1e308), "body.seconds: "),
    (lambda value: value["body"].update(seconds=True), "body.seconds: "),
    (lambda value: value["body"].update(litres=1e308), "body.litres: "),
    (lambda value: value["at"].update(mono_ms=-5), "at.mono_ms: "),
    (lambda value: value.update(kind="teleported"), "kind: "),
    (lambda value: value.update(commitments={"plate": "0" * 64}), "private.plate: committed to, and not there"),
]


@pytest.mark.parametrize(("change", "why"), HOSTILE)
def test_a_record_that_cannot_be_is_poison_with_its_cause(
    hub: Hub, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    """Faults A2, A3, A5, A7: quarantined alone, its place held; the gate is told, and goes on."""
    east = hub.place.gates["east"]
    east.visit("鲁B12345", NOW)
    forged(east, change, 1)
    hub.hears(("east", Name.RECORDS, spoken(east)))
    ((gate, seq, cause),) = hub.quarantined()
    assert (gate, seq) == ("east", 2)
    assert cause.startswith(f"record 2: {why}")
    ack = hub.link.acks("east")[-1]
    assert ack.committed == 3
    assert [(each.seq, each.why) for each in ack.refused or ()] == [(2, cause[:200])]
    east.visit("鲁B12346", NOW)
    hub.hears(("east", Name.RECORDS, batch_of(east, east.sealed[3:], 6).encode()))
    assert hub.link.acks("east")[-1].committed == 6
    check(hub.place)


@pytest.mark.parametrize(
    ("private", "why"),
    [
        ({"plate": ["00", "鲁B12345"]}, "private.plate.0: "), ({"plate": ["0" * 33, "x"]}, "private.plate.0: "),
        ({"plate": ["0" * 32, "\ud800"]}, "private.plate.1: "), ({"plate": ["0" * 32, "x" * 501]}, "private.plate.1: "),
        ({"\ud800": ["0" * 32, "x"]}, "private."), ({}, "private.plate: committed to, and not there"),
        ({"plate": ["0" * 32, "x"], "driver": ["0" * 32, "y"]}, "private."), ({"plate": [1, 2]}, "private.plate.0: "), (None, "private: "),
    ],
)  # fmt: skip
def test_personal_values_that_cannot_be_block_nothing(hub: Hub, private: Any, why: str) -> None:
    """Faults A4, A6, A7: half a surrogate pair, salts of another length, other fields than the commitments."""
    east = hub.place.gates["east"]
    east.visit("鲁B12345", NOW)
    east.sealed[0] = Sealed.model_construct(**{**dict(east.sealed[0]), "private": private})
    hub.hears(("east", Name.RECORDS, spoken(east)))
    ((_, seq, cause),) = hub.quarantined()
    assert seq == 1
    assert cause.startswith(f"record 1: {why}"), cause
    assert hub.link.acks("east")[-1].committed == 3
    check(hub.place)


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_half_a_surrogate_pair_in_raw_blocks_nothing(hub: Hub, tmp_path: Path, bad: int) -> None:
    """Faults A4: raw has no UTF-8, and who hashes it all the same holds a place with it: for `verify` and backups, too."""
    east = hub.place.gates["east"]
    east.visit("鲁B12345", NOW)
    prev = east.sealed[bad].prev
    for number in range(bad, 3):
        sealed = east.sealed[number]
        raw = sealed.raw.replace('"lane":"1"', '"lane":"\ud800"') if number == bad else sealed.raw
        hash_ = sha256_hex(bytes.fromhex(prev), raw.encode("utf-8", "surrogatepass"))
        east.sealed[number] = Sealed.model_construct(raw=raw, private=sealed.private, prev=prev, hash=hash_)
        prev = hash_
    hub.hears(("east", Name.RECORDS, spoken(east)))
    assert bad + 1 in [seq for _, seq, _ in hub.quarantined()]
    assert hub.link.acks("east")[-1].committed == 3
    check(hub.place)
    assert backup(hub.place.town, tmp_path / "town.age", NOW + timedelta(hours=1))


def test_what_cannot_be_seen_stands_in_no_plate(place: Place) -> None:
    """Faults A11: of a gate that writes it all the same."""
    east = place.gates["east"]
    east.visit("鲁B\u202e12345", NOW, private={"driver": "王伟"})
    salt, _ = east.sealed[0].private["driver"]
    sealed = east.sealed[0]
    private = {**sealed.private, "driver": (salt, "王\u202e伟\u200b"), "plate": (salt, "鲁B\u202e123\u200b45")}

    def commit(value: dict[str, Any]) -> None:
        value["commitments"] = {name: sha256_hex(canonical([s, name, v])) for name, (s, v) in private.items()}

    east.sealed[0] = sealed.model_copy(update={"private": private})
    forged(east, commit, 0)
    assert send(place, east).quarantined == 0
    (visit,) = table(place, "visits")
    assert visit["plate"] == "鲁B12345"
    check(place)


# -- chains, holes, losses -----------------------------------------------------------------------------------------------


def test_a_wrong_prev_is_told_as_such(hub: Hub) -> None:
    """Faults A8."""
    east = hub.place.gates["east"]
    east.visit("鲁B12345", NOW)
    hub.hears(("east", Name.RECORDS, east.batch().encode()))
    east.visit("鲁B12346", NOW)
    bad = [each.model_copy() for each in east.sealed[3:]]
    prev = "11" * 32
    for place, each in enumerate(bad):
        bad[place] = each.model_copy(update={"prev": prev, "hash": chain_hash(prev, each.raw)})
        prev = bad[place].hash
    hub.hears(("east", Name.RECORDS, spoken(east, bad)))
    causes = [why for _, _, why in hub.quarantined()]
    assert causes[0].startswith("fork: prev of record 4 is not the hash of record 3, which is held")
    assert not any("another record" in why for why in causes)
    ack = hub.link.acks("east")[-1]
    assert (ack.committed, [each.seq for each in ack.refused or ()]) == (3, [4, 5, 6])
    hub.hears(("east", Name.RECORDS, batch_of(east, east.sealed[3:], 6).encode()))
    assert hub.link.acks("east")[-1].committed == 6


def test_a_first_record_that_names_one_before_it_is_told_as_such(place: Place) -> None:
    east = place.gates["east"]
    east.visit("鲁B12345", NOW)
    prev = "22" * 32
    record = east.sealed[0].model_copy(update={"prev": prev, "hash": chain_hash(prev, east.sealed[0].raw)})
    send(place, east, record, last=1)
    (row,) = table(place, "quarantine")
    assert row["why"].startswith("fork: prev of record 1 is not 32 zero bytes")


def test_another_record_under_a_held_number_is_told_as_such(place: Place) -> None:
    east = place.gates["east"]
    east.visit("鲁B12345", NOW)
    send(place, east)
    forged(east, lambda value: value.update(lane="2"), 2)
    send(place, east, *east.sealed, last=3)
    (row,) = table(place, "quarantine")
    assert row["why"].startswith("fork: another record 3 is held")


def holed(gate: Gate) -> bytes:
    """Records 1, 2 and 4, chained to each other, as a batch that ends with 4."""
    gate.visit("鲁B12345", NOW)
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-2"), NOW)
    one, two, _, four = gate.sealed
    four = four.model_copy(update={"prev": two.hash, "hash": chain_hash(two.hash, four.raw)})
    return spoken(gate, [one, two, four], 4)


def test_a_batch_with_a_hole_inside_has_its_row(hub: Hub) -> None:
    """Faults A9."""
    east = hub.place.gates["east"]
    hub.hears(("east", Name.RECORDS, holed(east)))
    ((gate, seq, why),) = hub.quarantined()
    assert (gate, seq, why) == ("east", None, "records: 2 is followed by 4, a hole inside the batch")
    ack = hub.link.acks("east")[-1]
    assert (ack.committed, ack.refused and ack.refused[0].seq, ack.refused and ack.refused[0].why) == (0, None, why)
    hub.hears(("east", Name.RECORDS, batch_of(east, east.sealed, 4).encode()))
    assert hub.link.acks("east")[-1].committed == 4


def lost(gate: Gate, first: int, last: int) -> None:
    body = Lost.model_construct(first=first, last=last, why="gone")
    gate.keep(Kind.LOST, body, NOW)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (3, 2, "a range from 3 to 2"), (1, 2, "says that records 1 to 2 are lost, and the ledger holds some"),
        (3, 3, "says that records 3 to 3 are lost"), (4, 4, "body.last: record 4 can't say that 4 is lost"),
        (1, MOST, "body.last: "), (5, 2**62, "raw: a number beyond 9007199254740991"), (0, 1, "body.first: "), (2, 2**53, "raw: a number beyond 9007199254740991"),
    ],
)  # fmt: skip
def test_a_loss_that_cannot_be_is_refused_and_alarms_nobody(hub: Hub, first: int, last: int, why: str) -> None:
    """Faults A10."""
    east = hub.place.gates["east"]
    east.visit("鲁B12345", NOW)
    try:
        lost(east, first, last)
    except ValueError:
        lost(east, 1, 2)
        raw = east.sealed[-1].raw.replace('"first":1', f'"first":{first}').replace('"last":2', f'"last":{last}')
        prev = east.sealed[-1].prev
        east.sealed[-1] = Sealed.model_construct(raw=raw, private={}, prev=prev, hash=chain_hash(prev, raw))
    hub.hears(("east", Name.RECORDS, spoken(east)))
    ((_, seq, cause),) = hub.quarantined()
    assert seq == 4
    assert why in cause
    assert hub.link.acks("east")[-1].committed == 4
    # that it waits to be judged, and nothing of a loss
    assert {row["what"] for row in table(hub.place, "alerts")} <= {"quarantine"}


def test_many_losses_are_one_alert(place: Place) -> None:
    """Faults A10: one alert for what one gate says at once."""
    from hub.ledger.gaps import lacking

    lost = tuple(("east", place.gates["east"].epoch, n, n, "gone") for n in range(1, 200))
    with place.engine.begin() as connection:
        appended = Appended(read_ledger(connection, "demo"), {}, entries=0, again=0, quarantined=0, lost=lost)
        found = list(lacking(connection, "demo", appended))
    assert found == [("east", "records 1 to 1: gone (and 198 more ranges)")]


# -- the gate is told ----------------------------------------------------------------------------------------------------


def test_the_answer_to_a_hello_names_what_was_refused(hub: Hub) -> None:
    """Faults A, `refused`: of this journal, and of messages that named none; what somebody has judged is no more in it."""
    east = hub.place.gates["east"]
    east.visit("鲁B12345", NOW)
    forged(east, change_at(BAD_TIMES[3]), 1)
    hub.hears(("east", Name.RECORDS, spoken(east)), ("east", Name.HEALTH, b"noise"), ("south", Name.RECORDS, b"noise"))
    hub.hears(("east", Name.HELLO, hello(east)))
    refused = hub.link.acks("east")[-1].refused or ()
    assert [each.seq for each in refused] == [2, None]
    assert refused[1].why.startswith("health: ")
    with hub.place.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO judged VALUES ('demo', (SELECT id FROM quarantine WHERE seq = 2), 'dismissed', 'u', 'r', 'x')"
            )
        )
    hub.hears(("east", Name.HELLO, hello(east)))
    assert [each.seq for each in hub.link.acks("east")[-1].refused or ()] == [None]
    hub.hears(("east", Name.HELLO, says_hello(east, epoch="ab" * 16)))
    assert [each.seq for each in hub.link.acks("east")[-1].refused or ()] == [None], (
        "another journal's records are not its own"
    )
    hub.hears(("west", Name.HELLO, hello(hub.place.gates["west"])))
    assert hub.link.acks("west")[-1].refused == ()


def test_an_ack_of_good_records_does_not_speak_of_refusals(hub: Hub) -> None:
    hub.place.gates["east"].visit("鲁B12345", NOW)
    hub.hears(("east", Name.RECORDS, hub.place.gates["east"].batch().encode()))
    assert hub.link.acks("east")[-1].refused is None


def test_however_much_was_refused_the_answer_is_short(place: Place) -> None:
    """Bounded: 20 of them, and no more than the newest 200 rows are looked at."""
    east = place.gates["east"]
    rows = [
        {"town": "demo", "gate": "east", "topic": "kakou/v1/east/records", "epoch": east.epoch, "seq": n, "why": "x" * 500,
         "raw": b"", "digest": f"{n}", "received_at": wall_text(NOW)}
        for n in range(1, 1001)
    ]  # fmt: skip
    with place.engine.begin() as connection:
        from hub.database.schema import quarantine

        connection.execute(quarantine.insert(), rows)
        refused = of_journal(connection, "demo", "east", east.epoch)
        assert [each.seq for each in refused] == list(range(981, 1001))
        assert len(answer(connection, "demo", "east", Hello.parse(hello(east))).encode()) < 10_000
        plan = connection.execute(
            text(
                f"EXPLAIN QUERY PLAN SELECT id FROM quarantine WHERE town = 'demo' AND gate = 'east' ORDER BY id DESC LIMIT {LOOKED_AT}"
            )
        ).all()
    assert "quarantine_newest" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


# -- any mutation --------------------------------------------------------------------------------------------------------

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(BAD_TIMES)
    | st.sampled_from([2**53, 2**63, 2**64, -1, 10**30, "\ud800", "\u202e", "x" * 3000, "0" * 32, "0" * 64])
)  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a JSON value can be changed."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def mutated(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    whole = json.loads(json.dumps(value))
    at = whole
    for key in path[:-1]:
        at = at[key]
    if new is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return whole


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(settle(tmp_path_factory.mktemp("intake")))
    yield hub
    hub.close()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_mutation_raises_or_touches_another_gate(living: Hub, data: st.DataObject) -> None:
    """Faults A: a good message of one gate with one value changed, beside a good one of another gate.

    Half of the changes are inside `raw`, where the gate chains and signs what it says.
    """
    hub, seed = living, data.draw(st.integers(0, 2**64))
    journal = Gate("demo", "east", hub.place.gates["east"].key, f"{random.Random(seed).getrandbits(128):032x}", "u-2")
    journal.visit("鲁B12345", NOW + timedelta(minutes=1))
    name = data.draw(st.sampled_from([Name.RECORDS, Name.RECORDS, Name.HELLO, Name.STATE, Name.HEALTH, Name.PICTURE]))
    inside = name is Name.RECORDS and data.draw(st.booleans())
    if inside:
        place = data.draw(st.integers(0, 2))
        value = json.loads(journal.sealed[place].raw)
        new = data.draw(JSON)
        changed = mutated(value, data.draw(st.sampled_from(list(places(value)))), new)
        raw = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=data.draw(st.booleans()))
        prev = journal.sealed[place].prev
        for number in range(place, 3):
            sealed = journal.sealed[number]
            this = raw if number == place else sealed.raw
            hash_ = sha256_hex(bytes.fromhex(prev), this.encode("utf-8", "surrogatepass"))
            journal.sealed[number] = Sealed.model_construct(raw=this, private=sealed.private, prev=prev, hash=hash_)
            prev = hash_
        sent = spoken(journal)
    else:
        good = {
            Name.RECORDS: spoken(journal), Name.HELLO: hello(journal), Name.STATE: state(), Name.HEALTH: health(),
            Name.PICTURE: json.dumps({"v": 1, "hash": "0" * 64, "jpeg": None, "at": wall_text(NOW)}).encode(),
        }[name]  # fmt: skip
        value = json.loads(good)
        sent = json.dumps(
            mutated(value, data.draw(st.sampled_from(list(places(value)))), data.draw(JSON | st.just(...)))
        ).encode()
    south = hub.place.gates["south"]
    south.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-2"), NOW)
    hub.hears(("east", name, sent), ("south", Name.RECORDS, south.batch().encode()))
    assert hub.link.acks("south")[-1].committed == len(south.sealed)
    if inside:
        assert hub.link.acks("east")[-1].committed == 3, "poison blocks nothing"
    assert not any("the hub failed" in why for _, _, why in hub.quarantined())
    with hub.place.engine.begin() as connection:
        rows = connection.execute(
            text("SELECT raw, private FROM entries WHERE epoch = :epoch"), {"epoch": journal.epoch}
        ).all()
    for row in rows:
        Record.parse(row.raw)
        private_of(row.private)


def test_after_all_of_that_the_ledger_holds(living: Hub) -> None:
    check(living.place)


@given(
    st.binary(max_size=60),
    st.sampled_from(["kakou/v1/east/hello", "kakou/v1/east/state", "kakou/v1/x/y/z", "a", "kakou/v1/EAST/records"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_end_the_listener(living: Hub, data: bytes, topic: str) -> None:
    mid = living.link.arrive(topic, data)
    living.listener.turn()
    assert mid in living.link.done_with


def test_a_read_batch_is_good_poison_or_quarantined(place: Place) -> None:
    east = place.gates["east"]
    east.visit("鲁B12345", NOW)
    found = read(place, "east", spoken(east))
    assert isinstance(found, Received)
    assert {type(each) for each in found.items} <= {Good, Poison}
    assert isinstance(read(place, "east", b"{}"), Quarantined)
