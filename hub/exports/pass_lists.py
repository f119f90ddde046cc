"""The questions of the lists of passes and of the watch list. Tested in `tests/hub/exports/test_lists.py`."""

from sqlalchemy import case

from edge.contract.records import wall_text
from hub.database.schema import passes, watched
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question
from hub.passes import store, watchlist
from hub.passes.store import PassState

PASSES = (
    Column("id", "通行证号", "Pass"),
    Column("state", "状态", "State", group="state"),
    Column("plate", "车牌", "Plate"),
    Column("vehicle_class", "车辆类别", "Vehicle class", group="class"),
    Column("gates", "卡口", "Gates", group="class"),
    Column("priority", "优先", "Priority", Sort.FLAG, group="class"),
    Column("not_before", "生效时间", "Valid from", Sort.TIME),
    Column("expires", "失效时间", "Valid until", Sort.TIME),
    Column("issued_at", "签发时间", "Issued at", Sort.TIME),
    Column("issued_by", "签发人", "Issued by", group="issued"),
    Column("reference", "清单编号", "Reference"),
    Column("replaces", "替代", "Replaces"),
    Column("blocked_at", "停用时间", "Blocked at", Sort.TIME),
    Column("blocked_by", "停用人", "Blocked by", group="blocked"),
    Column("blocked_reason", "停用原因", "Blocked because", group="blocked"),
    Column("revoked_at", "吊销时间", "Revoked at", Sort.TIME),
    Column("revoked_by", "吊销人", "Revoked by", group="revoked"),
    Column("revoked_reason", "吊销原因", "Revoked because", group="revoked"),
    Column("kid", "密钥", "Key", group="key"),
)
"""Without the code itself: whoever sees it stands in the audit, pass by pass."""
WATCHED = (
    Column("plate", "车牌", "Plate"),
    Column("deny_in", "驶入拦截", "Stop on the way in", Sort.FLAG, group="does"),
    Column("deny_out", "驶出拦截", "Stop on the way out", Sort.FLAG, group="does"),
    Column("notify", "通知指挥部", "Tell the command post", Sort.FLAG, group="does"),
    Column("why", "原因", "Reason"),
    Column("added_at", "布控时间", "Added at", Sort.TIME),
    Column("added_by", "布控人", "Added by", group="by"),
)


def passes_asked(asked: Asked, reader: Reader) -> Question:
    """Passes, newest first."""
    state = PassState(asked["state"]) if "state" in asked else None
    where = store.conditions(
        reader.town, asked.get("search", ""), state, asked.get("vehicle_class", ""), now=reader.now
    )
    now = wall_text(reader.now)
    state_now = case(
        (passes.c.revoked_at.is_not(None), PassState.REVOKED.value),
        (passes.c.blocked_at.is_not(None), PassState.BLOCKED.value),
        (passes.c.expires <= now, PassState.EXPIRED.value),
        (passes.c.not_before > now, PassState.NOT_YET.value),
        else_=PassState.VALID.value,
    ).label("state")
    values = {each.name: passes.c[each.name] for each in PASSES if each.name != "state"}
    order = (passes.c.issued_at.desc(), passes.c.id.desc())
    return Question(PASSES, {**values, "state": state_now}, where, order, passes)


def watched_asked(asked: Asked, reader: Reader) -> Question:
    """The watch list, by plate."""
    where = watchlist.conditions(reader.town, asked.get("search", ""))
    return Question(WATCHED, {each.name: watched.c[each.name] for each in WATCHED}, where, (watched.c.plate,), watched)
