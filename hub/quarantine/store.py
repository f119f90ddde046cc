"""The SQL of the quarantine: messages that could not be taken, and how each was judged.

Tested in `tests/hub/quarantine/test_settle.py`.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection

from hub.database.schema import judged, quarantine


def page(
    connection: Connection, town: str, *, search: str = "", before: int | None, limit: int
) -> list[Mapping[str, Any]]:
    """Quarantined messages, newest first, from below the id `before`; `search` is a part of gate, topic or cause."""
    query = (
        select(quarantine, judged.c.outcome, judged.c.user, judged.c.reason, judged.c.at)
        .outerjoin(judged, and_(judged.c.town == quarantine.c.town, judged.c.quarantine == quarantine.c.id))
        .where(quarantine.c.town == town)
        .order_by(quarantine.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(quarantine.c.id < before)
    if search:
        columns = (quarantine.c.gate, quarantine.c.topic, quarantine.c.why)
        query = query.where(or_(*(column.contains(search, autoescape=True) for column in columns)))
    return [dict(row) for row in connection.execute(query).mappings()]
