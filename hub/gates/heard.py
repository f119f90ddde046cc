"""What a gate says of itself, hello, state, health -> the columns of its status. Pure."""

from collections.abc import Mapping
from typing import Any

from edge.contract.messages import Health, Hello, State

Columns = Mapping[str, Any]


def heard_state(state: State, last_number: int, known_epoch: str | None) -> Columns:
    """Online or offline; nothing from a connection older than the last one heard of (a Will that comes late).

    A card counts its connections from 1: what is said of another card than the one of the last hello is nothing either. It is
    a late word of the card before, or the first one of a new card, whose hello follows. (Gates of an older version say no epoch.)
    """
    other = None not in (state.epoch, known_epoch) and state.epoch != known_epoch
    return {} if other or state.conn < last_number else {"online": state.online, "conn": state.conn}


def heard_hello(hello: Hello, known_epoch: str | None) -> Columns:
    """A gate that says hello is online. In another epoch (a new card) its connections are counted from the beginning."""
    anew = {} if known_epoch in (None, hello.epoch) else {"conn": 0}
    return {"online": True, "hello": hello.encode().decode(), "epoch": hello.epoch, **anew}


def heard_health(health: Health, at: str) -> Columns:
    """The gate's last health, and when it came."""
    return {"health": health.encode().decode(), "health_at": at}
