"""Real records of a one-trip pass mark its request: out and back, once, in any order, a week late too; and nobody is locked out."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from edge.contract.records import wall_text
from hub.database.schema import gate_status
from hub.needs.trips import Shape
from hub.passes import store as passes
from hub.passes.store import Issued, PassState
from hub.registers import history
from tests.hub.ledgers import send
from tests.hub.needs.asked import PLATE, Looks, again, ask, give, keeper, wanted, writer
from tests.hub.towns import NOW, Place


def cross(place: Place, gate: str, direction: str, minutes: float, issued: Issued | None, **more: object) -> None:
    """A crossing that waits at its gate until it is sent."""
    reason = "priority" if issued else "no_pass"
    place.gates[gate].visit(
        PLATE, NOW + timedelta(minutes=minutes), direction=direction, reason=reason, disinfection="off", sprayed=False,
        pass_id=None if issued is None else issued.id, read_by="qr" if issued else "hand", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def state(place: Place, issued: Issued) -> PassState:
    with place.engine.begin() as connection:
        return passes.known(connection, "demo", issued.id).state(NOW + timedelta(hours=1))


@pytest.fixture
def look(place: Place) -> Looks:
    return Looks(place)


def test_the_way_out_and_the_way_back_close_the_loop(place: Place, look: Looks) -> None:
    row, issued = give(place, ask(place))
    cross(place, "east", "out", 10, issued)
    send(place, place.gates["east"])
    look()
    row = again(place, row)
    assert (row.state, row.values["out_at"], row.values["out_gate"]) == (
        "on_the_way",
        "2026-03-01T04:40:00.000Z",
        "east",
    )
    assert state(place, issued) is PassState.VALID, "whoever is out must be able to come home"
    cross(place, "west", "in", 50, issued)
    send(place, place.gates["west"])
    look()
    row = again(place, row)
    assert (row.state, row.values["back_at"], row.values["back_gate"]) == (
        "delivered",
        "2026-03-01T05:20:00.000Z",
        "west",
    )
    assert row.values["delivered_at"] == row.values["back_at"]
    assert row.links.visit
    assert state(place, issued) is PassState.BLOCKED, "one trip: it is back"


def test_the_same_records_again_change_nothing(place: Place, look: Looks) -> None:
    row, issued = give(place, ask(place))
    for gate, direction, minutes in (("east", "out", 10), ("west", "in", 50)):
        cross(place, gate, direction, minutes, issued)
        send(place, place.gates[gate])
    look()
    before = again(place, row)
    for each in (look, Looks(place)):
        each()
    assert again(place, row) == before
    with place.engine.begin() as connection:
        assert [each.user for each in history.of(connection, "demo", row.id)].count("hub") == 3


def test_a_setting_out_that_arrives_a_week_late_is_marked_on_a_request_that_is_closed(
    place: Place, look: Looks
) -> None:
    row, issued = give(place, ask(place))
    cross(place, "east", "out", 10, issued)
    cross(place, "west", "in", 50, issued)
    send(place, place.gates["west"])
    look()
    row = again(place, row)
    assert (row.state, row.values.get("out_at")) == ("delivered", None)
    with place.engine.begin() as connection:
        closed = {"follow_up": "well"}
        keeper(connection).move(connection, row, "closed", writer(place), version=row.version, values=closed)
    send(place, place.gates["east"])
    look(7 * 24 * 60)
    row = again(place, row)
    assert (row.state, row.values["out_at"]) == ("closed", "2026-03-01T04:40:00.000Z")


def test_a_pass_is_not_blocked_while_a_gate_without_a_link_may_have_let_its_vehicle_out_again(
    place: Place, look: Looks
) -> None:
    _row, issued = give(place, ask(place))
    said = {"town": "demo", "gate": "south", "conn": 1, "online": False, "last_seen": wall_text(NOW)}
    with place.engine.begin() as connection:
        connection.execute(insert(gate_status), [said])
    cross(place, "west", "in", 50, issued)
    send(place, place.gates["west"])
    look()
    assert state(place, issued) is PassState.VALID


def test_a_pass_counts_again_as_soon_as_a_late_record_says_that_its_vehicle_is_out(place: Place, look: Looks) -> None:
    _row, issued = give(place, ask(place))
    cross(place, "west", "in", 30, issued)
    send(place, place.gates["west"])
    look()
    assert state(place, issued) is PassState.BLOCKED
    cross(place, "south", "out", 40, issued)
    send(place, place.gates["south"])
    look()
    assert state(place, issued) is PassState.VALID


def test_who_was_turned_back_has_not_set_out(place: Place, look: Looks) -> None:
    row, issued = give(place, ask(place))
    cross(place, "east", "out", 10, issued, outcome="turned_back")
    send(place, place.gates["east"])
    look()
    assert again(place, row) == row


def test_a_crossing_by_hand_counts_where_the_code_could_not_be_read(place: Place, look: Looks) -> None:
    row, issued = give(place, ask(place))
    cross(place, "east", "out", 10, None)
    cross(place, "east", "in", 40, issued)
    send(place, place.gates["east"])
    look()
    assert {"out_at", "back_at"} <= again(place, row).values.keys()


def test_what_is_brought_in_is_signed_for_by_a_person(place: Place, look: Looks) -> None:
    row, issued = give(place, ask(place), wanted(Shape.IN))
    cross(place, "east", "in", 10, issued)
    cross(place, "east", "out", 40, issued)
    send(place, place.gates["east"])
    look()
    row = again(place, row)
    assert (row.state, row.values["back_at"]) == ("on_the_way", "2026-03-01T05:10:00.000Z")


def test_the_pass_of_a_request_that_was_refused_is_blocked_unless_it_is_out(place: Place, look: Looks) -> None:
    row, issued = give(place, ask(place))
    with place.engine.begin() as connection:
        keeper(connection).move(connection, row, "refused", writer(place), version=row.version, why="not needed")
    look()
    assert state(place, issued) is PassState.BLOCKED
