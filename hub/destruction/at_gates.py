"""The command to every gate to destroy what it holds, and the gates' receipts, which are their own entries in the ledger.

Tested in `tests/hub/destruction/test_run.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, exists, select, update
from sqlalchemy.engine import Connection

from edge.contract.commands import LAST_ANSWERS, Answered, CommandKind
from edge.contract.records import wall_text
from hub.database.schema import destruction_gates as table
from hub.database.schema import destructions, published
from hub.database.schema import orders as orders_table
from hub.database.schema import receipts as answers
from hub.database.statements import upsert
from hub.destruction import requests
from hub.downlink import signed_lists
from hub.gates import store as gates
from hub.orders import pending
from hub.orders import store as orders

COUNTS = timedelta(days=3650)
"""How long a gate that is away still gets the command."""
_COUNTS = re.compile(r"(records|values|pictures|vehicles|files) (\d{1,12})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a gate has answered: `sent` (nothing yet), `started`, `done`, `failed`, `unsupported`, `retired` (it can't be asked)."""

    gate: str
    state: str
    at: str | None = None
    counts: Mapping[str, int] | None = None
    detail: str = ""

    @property
    def reached(self) -> bool:
        """Returns True if the gate has destroyed what it held."""
        return self.state == Answered.DONE.value


def ask(connection: Connection, *, town: str, id_: str, by: str, now: datetime) -> int:
    """Sends the command to every gate that has not got it, or could not do it; to how many."""
    standing = {each.gate: each for each in receipts(connection, town, id_, now)}
    again = {each.value for each in LAST_ANSWERS} - {Answered.DONE.value}
    to = [gate for gate in gates.believed(connection, town) if gate not in standing or standing[gate].state in again]
    if to:
        _send(connection, town, id_, to, by, now)
    return len(to)


def _send(connection: Connection, town: str, id_: str, to: list[str], by: str, now: datetime) -> None:
    zh, en = "销毁行动中的个人信息", "Destroy the operation's personal values"
    sent = orders.send(
        connection, town=town, to=to, kind=CommandKind.DESTROY, zh=zh, en=en, lasts=COUNTS, by=by, now=now, most=COUNTS
    )
    rows = [
        {"town": town, "destruction": id_, "gate": gate, "order": order} for gate, order in zip(to, sent, strict=True)
    ]
    upsert(connection, table, rows)


def ask_another_card(connection: Connection, *, town: str, gate: str, now: datetime) -> bool:
    """Asks a gate that has destroyed what it held once more, for it came with another card: an old one that was put back holds what it held.

    Not once the next operation has begun, whose values it holds by now. Returns True if it is asked.
    """
    of, policy = requests.newest(connection, town), signed_lists.readable_policy(connection, town)
    if of is None or of.state != "done" or policy is None or policy.operation.id != of.operation:
        return False
    if not any(each.gate == gate and each.reached for each in receipts(connection, town, of.id, now)):
        return False
    _send(connection, town, of.id, [gate], of.confirmed_by or of.requested_by, now)
    return True


def publish(connection: Connection, *, town: str, by: str, key: Ed25519PrivateKey, now: datetime) -> int:
    """Publishes what each gate should have as it is now: without orders whose text is gone, which are withdrawn, and without names of the roster.

    What was published for a gate that is retired goes. Returns how many orders were withdrawn.
    """
    gone = (orders_table.c.kind == CommandKind.ORDER.value, orders_table.c.zh == "", orders_table.c.en == "")
    open_ = (orders_table.c.cancelled_at.is_(None), orders_table.c.expires_at > wall_text(now))
    withdrawn = connection.execute(
        update(orders_table).where(orders_table.c.town == town, *gone, *open_).values(cancelled_at=wall_text(now), cancelled_by=by)
    ).rowcount  # fmt: skip
    live = gates.believed(connection, town)
    for gate in live:
        pending.publish(connection, town, gate, key=key, now=now)
    rows = [signed_lists.commands_row(gate) for gate in live]
    of_gates = (published.c.town == town, published.c.kind.startswith(signed_lists.COMMANDS))
    connection.execute(delete(published).where(*of_gates, published.c.kind.not_in(rows)))
    return withdrawn


def undone(connection: Connection, town: str) -> list[str]:
    """The gates that say that they destroyed what they held, at a command of which this hub knows nothing: it was restored from before that."""
    known = exists().where(orders_table.c.town == answers.c.town, orders_table.c.id == answers.c.order)
    done = (answers.c.town == town, answers.c.result == Answered.DONE.value, answers.c.detail.startswith("records "))
    again = exists().where(
        destructions.c.town == answers.c.town,
        destructions.c.state == "done",
        destructions.c.confirmed_at > answers.c.received_at,
    )
    query = select(answers.c.gate).where(*done, ~known, ~again).distinct()
    return list(connection.execute(query.order_by(answers.c.gate)).scalars())


def receipts(connection: Connection, town: str, id_: str, now: datetime) -> list[Receipt]:
    """What each gate has answered; a retired one was never asked."""
    query = select(table).where(table.c.town == town, table.c.destruction == id_)
    asked = {row.gate: row.order for row in connection.execute(query)}
    found = []
    for gate in gates.every(connection, town):
        if gate.gate in asked:
            found.append(_receipt(connection, town, gate.gate, asked[gate.gate], now))
        elif gate.retired:
            found.append(Receipt(gate.gate, "retired"))
    return found


def _receipt(connection: Connection, town: str, gate: str, order: str, now: datetime) -> Receipt:
    there = orders.find(connection, town, order)
    if there is None:
        return Receipt(gate, "sent")
    last = there.last
    counts = {name: int(count) for name, count in _COUNTS.findall(last.detail)} if last else None
    return Receipt(gate, there.state(now), last.at if last else None, counts, last.detail if last else "")
