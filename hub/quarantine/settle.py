"""Lets a quarantined message in or dismisses it, as a user decides, for a reason that is kept in an entry of the hub's own.

Letting in is reading the same bytes again with what the hub knows now (a gate that has been added since, a kind that a newer hub
understands): they pass every check that they would have passed on arrival, or the refusal is said and nothing changes. The
bytes stay where they are, whatever is judged.

* A whole message goes through the ordinary way into the ledger.
* A single record that holds a place in its gate's chain gets an entry under its own number, behind those that came meanwhile.
* A fork holds no place: its number belongs to another record. It can only be dismissed: it stays as evidence.
* A record that had been called lost holds none either: it can be dismissed when its crossing was set right by hand.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind, Released
from hub.accounts import audit
from hub.database.schema import judged, quarantine
from hub.errors import RefusedError
from hub.ledger.append import append, append_held
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.intake import Keys, read_records
from hub.ledger.received import Quarantined, Received, Sort
from hub.quarantine.reread import read_again

LONGEST = 500


def judge(
    connection: Connection,
    *,
    town: str,
    id_: int,
    release: bool,
    by: str,
    reason: str,
    keys: Keys,
    key: Ed25519PrivateKey,
    now: datetime,
) -> None:
    """Lets a message in, or dismisses it; `RefusedError` says why not (and then nothing is changed)."""
    text = reason.strip()
    if not 0 < len(text) <= LONGEST:
        raise RefusedError("reason: expected 1 to %(most)s characters", most=LONGEST)
    row = connection.execute(select(quarantine).where(quarantine.c.town == town, quarantine.c.id == id_)).first()
    if row is None:
        raise RefusedError("quarantine %(id)s: there is no such message", id=id_)
    done = connection.execute(select(judged).where(judged.c.town == town, judged.c.quarantine == id_)).first()
    if done is not None:
        raise RefusedError(
            "quarantine %(id)s: %(judged)s already, %(at)s by %(user)s",
            id=id_,
            judged=done.outcome,
            at=done.at,
            user=done.user,
        )
    if release:
        _let_in(connection, town, row, keys, key, now)
    body = Released(user=by, reason=text, quarantine=id_, outcome="released" if release else "dismissed")
    append_own(connection, town=town, kind=Kind.RELEASED, visit=None, body=body, private={}, at=moment(now), key=key)
    audit.note(
        connection,
        user=by,
        action=f"quarantine {body.outcome}",
        object=f"quarantine/{id_}",
        detail={"reason": text},
        now=now,
    )


def _let_in(connection: Connection, town: str, row: Row, keys: Keys, key: Ed25519PrivateKey, now: datetime) -> None:  # type: ignore[type-arg]
    if row.hash is not None:
        good = read_again(row.raw, town=town, gate=row.gate, epoch=row.epoch, seq=row.seq)
        if isinstance(good, str):
            raise RefusedError("quarantine %(id)s: %(cause)s", id=row.id, cause=f"record {row.seq}: {good}")
        place = {"gate": row.gate, "epoch": row.epoch, "seq": row.seq}
        append_held(connection, town=town, **place, item=good, key=key, now=now)
        return
    if row.sort == Sort.LATE:
        raise RefusedError(
            "quarantine %(id)s: its gate has signed that this record is lost; it can only be dismissed", id=row.id
        )
    if row.seq is not None:
        raise RefusedError("quarantine %(id)s: a fork has no place of its own; it can only be dismissed", id=row.id)
    found = read_records(row.topic, row.raw, town=town, keys=keys)
    if isinstance(found, Quarantined):
        raise RefusedError("quarantine %(id)s: %(cause)s", id=row.id, cause=found.why)
    assert isinstance(found, Received)
    appended = append(connection, town=town, arrived=[found], key=key, now=now)
    if not appended.entries:
        (cursor,) = appended.cursors.values()
        raise RefusedError(
            "quarantine %(id)s: its records do not follow %(last)s, are held already, or were called lost",
            id=row.id,
            last=cursor.committed,
        )
