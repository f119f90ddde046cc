"""Changes a pass: revoked for good, blocked and unblocked, renewed, replaced. The caller publishes the list.

Tested in `tests/hub/passes/test_store.py`.
"""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import passes
from hub.errors import RefusedError
from hub.passes.store import Issued, PassState, known, successor


def revoke(connection: Connection, *, town: str, id_: str, by: str, reason: str, now: datetime) -> Issued:
    """Ends a pass for good; `RefusedError` if there is none, or it is revoked already, or no reason is given."""
    why = _why(reason)
    _not_revoked(known(connection, town, id_))
    return _write(connection, town, id_, revoked_at=wall_text(now), revoked_by=by, revoked_reason=why)


def block(connection: Connection, *, town: str, id_: str, by: str, reason: str, now: datetime) -> Issued:
    """Stops a pass until it is unblocked; `RefusedError` if it is revoked or blocked already, or no reason is given."""
    why = _why(reason)
    issued = known(connection, town, id_)
    _not_revoked(issued)
    if issued.blocked_at is not None:
        raise RefusedError("pass %(id)s: blocked already, at %(at)s", id=id_, at=wall_text(issued.blocked_at))
    return _write(connection, town, id_, blocked_at=wall_text(now), blocked_by=by, blocked_reason=why)


def unblock(connection: Connection, *, town: str, id_: str) -> Issued:
    """Lets a blocked pass count again; `RefusedError` if it is not blocked, or revoked."""
    issued = known(connection, town, id_)
    _not_revoked(issued)
    if issued.blocked_at is None:
        raise RefusedError("pass %(id)s: it is not blocked", id=id_)
    return _write(connection, town, id_, blocked_at=None, blocked_by=None, blocked_reason=None)


def renewable(connection: Connection, town: str, id_: str, now: datetime) -> Issued:
    """The pass, if it may be renewed: neither revoked nor blocked, and not renewed before by one that still holds."""
    issued = known(connection, town, id_)
    _not_revoked(issued)
    if issued.blocked_at is not None:
        raise RefusedError(
            "pass %(id)s: it is blocked (%(why)s); unblock it first", id=id_, why=issued.blocked_reason or ""
        )
    _not_followed(connection, town, issued, now)
    return issued


def replaceable(connection: Connection, town: str, id_: str, now: datetime) -> Issued:
    """The pass, if a lost card of it may be replaced: not revoked, not expired, not followed by another."""
    issued = known(connection, town, id_)
    _not_revoked(issued)
    if now >= issued.expires:
        raise RefusedError("pass %(id)s: expired %(at)s; renew it instead", id=id_, at=wall_text(issued.expires))
    _not_followed(connection, town, issued, now)
    return issued


def _not_revoked(issued: Issued) -> None:
    if issued.revoked_at is not None:
        raise RefusedError("pass %(id)s: revoked already, at %(at)s", id=issued.id, at=wall_text(issued.revoked_at))


def _not_followed(connection: Connection, town: str, issued: Issued, now: datetime) -> None:
    later = successor(connection, town, issued.id)
    if later is not None and later.state(now) is not PassState.EXPIRED:
        raise RefusedError("pass %(id)s: pass %(later)s follows it already", id=issued.id, later=later.id)


def _why(reason: str) -> str:
    if not reason.strip():
        raise RefusedError("reason: expected why, found nothing")
    return reason.strip()


def _write(connection: Connection, town: str, id_: str, **values: str | None) -> Issued:
    connection.execute(update(passes).where(passes.c.town == town, passes.c.id == id_).values(**values))
    return known(connection, town, id_)
