"""Batches read in a process of their own: the same as the listener reads, and nothing depends on that process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.facts import Corrected, Kind
from edge.contract.records import Sealed
from edge.contract.topics import Name, Topic
from hub.ledger.intake import Keys, read_records
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Received
from hub.listener import reader_process
from hub.listener.reader_process import Begun, Reading
from tests.hub.ledgers import batch_of
from tests.hub.towns import NOW, Gate, Place
from tests.hub.wire import until

TOPIC = str(Topic("east", Name.RECORDS))


def has_ended(pid: int) -> bool:
    """Returns True if a process is gone, also where nobody has asked for its end (a container without an init)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def long_batch(gate: Gate, visits: int = 15) -> bytes:
    for number in range(visits):
        gate.visit(f"鲁B{number:05d}", NOW + timedelta(minutes=number), private={"driver": "王伟", "origin": "平度"})
    data = gate.batch().encode()
    assert len(data) >= reader_process.WORTH_IT
    return data


@pytest.fixture
def keys(place: Place) -> Keys:
    return {name: gate.key.public_key() for name, gate in place.gates.items()}


@pytest.fixture
def ahead(keys: Keys) -> Iterator[Reading]:
    found = Reading("demo")
    found.keys = keys
    until(lambda: found.pid is not None)
    yield found
    found.close()


def begun(ahead: Reading, data: bytes) -> Begun:
    found = ahead.begin(TOPIC, data)
    assert found is not None
    return found


def taken(ahead: Reading, keys: Keys, data: bytes) -> Received | None:
    return ahead.take(begun(ahead, data), keys["east"])


def types(received: Received) -> list[type]:
    """The type of every value of the records, each of which is a good one."""
    goods = [item for item in received.items if isinstance(item, Good)]
    assert len(goods) == len(received.items)
    return [type(value) for good in goods for value in good]


def test_it_reads_what_the_listener_would(place: Place, ahead: Reading, keys: Keys) -> None:
    data = long_batch(place.gates["east"])
    found = taken(ahead, keys, data)
    assert found is not None
    assert len(found.items) == 45
    expected = read_records(TOPIC, data, town="demo", keys=keys)
    assert isinstance(expected, Received)
    assert found == expected
    # the very types, too: what comes of it goes into the database
    assert types(found) == types(expected)


def test_batches_are_answered_in_their_order(place: Place, ahead: Reading, keys: Keys) -> None:
    messages = [long_batch(place.gates["east"]) for _ in range(6)]
    waiting = [begun(ahead, each) for each in messages]
    found = [ahead.take(each, keys["east"]) for each in waiting]
    assert [each.first for each in found if each is not None] == [1, 46, 91, 136, 181, 226]


def poisoned(gate: Gate) -> bytes:
    long_batch(gate)
    visit = gate.visit("鲁B99999", NOW + timedelta(hours=1))
    gate.keep(Kind.CORRECTED, Corrected(user="u-1", reason="mine", entry=1), NOW, visit=visit, private={"plate": "x"})
    return batch_of(gate, gate.sealed, len(gate.sealed)).encode()


def sent_ahead(gate: Gate) -> bytes:
    long_batch(gate)
    return batch_of(gate, gate.sealed, len(gate.sealed)).model_copy(update={"live": True}).encode()


def forged(gate: Gate) -> bytes:
    long_batch(gate)
    return batch_of(gate, gate.sealed, len(gate.sealed), Ed25519PrivateKey.generate()).encode()


def torn(gate: Gate) -> bytes:
    long_batch(gate)
    first: Sealed = gate.sealed[0]
    others = gate.sealed[2:]
    return batch_of(gate, [first, *others], len(gate.sealed)).encode()


@pytest.mark.parametrize("made", [poisoned, sent_ahead, forged, torn, lambda gate: long_batch(gate)[:-1]])
def test_whatever_needs_a_decision_is_left_to_the_listener(
    place: Place, ahead: Reading, keys: Keys, made: Callable[[Gate], bytes]
) -> None:
    good = long_batch(place.gates["east"])
    assert taken(ahead, keys, made(place.gates["east"])) is None
    assert taken(ahead, keys, good) is not None, "and it goes on"


def test_what_is_short_of_another_name_or_of_nobody_is_not_handed_over(place: Place, ahead: Reading) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    assert ahead.begin(TOPIC, gate.batch().encode()) is None
    data = long_batch(gate)
    assert ahead.begin(str(Topic("east", Name.PICTURE)), data) is None
    assert ahead.begin(str(Topic("nobody", Name.RECORDS)), data) is None


def test_a_key_that_was_replaced_meanwhile_vouches_for_nothing(place: Place, ahead: Reading, keys: Keys) -> None:
    waiting = begun(ahead, long_batch(place.gates["east"]))
    assert ahead.take(waiting, Ed25519PrivateKey.generate().public_key()) is None
    assert ahead.take(waiting, None) is None
    assert ahead.take(waiting, keys["east"]) is not None


def test_one_that_is_killed_is_missed_by_nobody_and_started_again(
    place: Place, ahead: Reading, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_process, "AGAIN_AFTER", 0.0)
    data = long_batch(place.gates["east"])
    pid = ahead.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    waiting = [begun(ahead, data) for _ in range(20)]
    os.kill(pid, signal.SIGKILL)
    assert [ahead.take(each, keys["east"]) for each in waiting] == [None] * 20
    assert ahead.begin(TOPIC, data) is None, "it is not there yet"
    until(lambda: ahead.pid is not None)
    assert ahead.pid != pid
    assert taken(ahead, keys, data) is not None


def test_one_that_hangs_is_killed(place: Place, ahead: Reading, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_process, "PATIENCE", 0.3)
    pid = ahead.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    # more than the pipe holds: nobody but a thread of its own may wait for it
    data = long_batch(place.gates["east"], 60)
    before = time.monotonic()
    waiting = [begun(ahead, data) for _ in range(60)]
    assert time.monotonic() - before < 5.0
    assert ahead.take(waiting[0], keys["east"]) is None
    assert ahead.take(waiting[-1], keys["east"]) is None
    until(lambda: has_ended(pid))


def test_it_ends_when_the_listener_is_killed() -> None:
    text = "import time; from hub.listener.reader_process import Reading; r = Reading('demo')\nwhile r.pid is None: time.sleep(0.02)\nprint(r.pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        pid = int(listener.stdout.readline())
        assert psutil.pid_exists(pid)
        listener.kill()
        until(lambda: has_ended(pid))


def test_without_such_a_process_everything_is_read_by_the_listener(place: Place) -> None:
    ahead = Reading("demo", command=("/nonexistent/python",))
    assert ahead.pid is None
    assert ahead.begin(TOPIC, long_batch(place.gates["east"])) is None
    ahead.close()
