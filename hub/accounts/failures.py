"""Failed sign-ins in the audit: the login that was typed, and the address; never the password, and never more rows than can be read.

What fails again from the same cause (a name, an address) within a quarter of an hour is counted (`audit_counts`): a row when it begins, a
row with the sum when it is over. New counts are limited to `ROWS`; beyond that one count has all the rest. A name stands in a row only if somebody bears it: what was typed might be a password in the wrong field, so of
other names a keyed digest is kept, by which the same one is known again.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import audit_counts, counting, store
from hub.accounts.counting import Rule

ACTION = "sign-in failed"
NOBODY = "nobody"
"""Whom the audit names as the user where nobody signed in."""
ROWS = Rule(free=60, first=60, longest=60, leak=60)
"""New counts: sixty at once, then one a minute."""


def note(connection: Connection, secret: str, login: str, address: str, now: datetime) -> None:
    """Writes a row about a failed sign-in, or counts it where one like it stands."""
    audit_counts.close(connection, now)
    when = now.timestamp()
    user = store.find_login(connection, login)
    mark = counting.name(secret, "typed", login)[:8]
    about = f"users/{user.id}" if user is not None else "users/unknown"
    detail: dict[str, str | int] = {"login": login if user is not None else f"? {mark}", "address": address[:64]}
    cause = counting.name(secret, "failed", login, address)
    if audit_counts.again(connection, cause, now):
        return
    budget = counting.name(secret, "failures")
    held = counting.found(connection, (budget,))[budget]
    if held.wait(when):
        rest = counting.name(secret, "failed-rest")
        if not audit_counts.again(connection, rest, now):
            _begin(connection, rest, "users/unknown", {"login": "…", "address": "…"}, now)
        return
    counting.keep(connection, {budget: held.one_more(ROWS, when)})
    _begin(connection, cause, about, detail, now)


def _begin(connection: Connection, cause: str, about: str, detail: dict[str, str | int], now: datetime) -> None:
    audit_counts.begin(connection, cause, user=NOBODY, action=ACTION, object=about, detail=detail, now=now)
