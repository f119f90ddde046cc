"""The SQL of orders to gates: sent by name, until a time; the receipts are the gates' own entries.

An order as it was sent, to several gates and villages at once, is a dispatch (`dispatches`).

What a gate is to do now is always derived: everything unexpired, not cancelled and without a last answer. So a hub restored from
a backup, or a gate that was away, needs no repair.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, false, func, or_, select, update
from sqlalchemy.engine import Connection

from edge.contract.commands import LAST_ANSWERS, Answered, Command, CommandKind
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import dispatches, orders, receipts, village_orders
from hub.database.statements import among
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.orders import recipients

_KNOWN = frozenset(each.value for each in Answered)
LONGEST_TEXT = 500
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One answer of a gate. `officer`: who confirmed it. `late`: after the order's `due`, by the gate's clock; None: the gate does not say."""

    result: Answered
    officer: str | None
    detail: str
    at: str
    received_at: str
    late: bool | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How an order is shown and confirmed. `due`: how long a recipient may take to confirm it; None: as long as the order holds."""

    urgent: bool = False
    aloud: bool = False
    every_officer: bool = False
    due: timedelta | None = None


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Sending:
    """An order that is to be sent: to which gates and villages, in which words, for how long, and how it is shown."""

    to: tuple[str, ...]
    villages: tuple[str, ...]
    zh: str
    en: str
    lasts: timedelta
    manner: Manner = PLAIN


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
    dispatch: str = ""
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
    manner: Manner = PLAIN,
    villages: Sequence[str] = (),
    most: timedelta = LONGEST,
) -> tuple[str, ...]:
    """Sends one order to these gates and villages. Returns the ids of those to gates.

    `RefusedError` for a gate or village that is none, a retired gate, no text, or times that do not fit: nothing is sent then.
    """
    zh, en = zh.strip(), en.strip()
    to, villages = tuple(dict.fromkeys(to)), tuple(dict.fromkeys(villages))
    check(connection, town, kind, Sending(to, villages, zh, en, lasts, manner), most)
    said = {
        "zh": zh or en,
        "en": en or zh,
        "issued_at": wall_text(now),
        "issued_by": by,
        "expires_at": wall_text(now + lasts),
    }
    # a command that no officer reads is no order of the command post: it stands in no list of them
    ordered = kind is CommandKind.ORDER
    dispatch = {
        "id": f"d-{secrets.token_hex(6)}" if ordered else "", "town": town, **said, "due_at": manner.due and wall_text(now + manner.due),
        "urgent": manner.urgent, "aloud": manner.aloud, "every_officer": manner.every_officer,
    }  # fmt: skip
    if ordered:
        connection.execute(dispatches.insert(), [dispatch])
    rows = [
        {
            "id": f"o-{secrets.token_hex(6)}", "town": town, "gate": gate, "kind": kind.value, "visit": visit,
            "dispatch": dispatch["id"], **said,
        }
        for gate in to
    ]  # fmt: skip
    if rows:
        connection.execute(orders.insert(), rows)
    if villages:
        connection.execute(
            village_orders.insert(), [{"town": town, "dispatch": dispatch["id"], "unit": unit} for unit in villages]
        )
    of_village = [{"id": dispatch["id"], "village": unit} for unit in villages]
    for row in (*rows, *of_village):
        detail = {name: str(row[name]) for name in ("gate", "village") if name in row} | {"kind": kind.value}
        audit.note(connection, user=by, action="order sent", object=f"orders/{row['id']}", detail=detail, now=now)
    return tuple(str(row["id"]) for row in rows)


def check(connection: Connection, town: str, kind: CommandKind, wanted: Sending, most: timedelta = LONGEST) -> None:
    """`RefusedError` for a gate or village that is none, a retired gate, no text, or times that do not fit."""
    _check_text(kind, wanted.zh.strip(), wanted.en.strip())
    _check_times(wanted.lasts, wanted.manner.due, most)
    _check_recipients(connection, town, wanted.to, wanted.villages)


def _check_text(kind: CommandKind, zh: str, en: str) -> None:
    if kind is CommandKind.ORDER and not (zh or en):
        raise RefusedError("order: expected a text")
    if max(len(zh), len(en)) > LONGEST_TEXT:
        raise RefusedError("order: expected at most %(most)s characters", most=LONGEST_TEXT)


def _check_times(lasts: timedelta, due: timedelta | None, most: timedelta) -> None:
    if not timedelta(0) < lasts <= most:
        raise RefusedError("order: expected it to last at most %(days)s days", days=most.days)
    if due is not None and not timedelta(0) < due <= lasts:
        raise RefusedError("order: expected the receipts to be due before the order expires")


def _check_recipients(connection: Connection, town: str, to: Sequence[str], villages: Sequence[str]) -> None:
    known = {each.gate: each for each in gates.every(connection, town)}
    if not to and not villages:
        raise RefusedError("order: expected a gate")
    for gate in to:
        if gate not in known:
            raise RefusedError("gate %(gate)r: there is no such gate", gate=gate)
        if known[gate].retired:
            raise RefusedError("gate %(gate)r: it is retired and gets no orders", gate=gate)
    there = recipients.villages(connection, town) if villages else {}
    for unit in villages:
        if unit not in there:
            raise RefusedError("village %(village)r: there is no such village", village=unit)


def cancel(connection: Connection, *, town: str, id_: str, reason: str, by: str, now: datetime) -> None:
    """Takes an order back from one gate, for a reason that stands in the audit; `RefusedError` if there is none, or the order is over."""
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
    """The orders that hold for a gate now, oldest first; one to every officer also after the first of them has confirmed it."""
    last = [each.value for each in LAST_ANSWERS]
    answered = exists().where(
        and_(
            receipts.c.town == orders.c.town,
            receipts.c.gate == orders.c.gate,
            receipts.c.order == orders.c.id,
            receipts.c.result.in_(last),
            or_(receipts.c.result != Answered.RECEIVED.value, ~func.coalesce(dispatches.c.every_officer, false())),
        )
    )
    sent = and_(dispatches.c.town == orders.c.town, dispatches.c.id == orders.c.dispatch)
    manner = (dispatches.c.urgent, dispatches.c.aloud, dispatches.c.every_officer, dispatches.c.due_at)
    query = (
        select(orders, *manner)
        .outerjoin(dispatches, sent)
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
            id=row.id, kind=row.kind, issued=row.issued_at, expires=row.expires_at, zh=row.zh, en=row.en, visit=row.visit,
            urgent=bool(row.urgent), aloud=bool(row.aloud), due=row.due_at, every_officer=bool(row.every_officer),
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


def of_dispatches(connection: Connection, town: str, ids: Sequence[str]) -> list[Order]:
    """The orders to gates that belong to these dispatches, in the order of their gates."""
    query = (
        select(orders).where(orders.c.town == town, among(orders.c.dispatch, ids)).order_by(orders.c.gate, orders.c.id)
    )
    return _with_receipts(connection, town, connection.execute(query).all())


def page(connection: Connection, town: str, *, limit: int) -> list[Order]:
    """The last orders, newest first."""
    query = select(orders).where(orders.c.town == town).order_by(orders.c.issued_at.desc(), orders.c.id.desc())
    return _with_receipts(connection, town, connection.execute(query.limit(limit)).all())


def _with_receipts(connection: Connection, town: str, rows: Sequence[Row[Any]]) -> list[Order]:
    query = (
        select(receipts)
        .where(receipts.c.town == town, among(receipts.c.order, [row.id for row in rows]))
        .order_by(receipts.c.at, receipts.c.result, receipts.c.officer)
    )
    given: dict[tuple[str, str], list[Receipt]] = {}
    for row in connection.execute(query):
        if row.result not in _KNOWN:
            continue  # a word that no version of the contract has; its entry stands in the ledger
        answer = Receipt(Answered(row.result), row.officer or None, row.detail, row.at, row.received_at, row.late)
        given.setdefault((row.gate, row.order), []).append(answer)
    found = []
    for row in rows:
        values = {name: value for name, value in row._mapping.items() if name != "town"}
        found.append(Order(**values, receipts=tuple(given.get((row.gate, row.id), ()))))
    return found
