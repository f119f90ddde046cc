"""What the demo's command post has on its desk: questions from above, planned runs, orders to villages, and the order that is sent while a link is cut.

Receipts of gates and marks of runs are none of this: the gates' records make them. Tested in `tests/scripts/test_post.py`.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.commands import CommandKind
from edge.contract.facts import Outcome
from edge.contract.reasons import Direction
from edge.simulation.officer import Officer, OfficerError
from edge.simulation.scenario import Vehicle
from hub.orders import dispatches
from hub.orders import store as orders
from hub.orders.store import Manner
from hub.organisation import store as organisation
from hub.questions import store as questions
from hub.questions.store import Kind, New
from hub.runs import store as runs
from hub.runs.plan import Plan
from hub.town.town import Town
from scripts.town.scenario import GATE_NAMES

SAMPLES, REFUSE = "sample_transport", "refuse_removal"
OFFICE = "县疫情防控指挥部"
ORDER_ZH = "今晚二十二时起有雨，各卡口缩短排队，货车在停车场等候。"
ORDER_EN = "Rain from 22:00: keep queues short, lorries wait in the car park."
EXPIRED = ("今日上午各村清点消毒液，中午前报数。", "Count the disinfectant of each village, report by noon.")
COUNT = (
    "各村通知外出人员二十时前返回，村口留一人引导。",
    "Tell who is out to be back by 20:00; leave one person at the village entrance.",
)
LEAST_DUE = 0.05
"""Minutes that receipts have at least."""


def lay_out(
    connection: Connection,
    town: Town,
    vehicles: Mapping[str, tuple[Vehicle, ...]],
    officers: Mapping[str, str],
    now: datetime,
) -> None:
    """Two questions, one of them answered; orders to villages; runs of samples in the area of each gate, one of them missed already, and refuse."""
    first = next(iter(officers.values()))
    hour = timedelta(hours=1)
    asked = New(
        Kind.QUESTION,
        OFFICE,
        "〔2026〕31号",
        "昨日各卡口登记车辆总数是多少？其中货车多少？",
        now - 3 * hour,
        now + hour,
    )
    id_ = questions.note(connection, town=town.id, new=asked, by="cli", now=now)
    questions.assign(connection, town=town.id, id_=id_, to=first, by="cli", now=now)
    answer = "昨日四个卡口共登记 1126 辆，其中货车 208 辆。"
    questions.answer(connection, town=town.id, id_=id_, text=answer, after=0, by=first, now=now)
    report = New(Kind.REPORT, OFFICE, "〔2026〕33号", "上报明日样本转运车辆和路线安排。", now - hour, now + 5 * hour)
    id_ = questions.note(connection, town=town.id, new=report, by="cli", now=now)
    questions.assign(connection, town=town.id, id_=id_, to=first, by="cli", now=now)
    for place, (gate, coming) in enumerate(vehicles.items()):
        # the first area's run of twenty minutes ago was missed; the next ones are due while the demo begins
        begins = now - timedelta(minutes=20) if place == 0 else now + timedelta(minutes=5 + place)
        _plan_samples(connection, town, gate, coming, begins, now)
    _plan(connection, town, _refuse(), now)
    _order_villages(connection, town, first, now)


def _order_villages(connection: Connection, town: Town, by: str, now: datetime) -> None:
    """An order to two villages, of which one has confirmed and the other not in time; and one that has expired."""
    villages = [each.id for each in organisation.every(connection, town.id) if each.level == "village"][:2]
    if not villages:
        return  # a town that has no villages yet
    minute = timedelta(minutes=1)
    sent, late = now - 40 * minute, now - 14 * 60 * minute
    for (zh, en), at in ((EXPIRED, late), (COUNT, sent)):
        orders.send(
            connection, town=town.id, to=(), villages=villages, kind=CommandKind.ORDER, zh=zh, en=en, lasts=timedelta(hours=12),
            by="cli", now=at, manner=Manner(due=30 * minute),
        )  # fmt: skip
    (newest, *_), _more = dispatches.page(connection, town.id, dispatches.Asked(), now, limit=1)
    dispatches.confirm(
        connection, town=town.id, id_=newest.id, unit=villages[0], note="已逐户通知", by=by, now=sent + 12 * minute
    )  # fmt: skip


def _plan_samples(
    connection: Connection, town: Town, gate: str, coming: tuple[Vehicle, ...], begins: datetime, now: datetime
) -> None:
    zh, _en = GATE_NAMES[gate]
    area = zh.removesuffix("卡口") + "区"
    way = next((each.direction for each in coming if _passes(each)), Direction.OUT)
    clock = begins.astimezone(town.settings.zone).strftime("%H:%M")
    plan = Plan(
        name="采样", area=area, route=f"{zh} - 镇卫生院", vehicle_class=SAMPLES, plates=(), passes=(), gates=(gate,),
        direction=way.value, every_minutes=30, times=(), begins=clock, ends=clock, weekdays="1234567", tolerance_minutes=10,
        return_minutes=60,
    )  # fmt: skip
    _plan(connection, town, plan, min(now, begins - timedelta(minutes=1)))


def _passes(vehicle: Vehicle) -> bool:
    expect = vehicle.expect
    return vehicle.vehicle_class == SAMPLES and expect is not None and expect.outcome is Outcome.PASSED


def _refuse() -> Plan:
    return Plan(
        name="垃圾清运", area="全镇", route="各村 - 填埋场", vehicle_class=REFUSE, plates=(), passes=(), gates=(), direction="out",
        every_minutes=None, times=("06:00", "18:00"), begins="00:00", ends="24:00", weekdays="1234567", tolerance_minutes=60,
        return_minutes=180,
    )  # fmt: skip


def _plan(connection: Connection, town: Town, plan: Plan, at: datetime) -> None:
    classes = {SAMPLES, REFUSE}
    runs.add(connection, town=town.id, plan=plan, gates=GATE_NAMES, classes=classes, by="cli", now=at)


def order_arguments(minutes: float) -> tuple[str, ...]:
    """The command that sends the demo's order to every gate: urgent, read out, to be confirmed within so many minutes."""
    due = f"{max(LEAST_DUE, minutes):.3f}"
    return ("order", "send", "--zh", ORDER_ZH, "--en", ORDER_EN, "--urgent", "--aloud", "--due-minutes", due)


def confirm_order(kiosk: str) -> None:
    """The simulated officer reads the demo's own order on the screen and presses "received"; an order of somebody else stays."""
    officer = Officer(kiosk)
    with suppress(OfficerError):
        for order in officer.state()["orders"]:
            if order["zh"] == ORDER_ZH:
                officer.submit("/orders/received", order=order["id"])
