"""A command post with something on its desk: an order with receipts, a question with an answer, runs of which one was missed."""

from datetime import UTC, datetime, timedelta

from edge.contract.commands import CommandKind
from hub.orders import dispatches, store
from hub.orders.store import Manner
from hub.questions import store as questions
from hub.runs import derive
from hub.runs import store as runs
from tests.hub.ledgers import table
from tests.hub.orders.villages import settle_villages
from tests.hub.runs.test_plan import SAMPLES
from tests.hub.towns import Place


def fill_desk(place: Place) -> dict[str, str]:
    """The addresses of the pages that show it, by name; what was there before stays alone."""
    now, town = datetime.now(UTC), place.town.id
    if not table(place, "dispatches"):
        with place.engine.begin() as connection:
            settle_villages(connection)
            store.send(
                connection, town=town, to=["east", "west"], villages=["dongcun", "xicun"], kind=CommandKind.ORDER, zh="雨大，缩短排队",
                en="Rain: keep queues short", lasts=timedelta(hours=12), by="cli", now=now, manner=Manner(True, True, True, timedelta(minutes=1)),
            )  # fmt: skip
    if not table(place, "questions"):
        with place.engine.begin() as connection:
            hour = timedelta(hours=1)
            new = questions.New(
                questions.Kind.QUESTION, "县指挥部", "〔2026〕12号", "今日登记多少辆？", now - 2 * hour, now - hour
            )
            id_ = questions.note(connection, town=town, new=new, by="cli", now=now)
            questions.answer(connection, town=town, id_=id_, text="共 312 辆。", after=0, by="cli", now=now)
            questions.note(connection, town=town, new=new, by="cli", now=now)
            (sent, *_), _more = dispatches.page(connection, town, dispatches.Asked(), now, limit=1)
            dispatches.confirm(connection, town=town, id_=sent.id, unit="xicun", note="已通知", by="cli", now=now)
            runs.add(
                connection, town=town, plan=SAMPLES, gates={"east"}, classes={"sample_transport"}, by="cli", now=now - 12 * hour
            )  # fmt: skip
            derive.write(connection, town, derive.look(connection, town, place.town.settings.zone, now))
    return {
        "an order": f"/orders/{table(place, 'dispatches')[0]['id']}",
        "orders that are asked for": "/orders?state=missing&urgent=y",
        "questions": "/questions",
        "a question": f"/questions/{table(place, 'question_answers')[0]['question']}",
        "note a question": "/questions/new",
        "runs": "/runs",
        "runs of yesterday": f"/runs?day={(now - timedelta(days=1)).date().isoformat()}",
        "history of runs": "/runs/history",
        "plans of runs": "/runs/plans",
        "plan runs": "/runs/plans/new",
    }
