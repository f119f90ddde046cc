"""The questions of the lists of the ledger: visits, entries, who is inside, quarantined messages.

Tested in `tests/hub/exports/test_lists.py`.
"""

from sqlalchemy import and_, func, or_

from edge.contract.plates import normalise
from hub.database.schema import entries, inside, judged, quarantine, visits
from hub.exports.asked import Asked
from hub.exports.kinds import Reader
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question
from hub.ledger import queries
from hub.ledger.queries import Filter, matches
from hub.visits import export, extra_fields

INSIDE = (
    Column("vehicle", "车辆", "Vehicle"),
    Column("plate", "车牌", "Plate"),
    Column("pass_id", "通行证号", "Pass"),
    Column("vehicle_class", "车辆类别", "Vehicle class", group="place"),
    Column("gate", "卡口", "Gate", group="place"),
    Column("since", "驶入时间", "Since", Sort.TIME),
    Column("visit_id", "记录编号", "Visit"),
)
QUARANTINE = (
    Column("id", "编号", "Number", Sort.WHOLE),
    Column("received_at", "中心收到时间", "Received by the hub", Sort.TIME),
    Column("gate", "卡口", "Gate"),
    Column("topic", "主题", "Topic"),
    Column("epoch", "日志期", "Epoch"),
    Column("seq", "序号", "Seq", Sort.WHOLE),
    Column("why", "原因", "Why"),
    Column("bytes", "字节数", "Bytes", Sort.WHOLE),
    Column("digest", "摘要", "Digest"),
    Column("outcome", "结果", "Outcome"),
    Column("user", "处理人", "Judged by"),
    Column("reason", "处理原因", "Reason"),
    Column("at", "处理时间", "Judged at", Sort.TIME),
)
"""Without the bytes themselves: a message may hold names and telephone numbers that nobody has masked."""


def visits_asked(asked: Asked, reader: Reader) -> Question:
    """Visits, oldest first."""
    return export.visits_asked(queries.conditions(reader.town, Filter(**asked, whole=reader.whole)))


def entries_asked(asked: Asked, reader: Reader) -> Question:
    """The ledger's entries in order of arrival."""
    where = export.between(
        entries, "received_at", town=reader.town, start=asked.get("start"), end=asked.get("end"), gate=asked.get("gate")
    )
    return export.entries_asked(where)


def visit_fields_asked(asked: Asked, reader: Reader) -> Question:
    """The values of the fields that the operation declares, a row for each entry that holds any."""
    where = export.between(
        entries, "received_at", town=reader.town, start=asked.get("start"), end=asked.get("end"), gate=asked.get("gate")
    )
    return extra_fields.visit_fields_asked(reader.town, reader.fields, where)


def inside_asked(asked: Asked, reader: Reader) -> Question:
    """Who is inside now, longest first."""
    where = [inside.c.town == reader.town]
    if search := asked.get("search"):
        by_plate = matches(inside.c.vehicle, normalise(search), whole=reader.whole)
        where.append(or_(by_plate, matches(inside.c.vehicle, search.lower(), whole=reader.whole)))
    values = {each.name: inside.c[each.name] for each in INSIDE if each.name != "since"}
    # what the gate said instead of a time stands in the cell, as in visits.csv
    since = func.coalesce(visits.c.closed_said, inside.c.since).label("since")
    source = inside.outerjoin(visits, visits.c.visit_id == inside.c.visit_id)
    return Question(INSIDE, {**values, "since": since}, where, (inside.c.since, inside.c.visit_id), source)


def quarantine_asked(asked: Asked, reader: Reader) -> Question:
    """Quarantined messages with what became of them, newest first."""
    where = [quarantine.c.town == reader.town]
    if search := asked.get("search"):
        columns = (quarantine.c.gate, quarantine.c.topic, quarantine.c.why)
        where.append(or_(*(column.contains(search, autoescape=True) for column in columns)))
    source = quarantine.outerjoin(
        judged, and_(judged.c.town == quarantine.c.town, judged.c.quarantine == quarantine.c.id)
    )
    values = {
        each.name: (judged if each.name in ("outcome", "user", "reason", "at") else quarantine).c[each.name]
        for each in QUARANTINE
        if each.name != "bytes"
    }
    size = func.length(quarantine.c.raw).label("bytes")
    return Question(QUARANTINE, {**values, "bytes": size}, where, (quarantine.c.id.desc(),), source)
