"""The SQL of passes: sign and keep, find, page through, their scans, and what gates must know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.engine import Connection

from edge.contract import passes as contract
from edge.contract.messages import PassList
from edge.contract.plates import classify
from edge.contract.records import wall_text
from hub.database.schema import passes
from hub.errors import RefusedError
from hub.ledger import queries
from hub.passes import watchlist
from hub.passes.keys import key_id, revoked_keys, trusted
from hub.passes.terms import PassTerms
from hub.values.stored import EPOCH, time_of


class PassState(StrEnum):
    """The states of a pass; of those that are true at a moment the first in this order counts."""

    REVOKED = "revoked"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Issued:
    """A pass as the hub keeps it; `text` is what its QR code says, `gates` None: every gate.

    `kid`: the key that signed it; `replaces`: the pass that it renews or replaces; `reference`: its name in an imported list.
    """

    id: str
    plate: str
    vehicle_class: str
    gates: tuple[str, ...] | None
    priority: bool
    not_before: datetime
    expires: datetime
    kid: str
    text: str
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None
    blocked_at: datetime | None = None
    blocked_by: str | None = None
    blocked_reason: str | None = None
    replaces: str | None = None
    reference: str | None = None

    def state(self, now: datetime) -> PassState:
        """The state of the pass at `now`."""
        if self.revoked_at is not None:
            return PassState.REVOKED
        if self.blocked_at is not None:
            return PassState.BLOCKED
        if now >= self.expires:
            return PassState.EXPIRED
        return PassState.NOT_YET if now < self.not_before else PassState.VALID


def sign(
    wanted: PassTerms,
    *,
    id_: bytes,
    key: Ed25519PrivateKey,
    by: str,
    now: datetime,
    replaces: str | None = None,
    reference: str | None = None,
) -> Issued:
    """A signed pass, kept nowhere yet."""
    numbers = wanted.gate_numbers
    kid = key_id(key)
    signed = contract.Pass(
        id=id_,
        plate=wanted.plate,
        vehicle_class=wanted.class_number,
        gates=None if numbers is None else sum(1 << number for number in set(numbers.values())),
        priority=wanted.priority,
        not_before=int(wanted.not_before.timestamp()),
        expires=int(wanted.expires.timestamp()),
    )
    return Issued(
        id=id_.hex(),
        plate=wanted.plate,
        vehicle_class=wanted.vehicle_class,
        gates=None if numbers is None else tuple(sorted(numbers, key=numbers.__getitem__)),
        priority=wanted.priority,
        not_before=wanted.not_before,
        expires=wanted.expires,
        kid=kid.hex(),
        text=contract.write(signed, kid, key),
        issued_at=now,
        issued_by=by,
        replaces=replaces,
        reference=reference,
    )


def keep(connection: Connection, town: str, issued: Sequence[Issued], request: str | None = None) -> None:
    """Keeps signed passes; `RefusedError` for an id that is taken. `request`: the form that asked for the one pass."""
    for each in issued if len(issued) == 1 else ():
        if find(connection, town, each.id) is not None:
            raise RefusedError("pass %(id)s: there is one already", id=each.id)
    if issued:
        connection.execute(passes.insert(), [_row(each, town) | {"request": request} for each in issued])


def find(connection: Connection, town: str, id_: str) -> Issued | None:
    """The pass with this id (16 hexadecimal digits)."""
    row = connection.execute(select(passes).where(passes.c.town == town, passes.c.id == id_)).first()
    return None if row is None else _issued(row)


def of_request(connection: Connection, town: str, request: str) -> Issued | None:
    """The pass that a form was answered with already: the same form again issues nothing."""
    row = connection.execute(select(passes).where(passes.c.town == town, passes.c.request == request)).first()
    return None if row is None else _issued(row)


def known(connection: Connection, town: str, id_: str) -> Issued:
    """The pass with this id; `RefusedError` if there is none."""
    found = find(connection, town, id_)
    if found is None:
        raise RefusedError("pass %(id)r: there is no such pass", id=id_)
    return found


def successor(connection: Connection, town: str, id_: str) -> Issued | None:
    """The pass that renewed or replaced this one last and was not revoked."""
    query = (
        select(passes)
        .where(passes.c.town == town, passes.c.replaces == id_, passes.c.revoked_at.is_(None))
        .order_by(passes.c.issued_at.desc(), passes.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _issued(row)


def page(
    connection: Connection,
    *,
    town: str,
    search: str = "",
    state: PassState | None = None,
    vehicle_class: str = "",
    now: datetime | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Issued]:
    """Passes newest first; `after` is (issued_at text, id) of the last one seen.

    `search` is a part of the plate, the id or the reference; `state` is the state at `now`, which it needs.
    """
    query = select(passes).where(*conditions(town, search, state, vehicle_class, now=now))
    if after is not None:
        at, id_ = after
        query = query.where(or_(passes.c.issued_at < at, and_(passes.c.issued_at == at, passes.c.id < id_)))
    query = query.order_by(passes.c.issued_at.desc(), passes.c.id.desc()).limit(limit)
    return [_issued(row) for row in connection.execute(query)]


def conditions(
    town: str, search: str, state: PassState | None, vehicle_class: str, *, now: datetime | None
) -> list[ColumnElement[bool]]:
    """The conditions of a page of passes."""
    found: list[ColumnElement[bool]] = [passes.c.town == town]
    if search:
        plate = classify(search).text
        parts = [
            passes.c.id.contains(search.lower(), autoescape=True),
            passes.c.reference.contains(search, autoescape=True),
        ]
        if plate:
            parts.append(passes.c.plate.contains(plate, autoescape=True))
        found.append(or_(*parts))
    if vehicle_class:
        found.append(passes.c.vehicle_class == vehicle_class)
    if state is not None:
        if now is None:
            raise ValueError("state: expected the moment at which it is asked for")
        found += _in_state(state, wall_text(now))
    return found


def count_valid_of(connection: Connection, town: str, user: str, now: datetime) -> int:
    """How many passes that a user issued are valid, or will be."""
    query = select(func.count()).where(
        passes.c.town == town,
        passes.c.issued_by == user,
        passes.c.revoked_at.is_(None),
        passes.c.expires > wall_text(now),
    )
    return connection.execute(query).scalar_one()


def of_plates(connection: Connection, town: str, plates: Sequence[str], limit: int = 1000) -> list[Issued]:
    """The passes of these plates (normalised), newest first."""
    query = select(passes).where(passes.c.town == town, passes.c.plate.in_(plates))
    newest = query.order_by(passes.c.issued_at.desc(), passes.c.id.desc()).limit(limit)
    return [_issued(row) for row in connection.execute(newest)]


def history(
    connection: Connection,
    town: str,
    id_: str,
    *,
    older: queries.Cursor | None = None,
    newer: queries.Cursor | None = None,
    limit: int,
) -> queries.Page:
    """Every scan of a pass that made a visit, newest first."""
    return queries.page(connection, town, queries.Filter(pass_id=id_), older=older, newer=newer, limit=limit)


def passlist(connection: Connection, town: str) -> PassList:
    """The pass list for the gates: trusted and revoked keys, revoked and blocked ids, the watch list."""
    revoked = select(passes.c.id).where(passes.c.town == town, passes.c.revoked_at.is_not(None))
    blocked = select(passes.c.id).where(
        passes.c.town == town, passes.c.revoked_at.is_(None), passes.c.blocked_at.is_not(None)
    )
    return PassList(
        keys=trusted(connection, town),
        revoked=frozenset(connection.execute(revoked).scalars()),
        blocked=frozenset(connection.execute(blocked).scalars()),
        revoked_keys=revoked_keys(connection, town),
        watch=watchlist.every(connection, town),
    )


def _in_state(state: PassState, now: str) -> list[ColumnElement[bool]]:
    revoked, blocked = passes.c.revoked_at.is_not(None), passes.c.blocked_at.is_not(None)
    expired, not_yet = passes.c.expires <= now, passes.c.not_before > now
    order = {
        PassState.REVOKED: revoked,
        PassState.BLOCKED: blocked,
        PassState.EXPIRED: expired,
        PassState.NOT_YET: not_yet,
    }
    found: list[ColumnElement[bool]] = []
    for each, condition in order.items():
        if each is state:
            return [*found, condition]
        found.append(~condition)
    return found


def _row(issued: Issued, town: str) -> dict[str, object]:
    return {
        "id": issued.id,
        "town": town,
        "plate": issued.plate,
        "vehicle_class": issued.vehicle_class,
        "gates": None if issued.gates is None else ",".join(issued.gates),
        "priority": issued.priority,
        "not_before": wall_text(issued.not_before),
        "expires": wall_text(issued.expires),
        "kid": issued.kid,
        "text": issued.text,
        "issued_at": wall_text(issued.issued_at),
        "issued_by": issued.issued_by,
        "replaces": issued.replaces,
        "reference": issued.reference,
    }


def _issued(row: Row[tuple[object, ...]]) -> Issued:
    return Issued(
        id=row.id,
        plate=row.plate,
        vehicle_class=row.vehicle_class,
        gates=None if row.gates is None else tuple(row.gates.split(",")),
        priority=row.priority,
        not_before=time_of(row.not_before) or EPOCH,
        expires=time_of(row.expires) or EPOCH,
        kid=row.kid,
        text=row.text,
        issued_at=time_of(row.issued_at) or EPOCH,
        issued_by=row.issued_by,
        revoked_at=_time(row.revoked_at),
        revoked_by=row.revoked_by,
        revoked_reason=row.revoked_reason,
        blocked_at=_time(row.blocked_at),
        blocked_by=row.blocked_by,
        blocked_reason=row.blocked_reason,
        replaces=row.replaces,
        reference=row.reference,
    )


def _time(text: str | None) -> datetime | None:
    # a stored end whose time is none is an end all the same: since ever
    return None if text is None else time_of(text) or EPOCH
