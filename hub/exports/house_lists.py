"""The questions of the lists of the hub itself: the audit, gates, units, users. Tested in `tests/hub/exports/test_lists.py`."""

from sqlalchemy import ColumnElement, and_, func, or_, select

from hub.accounts import audit as audit_rows
from hub.database.schema import audit, gate_status, gates, units, users
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question

AUDIT = (
    Column("number", "编号", "Number", Sort.WHOLE),
    Column("at", "时间", "Time", Sort.TIME),
    Column("user", "用户", "User", group="user"),
    Column("action", "操作", "Action", group="action"),
    Column("object", "对象", "Object"),
    Column("detail", "详情", "Detail"),
    Column("hash", "哈希", "Hash"),
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
UNITS = (
    Column("id", "编号", "Id"),
    Column("level", "层级", "Level"),
    Column("zh", "名称", "Chinese name"),
    Column("en", "英文名称", "English name"),
    Column("parent", "上级", "Parent"),
    Column("path", "路径", "Path"),
    Column("position", "排序", "Order", Sort.WHOLE),
    Column("remark", "备注", "Remark"),
    Column("closed_at", "停用时间", "Closed at", Sort.TIME),
)
"""As an import reads them again."""


def audit_asked(asked: Asked, reader: Reader) -> Question:
    """The audit, newest first."""
    where = audit_rows.conditions(audit_rows.Asked(town=reader.town, **asked))
    return Question(
        AUDIT,
        {each.name: audit.c[each.name] for each in AUDIT},
        where,
        (audit.c.at.desc(), audit.c.number.desc()),
        audit,
    )


def gates_asked(_asked: Asked, reader: Reader) -> Question:
    """Gates, also those that are no more, by number."""
    source = gates.outerjoin(gate_status, and_(gate_status.c.town == gates.c.town, gate_status.c.gate == gates.c.gate))
    values = {
        each.name: (gate_status if each.name in ("online", "last_seen") else gates).c[each.name] for each in GATES
    }
    return Question(GATES, values, [gates.c.town == reader.town], (gates.c.number,), source)


def users_asked(asked: Asked, _reader: Reader) -> Question:
    """Users, by login: those whose name or login has a text, of a role, of a state."""
    values = {each.name: users.c[each.name] for each in USERS}
    where: list[ColumnElement[bool]] = [users.c.id != ""]
    if text := asked.get("search", "").lower():
        of_text = (func.lower(each).contains(text, autoescape=True) for each in (users.c.name, users.c.login))
        where.append(or_(*of_text, users.c.id == text))
    if role := asked.get("role"):
        where.append(users.c.role == role)
    if state := asked.get("state"):
        where.append(users.c.disabled_at.is_not(None) if state == "disabled" else users.c.disabled_at.is_(None))
    return Question(USERS, values, where, (users.c.login,), users)


def units_asked(asked: Asked, reader: Reader) -> Question:
    """Units by their path, of a branch if one is named."""
    where: list[ColumnElement[bool]] = [units.c.town == reader.town]
    if id_ := asked.get("unit"):
        above = units.alias("above")
        path = select(above.c.path).where(above.c.town == reader.town, above.c.id == id_).scalar_subquery()
        where += [func.substr(units.c.path, 1, func.length(path)) == path]
    if text := asked.get("search", "").lower():
        parts = (func.lower(units.c[name]).contains(text, autoescape=True) for name in ("zh", "en", "id", "remark"))
        where.append(or_(*parts))
    return Question(UNITS, {each.name: units.c[each.name] for each in UNITS}, where, (units.c.path,), units)
