"""What still comes of an operation whose personal values are destroyed enters the ledger without them, and everything verifies."""

import json
from datetime import timedelta

import pytest

from edge.contract.facts import Destroyed, Kind, ShiftEnded
from edge.contract.records import wall_text
from hub.ledger.clock import moment
from hub.ledger.destroyed import covers, remember
from hub.ledger.hub_entries import append_own
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify_walk import BrokenError
from tests.hub.ledgers import batch_of, check, meddle, read, send, table, take
from tests.hub.towns import NOW, Gate, Place

PLATE = "鲁B12345"
DESTROYED = NOW + timedelta(days=1)


def destroy(place: Place, operation: str = "op-1") -> None:
    """What the destruction writes into the ledger, and erases of it."""
    up_to = len(table(place, "entries"))
    body = Destroyed(operation=operation, user="u-4", values=0, confirmed_by="u-5", up_to=up_to)
    with place.engine.begin() as connection:
        append_own(
            connection, town="demo", kind=Kind.DESTROYED, visit=None, body=body, private={}, at=moment(DESTROYED), key=place.town.key
        )  # fmt: skip
        remember(connection, "demo", operation, at=wall_text(DESTROYED), up_to=up_to, entry=up_to + 1)
        connection.exec_driver_sql("UPDATE entries SET private = '{}'")
        rebuild(connection, "demo")


def late(gate: Gate, **more: str) -> Gate:
    gate.visit(PLATE, NOW, private={"driver": "张三", **more})
    return gate


def stored(place: Place) -> str:
    return json.dumps([table(place, name) for name in ("entries", "visits", "inside", "sightings")], ensure_ascii=False)


def test_a_late_upload_takes_its_place_and_its_values_are_not_stored(place: Place) -> None:
    send(place, late(place.gates["west"]))
    destroy(place)
    appended = send(place, late(place.gates["east"]))
    assert (appended.entries, appended.quarantined, appended.acks()[0][1].committed) == (3, 0, 3)
    assert PLATE not in stored(place)
    assert "张三" not in stored(place)
    assert check(place).entries == 7
    assert [row["outcome"] for row in table(place, "visits")] == ["passed", "passed"], "what happened stays"


def test_a_late_upload_in_pieces_loses_its_values_too(place: Place) -> None:
    destroy(place)
    gate = late(place.gates["east"])
    for number in range(3):
        send(place, gate, gate.sealed[number], last=number + 1)
    assert PLATE not in stored(place)
    assert check(place).entries == 4


def test_a_record_that_its_gate_emptied_is_taken_of_a_destroyed_operation_only(place: Place) -> None:
    emptied = [each.model_copy(update={"private": {}}) for each in late(place.gates["east"]).sealed]
    send(place, place.gates["east"], *emptied)
    assert [row["sort"] for row in table(place, "quarantine")] == ["poison"]
    destroy(place)
    other = [each.model_copy(update={"private": {}}) for each in late(place.gates["west"]).sealed]
    send(place, place.gates["west"], *other)
    assert len(table(place, "quarantine")) == 1
    assert check(place).entries == 6


def test_another_operations_values_are_stored(place: Place) -> None:
    destroy(place, "op-0")
    send(place, late(place.gates["east"]))
    assert PLATE in stored(place)
    check(place)
    meddle(place, "UPDATE entries SET private = '{}' WHERE gate = 'east' AND seq = 1")
    with pytest.raises(BrokenError, match=r"is gone, and no entry says that it was destroyed"):
        check(place)


def test_what_goes_ahead_of_a_backlog_is_not_held_with_its_values(place: Place) -> None:
    destroy(place)
    gate = late(late(place.gates["east"]))
    live = batch_of(gate, gate.sealed[3:], 6).model_copy(update={"live": True})
    ((_, ack),) = take(place, read(place, "east", live.encode())).acks()
    assert (ack.committed, ack.ahead, table(place, "ahead")) == (0, (), [])
    send(place, gate, *gate.sealed, last=6)
    assert check(place).entries == 7


def test_a_record_that_cannot_be_taken_keeps_its_place_without_values(place: Place) -> None:
    destroy(place)
    gate = late(place.gates["east"])
    wrong = {**gate.sealed[0].private, "driver": ("00" * 16, "李四")}
    send(place, gate, gate.sealed[0].model_copy(update={"private": wrong}), *gate.sealed[1:], last=3)
    (row,) = table(place, "quarantine")
    assert row["sort"] == "poison"
    assert PLATE not in row["raw"].decode()
    check(place)


def test_the_note_of_a_handover_from_before_is_not_stored_and_one_from_after_is(place: Place) -> None:
    destroy(place)
    gate = place.gates["east"]
    for at, text in ((NOW, PLATE), (DESTROYED + timedelta(hours=1), "夜班")):
        gate.keep(Kind.SHIFT_ENDED, ShiftEnded(officer="u-2"), at, private={"remark": text})
    send(place, gate)
    assert PLATE not in stored(place)
    assert "夜班" in stored(place)
    check(place)


def sealed(kind: str, **more: object) -> dict[str, object]:
    return {"kind": kind, "at": {"wall": wall_text(NOW), "clock": "synced"}, "body": {}, **more}


def test_a_record_belongs_to_the_operation_that_its_visit_began_under() -> None:
    over = {"op-1": wall_text(DESTROYED)}
    assert covers(over, sealed("visit_opened", body={"operation": "op-1"}), None)
    assert not covers(over, sealed("visit_opened", body={"operation": "op-2"}), None)
    assert not covers(over, sealed("visit_closed"), "op-2")
    assert covers(over, sealed("visit_closed"), "op-1")
    assert covers(over, sealed("visit_closed"), None), "it was recorded before the destruction"
    assert not covers({}, sealed("visit_closed"), "op-1")


def test_a_clock_that_nobody_set_keeps_no_value() -> None:
    over = {"op-1": wall_text(NOW - timedelta(days=9))}
    assert not covers(over, sealed("shift_ended"), None)
    assert covers(over, sealed("shift_ended", at={"wall": wall_text(NOW), "clock": "unsynced"}), None)
