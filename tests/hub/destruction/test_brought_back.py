"""What brings destroyed values back is not silent: a backup from before is an alert, an old card is asked to destroy what it holds."""

from datetime import timedelta

from edge.contract.facts import Kind, OrderReceived
from hub.alerts.kinds import AlertKind
from hub.alerts.raising import of_hub
from hub.destruction import at_gates
from hub.gates.policy import publish_policy
from hub.operations import life
from hub.operations.frame import Frame
from hub.operations.life import Beginning
from hub.town.town import Town
from tests.hub.destruction.endings import LATER, destroyed
from tests.hub.destruction.test_report import answer
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

RETURNS = LATER + timedelta(days=2)


def alerts(place: Place) -> list[str]:
    with place.engine.begin() as connection:
        return [f"{each.what} {each.detail}" for each in of_hub.brought_back(connection, "demo")]


def ended_and_destroyed(place: Place) -> None:
    with place.engine.begin() as connection:
        publish_policy(place.town, connection, NOW)
    destroyed(place)


def another_card(place: Place, gate: str) -> bool:
    with place.engine.begin() as connection:
        return at_gates.ask_another_card(connection, town="demo", gate=gate, now=RETURNS)


def test_receipts_of_a_destruction_that_a_restored_hub_does_not_know_are_an_alert_until_it_is_done_again(
    place: Place,
) -> None:
    gate = place.gates["east"]
    gate.keep(Kind.ORDER_RECEIVED, OrderReceived(order="o-77", result="done", detail="0000 of a picture"), NOW)
    send(place, gate)
    assert alerts(place) == []
    said = OrderReceived(order="o-78", result="done", detail="records 3, values 9, pictures 0, vehicles 1, files 0")
    gate.keep(Kind.ORDER_RECEIVED, said, NOW)
    send(place, gate)
    assert alerts(place) == [f"{AlertKind.BROUGHT_BACK} east"]
    destroyed(place)
    assert alerts(place) == []


def test_receipts_of_its_own_destruction_are_none(place: Place) -> None:
    destroyed(place)
    answer(place, "east")
    assert alerts(place) == []


def test_another_card_of_a_gate_that_had_destroyed_is_asked_once_more(place: Place) -> None:
    ended_and_destroyed(place)
    assert not another_card(place, "east"), "its first order is still out"
    answer(place, "east")
    assert another_card(place, "east")
    assert not another_card(place, "east")
    assert sum(row["gate"] == "east" and row["kind"] == "destroy" for row in table(place, "orders")) == 2
    (row,) = table(place, "destructions")
    with place.engine.begin() as connection:
        states = {each.gate: each.state for each in at_gates.receipts(connection, "demo", row["id"], RETURNS)}
    assert states["east"] == "sent"


def test_nothing_of_the_next_operation_is_destroyed_for_a_card_of_the_last(place: Place) -> None:
    ended_and_destroyed(place)
    answer(place, "east")
    with place.engine.begin() as connection:
        life.end(Town.open(place.folder), connection, reason="解除", by="cli", now=RETURNS)
        frame = Frame("县政府", "令2号", "设卡", "全镇")
        made = Beginning("forest_fire", frame, RETURNS, RETURNS + timedelta(days=10))
        life.start(Town.open(place.folder), connection, made, by="cli", now=RETURNS)
    with place.engine.begin() as connection:
        publish_policy(Town.open(place.folder), connection, RETURNS)
    assert not another_card(place, "east")
