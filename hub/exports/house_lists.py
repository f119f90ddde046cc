"""The questions of the lists of the hub itself: the audit, gates, users. Tested in `tests/hub/exports/test_lists.py`."""

from sqlalchemy import ColumnElement, and_, or_

from hub.database.schema import audit, gate_status, gates, users
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question

AUDIT = (
    Column("id", "编号", "Number", Sort.WHOLE),
    Column("at", "时间", "Time", Sort.TIME),
    Column("user", "用户", "User", group="user"),
    Column("action", "操作", "Action", group="action"),
    Column("object", "对象", "Object"),
    Column("detail", "详情", "Detail"),
)
GATES = (
    Column("gate", "卡口编号", "Gate"),
    Column("number", "序号", "Number", Sort.WHOLE),
    Column("zh", "中文名称", "Name in Chinese"),
    Column("en", "英文名称", "Name in English"),
    Column("added_at", "添加时间", "Added at", Sort.TIME),
    Column("retired_at", "停用时间", "Retired at", Sort.TIME),
    Column("online", "在线", "Online", Sort.FLAG),
    Column("last_seen", "最近联系", "Last seen", Sort.TIME),
    Column("public_key", "公钥", "Public key"),
)
USERS = (
    Column("id", "编号", "Id"),
    Column("login", "登录名", "Login"),
    Column("name", "姓名", "Name"),
    Column("role", "角色", "Role", group="role"),
    Column("gates", "PIN 适用卡口", "Gates of the PIN"),
    Column("created_at", "创建时间", "Created at", Sort.TIME),
    Column("disabled_at", "停用时间", "Disabled at", Sort.TIME),
)
"""Without passwords and PINs, in whatever form they are kept."""


def audit_asked(asked: Asked, _reader: Reader) -> Question:
    """The audit, newest first."""
    where: list[ColumnElement[bool]] = [audit.c.id > 0]
    if search := asked.get("search"):
        where.append(
            or_(audit.c.object.contains(search, autoescape=True), audit.c.detail.contains(search, autoescape=True))
        )
    where += [audit.c[name] == asked[name] for name in ("user", "action") if name in asked]
    where += [audit.c.at >= asked["start"]] if "start" in asked else []
    where += [audit.c.at < asked["end"]] if "end" in asked else []
    return Question(AUDIT, {each.name: audit.c[each.name] for each in AUDIT}, where, (audit.c.id.desc(),), audit)


def gates_asked(_asked: Asked, reader: Reader) -> Question:
    """Gates, also those that are no more, by number."""
    source = gates.outerjoin(gate_status, and_(gate_status.c.town == gates.c.town, gate_status.c.gate == gates.c.gate))
    values = {
        each.name: (gate_status if each.name in ("online", "last_seen") else gates).c[each.name] for each in GATES
    }
    return Question(GATES, values, [gates.c.town == reader.town], (gates.c.number,), source)


def users_asked(_asked: Asked, _reader: Reader) -> Question:
    """Users, by login."""
    values = {each.name: users.c[each.name] for each in USERS}
    return Question(USERS, values, [users.c.id != ""], (users.c.login,), users)
