"""A crossing that goes ahead of a backlog is durable at the hub at once, and enters the ledger in its turn."""

from datetime import timedelta

from edge.contract.messages import Batch
from tests.hub.ledgers import batch_of, check, read, send, table, take
from tests.hub.towns import NOW, Gate, Place


def five(place: Place) -> Gate:
    """East with five visits of three records."""
    for number in range(5):
        place.gates["east"].visit(f"鲁B1234{number}", NOW + timedelta(minutes=number))
    return place.gates["east"]


def live(gate: Gate, first: int, last: int) -> Batch:
    return batch_of(gate, gate.sealed[first - 1 : last], last).model_copy(update={"live": True})


def test_what_goes_ahead_is_held_aside_and_enters_in_its_turn(place: Place) -> None:
    gate = five(place)
    ((_, ack),) = take(place, read(place, "east", live(gate, 13, 15).encode())).acks()
    assert (ack.committed, ack.ahead, ack.missing) == (0, ((13, 15),), ())
    assert table(place, "entries") == []
    send(place, gate, *gate.sealed[:12], last=12)
    ((_, ack),) = send(place, gate, *gate.sealed[12:], last=15).acks()
    assert (ack.committed, ack.ahead) == (15, ())
    assert [row["seq"] for row in table(place, "entries")] == list(range(1, 16))
    assert table(place, "ahead") == []
    assert check(place).entries == 15


def test_the_bytes_are_kept_as_they_came(place: Place) -> None:
    gate = five(place)
    data = live(gate, 13, 15).encode()
    for _ in range(2):
        take(place, read(place, "east", data))
    (row,) = table(place, "ahead")
    assert (row["first"], row["last"], row["raw"]) == (13, 15, data)


def test_a_live_batch_that_follows_the_cursor_is_an_ordinary_one(place: Place) -> None:
    gate = five(place)
    ((_, ack),) = take(place, read(place, "east", live(gate, 1, 3).encode())).acks()
    assert (ack.committed, ack.ahead) == (3, ())
    assert check(place).entries == 3
