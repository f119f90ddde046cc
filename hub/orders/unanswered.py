"""Which receipts of orders are missing after their time: one alert for each recipient, until it confirms or the order is taken back.

Run by the listener's schedule. Tested in `tests/hub/orders/test_unanswered.py`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About, State
from hub.orders import dispatches
from hub.orders.dispatches import Asked
from hub.orders.dispatches import State as Stands

LOOKED_AT = timedelta(days=31)
"""How long after it was sent an order is looked at: no order lasts longer."""
MOST = 1000


def missing_receipts(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """A state for each recipient that should have confirmed an order, and has not."""
    asked = Asked(state=Stands.MISSING.value, start=wall_text(now - LOOKED_AT))
    found, _ = dispatches.page(connection, town, asked, now, limit=MOST)
    for each in found:
        if each.due_at is None:
            continue
        for recipient in each.recipients:
            if recipient.missing:
                gate = recipient.id if recipient.kind == "gate" else None
                subject = each.id if gate else f"{each.id}/{recipient.id}"
                place = "" if gate else f"village {recipient.id}, "
                yield State(
                    AlertKind.ORDER_UNANSWERED,
                    gate,
                    f"order {each.id}: {place}due {each.due_at}",
                    About(subject=subject, happened_at=each.due_at),
                )
