"""The database and what lies in it: the ledger's head, the audit's, what waits to be done, what is slow.

Tested in `tests/hub/health/test_checks.py`.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit_chain
from hub.database import slow
from hub.database.schema import ahead, alerts, inside, judged, quarantine, undone
from hub.errors import Words
from hub.health.finding import Finding, Look, State
from hub.ledger.head import read_ledger

MIB = 2**20
LONG = 0.2
"""Seconds that the database may take for a question that costs nothing."""
OF_NOTE = timedelta(hours=1)
"""For which a slow statement is worth a look."""


def database(look: Look) -> Iterator[Finding]:
    """The database answers, and soon; its size."""
    began = time.perf_counter()
    # its first row, which no cache of ours holds
    ledger = read_ledger(look.connection, look.town.id)
    took = time.perf_counter() - began
    size = _size(look.settings.folder / "hub.db") if look.settings.database.url is None else 0
    measures: dict[str, float] = {"database_bytes": size} if size else {}
    says = Words("it answers in %(ms)s ms; %(size)s MiB", ms=f"{1000 * took:.1f}", size=f"{size / MIB:.1f}")
    if took > LONG:
        yield Finding(
            State.LOOK, says, Words("It is slow: look at the load and the disk of the machine."), measures=measures
        )
    else:
        yield Finding(State.OK, says, measures=measures)
    if not ledger.head.holds(look.town.id, look.town.key.public_key()):
        yield Finding(
            State.FAULT, Words("the ledger's head is not signed by this hub"),
            Words("Entries were changed or cut off: run kakou-hub verify, and compare with a backup."), of="ledger",
        )  # fmt: skip
    else:
        count = ledger.head.count
        yield Finding(
            State.OK, Words("%(entries)s entries, the head is signed", entries=count), of="ledger", measures={"entries_total": count}
        )  # fmt: skip


def audit(look: Look) -> Iterator[Finding]:
    """The audit's last row is the one that the hub signed."""
    if audit_chain.sound_head(look.connection, look.town.id, look.town.key.public_key()):
        head = audit_chain.read_head(look.connection, look.town.id)
        count = 0 if head is None else head.count
        yield Finding(
            State.OK, Words("%(rows)s rows, the last one is signed", rows=count), measures={"audit_rows_total": count}
        )
    else:
        yield Finding(
            State.FAULT, Words("its last row is not the one that the hub signed"),
            Words("Rows were changed or cut off: kakou-hub verify names the first; compare with a backup."),
        )  # fmt: skip


def queues(look: Look) -> Iterator[Finding]:
    """What waits: records held aside, messages that nobody has judged, work that was not done, alerts that nobody acknowledged."""
    connection, town = look.connection, look.town.id
    of_message = and_(judged.c.town == quarantine.c.town, judged.c.quarantine == quarantine.c.id)
    unjudged = (
        select(func.count())
        .select_from(quarantine.outerjoin(judged, of_message))
        .where(quarantine.c.town == town, judged.c.quarantine.is_(None))
    )
    waits: tuple[tuple[str, int, Words, Words], ...] = (
        (
            "ahead", _count(connection, ahead, town), Words("batches that came before an older one"),
            Words("They become entries when the gate has sent what is missing; if it lasts, look at the gate."),
        ),
        (
            "quarantine", connection.execute(unjudged).scalar_one(), Words("messages in the quarantine that nobody has judged"),
            Words("Look at the quarantine: let in or dismiss each."),
        ),
        (
            "undone", _count(connection, undone, town), Words("entries whose meaning could not be worked out"),
            Words("kakou-hub rebuild tries again; install a newer version if it stays so."),
        ),
        (
            "alerts", _count(connection, alerts, town, alerts.c.acknowledged_at.is_(None)), Words("alerts that nobody acknowledged"),
            Words("Look at the alerts."),
        ),
    )  # fmt: skip
    for name, count, what, do in waits:
        says = Words("%(count)s %(what)s", count=count, what=what)
        yield Finding(
            State.LOOK if count else State.OK, says, do if count else None, of=name, measures={"waiting": count}
        )
    vehicles = _count(connection, inside, town)
    yield Finding(
        State.OK, Words("%(count)s vehicles are inside", count=vehicles), of="inside", measures={"inside": vehicles}
    )


def slow_statements(look: Look) -> Iterator[Finding]:
    """The slow statements of each process since it started."""
    since = wall_text(look.now - OF_NOTE)
    found = slow.every(look.settings.run)
    for each in found:
        last = each.last[0] if each.last else None
        says = Words(
            "%(count)s since %(at)s, the last took %(ms)s ms", count=each.count, at=each.since, ms=str(last.ms if last else 0)
        )  # fmt: skip
        recent = last is not None and last.at >= since
        do = Words("Their texts stand below, without values. Look at the machine's load; report the statement.")
        yield Finding(
            State.LOOK if recent else State.OK, says, do if recent else None, of=each.process,
            at=last.at if last else None, measures={"slow_statements_total": each.count},
        )  # fmt: skip
    if not found:
        yield Finding(State.OK, Words("none"))


def _count(connection: Connection, table: Table, town: str, *where: ColumnElement[bool]) -> int:
    query: Any = select(func.count()).select_from(table).where(table.c.town == town, *where)
    return int(connection.execute(query).scalar_one())


def _size(file: Path) -> int:
    """Bytes of a database with what was not yet put into its file."""
    return sum(path.stat().st_size for path in (file, file.with_name(f"{file.name}-wal")) if path.exists())
