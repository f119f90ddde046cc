"""What a gate says of itself, as the hub takes it down: late Wills change nothing, of this card or of the one before."""

from typing import Any

import pytest

from edge.contract.facts import ClockTrust
from edge.contract.messages import Hello, State
from edge.contract.records import ZERO_HASH
from hub.gates.status_words import hello_columns, state_columns

CARD, OLD = "a" * 32, "b" * 32


def said(online: bool, conn: int, epoch: str | None) -> State:
    return State(online=online, conn=conn, at="2026-03-01T08:00:00.000Z", epoch=epoch)


@pytest.mark.parametrize(
    ("state", "taken"),
    [
        (said(False, 3, CARD), True),
        (said(False, 4, CARD), True),
        (said(False, 2, CARD), False),  # a connection that has a successor
        (said(False, 50, OLD), False),  # the card before had counted further
        (said(True, 50, OLD), False),
        (said(False, 3, None), True),  # a gate of an older version does not say whose connection it was
        (said(False, 2, None), False),
    ],
)
def test_a_word_counts_if_it_is_of_this_card_and_not_of_an_older_connection(state: State, taken: bool) -> None:
    heard = state_columns(state, 3, CARD)
    assert heard == ({"online": state.online, **({"conn": state.conn} if state.epoch else {})} if taken else {})


def test_the_first_word_of_a_gate_counts_whatever_its_card_is() -> None:
    assert state_columns(said(True, 1, CARD), 0, None) == {"online": True, "conn": 1}


HUGE = 2**53 - 1


def after(*words: State | Hello) -> dict[str, Any]:
    """What the hub knows of a gate after these words, as the listener gathers it."""
    known: dict[str, Any] = {"conn": 0, "epoch": None}
    for word in words:
        if isinstance(word, Hello):
            known |= hello_columns(word, known["epoch"])
        else:
            known |= state_columns(word, known["conn"], known["epoch"])
    return known


HELLO = Hello(
    town="demo", gate="east", epoch=CARD, oldest=1, head=0, acked=0, head_hash=ZERO_HASH, boot="00", clock=ClockTrust.SYNCED,
    policy=None, passlist=None, sighting=0, software="1",
)  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [
        (HELLO, said(True, HUGE, None)),
        (said(True, HUGE, None), HELLO),
        (said(True, HUGE, OLD), HELLO),
        (said(True, HUGE, None), said(True, 4, CARD), HELLO, said(False, HUGE, None)),
        (HELLO, said(True, 4, CARD), said(True, HUGE, None), HELLO),
    ],
    ids=["after the hello", "before the first hello", "of another card", "around it", "between two"],
)
def test_a_retained_word_with_a_huge_number_makes_no_true_one_late(before: tuple[State | Hello, ...]) -> None:
    """Whatever lay at the broker: the gate's next connection, and its end, are believed."""
    assert after(*before, said(True, 5, CARD))["online"] is True
    known = after(*before, said(True, 5, CARD), said(False, 5, CARD))
    assert (known["online"], known["conn"]) == (False, 5)
