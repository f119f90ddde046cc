"""The gate's answer to each command of the hub, kept beside the records: a record may be pruned, and a command may come again.

    answered  id, result, expires       the last answer to each command; `expires` is the command's own (wall time as text)
              order/officer, "received" each officer who has confirmed an order: no id of a command has a slash

A hub that was restored from a backup older than an answer asks again, and the gate may have pruned its record since. So the
answer stays until a clock that is certain says that the command expired a month ago.

Tested in `tests/edge/gate/test_commands.py`.
"""

import sqlite3
from datetime import timedelta

from edge.contract.commands import Answered
from edge.contract.facts import ClockTrust, Kind, OrderReceived
from edge.contract.records import At, wall_text

TABLE = "create table answered (id text primary key, result text not null, expires text not null)"
KEPT = timedelta(days=31)
"""How long an answer stays after its command has expired: a broker that was alone may still offer it to a clock that is wrong."""
NEVER = "9999-12-31T23:59:59.999Z"
"""Until when a command counts whose record does not say it."""


def gather(connection: sqlite3.Connection) -> None:
    """Fills the table from the records of a journal that had none, in the open transaction."""
    connection.execute(
        "insert or replace into answered select json_extract(raw, '$.body.order'), json_extract(raw, '$.body.result'), ?"
        " from records where kind = ? order by seq",
        [NEVER, Kind.ORDER_RECEIVED.value],
    )
    connection.execute(
        "insert or replace into answered select json_extract(raw, '$.body.order') || '/' || json_extract(raw, '$.body.officer'), ?, ?"
        " from records where kind = ? and json_extract(raw, '$.body.result') = ? and json_extract(raw, '$.body.officer') is not null",
        [Answered.RECEIVED.value, NEVER, Kind.ORDER_RECEIVED.value, Answered.RECEIVED.value],
    )


def note(connection: sqlite3.Connection, answer: OrderReceived, expires: str, at: At) -> None:
    """Stores an answer in the transaction that keeps its record, and removes answers to commands that can no longer come."""
    rows = [(answer.order, answer.result, expires)]
    if answer.result == Answered.RECEIVED and answer.officer is not None:
        rows.append((by_officer(answer.order, answer.officer), answer.result, expires))
    connection.executemany(
        "insert into answered values (?, ?, ?) on conflict (id) do update set result = excluded.result", rows
    )
    if at.clock is ClockTrust.SYNCED:
        connection.execute("delete from answered where expires < ?", [wall_text(at.time - KEPT)])


def by_officer(order: str, officer: str) -> str:
    """What stands for an officer's own confirmation of an order."""
    return f"{order}/{officer}"


def read(connection: sqlite3.Connection) -> dict[str, str]:
    """Command id -> the last answer to it; and `by_officer` of each officer who confirmed an order."""
    return dict(connection.execute("select id, result from answered").fetchall())
