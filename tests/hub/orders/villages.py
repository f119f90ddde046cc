"""Two villages for tests: units of the organisation, where the schema has one."""

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from hub.database.schema import metadata

VILLAGES = {"dongcun": ("东村", "East village"), "xicun": ("西村", "West village")}


def settle_villages(connection: Connection) -> None:
    """Puts both into the town `demo`, once."""
    units = metadata.tables.get("units")
    if units is None or connection.execute(select(units.c.id).limit(1)).first() is not None:
        return
    rows = [
        {
            "town": "demo", "id": id_, "parent": None, "path": f"{id_}/", "level": "village", "zh": zh, "en": en,
            "position": place, "remark": "", "closed_at": None, "version": 1, "added_at": "2026-03-01T00:00:00.000Z",
            "added_by": "cli", "changed_at": "2026-03-01T00:00:00.000Z", "changed_by": "cli",
        }
        for place, (id_, (zh, en)) in enumerate(VILLAGES.items())
    ]  # fmt: skip
    connection.execute(insert(units), [{name: row[name] for name in row if name in units.c} for row in rows])
