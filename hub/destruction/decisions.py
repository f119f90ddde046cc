"""What an admin decided of each part before the destruction: a row, a row of the audit, and an entry of the hub's own in the ledger.

Tested in `tests/hub/destruction/test_decisions.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind, PartDecided
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import destruction_decisions as table
from hub.database.statements import upsert
from hub.destruction import parts
from hub.destruction.parts import Choice, Part
from hub.errors import RefusedError
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own

LONGEST = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a part, why, and until when it is kept. `by` None: nobody decides of such a part, it is destroyed."""

    part: str
    choice: Choice
    reason: str = ""
    until: str | None = None
    at: str | None = None
    by: str | None = None


def decide(
    connection: Connection,
    *,
    town: str,
    operation: str,
    decision: Decision,
    by: str,
    key: Ed25519PrivateKey,
    now: datetime,
) -> None:
    """Writes one decision; a later one takes its place. `RefusedError` for no such part or choice, no reason, or a day that is past."""
    part = parts.every(connection, town).get(decision.part)
    if part is None:
        raise RefusedError("part %(part)r: there is no such part", part=decision.part)
    _check(part, decision, now)
    reason = decision.reason.strip()[:LONGEST]
    row = {
        "town": town, "operation": operation, "part": part.id, "choice": decision.choice.value, "until": decision.until,
        "reason": reason, "decided_at": wall_text(now), "decided_by": by,
    }  # fmt: skip
    upsert(connection, table, [row])
    body = PartDecided(
        operation=operation, part=part.id, choice=decision.choice.value, user=by, reason=reason, until=decision.until
    )
    append_own(
        connection, town=town, kind=Kind.PART_DECIDED, visit=None, body=body, private={}, at=moment(now), key=key
    )
    detail = {"part": part.id, "choice": decision.choice.value, "until": decision.until, "reason": reason}
    audit.note(connection, user=by, action="part decided", object="operation", detail=detail, now=now)


def _check(part: Part, decision: Decision, now: datetime) -> None:
    if decision.choice not in parts.choices(part):
        raise RefusedError(
            "part %(part)s: %(choice)s is none of its choices, which are %(choices)s",
            part=part.id, choice=decision.choice.value, choices=tuple(each.value for each in parts.choices(part)),
        )  # fmt: skip
    if not decision.reason.strip():
        raise RefusedError("part %(part)s: expected a reason, by which law or need", part=part.id)
    if decision.choice is Choice.KEEP and (decision.until is None or decision.until <= wall_text(now)):
        raise RefusedError("part %(part)s: expected until when it is kept, a day to come", part=part.id)
    if decision.choice is not Choice.KEEP and decision.until is not None:
        raise RefusedError("part %(part)s: only what is kept has a day until which it is", part=part.id)


def read(connection: Connection, town: str, operation: str) -> Mapping[str, Decision]:
    """What was decided, and what needs no decision, by part."""
    query = select(table).where(table.c.town == town, table.c.operation == operation)
    found = {
        row.part: Decision(row.part, Choice(row.choice), row.reason, row.until, row.decided_at, row.decided_by)
        for row in connection.execute(query)
    }
    known = parts.every(connection, town)
    silent = {id_: Decision(id_, Choice.DESTROY) for id_, part in known.items() if not part.asked}
    return {id_: (found | silent)[id_] for id_ in known if id_ in (found | silent)}


def undecided(connection: Connection, town: str, operation: str) -> list[str]:
    """The parts of which nobody has decided."""
    decided = read(connection, town, operation)
    return [id_ for id_ in parts.every(connection, town) if id_ not in decided]


def past_date(connection: Connection, town: str, now: datetime) -> list[Decision]:
    """Of each part that was kept until a day that is past, and that nobody has decided of anew since, the decision; oldest first."""
    newer = table.alias()
    again = exists().where(
        newer.c.town == table.c.town, newer.c.part == table.c.part, newer.c.decided_at > table.c.decided_at
    )
    query = select(table).where(
        table.c.town == town, table.c.choice == Choice.KEEP.value, table.c.until <= wall_text(now), ~again
    )
    return [
        Decision(row.part, Choice.KEEP, row.reason, row.until, row.decided_at, row.decided_by)
        for row in connection.execute(query.order_by(table.c.until, table.c.part))
    ]
