"""The questions of the lists of the command post: alerts, conflicts, times on duty. Tested in `tests/hub/exports/test_lists.py`."""

from sqlalchemy import and_, case, or_, select

from hub.alerts import reading as alerts_reading
from hub.alerts import rules
from hub.alerts.rules import Severity
from hub.conflicts import store as conflicts_store
from hub.database.schema import alerts, conflicts, duties, users, visits
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question

ALERTS = (
    Column("id", "编号", "Number", Sort.WHOLE),
    Column("severity", "级别", "Severity", group="what"),
    Column("what", "类型", "What", group="what"),
    Column("gate", "卡口", "Gate", group="place"),
    Column("lane", "车道", "Lane", group="place"),
    Column("detail", "说明", "Detail"),
    Column("plate", "车牌", "Plate"),
    Column("visit_id", "记录编号", "Visit"),
    Column("first_at", "首次", "First", Sort.TIME),
    Column("last_at", "最近", "Last", Sort.TIME),
    Column("times", "次数", "Times", Sort.WHOLE),
    Column("ended_at", "结束时间", "Ended", Sort.TIME),
    Column("acknowledged_at", "确认时间", "Acknowledged at", Sort.TIME),
    Column("acknowledged_by", "确认人", "Acknowledged by", group="by"),
    Column("comment", "处理情况", "What was done", group="by"),
    Column("snoozed_until", "暂缓至", "Snoozed until", Sort.TIME),
    Column("snoozed_by", "暂缓人", "Snoozed by", group="snoozed"),
)
CONFLICTS = (
    Column("id", "编号", "Conflict"),
    Column("what", "类型", "What", group="what"),
    Column("opened_at", "发现时间", "Opened", Sort.TIME),
    Column("gate", "卡口", "Gate", group="gate"),
    Column("plate", "车牌", "Plate"),
    Column("pass_id", "通行证号", "Pass"),
    Column("visit", "记录编号", "Visit"),
    Column("settled_at", "了结时间", "Settled", Sort.TIME),
    Column("settled_by", "了结人", "Settled by", group="by"),
    Column("settled_reason", "了结原因", "Reason", group="by"),
)
DUTIES = (
    Column("user", "值班员", "Officer", group="user"),
    Column("started_at", "开始时间", "From", Sort.TIME),
    Column("ended_at", "结束时间", "To", Sort.TIME),
    Column("relieves", "接替", "Relieved", group="who"),
    Column("why", "接班原因", "Signed on because", group="who"),
    Column("ended_by", "结束人", "Ended by", group="end"),
    Column("ended_why", "结束原因", "Ended because", group="end"),
    Column("open_matters", "未了事项", "Open matters", Sort.WHOLE),
    Column("shift", "班次", "Shift", group="shift"),
)


def alerts_asked(asked: Asked, reader: Reader) -> Question:
    """Alerts, newest first."""
    chosen = alerts_reading.Filter(
        **{name: asked.get(name, "") for name in ("severity", "what", "gate", "state", "search")},
        since=asked.get("start", ""), until=asked.get("end", ""), whole_plate=reader.whole,
    )  # fmt: skip
    severity = case(
        *((alerts.c.what.in_([kind.value for kind in rules.kinds_of(each)]), each.value) for each in Severity),
        else_=None,
    ).label("severity")
    values = {each.name: alerts.c[each.name] for each in ALERTS if each.name not in ("severity", "plate")}
    source = alerts.outerjoin(visits, and_(visits.c.visit_id == alerts.c.visit_id, visits.c.town == alerts.c.town))
    return Question(
        ALERTS,
        {**values, "severity": severity, "plate": visits.c.plate},
        chosen.where(reader.town),
        (alerts.c.id.desc(),),
        source,
    )


def conflicts_asked(asked: Asked, reader: Reader) -> Question:
    """Conflicts, newest first; the open ones, unless others are asked for (`all`: all of them)."""
    state = asked.get("state", "open")
    chosen = conflicts_store.Asked(
        state="" if state == "all" else state, what=asked.get("what", ""), gate=asked.get("gate", ""),
        search=asked.get("search", ""), whole=reader.whole,
    )  # fmt: skip
    where = conflicts_store.conditions(reader.town, chosen)
    values = {each.name: conflicts.c[each.name] for each in CONFLICTS}
    order = (conflicts.c.opened_at.desc(), conflicts.c.id.desc())
    return Question(CONFLICTS, values, where, order, conflicts)


def duties_asked(asked: Asked, reader: Reader) -> Question:
    """Times on duty at the post, newest first."""
    where = [duties.c.town == reader.town]
    if name := asked.get("name"):
        named = select(users.c.id).where(or_(users.c.name.contains(name, autoescape=True), users.c.login == name))
        where.append(duties.c.user.in_(named))
    if start := asked.get("start"):
        where.append(or_(duties.c.ended_at.is_(None), duties.c.ended_at > start))
    if end := asked.get("end"):
        where.append(duties.c.started_at < end)
    return Question(
        DUTIES, {each.name: duties.c[each.name] for each in DUTIES}, where, (duties.c.entry.desc(),), duties
    )
