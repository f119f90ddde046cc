"""What a destruction will do, before anything is done: what, how many, where; and what it cannot reach.

Tested in `tests/hub/destruction/test_plan.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from hub.backup import listing
from hub.broker import store
from hub.database.schema import entries, export_jobs, feed_targets, gate_status, metadata, register_rows
from hub.destruction import decisions, erase, parts, traces
from hub.destruction.decisions import Decision
from hub.destruction.parts import Part
from hub.gates import store as gates
from hub.town.settings import Settings
from hub.values.stored import time_of

AWAY = timedelta(minutes=2)
"""A gate that has said nothing for so long is away."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One part: what becomes of it, and in which tables or folders how many rows or files there are."""

    part: str
    decision: Decision | None
    proposed: str
    choices: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unreached:
    """Something that the destruction cannot reach: what it is (a code), and which (gates, files, names), or how many."""

    what: str
    which: tuple[str, ...] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole of it."""

    operation: str
    parts: Sequence[Planned]
    unreached: Sequence[Unreached]


def plan(connection: Connection, settings: Settings, operation: str, now: datetime) -> Plan:
    """Looks, and changes nothing."""
    decided = decisions.read(connection, settings.town, operation)
    known = parts.every(connection, settings.town)
    found = [_planned(connection, settings, part, decided.get(id_)) for id_, part in known.items()]
    return Plan(operation, found, unreached(connection, settings, now))


def _planned(connection: Connection, settings: Settings, part: Part, decision: Decision | None) -> Planned:
    choices = tuple(each.value for each in parts.choices(part))
    return Planned(part.id, decision, part.proposed.value, choices, _counts(connection, settings, part))


def _counts(connection: Connection, settings: Settings, part: Part) -> dict[str, int]:
    town = settings.town
    if part.register is not None:
        rows = register_rows.c
        query = select(func.count()).where(rows.town == town, rows.register == part.register)
        return {"register_rows": connection.execute(query).scalar_one()}
    found = {name: erase.count(connection, metadata.tables[name], town) for name in part.tables if name != "entries"}
    if "entries" in part.tables:
        query = select(func.count()).where(entries.c.town == town, entries.c.private != "{}")
        found = {"entries": connection.execute(query).scalar_one(), **found}
    if part.id == "backups":
        found["files"] = len(traces.old_backups(settings, None))
    if part.id == "exports":
        found["files"] = len(list(settings.exports.glob("*"))) if settings.exports.is_dir() else 0
    if part.id == "files":
        found["logs"] = len(list(settings.log.glob("*"))) if settings.log.is_dir() else 0
    if part.id == "gates":
        found["gates"] = len(gates.believed(connection, town))
    return found


def unreached(connection: Connection, settings: Settings, now: datetime) -> list[Unreached]:
    """What stays wherever it is: it is named, so that somebody sees to it."""
    town = settings.town
    found = [
        Unreached("gates_away", tuple(_away(connection, town, now))),
        Unreached("gates_retired", tuple(each.gate for each in gates.every(connection, town) if each.retired)),
        Unreached(
            "backups_elsewhere", tuple(each.file for each in listing.every(connection, settings) if not each.there)
        ),
        Unreached("exports_taken", (), _count_exports(connection, town)),
        Unreached("feed_targets", tuple(_targets(connection, town))),
        Unreached("archive", tuple(_archives(settings))),
        Unreached("broker_elsewhere", () if settings.broker.run else (settings.broker.host,)),
        Unreached("broker_store", ("broker/data",) if store.left(settings.folder) else ()),
        Unreached("postgresql", (connection.dialect.name,) if connection.dialect.name != "sqlite" else ()),
    ]
    standing = [Unreached(what, (), None) for what in ("paper", "browsers", "disk_blocks")]
    return [each for each in found if each.which or each.count] + standing


def _away(connection: Connection, town: str, now: datetime) -> list[str]:
    query = select(gate_status.c.gate, gate_status.c.online, gate_status.c.last_seen).where(gate_status.c.town == town)
    seen = {row.gate: (row.online, time_of(row.last_seen)) for row in connection.execute(query)}
    found = []
    for gate in gates.believed(connection, town):
        online, last = seen.get(gate, (False, None))
        if not online or last is None or now - last > AWAY:
            found.append(gate)
    return found


def _count_exports(connection: Connection, town: str) -> int:
    query = select(func.count()).select_from(export_jobs)
    return connection.execute(query.where(export_jobs.c.town == town, export_jobs.c.state == "done")).scalar_one()


def _targets(connection: Connection, town: str) -> list[str]:
    query = select(feed_targets.c.name).where(feed_targets.c.town == town).order_by(feed_targets.c.id)
    return list(connection.execute(query).scalars())


def _archives(settings: Settings) -> list[str]:
    folder = settings.folder / "archive"
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
