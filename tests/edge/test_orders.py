"""A command of the hub is done once at most, and what became of it is a record before anything is done."""

from dataclasses import replace
from datetime import timedelta

from edge.contract.messages import Command
from edge.contract.records import Clock, Kind, OrderReceived, wall_text
from edge.events import CommandDone, CommandsCame, OrderConfirmed, SignedOn
from edge.memory import Past
from edge.orders import Orders
from tests.edge.gates import NOW, TestTown

ORDER = Command(
    id="o-1",
    kind="order",
    issued=wall_text(NOW),
    expires=wall_text(NOW + timedelta(hours=1)),
    zh="收队",
    en="Stand down",
)
PICTURE = ORDER.model_copy(update={"id": "c-2", "kind": "picture", "visit": "ab" * 16})


class Desk:
    """The orders of a gate whose journal is a list; `full`: it takes nothing."""

    def __init__(self, answered=None, errands=None):
        self.said: list[tuple[str, str, str | None]] = []
        self.full = False
        self.now, self.clock = NOW, Clock.SYNCED
        self.orders = Orders(
            self._keep, now=lambda: self.now, clock=lambda: self.clock, answered=answered or {}, errands=errands or {}
        )

    def _keep(self, keep):
        if self.full:
            return False
        body = keep.body
        assert isinstance(body, OrderReceived)
        assert keep.kind is Kind.ORDER_RECEIVED
        self.said.append((body.order, body.result, body.officer))
        return True

    def come(self, *commands: Command) -> bool:
        return self.orders.answer(CommandsCame(commands), None)


def test_an_order_is_shown_and_then_confirmed_by_the_officer_on_shift() -> None:
    desk = Desk()
    assert desk.come(ORDER)
    assert desk.orders.open == (ORDER,)
    assert desk.orders.answer(OrderConfirmed("o-1"), "u-2")
    assert desk.orders.open == ()
    assert desk.said == [("o-1", "shown", None), ("o-1", "received", "u-2")]
    assert not desk.orders.answer(OrderConfirmed("o-1"), "u-2"), "once is enough"


def test_an_order_that_comes_again_is_answered_once() -> None:
    desk = Desk()
    for _ in range(3):
        desk.come(ORDER)
    assert desk.said == [("o-1", "shown", None)]


def test_a_confirmed_order_stays_confirmed_over_a_restart() -> None:
    desk = Desk(answered={"o-1": "received"})
    desk.come(ORDER)
    assert (desk.orders.open, desk.said) == ((), [])


def test_an_order_that_was_only_shown_is_shown_again_after_a_restart() -> None:
    desk = Desk(answered={"o-1": "shown"})
    desk.come(ORDER)
    assert (desk.orders.open, desk.said) == ((ORDER,), [])


def test_a_cancelled_order_leaves_the_screen() -> None:
    desk = Desk()
    desk.come(ORDER)
    desk.come()
    assert desk.orders.open == ()
    assert not desk.orders.answer(OrderConfirmed("o-1"), "u-2")


def test_what_comes_too_late_is_not_shown_unless_the_clock_proves_nothing() -> None:
    desk = Desk()
    desk.now += timedelta(hours=2)
    desk.come(ORDER)
    assert desk.said == [("o-1", "expired", None)]
    lost = Desk()
    lost.now, lost.clock = NOW + timedelta(days=400), Clock.UNSYNCED
    lost.come(ORDER)
    assert lost.orders.open == (ORDER,)


def test_a_picture_is_begun_once_whatever_happens_after_the_record() -> None:
    begun: list[Command] = []
    desk = Desk(errands={"picture": begun.append})
    desk.come(PICTURE)
    desk.come(PICTURE)
    assert begun == [PICTURE]
    assert desk.orders.answer(CommandDone("c-2"), None)
    assert [result for _, result, _ in desk.said] == ["started", "done"]
    after_a_power_cut = Desk(answered={"c-2": "started"}, errands={"picture": begun.append})
    after_a_power_cut.come(PICTURE)
    assert begun == [PICTURE], "it may have been done"
    assert after_a_power_cut.said == [("c-2", "failed", None)]


def test_nothing_is_begun_that_the_journal_could_not_take() -> None:
    begun: list[Command] = []
    desk = Desk(errands={"picture": begun.append})
    desk.full = True
    assert not desk.come(ORDER, PICTURE)
    assert (begun, desk.orders.open) == ([], ())
    desk.full = False
    desk.come(ORDER, PICTURE)
    assert (begun, desk.orders.open) == ([PICTURE], (ORDER,))


def test_an_errand_that_breaks_is_told_as_failed() -> None:
    def broken(_command: Command) -> None:
        raise OSError

    desk = Desk(errands={"picture": broken})
    desk.come(PICTURE)
    assert [result for _, result, _ in desk.said] == ["started", "failed"]


def test_a_command_from_the_future_is_answered_too() -> None:
    desk = Desk()
    desk.come(ORDER.model_copy(update={"kind": "dance"}))
    assert desk.said == [("o-1", "unsupported", None)]


def test_the_gates_view_shows_orders_until_they_are_confirmed() -> None:
    town = TestTown()
    town.gate.handle(SignedOn("u-2"))
    town.gate.handle(CommandsCame((ORDER,)))
    assert town.gate.view.orders == (ORDER,)
    assert town.gate.handle(OrderConfirmed("o-1"))
    assert town.gate.view.orders == ()
    answers = town.journal.bodies(Kind.ORDER_RECEIVED)
    assert answers == [
        OrderReceived(order="o-1", result="shown"),
        OrderReceived(order="o-1", result="received", officer="u-2"),
    ]


def test_the_journal_remembers_what_was_answered() -> None:
    past = replace(Past(), answered={"o-1": "received"})
    town = TestTown(past=past)
    town.gate.handle(CommandsCame((ORDER,)))
    assert town.gate.view.orders == ()
