"""The hub's list of this gate's records and messages that it did not take, kept beside the journal for officers and installers.

    refused     seq, why       `seq` 0: a whole message, in which the hub found no record to name

The table holds what the hub's last list says, and is no part of the journal's version: a journal of an older version has none.
"""

import sqlite3
from collections.abc import Iterable

import structlog

from edge.contract.messages import Refused

log = structlog.get_logger()

TABLE = "create table if not exists refused (seq integer not null, why text not null, primary key (seq, why))"


def note(connection: sqlite3.Connection, refused: Iterable[Refused]) -> tuple[Refused, ...]:
    """Stores the hub's list in the open transaction, and returns what is new in it."""
    connection.execute(TABLE)
    before = set(read(connection))
    now = dict.fromkeys(refused)
    if before != set(now):
        connection.execute("delete from refused")
        connection.executemany("insert into refused values (?, ?)", [(each.seq or 0, each.why) for each in now])
    return tuple(each for each in now if each not in before)


def read(connection: sqlite3.Connection) -> tuple[Refused, ...]:
    """The list as it was last written down: whole messages first, then by number."""
    there = connection.execute("select 1 from sqlite_master where type = 'table' and name = 'refused'").fetchone()
    if there is None:
        return ()
    rows = connection.execute("select seq, why from refused order by seq, why").fetchall()
    return tuple(Refused(seq=seq or None, why=why) for seq, why in rows)


def warn(new: Iterable[Refused]) -> None:
    """Writes a line into the log for each refusal."""
    for each in new:
        log.warning("the hub did not take it into the ledger", record=each.seq or "a message", why=each.why)


def line(refused: Refused) -> str:
    """One refusal as a person reads it."""
    if refused.seq is None:
        return f"a message: {refused.why}"
    named = f"record {refused.seq}: "
    return refused.why if refused.why.startswith(named) else named + refused.why
