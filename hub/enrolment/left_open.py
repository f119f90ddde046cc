"""What a user who is to be disabled leaves open: shown before, so that somebody takes it over.

Tested in `tests/hub/accounts/test_users.py`.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import sessions
from hub.accounts.roles import SIGNS_ON
from hub.accounts.store import User
from hub.gates.status import Freshness, every_gate
from hub.orders import store as orders
from hub.orders.store import Order
from hub.passes.store import count_valid_of
from hub.shifts.store import on_duty
from hub.tokens import store as tokens
from hub.tokens.store import Token
from hub.town.town import Town


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """What is open of a user."""

    duty_since: str | None
    """On duty at the post, since when; None: not on duty."""
    signed_on: tuple[str, ...]
    """The gates at which the user is signed on, as they last said."""
    sessions: int
    orders: tuple[Order, ...]
    """Orders that the user sent, and that still hold."""
    passes: int
    """Valid passes that the user issued: they stay valid."""
    pin_away: tuple[str, ...]
    """Gates that have the user's PIN and do not answer: until they do, it counts there."""
    tokens: tuple[Token, ...]
    """Tokens of the API that the user made: they stop to work."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def left_open(town: Town, connection: Connection, user: User, now: datetime) -> LeftOpen:
    """What is open of a user at this moment."""
    gates = every_gate(connection, town.id)
    duty = next((each for each in on_duty(connection, town.id) if each.user == user.id), None)
    has_pin = user.pin is not None and user.role in SIGNS_ON and not user.disabled
    away = [
        each.gate
        for each in gates
        if has_pin and (user.gates is None or each.gate in user.gates) and each.freshness(now) is not Freshness.LIVE
    ]
    return LeftOpen(
        duty_since=None if duty is None else duty.started_at,
        signed_on=tuple(each.gate for each in gates if each.health is not None and each.health.officer == user.id),
        sessions=len(sessions.open_of(connection, user.id, now)),
        orders=tuple(orders.running_of(connection, town.id, user.id, now)),
        passes=count_valid_of(connection, town.id, user.id, now),
        pin_away=tuple(away),
        tokens=tuple(tokens.working_of(connection, town.id, user.id, now)),
    )
