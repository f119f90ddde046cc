"""The SQL of orders: sent by name, until a time; the receipts are the gates' own entries.

What a gate is to do now is always derived: everything unexpired, not cancelled and without a last answer. So a hub restored from
a backup, or a gate that was away, needs no repair.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, select, update
from sqlalchemy.engine import Connection

from edge.contract.commands import LAST_ANSWERS, Answered, Command, CommandKind
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import orders, receipts
from hub.errors import RefusedError
from hub.gates import store as gates

_KNOWN = frozenset(each.value for each in Answered)
LONGEST_TEXT = 500
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One answer of a gate. `officer`: who confirmed it."""

    result: Answered
    officer: str | None
    detail: str
    at: str
    received_at: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order or command to one gate, with what the gate has answered so far, oldest first."""

    id: str
    gate: str
    kind: str
    zh: str
    en: str
    visit: str | None
    issued_at: str
    issued_by: str
    expires_at: str
    cancelled_at: str | None
    cancelled_by: str | None
    receipts: tuple[Receipt, ...] = ()

    @property
    def last(self) -> Receipt | None:
        """The answer that stands: a last one if there is any."""
        final = [each for each in self.receipts if each.result in LAST_ANSWERS]
        standing = final or self.receipts
        return standing[-1] if standing else None

    def state(self, now: datetime) -> str:
        """`sent`, one of the gate's answers, `cancelled`, or `expired` where nobody answered in time."""
        last = self.last
        if last is not None and last.result in LAST_ANSWERS:
            return last.result.value
        if self.cancelled_at is not None:
            return "cancelled"
        if self.expires_at <= wall_text(now):
            return Answered.EXPIRED.value
        return "sent" if last is None else last.result.value


def send(
    connection: Connection,
    *,
    town: str,
    to: Sequence[str],
    kind: CommandKind,
    zh: str = "",
    en: str = "",
    visit: str | None = None,
    lasts: timedelta,
    by: str,
    now: datetime,
    most: timedelta = LONGEST,
) -> tuple[str, ...]:
    """Sends one order to each of these gates. Returns the ids. `RefusedError` for a gate that is none, no text, or too long a time."""
    zh, en = zh.strip(), en.strip()
    if kind is CommandKind.ORDER and not (zh or en):
        raise RefusedError("order: expected a text")
    if max(len(zh), len(en)) > LONGEST_TEXT:
        raise RefusedError("order: expected at most %(most)s characters", most=LONGEST_TEXT)
    if not timedelta(0) < lasts <= most:
        raise RefusedError("order: expected it to last at most %(days)s days", days=most.days)
    known = gates.infos(connection, town)
    if not to:
        raise RefusedError("order: expected a gate")
    if unknown := [gate for gate in to if gate not in known]:
        raise RefusedError("gate %(gate)r: there is no such gate", gate=unknown[0])
    rows = [
        {
            "id": f"o-{secrets.token_hex(6)}",
            "town": town,
            "gate": gate,
            "kind": kind.value,
            "zh": zh or en,
            "en": en or zh,
            "visit": visit,
            "issued_at": wall_text(now),
            "issued_by": by,
            "expires_at": wall_text(now + lasts),
        }
        for gate in to
    ]
    connection.execute(orders.insert(), rows)
    for row in rows:
        detail = {"gate": str(row["gate"]), "kind": kind.value}
        audit.note(connection, user=by, action="order sent", object=f"orders/{row['id']}", detail=detail, now=now)
    return tuple(str(row["id"]) for row in rows)


def cancel(connection: Connection, *, town: str, id_: str, reason: str, by: str, now: datetime) -> None:
    """Takes an order back, for a reason that stands in the audit; `RefusedError` if there is none, or the order is over."""
    if not reason.strip():
        raise RefusedError("reason: expected why, found nothing")
    order = find(connection, town, id_)
    if order is None:
        raise RefusedError("order %(id)r: there is no such order", id=id_)
    state = order.state(now)
    if state not in ("sent", Answered.SHOWN.value, Answered.STARTED.value):
        raise RefusedError("order %(id)s: %(order_state)s already", id=id_, order_state=state)
    connection.execute(update(orders).where(orders.c.id == id_).values(cancelled_at=wall_text(now), cancelled_by=by))
    audit.note(
        connection,
        user=by,
        action="order cancelled",
        object=f"orders/{id_}",
        detail={"reason": reason.strip()},
        now=now,
    )


def pending(connection: Connection, town: str, gate: str, now: datetime) -> list[Command]:
    """The orders that hold for a gate now, oldest first."""
    last = [each.value for each in LAST_ANSWERS]
    answered = exists().where(
        and_(
            receipts.c.town == orders.c.town,
            receipts.c.gate == orders.c.gate,
            receipts.c.order == orders.c.id,
            receipts.c.result.in_(last),
        )
    )
    query = (
        select(orders)
        .where(
            orders.c.town == town,
            orders.c.gate == gate,
            orders.c.expires_at > wall_text(now),
            orders.c.cancelled_at.is_(None),
            ~answered,
        )
        .order_by(orders.c.issued_at, orders.c.id)
    )
    return [
        Command(
            id=row.id, kind=row.kind, issued=row.issued_at, expires=row.expires_at, zh=row.zh, en=row.en, visit=row.visit
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def find(connection: Connection, town: str, id_: str) -> Order | None:
    """One order."""
    row = connection.execute(select(orders).where(orders.c.town == town, orders.c.id == id_)).first()
    return None if row is None else _with_receipts(connection, town, [row])[0]


def running_of(connection: Connection, town: str, user: str, now: datetime) -> list[Order]:
    """The orders of a user that still hold for a gate, oldest first."""
    query = select(orders).where(
        orders.c.town == town,
        orders.c.issued_by == user,
        orders.c.expires_at > wall_text(now),
        orders.c.cancelled_at.is_(None),
    )
    rows = connection.execute(query.order_by(orders.c.issued_at, orders.c.id)).all()
    final = {each.value for each in LAST_ANSWERS}
    return [each for each in _with_receipts(connection, town, rows) if each.state(now) not in final]


def page(connection: Connection, town: str, *, limit: int) -> list[Order]:
    """The last orders, newest first."""
    query = select(orders).where(orders.c.town == town).order_by(orders.c.issued_at.desc(), orders.c.id.desc())
    return _with_receipts(connection, town, connection.execute(query.limit(limit)).all())


def _with_receipts(connection: Connection, town: str, rows: Sequence[Row[Any]]) -> list[Order]:
    query = (
        select(receipts)
        .where(receipts.c.town == town, receipts.c.order.in_([row.id for row in rows]))
        .order_by(receipts.c.at, receipts.c.result)
    )
    given: dict[tuple[str, str], list[Receipt]] = {}
    for row in connection.execute(query):
        if row.result not in _KNOWN:
            continue  # a word that no version of the contract has; its entry stands in the ledger
        answer = Receipt(Answered(row.result), row.officer, row.detail, row.at, row.received_at)
        given.setdefault((row.gate, row.order), []).append(answer)
    found = []
    for row in rows:
        values = {name: value for name, value in row._mapping.items() if name != "town"}
        found.append(Order(**values, receipts=tuple(given.get((row.gate, row.id), ()))))
    return found
