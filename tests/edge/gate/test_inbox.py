"""Events in their order, and an answer for who waits for one."""

import threading
from collections.abc import Callable

import pytest

from edge.gate.inbox import Inbox
from edge.lane.events import Event, HelpGiven, HelpPressed


def taking(into: list[Event], answer: bool = True) -> Callable[[Event], bool]:
    def take(event: Event) -> bool:
        into.append(event)
        return answer

    return take


def test_events_are_answered_in_the_order_in_which_they_came() -> None:
    inbox, taken = Inbox(), list[Event]()
    inbox.post(HelpPressed("1"))
    inbox.post(HelpGiven("1"))
    while inbox.answer_next(taking(taken), 0):
        pass
    assert taken == [HelpPressed("1"), HelpGiven("1")]


def test_an_empty_inbox_says_so_after_a_while() -> None:
    assert not Inbox().answer_next(taking([]), 0.01)


@pytest.mark.parametrize("answer", [True, False])
def test_who_asks_has_the_answer_of_the_loop(answer: bool) -> None:
    inbox, taken = Inbox(), list[Event]()
    loop = threading.Thread(target=inbox.answer_next, args=(taking(taken, answer), 5.0))
    loop.start()
    assert inbox.ask(HelpPressed("1")) is answer
    loop.join()
    assert taken == [HelpPressed("1")]


def test_what_nobody_waits_for_any_more_is_dropped() -> None:
    inbox, taken = Inbox(), list[Event]()
    with pytest.raises(TimeoutError):
        inbox.ask(HelpPressed("1"), patience=0.01)
    assert inbox.answer_next(taking(taken), 0)
    assert taken == []
