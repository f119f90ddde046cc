"""An order as it was sent: to several gates and villages at once, with every receipt; pages of them, and what is done about one.

A gate's receipt is its own entry of the ledger; a village's is given in the browser by a user.

Tested in `tests/hub/orders/test_dispatches.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.engine import Connection

from edge.contract.commands import LAST_ANSWERS, Answered
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import dispatches, gates, orders, receipts, users, village_orders, village_receipts
from hub.database.statements import among
from hub.errors import RefusedError
from hub.orders import recipients, store
from hub.orders.store import Order

LONGEST_NOTE = 200
Cursor = tuple[str, str]


class State(StrEnum):
    """How an order stands, over all its recipients."""

    WAITING = "waiting"
    """Receipts may still come in time."""
    MISSING = "missing"
    """The time for receipts is over, and some are missing."""
    COMPLETE = "complete"
    """Every recipient has confirmed it."""
    CANCELLED = "cancelled"
    """The order was taken back from every recipient."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One receipt: by whom, when by the clock of where it was given, when the hub learned of it. `note`: what a village adds."""

    by: str | None
    at: str
    received_at: str
    late: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One gate or village with its receipts, oldest first. `state`: as `Order.state` has it. `shown_at`: when it stood on the gate's screen."""

    kind: str
    """`gate` or `village`."""
    id: str
    order: str
    """The id of the gate's own order; of a village the dispatch's."""
    state: str
    shown_at: str | None
    confirmed: tuple[Confirmed, ...]
    retired: bool = False

    @property
    def late(self) -> bool:
        """Returns True if its first receipt came after its time."""
        return bool(self.confirmed) and self.confirmed[0].late

    @property
    def missing(self) -> bool:
        """Returns True if its receipt has not come, and still may or should have."""
        return not self.confirmed and self.state != "cancelled" and not self.retired


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An order with all its recipients."""

    id: str
    zh: str
    en: str
    urgent: bool
    aloud: bool
    every_officer: bool
    issued_at: str
    issued_by: str
    due_at: str | None
    expires_at: str
    cancelled_at: str | None
    cancelled_by: str | None
    cancelled_reason: str | None
    recipients: tuple[Recipient, ...] = ()

    @property
    def confirmed(self) -> int:
        """How many recipients have confirmed it."""
        return sum(bool(each.confirmed) for each in self.recipients)

    @property
    def late(self) -> int:
        """How many recipients confirmed it after its time."""
        return sum(each.late for each in self.recipients)

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.cancelled_at is not None:
            return State.CANCELLED
        if not any(each.missing for each in self.recipients):
            return State.COMPLETE
        return State.MISSING if (self.due_at or self.expires_at) <= wall_text(now) else State.WAITING


@dataclass(frozen=True, slots=True)
class Asked:
    """The orders that a page asks for: part of a text, a state, a recipient (`gate/east`, `village/dongcun`), urgent ones, from a time until before another."""

    search: str = ""
    state: str = ""
    to: str = ""
    urgent: bool = False
    start: str = ""
    end: str = ""


def conditions(town: str, asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions for those orders that are asked for."""
    found: list[ColumnElement[bool]] = [dispatches.c.town == town]
    if text := asked.search.strip():
        sender = select(users.c.id).where(users.c.name.contains(text, autoescape=True))
        texts = (dispatches.c.zh, dispatches.c.en, dispatches.c.id)
        found.append(or_(*(each.contains(text, autoescape=True) for each in texts), dispatches.c.issued_by.in_(sender)))
    found += [dispatches.c.urgent.is_(True)] if asked.urgent else []
    found += [dispatches.c.issued_at >= asked.start] if asked.start else []
    found += [dispatches.c.issued_at < asked.end] if asked.end else []
    found += _to(asked.to) if asked.to else []
    found += _in_state(asked.state, now) if asked.state else []
    return found


def _to(recipient: str) -> list[ColumnElement[bool]]:
    kind, _, id_ = recipient.partition("/")
    table = village_orders if kind == "village" else orders
    column = village_orders.c.unit if kind == "village" else orders.c.gate
    return [exists().where(table.c.town == dispatches.c.town, table.c.dispatch == dispatches.c.id, column == id_)]


def _in_state(state: str, now: datetime) -> list[ColumnElement[bool]]:
    cancelled = dispatches.c.cancelled_at.is_not(None)
    missing = or_(gate_missing(), village_missing())
    over = func.coalesce(dispatches.c.due_at, dispatches.c.expires_at) <= wall_text(now)
    found: dict[str, list[ColumnElement[bool]]] = {
        State.CANCELLED.value: [cancelled],
        State.COMPLETE.value: [~cancelled, ~missing],
        State.MISSING.value: [~cancelled, missing, over],
        State.WAITING.value: [~cancelled, missing, ~over],
    }
    return found.get(state, [])


def gate_missing() -> ColumnElement[bool]:
    """A gate that is still there has not confirmed the order."""
    given = exists().where(
        receipts.c.town == orders.c.town,
        receipts.c.gate == orders.c.gate,
        receipts.c.order == orders.c.id,
        receipts.c.result == Answered.RECEIVED.value,
    )
    return exists().where(
        orders.c.town == dispatches.c.town,
        orders.c.dispatch == dispatches.c.id,
        orders.c.cancelled_at.is_(None),
        gates.c.town == orders.c.town,
        gates.c.gate == orders.c.gate,
        gates.c.retired_at.is_(None),
        ~given,
    )


def village_missing() -> ColumnElement[bool]:
    """A village has not confirmed the order."""
    given = exists().where(
        village_receipts.c.town == village_orders.c.town,
        village_receipts.c.dispatch == village_orders.c.dispatch,
        village_receipts.c.unit == village_orders.c.unit,
    )
    return exists().where(
        village_orders.c.town == dispatches.c.town,
        village_orders.c.dispatch == dispatches.c.id,
        village_orders.c.cancelled_at.is_(None),
        ~given,
    )


def page(
    connection: Connection, town: str, asked: Asked, now: datetime, *, after: Cursor | None = None, limit: int
) -> tuple[list[Dispatch], Cursor | None]:
    """Orders, newest first, and the cursor of the next page."""
    key = (dispatches.c.issued_at, dispatches.c.id)
    query = select(dispatches).where(*conditions(town, asked, now)).order_by(*(each.desc() for each in key))
    if after is not None:
        query = query.where(tuple_(*key) < after)
    found = connection.execute(query.limit(limit + 1)).all()
    rows = found[:limit]
    more = (rows[-1].issued_at, rows[-1].id) if len(found) > limit else None
    return _whole(connection, town, rows, now), more


def count(connection: Connection, town: str, asked: Asked, now: datetime) -> int:
    """How many orders are as they are asked for."""
    where = conditions(town, asked, now)
    return connection.execute(select(func.count()).select_from(dispatches).where(*where)).scalar_one()


def last_sent(connection: Connection, town: str) -> str | None:
    """When the newest order was sent; None where there is none."""
    query = select(func.max(dispatches.c.issued_at)).where(dispatches.c.town == town)
    return connection.execute(query).scalar()


def find(connection: Connection, town: str, id_: str, now: datetime) -> Dispatch | None:
    """One order with its recipients."""
    rows = connection.execute(select(dispatches).where(dispatches.c.town == town, dispatches.c.id == id_)).all()
    return next(iter(_whole(connection, town, rows, now)), None)


Mark = tuple[str, str, str, frozenset[tuple[str, str]]]
"""What tells one order from another: its words, until when it holds, and its recipients."""


def holding(connection: Connection, town: str, now: datetime) -> list[Dispatch]:
    """The orders that hold now, and were not taken back."""
    holds = (dispatches.c.expires_at > wall_text(now), dispatches.c.cancelled_at.is_(None))
    rows = connection.execute(select(dispatches).where(dispatches.c.town == town, *holds)).all()
    return _whole(connection, town, rows, now)


def mark(sent: Dispatch) -> Mark:
    """The mark of an order that was sent."""
    return sent.zh, sent.en, sent.expires_at, frozenset((each.kind, each.id) for each in sent.recipients)


def mark_of(zh: str, en: str, expires: datetime, to: Sequence[str], villages: Sequence[str]) -> Mark:
    """The mark that an order would have."""
    recipients_ = {("gate", each) for each in to} | {("village", each) for each in villages}
    return zh, en, wall_text(expires), frozenset(recipients_)


def of_villages(
    connection: Connection, town: str, units: Sequence[str], now: datetime, *, limit: int
) -> list[Dispatch]:
    """The last orders to these villages, newest first; of their recipients these villages alone."""
    there = exists().where(
        village_orders.c.town == dispatches.c.town,
        village_orders.c.dispatch == dispatches.c.id,
        among(village_orders.c.unit, units),
    )
    query = select(dispatches).where(dispatches.c.town == town, there)
    rows = connection.execute(query.order_by(dispatches.c.issued_at.desc(), dispatches.c.id.desc()).limit(limit)).all()
    known = set(units)
    return [
        replace(each, recipients=tuple(r for r in each.recipients if r.kind == "village" and r.id in known))
        for each in _whole(connection, town, rows, now)
    ]


def cancel(connection: Connection, *, town: str, id_: str, reason: str, by: str, now: datetime) -> None:
    """Takes an order back from every recipient, for a reason that stays; `RefusedError` if there is none, or nothing to take back."""
    reason = reason.strip()
    if not reason:
        raise RefusedError("reason: expected why, found nothing")
    found = find(connection, town, id_, now)
    if found is None:
        raise RefusedError("order %(id)r: there is no such order", id=id_)
    if found.cancelled_at is not None or found.expires_at <= wall_text(now):
        state = "cancelled" if found.cancelled_at is not None else Answered.EXPIRED.value
        raise RefusedError("order %(id)s: %(order_state)s already", id=id_, order_state=state)
    done = {"cancelled_at": wall_text(now), "cancelled_by": by}
    where = (dispatches.c.town == town, dispatches.c.id == id_)
    connection.execute(update(dispatches).where(*where).values(**done, cancelled_reason=reason))
    for table in (orders, village_orders):
        open_ = (table.c.town == town, table.c.dispatch == id_, table.c.cancelled_at.is_(None))
        connection.execute(update(table).where(*open_).values(**done))
    audit.note(
        connection, user=by, action="order cancelled", object=f"orders/{id_}", detail={"reason": reason}, now=now
    )


def confirm(connection: Connection, *, town: str, id_: str, unit: str, note: str, by: str, now: datetime) -> None:
    """Confirms an order for a village, each user once; `RefusedError` if it did not go there, or holds no longer."""
    if len(note := note.strip()) > LONGEST_NOTE:
        raise RefusedError("note: expected at most %(most)s characters", most=LONGEST_NOTE)
    found = find(connection, town, id_, now)
    there = None if found is None else next((r for r in found.recipients if (r.kind, r.id) == ("village", unit)), None)
    if found is None or there is None:
        raise RefusedError("order %(id)r: it was not sent to village %(village)r", id=id_, village=unit)
    if there.state == "cancelled" or found.expires_at <= wall_text(now):
        state = "cancelled" if there.state == "cancelled" else Answered.EXPIRED.value
        raise RefusedError("order %(id)s: %(order_state)s already", id=id_, order_state=state)
    if any(each.by == by for each in there.confirmed):
        raise RefusedError("order %(id)s: you have confirmed it already", id=id_)
    row = {"town": town, "dispatch": id_, "unit": unit, "user": by, "at": wall_text(now), "note": note}
    connection.execute(insert(village_receipts).values(**row))
    detail = {"village": unit, "note": note}
    audit.note(connection, user=by, action="order confirmed", object=f"orders/{id_}", detail=detail, now=now)


def _whole(connection: Connection, town: str, rows: Sequence[Row[Any]], now: datetime) -> list[Dispatch]:
    ids = [row.id for row in rows]
    retired = set(
        connection.execute(select(gates.c.gate).where(gates.c.town == town, gates.c.retired_at.is_not(None))).scalars()
    )
    given: dict[str, list[Recipient]] = {}
    by_id = {row.id: row for row in rows}
    for order in store.of_dispatches(connection, town, ids):
        given.setdefault(order.dispatch, []).append(
            _gate(order, by_id[order.dispatch].due_at, order.gate in retired, now)
        )
    for id_, village in _villages(connection, town, by_id, now):
        given.setdefault(id_, []).append(village)
    return [
        Dispatch(
            **{name: value for name, value in row._mapping.items() if name != "town"},
            recipients=tuple(given.get(row.id, ())),
        )
        for row in rows
    ]


def _gate(order: Order, due: str | None, retired: bool, now: datetime) -> Recipient:
    shown = next((each.at for each in order.receipts if each.result is Answered.SHOWN), None)
    confirmed = tuple(
        # a gate that does not say whether it was late is judged by the time that it says
        Confirmed(
            each.officer, each.at, each.received_at, each.late if each.late is not None else _is_late(each.at, due)
        )
        for each in order.receipts
        if each.result is Answered.RECEIVED
    )
    state = order.state(now)
    if state in {each.value for each in LAST_ANSWERS} and confirmed:
        state = Answered.RECEIVED.value
    return Recipient("gate", order.gate, order.id, state, shown, confirmed, retired)


def _is_late(at: str, due: str | None) -> bool:
    return due is not None and at > due


def _villages(
    connection: Connection, town: str, sent: dict[str, Row[Any]], now: datetime
) -> list[tuple[str, Recipient]]:
    given: dict[tuple[str, str], list[Confirmed]] = {}
    which = (village_receipts.c.town == town, among(village_receipts.c.dispatch, sent))
    query = select(village_receipts).where(*which).order_by(village_receipts.c.at, village_receipts.c.user)
    for row in connection.execute(query):
        late = _is_late(row.at, sent[row.dispatch].due_at)
        given.setdefault((row.dispatch, row.unit), []).append(Confirmed(row.user, row.at, row.at, late, row.note))
    found = []
    which = (village_orders.c.town == town, among(village_orders.c.dispatch, sent))
    for row in connection.execute(select(village_orders).where(*which).order_by(village_orders.c.unit)):
        confirmed = tuple(given.get((row.dispatch, row.unit), ()))
        if confirmed:
            state = Answered.RECEIVED.value
        elif row.cancelled_at is not None:
            state = "cancelled"
        else:
            state = Answered.EXPIRED.value if sent[row.dispatch].expires_at <= wall_text(now) else "sent"
        found.append((row.dispatch, Recipient("village", row.unit, row.dispatch, state, None, confirmed)))
    return found


def village_name(connection: Connection, town: str, unit: str, *, chinese: bool) -> str:
    """A village's name in a language; its id where it is not known any more."""
    found = recipients.villages(connection, town).get(unit)
    return unit if found is None else found.zh if chinese else found.en
