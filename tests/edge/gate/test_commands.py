"""A command of the hub is done once at most, and what became of it is a record before anything is done."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.contract.commands import Command
from edge.contract.facts import ClockTrust, Kind, OrderReceived
from edge.contract.records import wall_text
from edge.gate.commands import Errand, Orders
from edge.gate.recovery import Past
from edge.journal.outbox import NewRecord
from edge.lane.actions import Keep
from edge.lane.events import CommandDone, CommandsCame, OrderConfirmed, SignedOn
from edge.unit.parts import remember
from tests.contract.samples import HUB_KEY
from tests.edge.gates import NOW, TestTown
from tests.edge.journals import ack, keep_shifts, open_journal

ORDER = Command(
    id="o-1",
    kind="order",
    issued=wall_text(NOW),
    expires=wall_text(NOW + timedelta(hours=1)),
    zh="收队",
    en="Stand down",
)
PICTURE = ORDER.model_copy(update={"id": "c-2", "kind": "picture", "visit": "ab" * 16})

EVERY = ORDER.model_copy(update={"every_officer": True})


class Desk:
    """The orders of a gate whose journal is a list; `full`: it takes nothing."""

    def __init__(
        self,
        answered: Mapping[str, str] | None = None,
        errands: Mapping[str, Errand] | None = None,
    ) -> None:
        self.said: list[tuple[str, str, str | None]] = []
        self.late: list[bool | None] = []
        self.full = False
        self.now, self.clock = NOW, ClockTrust.SYNCED
        self.orders = Orders(
            self._keep, now=lambda: self.now, clock=lambda: self.clock, answered=answered or {}, errands=errands or {}
        )

    def _keep(self, keep: Keep) -> bool:
        if self.full:
            return False
        body = keep.body
        assert isinstance(body, OrderReceived)
        assert keep.kind is Kind.ORDER_RECEIVED
        self.said.append((body.order, body.result, body.officer))
        self.late.append(body.late)
        return True

    def come(self, *commands: Command) -> bool:
        return self.orders.answer(CommandsCame(commands), None)


def test_an_order_is_shown_and_then_confirmed_by_the_officer_on_shift() -> None:
    desk = Desk()
    assert desk.come(ORDER)
    assert desk.orders.open_for("u-2") == (ORDER,)
    assert desk.orders.answer(OrderConfirmed("o-1"), "u-2")
    assert not desk.orders.open_for("u-2")
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
    assert (desk.orders.open_for("u-2"), desk.said) == ((), [])


def test_an_order_that_was_only_shown_is_shown_again_after_a_restart() -> None:
    desk = Desk(answered={"o-1": "shown"})
    desk.come(ORDER)
    assert (desk.orders.open_for("u-2"), desk.said) == ((ORDER,), [])


def test_a_cancelled_order_leaves_the_screen() -> None:
    desk = Desk()
    desk.come(ORDER)
    desk.come()
    assert not desk.orders.open_for("u-2")
    assert not desk.orders.answer(OrderConfirmed("o-1"), "u-2")


def test_what_comes_too_late_is_not_shown_unless_the_clock_proves_nothing() -> None:
    desk = Desk()
    desk.now += timedelta(hours=2)
    desk.come(ORDER)
    assert desk.said == [("o-1", "expired", None)]
    lost = Desk()
    lost.now, lost.clock = NOW + timedelta(days=400), ClockTrust.UNSYNCED
    lost.come(ORDER)
    assert lost.orders.open_for("u-2") == (ORDER,)


def test_a_receipt_says_whether_it_is_late_by_a_clock_that_proves_something() -> None:
    due = ORDER.model_copy(update={"due": wall_text(NOW + timedelta(minutes=10))})
    desk = Desk()
    desk.come(due)
    desk.now += timedelta(minutes=11)
    desk.orders.answer(OrderConfirmed("o-1"), "u-2")
    assert desk.late == [False, True]
    lost = Desk()
    lost.now, lost.clock = NOW + timedelta(minutes=11), ClockTrust.UNSYNCED
    lost.come(due)
    assert lost.late == [None]
    assert Desk().come(ORDER)


def test_an_order_to_every_officer_waits_for_each_who_comes_on_shift() -> None:
    desk = Desk()
    desk.come(EVERY)
    assert desk.orders.answer(OrderConfirmed("o-1"), "u-2")
    assert (desk.orders.open_for("u-2"), desk.orders.confirmed("u-2")) == ((), (EVERY,))
    assert not desk.orders.answer(OrderConfirmed("o-1"), "u-2"), "each once"
    assert desk.orders.answer(OrderConfirmed("o-1", "u-4"), "u-2"), "another who is there, by name"
    assert desk.orders.open_for("u-3") == (EVERY,)
    assert desk.orders.answer(OrderConfirmed("o-1"), "u-3")
    assert [officer for _, result, officer in desk.said if result == "received"] == ["u-2", "u-4", "u-3"]
    desk.now += timedelta(hours=2)
    assert (desk.orders.open_for("u-5"), desk.orders.confirmed("u-2")) == ((), ())


def test_urgent_orders_come_first() -> None:
    desk = Desk()
    urgent = ORDER.model_copy(update={"id": "o-9", "issued": wall_text(NOW + timedelta(minutes=1)), "urgent": True})
    desk.come(ORDER, urgent)
    assert desk.orders.open_for(None) == (urgent, ORDER)


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
    assert (begun, desk.orders.open_for("u-2")) == ([], ())
    desk.full = False
    desk.come(ORDER, PICTURE)
    assert (begun, desk.orders.open_for("u-2")) == ([PICTURE], (ORDER,))


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
    assert not town.gate.view.orders
    answers = town.journal.bodies(Kind.ORDER_RECEIVED)
    assert answers == [
        OrderReceived(order="o-1", result="shown"),
        OrderReceived(order="o-1", result="received", officer="u-2"),
    ]


def test_the_journal_remembers_what_was_answered() -> None:
    past = replace(Past(), answered={"o-1": "received"})
    town = TestTown(past=past)
    town.gate.handle(CommandsCame((ORDER,)))
    assert not town.gate.view.orders


class Gate:
    """A gate's orders over its real journal; `restart` is the next run of its program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FixedClock(NOW)
        self.begun: list[str] = []
        self.start()

    def start(self) -> None:
        self.outbox = open_journal(self.folder, clock=self.clock)
        self.orders = Orders(
            self.keep,
            now=self.clock.now,
            clock=lambda: self.clock.at().clock,
            answered=remember(self.outbox).answered,
            errands={"picture": lambda command: self.begun.append(command.id)},
        )

    def keep(self, keep: Keep) -> bool:
        self.outbox.keep_all([NewRecord(keep.kind, keep.body, expires=keep.expires)])
        return True

    def restart(self) -> None:
        self.outbox.close()
        self.start()

    def come(self, *commands: Command) -> None:
        self.orders.answer(CommandsCame(commands), None)

    def answers(self) -> list[str]:
        bodies = [kept.record.body for kept in self.outbox.recent((Kind.ORDER_RECEIVED,), 10_000)]
        return [body.result for body in bodies if isinstance(body, OrderReceived)]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    found = Gate(tmp_path)
    yield found
    found.outbox.close()


def test_a_command_is_not_done_again_though_the_record_of_its_answer_is_pruned(gate: Gate) -> None:
    """A backup held the answer, the gate pruned it, and the hub came back from an older backup: it asks again."""
    gate.come(PICTURE, ORDER)
    gate.orders.answer(CommandDone(PICTURE.id), None)
    gate.orders.answer(OrderConfirmed(ORDER.id), "u-2")
    keep_shifts(gate.outbox, 3)
    gate.outbox.delivery.release(ack(gate.outbox, gate.outbox.head, backed_up=gate.outbox.head), HUB_KEY.public_key())
    gate.outbox.delivery.prune(keep=1)
    assert gate.answers() == []
    gate.restart()
    gate.come(PICTURE, ORDER)
    assert gate.begun == [PICTURE.id]
    assert gate.orders.open_for("u-2") == ()
    assert gate.answers() == []


def test_a_command_is_not_done_again_whatever_number_of_others_came_after_it(gate: Gate) -> None:
    gate.come(PICTURE)
    gate.orders.answer(CommandDone(PICTURE.id), None)
    others = [ORDER.model_copy(update={"id": f"x-{number}", "kind": "dance"}) for number in range(600)]
    gate.come(*others)
    gate.restart()
    gate.come(PICTURE)
    assert gate.begun == [PICTURE.id]


@pytest.mark.parametrize(
    ("later", "clock", "remembered"),
    [
        (timedelta(days=31), ClockTrust.SYNCED, True),  # expired, and yet an old message may still be about
        (timedelta(days=32), ClockTrust.SYNCED, False),
        (timedelta(days=400), ClockTrust.UNSYNCED, True),  # no proof that it has expired
        (timedelta(days=400), ClockTrust.RTC, True),
    ],
)
def test_an_answer_is_forgotten_only_long_after_its_command_has_expired(
    gate: Gate, later: timedelta, clock: ClockTrust, remembered: bool
) -> None:
    gate.come(ORDER)
    gate.orders.answer(OrderConfirmed(ORDER.id), "u-2")
    gate.clock.set(NOW + later)
    gate.clock.trust = clock
    gate.come(ORDER.model_copy(update={"id": "o-9", "expires": wall_text(NOW + later + timedelta(hours=1))}))
    before = {"o-1": "received", "o-1/u-2": "received"}
    assert gate.outbox.answered() == {"o-9": "shown"} | (before if remembered else {})


def test_an_answer_that_comes_after_a_command_was_cancelled_keeps_its_time(gate: Gate) -> None:
    gate.come(PICTURE)
    gate.come()
    gate.orders.answer(CommandDone(PICTURE.id), None)
    assert gate.outbox.answered() == {PICTURE.id: "done"}
    with sqlite3.connect(gate.folder / "journal.db") as journal:
        assert journal.execute("select expires from answered").fetchall() == [(PICTURE.expires,)]
    journal.close()


def test_a_journal_of_the_version_before_learns_what_it_has_answered(gate: Gate) -> None:
    gate.come(PICTURE)
    gate.orders.answer(CommandDone(PICTURE.id), None)
    gate.outbox.close()
    with sqlite3.connect(gate.folder / "journal.db") as journal:
        journal.executescript("drop table answered; pragma user_version = 1")
    journal.close()
    gate.start()
    assert gate.outbox.answered() == {PICTURE.id: "done"}
    gate.restart()
    gate.come(PICTURE)
    assert gate.begun == [PICTURE.id]
    assert gate.outbox.verify() is None


def test_who_has_confirmed_stays_known_over_a_restart(gate: Gate) -> None:
    gate.come(EVERY)
    gate.orders.answer(OrderConfirmed(EVERY.id), "u-2")
    gate.restart()
    gate.come(EVERY)
    assert gate.orders.open_for("u-2") == ()
    assert gate.orders.open_for("u-3") == (EVERY,)
    assert gate.answers() == ["shown", "received"]
