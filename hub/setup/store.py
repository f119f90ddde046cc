"""The SQL of the first setting up: its one-time code, the browser that gave it, the steps that are done.

1. `init --wizard` makes a town without an admin, and a code, which is printed once; the table has its digest.
2. The code, given in the browser, is used up: that browser may make the first admin, until the code's time ends.
3. The first admin does the other steps. Each is written when it is done: who stops in the middle goes on there.
4. Finished, it never opens again.

Tested in `tests/hub/setup/test_store.py`.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts.changes import there_is_an_admin
from hub.database.schema import setups
from hub.errors import RefusedError

LASTS = timedelta(hours=24)
"""How long a code may be used, and the browser that gave it may make the first admin."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: none is taken for another when it is read out."""
GROUPS, GROUP = 3, 4
"""A code is three groups of four: 60 random bits."""
_SAME = str.maketrans("OIL", "011")
BY = "setup"
"""Whom the audit names before there is an admin."""


class Step(StrEnum):
    """The steps after the first admin is made, in their order."""

    TOWN = "town"
    OPERATION = "operation"
    GATES = "gates"


@dataclass(frozen=True, slots=True)
class Setup:
    """How far the setting up of a town is. `rules`: the digest of operation.toml as it was written last; `bundled`: gate -> when its bundle was downloaded."""

    code: str | None
    code_ends_at: str
    holder: str | None
    rules: str
    done: tuple[str, ...]
    bundled: Mapping[str, str]
    finished_at: str | None

    @property
    def is_open(self) -> bool:
        """Returns True until it is finished."""
        return self.finished_at is None

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done."""
        return next((each for each in Step if each not in self.done), None)

    def held_by(self, token: str, now: datetime) -> bool:
        """Returns True for what the browser holds that gave the code, until the code's time ends."""
        known = self.holder is not None and hmac.compare_digest(self.holder, _digest(token))
        return known and wall_text(now) < self.code_ends_at


def begin(connection: Connection, town: str, rules: str, now: datetime) -> str:
    """Begins the setting up of a new town; gives the code. `rules`: the digest of operation.toml."""
    code = _code()
    connection.execute(
        setups.insert().values(
            town=town, code=_digest(code), code_ends_at=wall_text(now + LASTS), rules=rules, done="[]", bundled="{}"
        )
    )
    return shown(code)


def new_code(connection: Connection, town: str, now: datetime) -> str:
    """Another code, in the place of one that was used, lost or is too old; `RefusedError` where the town has an admin already."""
    found = find(connection, town)
    if found is None or not found.is_open or there_is_an_admin(connection):
        raise RefusedError("setup: this town has its first administrator: a code would open nothing")
    code = _code()
    _write(connection, town, code=_digest(code), code_ends_at=wall_text(now + LASTS), holder=None)
    return shown(code)


def find(connection: Connection, town: str) -> Setup | None:
    """How far a town is; None for one that was made on the command line alone."""
    row = connection.execute(select(setups).where(setups.c.town == town)).first()
    if row is None:
        return None
    return Setup(
        row.code, row.code_ends_at, row.holder, row.rules, tuple(json.loads(row.done)), json.loads(row.bundled), row.finished_at
    )  # fmt: skip


def use_code(connection: Connection, town: str, typed: str, now: datetime) -> str | None:
    """Uses the code up, and gives what its browser is to hold; None if the code is wrong, used, or too old."""
    found = find(connection, town)
    digest = _digest(code_of(typed))
    # compared whatever is there: the time says nothing
    right = hmac.compare_digest(digest, "0" * 64 if found is None or found.code is None else found.code)
    if found is None or not right or not found.is_open or wall_text(now) >= found.code_ends_at:
        return None
    token = secrets.token_urlsafe(32)
    _write(connection, town, code=None, holder=_digest(token))
    audit.note(connection, user=BY, action="setup code used", object="setup", detail={}, now=now)
    return token


def do_step(connection: Connection, town: str, step: Step) -> None:
    """Notes that a step is done."""
    found = _open(connection, town)
    _write(connection, town, done=json.dumps([each for each in Step if each in (*found.done, step)]))


def note_rules(connection: Connection, town: str, rules: str) -> None:
    """Notes the digest of operation.toml as it was written."""
    _write(connection, town, rules=rules)


def note_bundle(connection: Connection, town: str, gate: str, now: datetime) -> None:
    """Notes that a gate's bundle is downloaded; `RefusedError` if it was before: it is there once."""
    found = _open(connection, town)
    if gate in found.bundled:
        raise RefusedError(
            "the bundle of %(gate)s was downloaded at %(at)s, and is there once: for another, run kakou-hub gate bundle on the hub",
            gate=gate,
            at=found.bundled[gate],
        )
    _write(connection, town, bundled=json.dumps({**found.bundled, gate: wall_text(now)}))


def finish(connection: Connection, town: str, *, by: str, now: datetime) -> None:
    """Ends the setting up for good; `RefusedError` while a step is not done."""
    found = _open(connection, town)
    if found.next_step is not None:
        raise RefusedError("setup: a step is not done yet")
    _write(connection, town, finished_at=wall_text(now), code=None, holder=None)
    audit.note(connection, user=by, action="setup finished", object="setup", detail={}, now=now)


def code_of(typed: str) -> str:
    """The code as it was made, of what a person typed: any case, with or without hyphens and blanks, O for 0, I and L for 1."""
    return re.sub(r"[\s-]", "", typed).upper().translate(_SAME)


def shown(code: str) -> str:
    """`7KQ2-M9XT-HT4D`: a code for people."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def _open(connection: Connection, town: str) -> Setup:
    row = select(setups.c.town).where(setups.c.town == town).with_for_update()
    connection.execute(row)
    found = find(connection, town)
    if found is None or not found.is_open:
        raise RefusedError("setup: it is finished")
    return found


def _write(connection: Connection, town: str, **values: Any) -> None:
    connection.execute(update(setups).where(setups.c.town == town).values(**values))


def _code() -> str:
    letters: Sequence[str] = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    return "".join(letters)


def _digest(text: str) -> str:
    return sha256_hex(text.encode())
