"""Turns a gate's hello, state and health into the columns of its status. Pure."""

from collections.abc import Mapping
from typing import Any

from edge.contract.messages import Health, Hello, State

Columns = Mapping[str, Any]


def state_columns(state: State, last_number: int, known_epoch: str | None) -> Columns:
    """Online or offline; nothing from a connection older than the last one known (a Will that comes late).

    A card counts its connections from 1: what is said of another card than the one of the last hello is nothing either. It is
    a late word of the card before, or the first one of a new card, whose hello follows. Gates of an older version say no epoch: such
    a word is believed, but it counts no connections of a card that is known, for it may be of any other (a retained one outlives its card).
    """
    if known_epoch is not None and state.epoch not in (None, known_epoch):
        return {}
    if state.conn < last_number:
        return {}
    counts = known_epoch is None or state.epoch is not None
    return {"online": state.online, **({"conn": state.conn} if counts else {})}


def hello_columns(hello: Hello, known_epoch: str | None) -> Columns:
    """A gate that says hello is online. Its connections are counted from the beginning with its first hello, and in another epoch (a new card)."""
    anew = {} if known_epoch == hello.epoch else {"conn": 0}
    return {"online": True, "hello": hello.encode().decode(), "epoch": hello.epoch, **anew}


def health_columns(health: Health, at: str) -> Columns:
    """The gate's last health, and when it came."""
    return {"health": health.encode().decode(), "health_at": at}
