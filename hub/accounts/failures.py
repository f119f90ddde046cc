"""Failed sign-ins in the audit: the login that was typed, and the address; never the password, and never more rows than can be read.

A row counts what fails again from the same cause (a name, an address) within `SAME`. New rows are limited to `ROWS`; beyond that one
row counts all the rest. A name stands in a row only if somebody bears it: what was typed might be a password in the wrong field, so of
other names a keyed digest is kept, by which the same one is known again.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import audit, counting, store
from hub.accounts.counting import Rule, Tally

ACTION = "sign-in failed"
NOBODY = "nobody"
"""Whom the audit names as the user where nobody signed in."""
SAME = 900.0
"""Seconds for which failures of one cause are counted in one row."""
ROWS = Rule(free=60, first=60, longest=60, leak=60)
"""New rows: sixty at once, then one a minute."""


def note(connection: Connection, secret: str, login: str, address: str, now: datetime) -> None:
    """Writes a row about a failed sign-in, or counts up the row that stands."""
    when = now.timestamp()
    user = store.find_login(connection, login)
    mark = counting.name(secret, "typed", login)[:8]
    about = f"users/{user.id}" if user is not None else "users/unknown"
    detail: dict[str, str | int] = {"login": login if user is not None else f"? {mark}", "address": address[:64]}
    if _again(connection, counting.name(secret, "failed", login, address), when, now):
        return
    budget = counting.name(secret, "failures")
    held = counting.found(connection, (budget,))[budget]
    if held.wait(when):
        rest = counting.name(secret, "failed-rest")
        if not _again(connection, rest, when, now):
            _new(connection, rest, "users/unknown", {"login": "…", "address": "…"}, when, now)
        return
    counting.keep(connection, {budget: held.one_more(ROWS, when)})
    _new(connection, counting.name(secret, "failed", login, address), about, detail, when, now)


def _again(connection: Connection, cause: str, when: float, now: datetime) -> bool:
    """Returns True if a row for this cause stands already, which then counts one more."""
    held = counting.found(connection, (cause,))[cause]
    # of such a tally `count` is the row's id, `at` when it was written
    return held.count > 0 and abs(when - held.at) < SAME and audit.count_up(connection, int(held.count), now)


def _new(
    connection: Connection, cause: str, about: str, detail: dict[str, str | int], when: float, now: datetime
) -> None:
    row = audit.note(connection, user=NOBODY, action=ACTION, object=about, detail={**detail, "times": 1}, now=now)
    counting.keep(connection, {cause: Tally(count=row, at=when)})
