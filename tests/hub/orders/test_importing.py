"""Orders from a list: looked at first; all are sent, or none; sent again they change nothing."""

import pytest
from sqlalchemy import insert

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.database.schema import gates
from tests.hub.consoles import Browser, console, text_of
from tests.hub.imports.pages import look, take
from tests.hub.ledgers import table
from tests.hub.orders.villages import settle_villages
from tests.hub.towns import NOW, Place

PAGE = "/orders/import"
HEAD = "中文,英文,卡口,村,失效时间,回执时限,紧急,播报,逐人确认\n"
GOOD = "雨大、缩短排队,,全部,东村,2026-03-02 08:00,2026-03-01 21:00,是,是,\n"


@pytest.fixture
def desk(place: Place) -> Place:
    with place.engine.begin() as connection:
        settle_villages(connection)
    return place


def test_orders_are_previewed_then_sent_and_the_same_list_again_sends_none(desk: Place) -> None:
    lines = HEAD + GOOD + ",Count the sprayers,西门 East,,2026-03-02 08:00,,,,yes\n"
    with console(desk) as app:
        boss = Browser(app, Role.SUPERVISOR)
        assert "Every row is right: 2 new, 0 known already." in look(boss, PAGE, lines)[1]
        assert table(desk, "dispatches") == []
        shown = take(boss, PAGE, lines)
        assert "Imported: 2 rows." in shown
        assert "Count the sprayers" in shown
        status, words, kept = look(boss, PAGE, lines)
        assert (status, kept) == (200, "")
        assert "0 new, 2 known already" in words
        assert "Imported orders" in text_of(Browser(app, Role.ADMIN).open("/audit"))
        exported = boss.send("/exports/orders", {"format": "csv", "header": "zh"}, page=PAGE).text
    sent = {each["zh"]: each for each in table(desk, "dispatches")}
    first = sent["雨大、缩短排队"]
    assert (first["urgent"], first["aloud"], first["every_officer"], first["expires_at"]) == (
        1,
        1,
        0,
        "2026-03-02T00:00:00.000Z",
    )
    assert {(each["dispatch"], each["unit"]) for each in table(desk, "village_orders")} == {(first["id"], "dongcun")}
    second = sent["Count the sprayers"]["id"]
    assert {each["gate"] for each in table(desk, "orders") if each["dispatch"] == second} == {"east", "west"}
    assert "Count the sprayers" in exported


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("停,,南门X,,2026-03-02 08:00,,,,\n", "gate '南门X': there is no such gate"),
        ("停,,east,北村,2026-03-02 08:00,,,,\n", "village '北村': there is no such village"),
        (",,east,,2026-03-02 08:00,,,,\n", "order: expected a text"),
        ("停,,,,2026-03-02 08:00,,,,\n", "order: expected a gate"),
        ("停,,east,,2026-03-01 08:00,,,,\n", "that time is over"),
        ("停,,east,,soon,,,,\n", "time 'soon': expected such as 2026-03-01 08:30"),
        ("停,,east,,2026-05-01 08:00,,,,\n", "at most 31 days"),
        ("停,,east,,2026-03-02 08:00,2026-03-03 08:00,,,\n", "due before the order expires"),
        ("停,,east,,2026-03-02 08:00,,perhaps,,\n", "expected yes or no"),
        (GOOD, "this order stands in this list twice"),
        ("停,,gone,,2026-03-02 08:00,,,,\n", "gate 'gone': it is retired and gets no orders"),
    ],
)
def test_a_bad_row_is_one_line_and_nothing_is_sent(desk: Place, row: str, line: str) -> None:
    retire(desk)
    with console(desk) as app:
        status, words, kept = look(Browser(app, Role.SUPERVISOR), PAGE, HEAD + GOOD + row)
    assert (status, kept) == (400, "")
    assert line in words
    assert table(desk, "dispatches") == []


def retire(desk: Place) -> None:
    there = table(desk, "gates")[0]
    gone = {**there, "gate": "gone", "number": 99, "retired_at": wall_text(NOW)}
    with desk.engine.begin() as connection:
        connection.execute(insert(gates).values(**gone))
