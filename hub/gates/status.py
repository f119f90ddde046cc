"""The state of each gate as the hub knows it: the rows of `gate_status` as values, and how fresh each is.

A gate is `live` only while it says it is online *and* has sent something lately; a gate that says nothing is `silent` whatever its
last word was.

Tested in `tests/hub/visits/test_queries.py`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import and_, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex
from edge.contract.messages import Health
from edge.contract.topics import HUB
from hub.database.schema import gate_status, gates
from hub.values.stored import time_of
from hub.values.visible import short

SILENT_AFTER = 30
"""Seconds without a word after which a gate no longer counts as live; it speaks every few seconds."""
LISTENER_SILENT_AFTER = 60
"""Seconds without a word of the listener's own; it says that it is there every ten."""

TENS = len("2026-11-30T12:30:0")
"""The length of a time as far as its tens of seconds."""
LASTING = ("camera", "clock", "backlog", "under_voltage", "tank", "officer", "lanes", "alarms")
"""What pages show of a gate's health."""

MOST_LANES, MOST_ALARMS, LONGEST_LANE = 8, 12, 24
"""What a page shows of one gate at most, however much it says of itself."""


class Freshness(StrEnum):
    """How fresh the hub's knowledge of a gate is."""

    LIVE = "live"
    SILENT = "silent"
    OFFLINE = "offline"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class GateStatus:
    """A gate as the hub knows it. `health` None: none came yet, or it was not understood."""

    gate: str
    zh: str
    en: str
    online: bool
    last_seen: str | None
    health: Health | None
    health_at: str | None
    unreadable: bool = False
    """The gate said something of its health that this version cannot read."""

    def freshness(self, now: datetime) -> Freshness:
        """How far the rest of this can be believed at `now`."""
        if self.last_seen is None:
            return Freshness.NEVER
        if not self.online:
            return Freshness.OFFLINE
        heard = time_of(self.last_seen)
        silent = heard is None or (now - heard).total_seconds() > SILENT_AFTER
        return Freshness.SILENT if silent else Freshness.LIVE

    @property
    def lanes(self) -> tuple[tuple[str, str], ...]:
        """The first lanes with the states that they are in; their names cut where they are none."""
        lanes = () if self.health is None else islice(self.health.lanes.items(), MOST_LANES)
        return tuple((short(name, LONGEST_LANE), phase) for name, phase in lanes)

    @property
    def more_lanes(self) -> int:
        """How many lanes are left out."""
        return 0 if self.health is None else max(0, len(self.health.lanes) - MOST_LANES)

    @property
    def alarms(self) -> tuple[str, ...]:
        """The first alarms; that of a camera which says itself that it failed is left out."""
        return self._alarms()[:MOST_ALARMS]

    @property
    def more_alarms(self) -> int:
        """How many alarms are left out."""
        return max(0, len(self._alarms()) - MOST_ALARMS)

    @property
    def tank(self) -> int | None:
        """Per cent of the tank; None if it is not known, or no share."""
        share = None if self.health is None else self.health.tank
        return round(share * 100) if share is not None and 0 <= share <= 1 else None

    def _alarms(self) -> tuple[str, ...]:
        if self.health is None:
            return ()
        failed = self.health.camera is False
        return tuple(each for each in self.health.alarms if not (each == "camera" and failed))


def listener_is_silent(connection: Connection, town: str, now: datetime) -> bool:
    """Returns True if the listener has not been at its broker for a minute; before its first connection it is only new."""
    query = select(gate_status.c.last_seen).where(gate_status.c.town == town, gate_status.c.gate == HUB)
    last = connection.execute(query).scalar()
    heard = time_of(last)
    return last is not None and (heard is None or (now - heard).total_seconds() > LISTENER_SILENT_AFTER)


def every_gate(connection: Connection, town: str) -> list[GateStatus]:
    """The town's gates in the order of their numbers, retired ones left out."""
    query = (
        select(gates, gate_status.c.online, gate_status.c.last_seen, gate_status.c.health, gate_status.c.health_at)
        .outerjoin(gate_status, and_(gate_status.c.town == gates.c.town, gate_status.c.gate == gates.c.gate))
        .where(gates.c.town == town, gates.c.retired_at.is_(None))
        .order_by(gates.c.number)
    )
    return [
        GateStatus(
            row.gate, row.zh, row.en, bool(row.online), row.last_seen, health, row.health_at,
            unreadable=row.health is not None and health is None,
        )
        for row in connection.execute(query)
        for health in (_health(row.health),)
    ]  # fmt: skip


def digest(connection: Connection, town: str) -> str:
    """A text that changes when anything does that a page shows of a gate; with the time of its last word, every ten seconds."""
    columns = (gate_status.c[name] for name in ("gate", "online", "conn", "epoch", "health", "last_seen"))
    rows = connection.execute(select(*columns).where(gate_status.c.town == town).order_by(gate_status.c.gate))
    words = [(*row[:4], _lasting(row.health), (row.last_seen or "")[:TENS]) for row in rows]
    return sha256_hex(repr(words).encode())[:16]


def _lasting(health: str | None) -> object:
    """A health without what differs each time: its time, degrees, bytes, frames."""
    try:
        said = json.loads(health or "")
        return [said.get(name) for name in LASTING]
    except (ValueError, RecursionError, AttributeError):
        return health


def _health(text: str | None) -> Health | None:
    try:
        return None if text is None else Health.parse(text.encode())
    except (ValueError, RecursionError):
        return None
