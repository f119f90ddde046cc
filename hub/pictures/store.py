"""The SQL of pictures that were asked for: who asked, whether the gate has answered, and the picture itself.

A picture is personal data: it comes to the hub only when somebody asks for it, and whoever looks at it says why.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.messages import Picture
from edge.contract.records import wall_text
from hub.database import pictures, upsert


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture as the hub knows it. `answered_at` None: the gate has not answered; `there`: it had the picture."""

    hash: str
    asked_at: str
    answered_at: str | None
    there: bool


def ask(connection: Connection, town: str, visit: str, gate: str, hash_: str, *, by: str, now: datetime) -> None:
    """Notes that a visit's picture is wanted; asked again, the gate may answer again."""
    row = {
        "town": town, "visit": visit, "gate": gate, "hash": hash_, "asked_at": wall_text(now), "asked_by": by,
        "answered_at": None, "jpeg": None,
    }  # fmt: skip
    upsert(connection, pictures, [row])


def asked(connection: Connection, town: str, visit: str) -> Asked | None:
    """What became of a visit's picture; None: nobody asked for it."""
    row = connection.execute(
        select(pictures.c.hash, pictures.c.asked_at, pictures.c.answered_at, pictures.c.jpeg.is_not(None)).where(
            pictures.c.town == town, pictures.c.visit == visit
        )
    ).one_or_none()
    return None if row is None else Asked(*row)


def jpeg(connection: Connection, town: str, visit: str) -> bytes | None:
    """A visit's picture, if it has come."""
    found: bytes | None = connection.execute(
        select(pictures.c.jpeg).where(pictures.c.town == town, pictures.c.visit == visit)
    ).scalar_one_or_none()
    return found


def take(connection: Connection, town: str, gate: str, picture: Picture, now: datetime) -> bool:
    """Keeps a gate's answer; whether anybody had asked that gate for it. An answer again changes nothing."""
    of_it = (pictures.c.town == town) & (pictures.c.gate == gate) & (pictures.c.hash == picture.hash)
    if connection.execute(select(pictures.c.visit).where(of_it).limit(1)).first() is None:
        return False
    connection.execute(
        update(pictures)
        .where(of_it, pictures.c.answered_at.is_(None))
        .values(answered_at=wall_text(now), jpeg=picture.jpeg)
    )
    return True
