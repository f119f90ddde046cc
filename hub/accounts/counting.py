"""Counts attempts, so that guessing becomes slow and nobody is locked out for good.

A tally fills by one with each attempt and empties by itself. Up to `free` it asks nothing; from then on each attempt is followed by a
wait, which doubles and is never longer than `longest`. An attempt that has to wait is refused before it costs anything, and does not
count: who is kept out by somebody else's attempts waits `longest` seconds at most.

Tallies are rows of the database (`attempts`): a restart forgets none. Their names are digests, keyed with a secret of the hub: somebody
types a password into the field of the login, and it must stand nowhere.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from hub.database.schema import attempts
from hub.database.statements import upsert

MOST = 20_000
"""Tallies that are kept; beyond it the oldest go."""
DAY = 86_400.0
SKEW = 60.0
"""Seconds by which attempts that came at once may be counted out of order; more is a clock that was set back."""
_SWEEP = 64
"""Writes between two looks for tallies that nobody needs."""
_writes = count(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """`free` attempts; then waits of `first` seconds, doubling up to `longest`. One attempt is forgotten every `leak` seconds."""

    free: int
    first: float
    longest: float
    leak: float


@dataclass(frozen=True, slots=True)
class Tally:
    """How full at which moment (seconds since 1970), and until when the next attempt must wait."""

    count: float = 0.0
    at: float = 0.0
    until: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next attempt is let through; 0: now. A clock that was set back keeps nobody waiting."""
        return 0.0 if self.at > now + SKEW else max(0.0, self.until - now)

    def one_more(self, rule: Rule, now: float) -> "Tally":
        """The tally after an attempt."""
        number = self._left(rule, now) + 1
        # what has leaked since a moment ago makes room for nobody
        if math.ceil(number) < rule.free:
            return Tally(number, now, 0.0)
        beyond = min(max(0.0, number - rule.free), 32.0)
        return Tally(number, now, now + min(rule.longest, rule.first * 2**beyond))

    def one_less(self, rule: Rule, now: float) -> "Tally":
        """The tally as if an attempt had not been made."""
        return Tally(max(0.0, self._left(rule, now) - 1), now, 0.0)

    def _left(self, rule: Rule, now: float) -> float:
        return max(0.0, self.count - max(0.0, now - self.at) / rule.leak)


def name(secret: str, kind: str, *parts: str) -> str:
    """The name of a tally: a digest, from which nobody without the hub's secret can find the parts."""
    text = "\0".join((kind, *parts)).encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]


def found(connection: Connection, names: Iterable[str]) -> dict[str, Tally]:
    """The tallies of these names; an empty one where there is none."""
    wanted = list(names)
    rows = connection.execute(select(attempts).where(attempts.c.name.in_(wanted))).mappings()
    held = {row["name"]: Tally(row["count"], row["at"], row["until"]) for row in rows}
    return {each: held.get(each, Tally()) for each in wanted}


def keep(connection: Connection, tallies: Mapping[str, Tally], user: str | None = None) -> None:
    """Writes tallies. `user`: the id of whose account they count for, so that a new password clears them."""
    rows = [
        {"name": each, "user": user, "count": tally.count, "at": tally.at, "until": tally.until}
        for each, tally in tallies.items()
    ]
    upsert(connection, attempts, rows)
    if next(_writes) % _SWEEP == 0 and rows:
        _sweep(connection, max(tally.at for tally in tallies.values()))


def forget(connection: Connection, user: str) -> None:
    """Clears what counts against a user's account, as after a new password."""
    connection.execute(delete(attempts).where(attempts.c.user == user))


def _sweep(connection: Connection, now: float) -> None:
    connection.execute(delete(attempts).where(attempts.c.at < now - DAY))
    there = connection.execute(select(func.count()).select_from(attempts)).scalar_one()
    if there > MOST:
        oldest = select(attempts.c.name).order_by(attempts.c.at).limit(there - MOST + MOST // 10)
        connection.execute(delete(attempts).where(attempts.c.name.in_(oldest)))
