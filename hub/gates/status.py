"""How the gates do, as far as the hub has heard: the rows of `gate_status` as values, and how fresh each is.

A gate is `live` only while it says it is online *and* was heard of lately; a gate that says nothing is `silent` whatever its
last word was.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, select
from sqlalchemy.engine import Connection, Engine

from edge.contract.canonical import sha256_hex
from edge.contract.messages import Health
from edge.contract.records import parse_wall
from hub.database import gate_status, gates
from hub.ledger.queries import last_entry
from hub.stream import Seen

SILENT_AFTER = 30
"""Seconds without a word after which a gate no longer counts as live; it speaks every few seconds."""


class Freshness(StrEnum):
    """What the hub may say of a gate."""

    LIVE = "live"
    SILENT = "silent"
    OFFLINE = "offline"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class GateStatus:
    """A gate as the hub knows it. `health` None: never heard, or not understood."""

    gate: str
    zh: str
    en: str
    online: bool
    last_seen: str | None
    health: Health | None
    health_at: str | None

    def freshness(self, now: datetime) -> Freshness:
        """How far the rest of this can be believed at `now`."""
        if self.last_seen is None:
            return Freshness.NEVER
        if not self.online:
            return Freshness.OFFLINE
        silent = (now - parse_wall(self.last_seen)).total_seconds() > SILENT_AFTER
        return Freshness.SILENT if silent else Freshness.LIVE


def every_gate(connection: Connection, town: str) -> list[GateStatus]:
    """The town's gates in the order of their numbers, retired ones left out."""
    query = (
        select(gates, gate_status.c.online, gate_status.c.last_seen, gate_status.c.health, gate_status.c.health_at)
        .outerjoin(gate_status, and_(gate_status.c.town == gates.c.town, gate_status.c.gate == gates.c.gate))
        .where(gates.c.town == town, gates.c.retired_at.is_(None))
        .order_by(gates.c.number)
    )
    return [
        GateStatus(row.gate, row.zh, row.en, bool(row.online), row.last_seen, _health(row.health), row.health_at)
        for row in connection.execute(query)
    ]


def look(reading: Engine, town: str) -> Seen:
    """One look for the stream: the newest entry, and a digest that changes when anything of a gate does."""
    with reading.connect() as connection:
        rows = connection.execute(select(gate_status).where(gate_status.c.town == town).order_by(gate_status.c.gate))
        return Seen(last_entry(connection, town), sha256_hex(repr(rows.all()).encode()))


def _health(text: str | None) -> Health | None:
    try:
        return None if text is None else Health.parse(text.encode())
    except ValueError:
        return None
