"""Orders: what a gate is to do is derived from what was sent, taken back, answered and what time it is."""

from datetime import timedelta

import pytest

from edge.contract.commands import Answered, CommandKind
from edge.contract.facts import Kind, OrderReceived
from hub import cli
from hub.accounts.roles import Role
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.ledger.projections.rebuild import rebuild
from hub.orders import pending as wanted_of
from hub.orders import store
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, send, table
from tests.hub.towns import NOW, Place

HOUR = timedelta(hours=1)


def order(place: Place, *to: str, **values: object) -> tuple[str, ...]:
    wanted = {"kind": CommandKind.ORDER, "zh": "收队", "lasts": HOUR, "by": "u-1", "now": NOW, **values}
    with place.engine.begin() as connection:
        return store.send(connection, town="demo", to=to or ("east",), **wanted)  # type: ignore[arg-type]  # any argument


def wanted(place: Place, gate: str = "east", at: timedelta = timedelta(0)) -> list[str]:
    with place.engine.begin() as connection:
        return [each.id for each in store.pending(connection, "demo", gate, NOW + at)]


def answered(place: Place, id_: str, result: str, officer: str | None = None) -> None:
    gate = place.gates["east"]
    gate.keep(Kind.ORDER_RECEIVED, OrderReceived(order=id_, result=result, officer=officer), NOW)
    send(place, gate)


def test_an_order_is_wanted_until_its_last_answer_is_in_the_ledger(place: Place) -> None:
    (id_,) = order(place)
    assert wanted(place) == [id_]
    assert wanted(place, "west") == []
    answered(place, id_, "shown")
    assert wanted(place) == [id_]
    answered(place, id_, "received", "u-3")
    assert wanted(place) == []
    with place.engine.begin() as connection:
        found = store.find(connection, "demo", id_)
    assert found is not None
    assert found.state(NOW) == "received"
    assert [(each.result, each.officer) for each in found.receipts] == [
        (Answered.RECEIVED, "u-3"), (Answered.SHOWN, None)
    ] or [(each.result, each.officer) for each in found.receipts] == [
        (Answered.SHOWN, None), (Answered.RECEIVED, "u-3")
    ]  # fmt: skip


def test_it_expires_and_can_be_taken_back(place: Place) -> None:
    one, other = order(place, "east", "west")
    assert wanted(place, at=HOUR) == []
    with place.engine.begin() as connection:
        store.cancel(connection, town="demo", id_=other, reason="not needed", by="u-1", now=NOW)
        with pytest.raises(HubError, match="cancelled already"):
            store.cancel(connection, town="demo", id_=other, reason="not needed", by="u-1", now=NOW)
        found = store.find(connection, "demo", one)
    assert wanted(place, "west") == []
    assert found is not None
    assert found.state(NOW + HOUR) == "expired"


@pytest.mark.parametrize(
    "wrong",
    [{"zh": " "}, {"zh": "x" * 501}, {"lasts": timedelta(0)}, {"lasts": timedelta(days=32)}],
)
def test_a_bad_order_is_refused_in_one_line(place: Place, wrong: dict[str, object]) -> None:
    with pytest.raises(HubError):
        order(place, **wrong)
    with pytest.raises(HubError, match="no such gate"):
        order(place, "nowhere")
    assert table(place, "orders") == []


def test_a_message_is_made_anew_only_when_what_is_wanted_has_changed_and_its_version_rises(place: Place) -> None:
    def told(at: timedelta = timedelta(0)) -> list[int]:
        with place.engine.begin() as connection:
            for gate in wanted_of.outdated(connection, "demo", NOW + at):
                wanted_of.publish(connection, "demo", gate, key=place.town.key, now=NOW + at)
            return [message.version for gate, message in signed_lists.commands(connection, "demo").items()]

    assert told() == []
    order(place)
    first = told()
    assert first == [int(NOW.timestamp() * 1000)]
    assert told() == first
    order(place)
    assert told() == [first[0] + 1], "the clock stands still, the version does not"
    assert told(HOUR) > [first[0] + 1]
    with place.engine.begin() as connection:
        assert signed_lists.commands(connection, "demo")["east"].commands().commands == ()


def test_receipts_are_derived_and_verified(place: Place) -> None:
    (id_,) = order(place)
    answered(place, id_, "shown")
    before = table(place, "receipts")
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert table(place, "receipts") == before
    assert check(place).entries == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_supervisor_sends_and_takes_back_on_the_page(place: Place, language: str) -> None:
    with console(place) as app:
        boss = Browser(app, Role.SUPERVISOR, language)
        form = {"to": ["east", "west"], "zh": "加强检查", "en": "Check closely", "hours": "12"}
        assert boss.send("/orders", form, page="/orders").status_code == 302
        shown = text_of(boss.open("/orders"))
        assert {"en": "Check closely", "zh": "加强检查"}[language] in shown
        assert {"en": "Waiting for receipts", "zh": "等待回执"}[language] in shown
        (id_,) = wanted(place)
        assert boss.send(f"/orders/{id_}/cancel", {"reason": "not needed"}, page="/orders").status_code == 302
        assert wanted(place) == []
        assert boss.send("/orders", {"to": [], "zh": "", "en": "", "hours": "12"}, page="/orders").status_code == 400


def test_one_tick_sends_to_every_gate(place: Place) -> None:
    with console(place) as app:
        form = {"to": ["*"], "zh": "收队", "hours": "12"}
        assert Browser(app, Role.SUPERVISOR).send("/orders", form, page="/orders").status_code == 302
    assert {row["gate"] for row in table(place, "orders")} == {row["gate"] for row in table(place, "gates")}


def test_an_officer_reads_orders_and_sends_none(place: Place) -> None:
    order(place)
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        assert "收队" in text_of(officer.open("/orders"))
        assert officer.send("/orders", {"to": "east", "zh": "x", "hours": "1"}, page="/orders").status_code == 403


def test_the_commands(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(place.folder)]
    assert cli.main([*data, "order", "send", "--to", "east", "--en", "Stand down"]) == 0
    id_ = capsys.readouterr().out.split()[1]
    assert cli.main([*data, "order", "list"]) == 0
    assert f"{id_} " in capsys.readouterr().out
    assert cli.main([*data, "order", "cancel", id_, "--reason", "not needed"]) == 0
    assert cli.main([*data, "order", "cancel", id_, "--reason", "not needed"]) == 1
    assert "cancelled already" in capsys.readouterr().err


def test_a_gate_of_which_nothing_is_wanted_is_told_nothing_again_and_again(place: Place) -> None:
    with place.engine.begin() as connection:
        assert wanted_of.outdated(connection, place.town.id, NOW) == []
