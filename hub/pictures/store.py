"""The SQL of pictures that were asked for: who asked, what the gate answered, and the picture itself.

A picture is personal data: it comes to the hub only when somebody asks for it, and each look at it stands in the audit.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, and_, cast, literal, select, update
from sqlalchemy.engine import Connection

from edge.contract.commands import LAST_ANSWERS, Command, CommandKind
from edge.contract.facts import Kind
from edge.contract.messages import Picture
from edge.contract.records import wall_text
from hub.database.schema import entries, pictures, receipts
from hub.database.statements import upsert
from hub.values.stored import part, said, time_of

_HASH = re.compile("[0-9a-f]{64}")
WAITS = timedelta(days=7)
"""For how long a gate is asked: its link may be down, and after that the picture is gone at most gates."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture as the hub knows it. `answered_at` None: it has not come; `there`: the gate had it; `failed`: why it will not."""

    hash: str
    asked_at: str
    answered_at: str | None
    there: bool
    failed: str | None = None

    def lately(self, now: datetime) -> bool:
        """Returns True if the gate was asked within the last minutes: whoever asked waits in front of the page."""
        return self.asked_at > wall_text(now - timedelta(minutes=10))

    def waits(self, now: datetime) -> bool:
        """Returns True if the picture may still come."""
        return self.answered_at is None and self.failed is None and self.asked_at > wall_text(now - WAITS)


def ask(connection: Connection, town: str, visit: str, gate: str, hash_: str, *, by: str, now: datetime) -> None:
    """Notes that a user asks for a visit's picture; after a second request the gate may answer again."""
    before = connection.execute(
        select(pictures.c.times).where(pictures.c.town == town, pictures.c.visit == visit)
    ).scalar_one_or_none()
    row = {
        "town": town, "visit": visit, "gate": gate, "hash": hash_, "times": (before or 0) + 1,
        "asked_at": wall_text(now), "asked_by": by, "answered_at": None, "jpeg": None,
    }  # fmt: skip
    upsert(connection, pictures, [row])


def asked(connection: Connection, town: str, visit: str) -> Asked | None:
    """The request for a visit's picture and its answer; None: nobody asked for the picture."""
    row = connection.execute(
        select(pictures, pictures.c.jpeg.is_not(None).label("there")).where(
            pictures.c.town == town, pictures.c.visit == visit
        )
    ).one_or_none()
    if row is None:
        return None
    refused = connection.execute(
        select(receipts.c.result, receipts.c.detail).where(
            receipts.c.town == town,
            receipts.c.gate == row.gate,
            receipts.c.order == command_id(visit, row.times),
            receipts.c.result.in_(_FAILED),
        )
    ).first()
    failed = None if refused is None else refused.detail or refused.result
    return Asked(row.hash, row.asked_at, row.answered_at, row.there, failed)


def taken(connection: Connection, town: str, visit: str) -> str | None:
    """The SHA-256 of a crossing's picture as its gate recorded it; None: it took none."""
    query = select(entries.c.raw).where(
        entries.c.town == town, entries.c.visit == visit, entries.c.kind == Kind.VISIT_OPENED.value
    )
    raw = connection.execute(query.order_by(entries.c.id).limit(1)).scalar_one_or_none()
    found = None if raw is None else part(said(raw), "body").get("picture")
    return found if isinstance(found, str) and _HASH.fullmatch(found) else None


def ask_unless_asked(connection: Connection, town: str, visit: str, gate: str, *, by: str, now: datetime) -> bool:
    """Asks for the picture of a crossing, unless it is here or on its way. Returns True if its gate is to be told."""
    hash_, before = taken(connection, town, visit), asked(connection, town, visit)
    if hash_ is None or (before is not None and (before.there or before.waits(now))):
        return False
    ask(connection, town, visit, gate, hash_, by=by, now=now)
    return True


def jpeg(connection: Connection, town: str, visit: str) -> bytes | None:
    """A visit's picture, if it has come."""
    found: bytes | None = connection.execute(
        select(pictures.c.jpeg).where(pictures.c.town == town, pictures.c.visit == visit)
    ).scalar_one_or_none()
    return found


def take(connection: Connection, town: str, gate: str, picture: Picture, now: datetime) -> bool:
    """Keeps a gate's answer. Returns True if somebody had asked that gate for the picture. An answer again changes nothing."""
    of_it = (pictures.c.town == town) & (pictures.c.gate == gate) & (pictures.c.hash == picture.hash)
    if connection.execute(select(pictures.c.visit).where(of_it).limit(1)).first() is None:
        return False
    connection.execute(
        update(pictures)
        .where(of_it, pictures.c.answered_at.is_(None))
        .values(answered_at=wall_text(now), jpeg=picture.jpeg)
    )
    return True


def pending(connection: Connection, town: str, gate: str, now: datetime) -> list[Command]:
    """The pictures that a gate is asked for now: those that have not come, and that the gate has not declared gone."""
    order = literal("p-") + pictures.c.visit + "-" + cast(pictures.c.times, Text)
    rows = connection.execute(
        select(pictures.c.visit, pictures.c.times, pictures.c.asked_at)
        .outerjoin(
            receipts,
            and_(
                receipts.c.town == pictures.c.town,
                receipts.c.gate == pictures.c.gate,
                receipts.c.order == order,
                receipts.c.result.in_([each.value for each in LAST_ANSWERS]),
            ),
        )
        .where(
            pictures.c.town == town,
            pictures.c.gate == gate,
            pictures.c.answered_at.is_(None),
            pictures.c.asked_at > wall_text(now - WAITS),
            receipts.c.order.is_(None),
        )
        .order_by(pictures.c.asked_at, pictures.c.visit)
    )
    return [
        Command(
            id=command_id(row.visit, row.times),
            kind=CommandKind.PICTURE,
            issued=row.asked_at,
            expires=wall_text((time_of(row.asked_at) or now) + WAITS),
            visit=row.visit,
        )
        for row in rows
    ]


def command_id(visit: str, times: int) -> str:
    """The command that asks for a visit's picture; another one each time, for a gate does each once."""
    return f"p-{visit}-{times}"


_FAILED = ("failed", "expired", "unsupported")
