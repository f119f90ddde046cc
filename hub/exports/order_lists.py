"""The questions of the lists of orders (a row for each recipient, with its receipt) and of what is asked from above. Tested in `tests/hub/exports/test_lists.py`."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Subquery, and_, case, func, literal, null, select, union_all

from edge.contract.commands import LAST_ANSWERS, Answered
from edge.contract.records import wall_text
from hub.database.schema import (
    dispatches,
    orders,
    question_answers,
    questions,
    receipts,
    village_orders,
    village_receipts,
)
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question
from hub.orders import dispatches as orders_sent
from hub.questions import store as questions_noted

ORDERS = (
    Column("dispatch", "编号", "Order"),
    Column("gate", "卡口", "Gate", group="gate"),
    Column("unit", "村", "Village", group="gate"),
    Column("urgent", "紧急", "Urgent", group="state"),
    Column("state", "状态", "State", group="state"),
    Column("zh", "中文", "In Chinese"),
    Column("en", "英文", "In English"),
    Column("issued_at", "下达时间", "Sent at", Sort.TIME),
    Column("issued_by", "下达人", "Sent by", group="by"),
    Column("due_at", "回执时限", "Receipt due", Sort.TIME),
    Column("shown_at", "显示时间", "Shown at", Sort.TIME),
    Column("confirmed_at", "确认时间", "Confirmed at", Sort.TIME),
    Column("confirmed_by", "确认人", "Confirmed by", group="confirmed"),
    Column("late", "迟到", "Late", group="confirmed"),
    Column("expires_at", "失效时间", "Holds until", Sort.TIME),
    Column("cancelled_at", "撤回时间", "Taken back at", Sort.TIME),
    Column("cancelled_by", "撤回人", "Taken back by", group="cancelled"),
    Column("cancelled_reason", "撤回原因", "Taken back because", group="cancelled"),
)
QUESTIONS = (
    Column("id", "编号", "Number"),
    Column("kind", "类型", "Kind", group="kind"),
    Column("state", "状态", "State", group="kind"),
    Column("asked_by", "来文单位", "Asked by", group="by"),
    Column("document", "文号", "Document", group="by"),
    Column("text", "事项", "What is asked"),
    Column("asked_at", "提出时间", "Asked at", Sort.TIME),
    Column("due_at", "时限", "Due", Sort.TIME),
    Column("assigned_to", "承办人", "Assigned to", group="who"),
    Column("versions", "答复次数", "Answers", Sort.WHOLE),
    Column("answer", "最近答复", "Last answer"),
    Column("answered_at", "首次答复时间", "First answered at", Sort.TIME),
    Column("answered_by", "答复人", "Answered by", group="who"),
    Column("closed_at", "办结时间", "Closed at", Sort.TIME),
    Column("closed_by", "办结人", "Closed by", group="closed"),
    Column("closed_note", "办结情况", "Closed because", group="closed"),
    Column("noted_by", "登记人", "Noted by", group="noted"),
)
_OF_ORDER = ("zh", "en", "issued_at", "issued_by", "due_at", "expires_at", "cancelled_reason")


def orders_asked(asked: Asked, reader: Reader) -> Question:
    """Orders, newest first: a row for each recipient, in the state that the order's page gives it."""
    chosen = orders_sent.Asked(
        search=asked.get("search", ""), state=asked.get("state", ""), to=asked.get("recipient", ""),
        urgent="urgent" in asked, start=asked.get("start", ""), end=asked.get("end", ""),
    )  # fmt: skip
    where = orders_sent.conditions(reader.town, chosen, reader.now)
    rows = _recipients(where, wall_text(reader.now))
    found = []
    if "gate" in asked:
        found.append(rows.c.gate == asked["gate"])
    order = (rows.c.issued_at.desc(), rows.c.dispatch.desc(), rows.c.gate, rows.c.unit)
    return Question(ORDERS, {each.name: rows.c[each.name] for each in ORDERS}, found, order, rows)


def _recipients(where: list[ColumnElement[bool]], now: str) -> Subquery:
    of_order = [dispatches.c[name] for name in _OF_ORDER]
    urgent = case((dispatches.c.urgent, "yes"), else_="no").label("urgent")
    of_gate = select(
        dispatches.c.id.label("dispatch"), orders.c.gate, null().label("unit"), urgent, *of_order,
        orders.c.cancelled_at, orders.c.cancelled_by, _state_of_gate(now).label("state"),
        _answer(receipts.c.at, Answered.SHOWN).label("shown_at"),
        *_confirmed(_answer(receipts.c.at, Answered.RECEIVED), _answer(receipts.c.officer, Answered.RECEIVED), _answer(receipts.c.late, Answered.RECEIVED)),
    ).select_from(dispatches.join(orders, and_(orders.c.town == dispatches.c.town, orders.c.dispatch == dispatches.c.id)))  # fmt: skip
    at, by = _village(village_receipts.c.at), _village(village_receipts.c.user)
    of_village = select(
        dispatches.c.id.label("dispatch"), null().label("gate"), village_orders.c.unit, urgent, *of_order,
        village_orders.c.cancelled_at, village_orders.c.cancelled_by, _state_of_village(at, now).label("state"),
        null().label("shown_at"), *_confirmed(at, by, None),
    ).select_from(
        dispatches.join(village_orders, and_(village_orders.c.town == dispatches.c.town, village_orders.c.dispatch == dispatches.c.id))
    )  # fmt: skip
    return union_all(of_gate.where(*where), of_village.where(*where)).subquery("recipients")


def _answer(column: ColumnElement[Any], result: Answered) -> ScalarSelect[Any]:
    """What the first of a gate's answers of this kind says."""
    return (
        select(column)
        .where(
            receipts.c.town == orders.c.town,
            receipts.c.gate == orders.c.gate,
            receipts.c.order == orders.c.id,
            receipts.c.result == result.value,
        )
        .order_by(receipts.c.at, receipts.c.officer)
        .limit(1)
        .correlate(orders)
        .scalar_subquery()
    )


def _village(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    return (
        select(column)
        .where(
            village_receipts.c.town == village_orders.c.town,
            village_receipts.c.dispatch == village_orders.c.dispatch,
            village_receipts.c.unit == village_orders.c.unit,
        )
        .order_by(village_receipts.c.at, village_receipts.c.user)
        .limit(1)
        .correlate(village_orders)
        .scalar_subquery()
    )


def _confirmed(at: ScalarSelect[Any], by: ScalarSelect[Any], late: ScalarSelect[Any] | None) -> list[Any]:
    by_times = case((at > dispatches.c.due_at, "yes"), (at.is_not(None), "no"), else_=None)
    said = by_times if late is None else case((late.is_(True), "yes"), (late.is_(False), "no"), else_=by_times)
    return [at.label("confirmed_at"), func.nullif(by, "").label("confirmed_by"), said.label("late")]


def _state_of_gate(now: str) -> ColumnElement[str]:
    answers = (
        select(receipts.c.result)
        .where(receipts.c.town == orders.c.town, receipts.c.gate == orders.c.gate, receipts.c.order == orders.c.id)
        .order_by(receipts.c.received_at.desc(), receipts.c.at.desc(), receipts.c.result)
        .limit(1)
        .correlate(orders)
    )
    final = answers.where(receipts.c.result.in_([each.value for each in LAST_ANSWERS])).scalar_subquery()
    return case(
        (final.is_not(None), final),
        (orders.c.cancelled_at.is_not(None), "cancelled"),
        (orders.c.expires_at <= now, Answered.EXPIRED.value),
        else_=func.coalesce(answers.scalar_subquery(), "sent"),
    )


def _state_of_village(at: ScalarSelect[Any], now: str) -> ColumnElement[str]:
    return case(
        (at.is_not(None), Answered.RECEIVED.value),
        (village_orders.c.cancelled_at.is_not(None), "cancelled"),
        (dispatches.c.expires_at <= now, Answered.EXPIRED.value),
        else_=literal("sent"),
    )


def questions_asked(asked: Asked, reader: Reader) -> Question:
    """What is asked from above, newest first, with the answer that stands."""
    chosen = questions_noted.Asked(
        search=asked.get("search", ""), state=asked.get("state", ""), who=asked.get("who", ""),
        start=asked.get("start", ""), end=asked.get("end", ""),
    )  # fmt: skip
    of_it = (question_answers.c.town == questions.c.town, question_answers.c.question == questions.c.id)
    last = [
        select(question_answers.c[name])
        .where(*of_it)
        .order_by(question_answers.c.version.desc())
        .limit(1)
        .scalar_subquery()
        for name in ("text", "by", "version")
    ]
    values: dict[str, ColumnElement[Any]] = {
        each.name: questions.c[each.name] for each in QUESTIONS if each.name in questions.c
    }
    values |= {
        "state": questions_noted.state_column(wall_text(reader.now)).label("state"),
        "answer": last[0].label("answer"),
        "answered_by": last[1].label("answered_by"),
        "versions": func.coalesce(last[2], 0).label("versions"),
    }
    where = questions_noted.conditions(reader.town, chosen, reader.now)
    return Question(QUESTIONS, values, where, (questions.c.asked_at.desc(), questions.c.id.desc()), questions)
