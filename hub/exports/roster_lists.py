"""The questions of the lists of the roster: duty staff, who is to serve, times on duty at gates. Tested in `tests/hub/exports/test_roster_lists.py`."""

from datetime import timedelta

from sqlalchemy import and_, case, func, null, select

from edge.contract.facts import Kind
from edge.contract.records import wall_text
from hub.database.schema import duty_roles, duty_shifts, duty_staff, gate_events, roster, users
from hub.database.statements import milliseconds_between
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question
from hub.roster import store as roster_store
from hub.values.stored import time_of

STAFF = (
    Column("id", "编号", "Id"),
    Column("name", "姓名", "Name"),
    Column("phone", "电话", "Phone"),
    Column("unit", "单位", "Unit", group="unit"),
    Column("role", "岗位", "Duty role", group="role"),
    Column("user", "登录名", "Login"),
    Column("gates", "可值守卡口", "Gates", group="gates"),
    Column("since", "起始日期", "From", group="since"),
    Column("until", "截止日期", "Until", group="until"),
)
ROSTER = (
    Column("day", "日期", "Day", group="day"),
    Column("shift", "班次", "Shift", group="shift"),
    Column("gate", "卡口", "Gate", group="gate"),
    Column("name", "姓名", "Name"),
    Column("role", "岗位", "Duty role", group="role"),
    Column("starts", "开始", "Starts", Sort.TIME),
    Column("ends", "结束", "Ends", Sort.TIME),
    Column("state", "状态", "State", group="state"),
)
"""An empty gate: the leader on duty."""
GATE_DUTY = (
    Column("gate", "卡口", "Gate", group="gate"),
    Column("officer", "值班员", "Officer", group="officer"),
    Column("started_at", "签到时间", "Signed on", Sort.TIME),
    Column("ended_at", "离岗时间", "Signed off", Sort.TIME),
    Column("minutes", "分钟", "Minutes", Sort.WHOLE),
)


def staff_asked(asked: Asked, reader: Reader) -> Question:
    """Duty staff, by name."""
    day = reader.now.date().isoformat()
    wanted = {name: asked.get(name, "") for name in ("search", "role", "gate", "state", "unit")}
    source = duty_staff.outerjoin(
        duty_roles, and_(duty_roles.c.town == duty_staff.c.town, duty_roles.c.role == duty_staff.c.role)
    ).outerjoin(users, users.c.id == duty_staff.c.user)
    values = {each.name: duty_staff.c[each.name] for each in STAFF if each.name not in ("role", "user")}
    return Question(
        STAFF,
        {**values, "role": func.coalesce(duty_roles.c.zh, duty_staff.c.role), "user": users.c.login},
        roster_store.conditions(reader.town, roster_store.StaffAsked(**wanted, day=day)),
        (duty_staff.c.name, duty_staff.c.id),
        source,
    )


def roster_asked(asked: Asked, reader: Reader) -> Question:
    """Who is to serve, by time: of one week, or of all."""
    where = [roster.c.town == reader.town]
    if gate := asked.get("gate"):
        where.append(roster.c.gate == gate)
    if (start := time_of(asked.get("start"))) is not None:
        where += [roster.c.starts >= wall_text(start), roster.c.starts < wall_text(start + timedelta(days=7))]
    state = case(
        (roster.c.dropped_at.is_not(None), "dropped"), (roster.c.published_at.is_not(None), "published"), else_="draft"
    )
    source = (
        roster.join(duty_staff, and_(duty_staff.c.town == roster.c.town, duty_staff.c.id == roster.c.staff))
        .outerjoin(duty_shifts, and_(duty_shifts.c.town == roster.c.town, duty_shifts.c.shift == roster.c.shift))
        .outerjoin(duty_roles, and_(duty_roles.c.town == duty_staff.c.town, duty_roles.c.role == duty_staff.c.role))
    )
    values = {
        "day": roster.c.day,
        "shift": func.coalesce(duty_shifts.c.zh, roster.c.shift),
        "gate": roster.c.gate,
        "name": duty_staff.c.name,
        "role": func.coalesce(duty_roles.c.zh, duty_staff.c.role),
        "starts": roster.c.starts,
        "ends": roster.c.ends,
        "state": state,
    }
    order = (roster.c.starts, roster.c.gate, roster.c.shift, roster.c.staff)
    return Question(ROSTER, values, where, order, source)


def gate_duty_asked(asked: Asked, reader: Reader) -> Question:
    """Times on duty at gates by their records, newest first. The next record of the gate ends a time."""
    kinds = (Kind.SHIFT_STARTED.value, Kind.SHIFT_ENDED.value)
    order = (gate_events.c.at, gate_events.c.epoch, gate_events.c.seq)
    following = func.lead(gate_events.c.at).over(partition_by=gate_events.c.gate, order_by=order)
    here = [gate_events.c.town == reader.town, gate_events.c.kind.in_(kinds)]
    if gate := asked.get("gate"):
        here.append(gate_events.c.gate == gate)
    columns = (gate_events.c.gate, gate_events.c.epoch, gate_events.c.seq, gate_events.c.kind, gate_events.c.officer)
    times = select(*columns, gate_events.c.at.label("started_at"), following.label("ended_at")).where(*here).subquery()
    where = [times.c.kind == Kind.SHIFT_STARTED.value]
    if start := asked.get("start"):
        where.append(func.coalesce(times.c.ended_at, "~") > start)
    if end := asked.get("end"):
        where.append(times.c.started_at < end)
    minutes = case(
        (times.c.ended_at.is_(None), null()), else_=milliseconds_between(times.c.started_at, times.c.ended_at) / 60000
    )
    values = {
        "gate": times.c.gate, "officer": times.c.officer, "started_at": times.c.started_at, "ended_at": times.c.ended_at,
        "minutes": minutes,
    }  # fmt: skip
    ordered = (times.c.started_at.desc(), times.c.gate, times.c.epoch, times.c.seq)
    return Question(GATE_DUTY, values, where, ordered, times)
