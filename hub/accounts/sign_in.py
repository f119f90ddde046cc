"""Signing in: attempts are counted before a password is hashed, and failures stand in the audit.

1. So many sign in at once, and no more: who finds no place is asked to come again.
2. The tallies of who tries are looked at: if one of them asks for a wait, that is the answer, and it cost a read.
3. The attempt is counted, in the database, as if it had failed.
4. In its turn, of which there are few, the password is hashed; for a login that nobody has, too.
5. Right: the attempt is taken back and a session opened. Wrong: a row of the audit, which counts failures of one cause.

Counted are the login from one address, the login from everywhere, and the address with every login. A browser in which somebody signed
in before has a mark (`device`) and a tally of its own instead: an attacker who guesses an officer's password, even from the next desk,
never keeps the officer's own browser out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection, Engine

from hub.accounts import audit, audit_counts, counting, failures, store
from hub.accounts.address_block import network
from hub.accounts.counting import Rule, Tally
from hub.accounts.hashing import BusyError, Turns
from hub.accounts.roles import Role
from hub.accounts.store import User

PAIR = Rule(free=10, first=60, longest=300, leak=600)
"""Wrong passwords for one login from one address, or in one browser that is known."""
LOGIN = Rule(free=60, first=1, longest=60, leak=60)
"""Wrong passwords for one login, from wherever: an attacker with many addresses."""
ADDRESS = Rule(free=60, first=10, longest=60, leak=60)
"""Wrong passwords from one address: a town's offices share one, so it is wide."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in: login, password, and the address that it comes from. `device`: the mark of a browser in which that login signed in before, or empty.

    `browser`: in a few words, for the list of sessions.
    """

    login: str
    password: str
    address: str
    device: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Login or password is wrong."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many attempts: the next one may come after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Right:
    """The user, and the token of the new session."""

    user: User
    token: str


Answer = Right | Wrong | Wait


class Door:
    """Signs people in, with the database's two engines, the hub's secret, the turns for hashing, and how long a role's session lasts."""

    def __init__(
        self,
        reading: Engine,
        writing: Engine,
        secret: str,
        turns: Turns,
        lasts: Callable[[Role], timedelta] = lambda _role: store.SESSION,
    ) -> None:
        self._reading, self._writing, self._secret, self._turns, self._lasts = reading, writing, secret, turns, lasts

    def try_(self, attempt: Attempt, now: datetime) -> Answer:
        """Lets somebody in, or not; `BusyError` if too many try at once."""
        with self._turns.inside():
            rules, when = self._rules(attempt), now.timestamp()
            if wait := self._counted(attempt, rules, when):
                return Wait(wait)
            try:
                user = self._checked(attempt)
            except BusyError:
                with self._writing.begin() as connection:
                    _take_back(connection, rules, when)
                raise
            with self._writing.begin() as connection:
                if user is None:
                    failures.note(connection, self._secret, attempt.login, attempt.address, now)
                    return Wrong()
                _take_back(connection, rules, when, user.id)
                return Right(user, _let_in(connection, user, attempt, now, self._lasts(user.role)))

    def _counted(self, attempt: Attempt, rules: Mapping[str, Rule], when: float) -> float:
        """Counts an attempt; or gives the seconds that it must wait, and then it does not count."""
        with self._reading.connect() as connection:
            if wait := _wait(connection, rules, when):
                return wait
        with self._writing.begin() as connection:
            # others were counted meanwhile
            if not (wait := _wait(connection, rules, when)):
                known = store.find_login(connection, attempt.login)
                _count(connection, rules, when, None if known is None else known.id)
            return wait

    def _checked(self, attempt: Attempt) -> User | None:
        with self._turns.turn(), self._reading.connect() as connection:
            return store.authenticate(connection, attempt.login, attempt.password)

    def _rules(self, attempt: Attempt) -> dict[str, Rule]:
        if attempt.device:
            return {counting.name(self._secret, "device", attempt.login, attempt.device): PAIR}
        where = network(attempt.address)
        return {
            counting.name(self._secret, "pair", attempt.login, where): PAIR,
            counting.name(self._secret, "login", attempt.login): LOGIN,
            counting.name(self._secret, "address", where): ADDRESS,
        }


def _wait(connection: Connection, rules: Mapping[str, Any], now: float) -> float:
    return max(tally.wait(now) for tally in counting.found(connection, rules).values())


def _count(connection: Connection, rules: Mapping[str, Rule], now: float, user: str | None) -> None:
    held = counting.found(connection, rules)
    for name, rule in rules.items():
        # an address counts for nobody's account
        counting.keep(connection, {name: held[name].one_more(rule, now)}, None if rule is ADDRESS else user)


def _take_back(connection: Connection, rules: Mapping[str, Rule], now: float, user: str | None = None) -> None:
    """Takes an attempt out of the count. `user`: who signed in, and with it every earlier one from there is forgiven."""
    held = counting.found(connection, rules)
    for name, rule in rules.items():
        left = Tally(at=now) if user is not None and rule is PAIR else held[name].one_less(rule, now)
        counting.keep(connection, {name: left}, None if rule is ADDRESS else user)


def _let_in(connection: Connection, user: User, attempt: Attempt, now: datetime, lasts: timedelta) -> str:
    """Opens a session; gives its token."""
    audit_counts.close(connection, now)
    about, detail = f"users/{user.id}", {"address": attempt.address}
    audit.note(connection, user=user.id, action="logged in", object=about, detail=detail, now=now)
    return store.open_session(connection, user.id, now, lasts, address=attempt.address[:64], browser=attempt.browser)
