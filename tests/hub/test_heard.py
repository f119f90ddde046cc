"""What a gate says of itself, as the hub takes it down: late Wills change nothing, of this card or of the one before."""

import pytest

from edge.contract.messages import State
from hub.gates.heard import heard_state

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
    expected = {"online": state.online, "conn": state.conn} if taken else {}
    assert heard_state(state, 3, CARD) == expected


def test_the_first_word_of_a_gate_counts_whatever_its_card_is() -> None:
    assert heard_state(said(True, 1, CARD), 0, None) == {"online": True, "conn": 1}
