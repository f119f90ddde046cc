"""An order goes to gates and villages at once; each has its receipts, by officer and by the clock of where they were given."""

from datetime import timedelta

import pytest

from edge.contract.commands import Command, CommandKind
from edge.contract.facts import Kind, OrderReceived
from edge.contract.records import wall_text
from hub.errors import HubError
from hub.gates import store as gates
from hub.orders import dispatches, store
from hub.orders.dispatches import Asked, Dispatch, State
from hub.orders.store import Manner
from tests.hub.ledgers import send as send_records
from tests.hub.ledgers import table
from tests.hub.orders.villages import settle_villages
from tests.hub.towns import NOW, Place

HOUR = timedelta(hours=1)
HALF = Manner(due=timedelta(minutes=30))
LATE = NOW + timedelta(minutes=31)


def sent(
    place: Place, *to: str, villages: tuple[str, ...] = (), manner: Manner = HALF, zh: str = "收队", **more: object
) -> str:
    """The id of a new order."""
    values = {"kind": CommandKind.ORDER, "lasts": HOUR, "by": "u-1", "now": NOW, **more}
    before = {row["id"] for row in table(place, "dispatches")}
    with place.engine.begin() as connection:
        settle_villages(connection)
        store.send(connection, town="demo", to=to, villages=villages, manner=manner, zh=zh, **values)  # type: ignore[arg-type]  # any argument
    (new,) = {str(row["id"]) for row in table(place, "dispatches")} - before
    return new


def found(place: Place, id_: str, after: timedelta = timedelta(0)) -> Dispatch:
    with place.engine.begin() as connection:
        order = dispatches.find(connection, "demo", id_, NOW + after)
    assert order is not None
    return order


def answers(
    place: Place,
    id_: str,
    gate: str,
    officer: str = "u-3",
    at: timedelta = timedelta(minutes=5),
    late: bool | None = False,
) -> None:
    """A gate shows the order and an officer confirms it; what its records say comes to the hub now."""
    (order,) = [each.order for each in found(place, id_).recipients if each.id == gate]
    journal = place.gates[gate]
    journal.keep(Kind.ORDER_RECEIVED, OrderReceived(order=order, result="shown"), NOW + at)
    confirmed = OrderReceived(order=order, result="received", officer=officer, late=late)
    journal.keep(Kind.ORDER_RECEIVED, confirmed, NOW + at)
    send_records(place, journal)


def confirms(
    place: Place, id_: str, unit: str, by: str = "u-2", at: timedelta = timedelta(minutes=1), note: str = ""
) -> None:
    with place.engine.begin() as connection:
        dispatches.confirm(connection, town="demo", id_=id_, unit=unit, note=note, by=by, now=NOW + at)


def listed(place: Place, after: timedelta = timedelta(0), **asked: object) -> list[str]:
    with place.engine.begin() as connection:
        rows, _ = dispatches.page(connection, "demo", Asked(**asked), NOW + after, limit=10)  # type: ignore[arg-type]  # any field
    return [each.zh for each in rows]


def test_it_is_complete_when_the_last_gate_and_the_last_village_have_confirmed(place: Place) -> None:
    id_ = sent(place, "east", "west", villages=("dongcun",))
    assert found(place, id_).state(NOW) is State.WAITING
    answers(place, id_, "east")
    confirms(place, id_, "dongcun", note="已通知到户")
    order = found(place, id_)
    assert (order.confirmed, order.state(NOW)) == (2, State.WAITING)
    assert order.state(LATE) is State.MISSING
    answers(place, id_, "west")
    assert found(place, id_).state(LATE) is State.COMPLETE
    village = found(place, id_).recipients[-1]
    assert (village.kind, village.confirmed[0].by, village.confirmed[0].note) == ("village", "u-2", "已通知到户")


def test_a_gate_that_was_away_says_itself_whether_it_is_late(place: Place) -> None:
    """One gate showed the order in time and delivered its records hours later; another came back and was late by its own clock."""
    id_ = sent(place, "east", "west", "north")
    answers(place, id_, "east", at=timedelta(minutes=20))
    answers(place, id_, "west", at=timedelta(minutes=40), late=True)
    answers(place, id_, "north", at=timedelta(minutes=45), late=None)
    late = {each.id: each.late for each in found(place, id_).recipients}
    assert late == {"east": False, "west": True, "north": True}, "an older gate is judged by the time it says"
    assert found(place, id_).late == 2


def test_each_officer_confirms_and_the_gate_gets_the_order_until_it_expires(place: Place) -> None:
    id_ = sent(place, "east", manner=Manner(every_officer=True, urgent=True, aloud=True, due=HALF.due))
    (command,) = _pending(place, "east")
    assert (command.urgent, command.aloud, command.every_officer) == (True, True, True)
    assert command.due == wall_text(NOW + timedelta(minutes=30))
    answers(place, id_, "east", "u-3")
    answers(place, id_, "east", "u-4")
    answers(place, id_, "east", "u-4", at=timedelta(minutes=50), late=True)
    (gate,) = found(place, id_).recipients
    assert [each.by for each in gate.confirmed] == ["u-3", "u-4"], "the first of each officer"
    assert not gate.late
    assert [each.id for each in _pending(place, "east")] == [gate.order]
    assert _pending(place, "east", HOUR) == []
    plain = sent(place, "west")
    answers(place, plain, "west")
    assert _pending(place, "west") == []


def _pending(place: Place, gate: str, after: timedelta = timedelta(0)) -> list[Command]:
    with place.engine.begin() as connection:
        return store.pending(connection, "demo", gate, NOW + after)


def test_taking_it_back_takes_it_from_every_recipient(place: Place) -> None:
    id_ = sent(place, "east", "west", villages=("dongcun",))
    answers(place, id_, "east")
    with place.engine.begin() as connection:
        with pytest.raises(HubError, match="expected why"):
            dispatches.cancel(connection, town="demo", id_=id_, reason=" ", by="u-1", now=NOW)
        dispatches.cancel(connection, town="demo", id_=id_, reason="改期", by="u-1", now=NOW)
        with pytest.raises(HubError, match="cancelled already"):
            dispatches.cancel(connection, town="demo", id_=id_, reason="again", by="u-1", now=NOW)
        with pytest.raises(HubError, match="no such order"):
            dispatches.cancel(connection, town="demo", id_="d-0", reason="x", by="u-1", now=NOW)
    assert _pending(place, "west") == []
    order = found(place, id_)
    assert (order.state(NOW), order.cancelled_reason) == (State.CANCELLED, "改期")
    assert [each.state for each in order.recipients] == ["received", "cancelled", "cancelled"]
    with pytest.raises(HubError, match="cancelled already"):
        confirms(place, id_, "dongcun")


@pytest.mark.parametrize(
    ("to", "villages", "manner", "why"),
    [
        (("south",), (), HALF, "gate 'south': it is retired and gets no orders"),
        (("nowhere",), (), HALF, "gate 'nowhere': there is no such gate"),
        (("east",), ("beicun",), HALF, "village 'beicun': there is no such village"),
        ((), (), HALF, "order: expected a gate"),
        (("east",), (), Manner(due=2 * HOUR), "order: expected the receipts to be due before the order expires"),
    ],
)
def test_what_cannot_be_sent_is_one_line_and_changes_nothing(
    place: Place, to: tuple[str, ...], villages: tuple[str, ...], manner: Manner, why: str
) -> None:
    with place.engine.begin() as connection:
        gates.retire(connection, "demo", "south", NOW)
    with pytest.raises(HubError, match=f"^{why}$"):
        sent(place, *to, villages=villages, manner=manner)
    assert [table(place, name) for name in ("orders", "dispatches", "village_orders")] == [[], [], []]


@pytest.mark.parametrize(
    ("unit", "after", "why"),
    [
        ("xicun", timedelta(0), "it was not sent to village 'xicun'"),
        ("dongcun", HOUR, "expired already"),
        ("dongcun", timedelta(minutes=2), "you have confirmed it already"),
    ],
)
def test_a_village_that_cannot_confirm_is_one_line(place: Place, unit: str, after: timedelta, why: str) -> None:
    id_ = sent(place, villages=("dongcun",))
    confirms(place, id_, "dongcun")
    with pytest.raises(HubError, match=why):
        confirms(place, id_, unit, at=after)
    confirms(place, id_, "dongcun", by="u-4", at=timedelta(minutes=40))
    (village,) = found(place, id_).recipients
    assert [each.late for each in village.confirmed] == [False, True]


def test_orders_are_found_by_words_state_recipient_urgency_and_time(place: Place) -> None:
    rain = sent(place, "east", zh="雨大，缩短排队")
    answers(place, rain, "east")
    sent(
        place,
        "west",
        villages=("dongcun",),
        zh="核对包村车辆",
        manner=Manner(urgent=True),
        now=NOW + timedelta(minutes=1),
    )
    assert listed(place) == ["核对包村车辆", "雨大，缩短排队"]
    assert listed(place, search="缩短") == ["雨大，缩短排队"]
    assert listed(place, search="100%") == []
    assert listed(place, state="complete") == listed(place, to="gate/east") == ["雨大，缩短排队"]
    assert listed(place, state="waiting") == listed(place, to="village/dongcun") == ["核对包村车辆"]
    assert listed(place, urgent=True) == listed(place, start=wall_text(NOW + timedelta(seconds=1))) == ["核对包村车辆"]
    assert listed(place, end=wall_text(NOW + timedelta(seconds=1))) == ["雨大，缩短排队"]
    assert listed(place, after=2 * HOUR, state="missing") == ["核对包村车辆"]
    assert listed(place, state="cancelled") == []


def test_pages_follow_each_other_without_a_gap(place: Place) -> None:
    for number in range(5):
        sent(place, "east", zh=f"第{number}号", now=NOW + timedelta(minutes=number % 2))
    with place.engine.begin() as connection:
        first, more = dispatches.page(connection, "demo", Asked(), NOW, limit=3)
        rest, end = dispatches.page(connection, "demo", Asked(), NOW, after=more, limit=3)
    assert len({each.id for each in (*first, *rest)}) == 5
    assert (more is not None, end) == (True, None)


def test_a_gate_that_was_retired_meanwhile_is_waited_for_no_longer(place: Place) -> None:
    id_ = sent(place, "east", "south")
    answers(place, id_, "east")
    with place.engine.begin() as connection:
        gates.retire(connection, "demo", "south", NOW)
    assert found(place, id_).state(LATE) is State.COMPLETE
    assert listed(place, state="complete") == ["收队"]
