"""Orders in the browser: sent to gates and villages, found again, their receipts read, confirmed for a village, taken back."""

from datetime import timedelta

import pytest

from hub.accounts.roles import Role
from hub.organisation import changes
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.orders.test_dispatches import answers, sent
from tests.hub.orders.villages import settle_villages
from tests.hub.towns import NOW, Place

FORM = {
    "to": ["east"],
    "villages": ["dongcun"],
    "zh": "核对包村车辆",
    "hours": "4",
    "due": "15",
    "urgent": "y",
    "every_officer": "y",
}


@pytest.fixture(autouse=True)
def _villages(place: Place) -> None:
    with place.engine.begin() as connection:
        settle_villages(connection)


def test_an_order_goes_to_a_village_too_and_the_village_confirms_in_the_browser(place: Place) -> None:
    with console(place) as app:
        boss, officer = Browser(app, Role.SUPERVISOR), Browser(app, Role.OFFICER)
        assert boss.send("/orders", FORM, page="/orders").status_code == 302
        ((id_,),) = [(row["id"],) for row in table(place, "dispatches")]
        page = text_of(officer.open(f"/orders/{id_}"))
        assert "urgent" in page
        assert "each officer confirms" in page
        assert "Confirm for East village" in page
        form = {"unit": "dongcun", "note": "已通知"}
        assert officer.send(f"/orders/{id_}/confirm", form, page="/orders").status_code == 302
        page = text_of(officer.open(f"/orders/{id_}"))
        assert "王伟: 已通知" in page
        assert "in time" in page
        assert "Confirm for East village" not in page
        officer.send(f"/orders/{id_}/confirm", form, page="/orders")
        assert "you have confirmed it already" in text_of(officer.open(f"/orders/{id_}"))
        assert Browser(app, Role.VIEWER).send(f"/orders/{id_}/confirm", form, page="/orders").status_code == 403


def test_the_page_of_an_order_says_who_is_late_and_who_is_missing(place: Place) -> None:
    id_ = sent(place, "east", "west", "north")
    answers(place, id_, "east")
    answers(place, id_, "west", at=timedelta(minutes=40), late=True)
    with console(place, lambda: NOW + timedelta(minutes=45)) as app:
        page = text_of(Browser(app, Role.VIEWER).open(f"/orders/{id_}"))
        assert "Receipts missing" in page
        for words in ("in time", "late", "missing"):
            assert words in page
        assert "offline since" not in page, "of gates that never spoke nothing is said"
        chinese = text_of(Browser(app, Role.VIEWER, "zh").open(f"/orders/{id_}"))
        assert "迟到" in chinese
        assert "缺回执" in chinese


def test_an_order_is_taken_back_on_its_page_for_a_reason(place: Place) -> None:
    id_ = sent(place, "east", villages=("dongcun",))
    with console(place) as app:
        boss = Browser(app, Role.SUPERVISOR)
        boss.send(f"/orders/{id_}/cancel", {"reason": ""}, page="/orders")
        assert "expected why" in text_of(boss.open(f"/orders/{id_}"))
        boss.send(f"/orders/{id_}/cancel", {"reason": "改期"}, page="/orders")
        assert "李芳: 改期" in text_of(boss.open(f"/orders/{id_}"))
        assert boss.open("/orders/d-0").status_code == 404


def test_the_list_is_searched_and_walked(place: Place) -> None:
    for number in range(45):
        sent(place, "east", zh=f"第{number}号指令", now=NOW + timedelta(seconds=number))
    with console(place) as app:
        viewer = Browser(app, Role.VIEWER, "zh")
        first = viewer.open("/orders?state=waiting")
        assert "第44号指令" in text_of(first)
        assert "第3号指令" not in text_of(first)
        (older,) = {part.partition('"')[0] for part in first.text.split('rel="next" href="')[1:]}
        assert "第3号指令" in text_of(viewer.open(older.replace("&amp;", "&")))
        assert "第7号指令" in text_of(viewer.open("/orders?search=第7号&since=2026-03-01&until=2026-03-02"))
        assert "没有符合条件的指令" in text_of(viewer.open("/orders?search=没有"))
        assert viewer.open("/orders?state=nowhere").status_code == 400
        assert viewer.open("/orders?recipient=gate%2Fnowhere").status_code == 400


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"to": [], "villages": []}, "Choose a gate or a village."),
        ({"hours": "1", "due": "240"}, "The order expires before its receipts are due."),
        ({"villages": ["beicun"]}, "not a valid choice"),
        ({"zh": ""}, "Write the order, in one language at least."),
    ],
)
def test_a_form_that_is_wrong_says_where_and_sends_nothing(place: Place, wrong: dict[str, object], why: str) -> None:
    with console(place) as app:
        answer = Browser(app, Role.SUPERVISOR).send("/orders", {**FORM, **wrong}, page="/orders")
    assert answer.status_code == 400
    assert why in text_of(answer)
    assert table(place, "dispatches") == []


def test_an_account_of_one_village_reads_and_confirms_the_orders_to_its_village_alone(place: Place) -> None:
    mine, other = sent(place, "east", villages=("dongcun",)), sent(place, villages=("xicun",), zh="与东村无关")
    officer = place.users[Role.OFFICER]
    with place.engine.begin() as connection:
        changes.put_user(connection, town="demo", user=officer, unit="dongcun", confined=True, by="u-5", now=NOW)
    with console(place) as app:
        village = Browser(app, Role.OFFICER)
        page = text_of(village.open("/orders/mine"))
        assert "收队" in page
        assert "与东村无关" not in page
        order = text_of(Browser(app, Role.OFFICER, "zh").open(f"/orders/{mine}"))
        assert "东村" in order
        assert "东门" not in order, "other recipients are none of its business"
        assert village.open(f"/orders/{other}").status_code == 404
        assert village.send(f"/orders/{other}/confirm", {"unit": "xicun"}, page="/orders/mine").status_code == 404
        answer = village.send(f"/orders/{mine}/confirm", {"unit": "dongcun", "note": "已通知"}, page="/orders/mine")
        assert answer.location == "/orders/mine"
        assert "王伟" in text_of(village.open("/orders/mine"))
    (row,) = table(place, "village_receipts")
    assert (row["unit"], row["user"]) == ("dongcun", officer)
