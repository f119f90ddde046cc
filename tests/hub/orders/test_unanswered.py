"""A receipt that is missing after its time is an alert, once for each recipient, until the receipt comes or the order is taken back."""

from datetime import timedelta

from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.orders import dispatches
from hub.orders.store import PLAIN
from hub.orders.unanswered import missing_receipts
from tests.hub.ledgers import table
from tests.hub.orders.test_dispatches import answers, confirms, sent
from tests.hub.towns import NOW, Place

OVER = timedelta(minutes=31)


def look(place: Place, after: timedelta) -> list[tuple[str | None, str]]:
    """What the listener's schedule does; the alerts that stand then, as (gate, detail)."""
    with place.engine.begin() as connection:
        found = list(missing_receipts(connection, "demo", NOW + after))
        alerts.standing(connection, "demo", (AlertKind.ORDER_UNANSWERED,), found, NOW + after)
    return [(row["gate"], row["subject"]) for row in table(place, "alerts") if row["ended_at"] is None]


def test_nothing_is_missing_before_its_time(place: Place) -> None:
    sent(place, "east")
    assert look(place, timedelta(minutes=29)) == []


def test_each_recipient_that_does_not_answer_is_an_alert_that_ends_with_its_receipt(place: Place) -> None:
    id_ = sent(place, "east", "west", villages=("dongcun",))
    answers(place, id_, "east")
    assert look(place, OVER) == [("west", id_), (None, f"{id_}/dongcun")]
    look(place, OVER)
    assert len(table(place, "alerts")) == 2, "looked at again, nothing is raised twice"
    confirms(place, id_, "dongcun", at=OVER)
    answers(place, id_, "west", at=timedelta(hours=2), late=True)
    assert look(place, timedelta(hours=3)) == []


def test_an_order_that_is_taken_back_or_has_no_time_for_receipts_misses_none(place: Place) -> None:
    id_ = sent(place, "east")
    sent(place, "west", manner=PLAIN)
    assert look(place, OVER) == [("east", id_)]
    with place.engine.begin() as connection:
        dispatches.cancel(connection, town="demo", id_=id_, reason="改期", by="u-1", now=NOW + OVER)
    assert look(place, OVER) == []
