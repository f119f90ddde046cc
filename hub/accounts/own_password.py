"""Asks users for their own password before they change what it guards: a browser that stands open at the post is no proof of who sits there.

Attempts are counted as those to sign in are (`hub.accounts.counting`). Tested in `tests/hub/accounts/test_users.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Engine

from hub.accounts import counting, store
from hub.accounts.counting import Rule, Tally
from hub.accounts.hashing import Turns
from hub.accounts.sign_in import Wait, Wrong
from hub.accounts.store import User

RULE = Rule(free=5, first=60, longest=300, leak=600)


def check(
    reading: Engine, writing: Engine, *, secret: str, turns: Turns, user: User, password: str, now: datetime
) -> Wrong | Wait | None:
    """Returns None if it is the user's password, else what it is; `BusyError` if too many sign in at once."""
    name, when = counting.name(secret, "own password", user.id), now.timestamp()
    with turns.inside():
        with writing.begin() as connection:
            held = counting.found(connection, (name,))[name]
            if wait := held.wait(when):
                return Wait(wait)
            counting.keep(connection, {name: held.one_more(RULE, when)}, user.id)
        with turns.turn(), reading.connect() as connection:
            right = store.authenticate(connection, user.login, password) is not None
        if right:
            with writing.begin() as connection:
                counting.keep(connection, {name: Tally(at=when)}, user.id)
    return None if right else Wrong()
