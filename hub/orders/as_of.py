"""What stood about orders at a moment: how many were sent in a time, and which recipients had not confirmed theirs.

Orders are never changed but for the time at which they are taken back, receipts only come: so the same comes out again later, from the gates'
receipts up to the same entry of the ledger and the villages' up to the same moment. Tested in `tests/hub/reports/test_desk.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from edge.contract.commands import Answered
from hub.database.schema import dispatches, gates, orders, receipts, village_orders, village_receipts
from hub.database.statements import among


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as it stood: to how many it went, who confirmed it, how many of them late, who had not. Recipients: `gate/east`."""

    id: str
    issued_at: str
    due_at: str | None
    expires_at: str
    urgent: bool
    confirmed: int
    late: int
    missing: tuple[str, ...]

    @property
    def recipients(self) -> int:
        """To how many it went that were to confirm it."""
        return self.confirmed + len(self.missing)


def standing(written: Connection, received: Connection, town: str, start: str, end: str, at: str) -> list[Standing]:
    """The orders that were sent before `end` and held after `start`, as they stood at the moment `at`, oldest first.

    `received`: where the receipts of gates stand, up to some entry of the ledger.
    """
    which = (dispatches.c.town == town, dispatches.c.issued_at < end, dispatches.c.expires_at > start)
    sent = written.execute(select(dispatches).where(*which).order_by(dispatches.c.issued_at, dispatches.c.id)).all()
    sent = [each for each in sent if each.cancelled_at is None or each.cancelled_at > at]
    to = _recipients(written, town, [each.id for each in sent], at)
    by_order = _of_gates(received, town, [order for them in to.values() for order in them.values() if order])
    by_village = _of_villages(written, town, list(to), at)
    return [_standing(each, to.get(each.id, {}), by_order, by_village) for each in sent]


def _standing(
    sent: Row[tuple[object, ...]], to: Mapping[str, str], by_order: Mapping[str, str], by_village: Mapping[tuple[str, str], str]
) -> Standing:  # fmt: skip
    given = {
        each: by_order.get(order) if order else by_village.get((sent.id, each.partition("/")[2]))
        for each, order in to.items()
    }
    late = sum(bool(when and sent.due_at and when > sent.due_at) for when in given.values())
    missing = tuple(sorted(each for each, when in given.items() if when is None))
    return Standing(
        sent.id, sent.issued_at, sent.due_at, sent.expires_at, bool(sent.urgent), len(given) - len(missing), late, missing
    )  # fmt: skip


def _recipients(written: Connection, town: str, ids: list[str], at: str) -> dict[str, dict[str, str]]:
    """By order its recipients, each with the id of a gate's own order; without gates that were retired by then, or it was taken back from."""
    retired = set(written.execute(select(gates.c.gate).where(gates.c.town == town, gates.c.retired_at <= at)).scalars())
    found: dict[str, dict[str, str]] = {}
    query = select(orders.c.id, orders.c.gate, orders.c.dispatch, orders.c.cancelled_at)
    for row in written.execute(query.where(orders.c.town == town, among(orders.c.dispatch, ids))):
        if row.gate not in retired and (row.cancelled_at is None or row.cancelled_at > at):
            found.setdefault(row.dispatch, {})[f"gate/{row.gate}"] = row.id
    villages = select(village_orders).where(village_orders.c.town == town, among(village_orders.c.dispatch, ids))
    for row in written.execute(villages):
        if row.cancelled_at is None or row.cancelled_at > at:
            found.setdefault(row.dispatch, {})[f"unit/{row.unit}"] = ""
    return found


def _of_gates(received: Connection, town: str, ids: list[str]) -> dict[str, str]:
    """By a gate's own order, when it was first confirmed, by the gate's clock."""
    which = (receipts.c.town == town, among(receipts.c.order, ids), receipts.c.result == Answered.RECEIVED.value)
    found: dict[str, str] = {}
    for row in received.execute(select(receipts.c.order, receipts.c.at).where(*which)):
        found[row.order] = min(row.at, found.get(row.order, row.at))
    return found


def _of_villages(written: Connection, town: str, ids: list[str], at: str) -> dict[tuple[str, str], str]:
    table = village_receipts
    which = (table.c.town == town, among(table.c.dispatch, ids), table.c.at <= at)
    found: dict[tuple[str, str], str] = {}
    for row in written.execute(select(table.c.dispatch, table.c.unit, table.c.at).where(*which)):
        found[row.dispatch, row.unit] = min(row.at, found.get((row.dispatch, row.unit), row.at))
    return found
