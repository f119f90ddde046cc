"""The pass list, published in the transaction of each change to keys or watched plates.

Tested in `tests/hub/passes/test_store.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.messages import Signed
from edge.contract.plates import classify
from hub.accounts import audit
from hub.downlink import signed_lists
from hub.errors import RefusedError
from hub.passes import keys as pass_keys
from hub.passes import store as passes
from hub.passes import watchlist
from hub.town.town import Town


def publish_passlist(town: Town, connection: Connection, now: datetime) -> Signed:
    """The pass list as keys, passes and watch list now make it; a new version if that differs from the last."""
    body = passes.passlist(connection, town.id)
    return signed_lists.publish(connection, town=town.id, kind="passlist", body=body, key=town.key, now=now)


def rotate_key(
    town: Town, connection: Connection, *, keep_until: datetime | None, by: str, now: datetime
) -> pass_keys.PassKey:
    """A new key signs passes; the one before counts until `keep_until` (None: until its last pass has expired)."""
    key = pass_keys.rotate(connection, town=town.id, folder=town.settings.keys, keep_until=keep_until, now=now)
    publish_passlist(town, connection, now)
    audit.note(connection, user=by, action="key rotated", object=f"keys/{key.kid}", detail={}, now=now)
    return key


def revoke_key(
    town: Town, connection: Connection, kid: str, *, by: str, reason: str, now: datetime
) -> pass_keys.PassKey:
    """Every pass that a key signed ends."""
    key = pass_keys.revoke_key(connection, town=town.id, kid=kid, by=by, reason=reason, now=now)
    publish_passlist(town, connection, now)
    audit.note(
        connection,
        user=by,
        action="key revoked",
        object=f"keys/{kid}",
        detail={"reason": reason, "passes": key.passes},
        now=now,
    )
    return key


def watch_plate(
    town: Town,
    connection: Connection,
    plate: str,
    *,
    deny_in: bool,
    deny_out: bool,
    notify: bool,
    why: str,
    by: str,
    now: datetime,
) -> watchlist.WatchedPlate:
    """A plate is watched from now on, or watched otherwise than before."""
    there = watchlist.find(connection, town.id, classify(plate).text)
    entry = watchlist.add(
        connection,
        town=town.id,
        plate=plate,
        deny_in=deny_in,
        deny_out=deny_out,
        notify=notify,
        why=why,
        by=by,
        now=now,
    )
    publish_passlist(town, connection, now)
    detail = audit.changed(_watched_how(there), _watched_how(entry))
    audit.note(connection, user=by, action="plate watched", object=f"watched/{entry.plate}", detail=detail, now=now)
    return entry


def unwatch_plate(town: Town, connection: Connection, plate: str, *, reason: str, by: str, now: datetime) -> None:
    """Takes a plate off the list of watched plates, for a reason that stands in the audit; `RefusedError` without one."""
    if not reason.strip():
        raise RefusedError("reason: expected why, found nothing")
    there = watchlist.find(connection, town.id, classify(plate).text)
    text = watchlist.remove(connection, town=town.id, plate=plate)
    publish_passlist(town, connection, now)
    audit.note(
        connection,
        user=by,
        action="plate unwatched",
        object=f"watched/{text}",
        detail={"reason": reason.strip(), **audit.changed(_watched_how(there), {})},
        now=now,
    )


def _watched_how(entry: watchlist.WatchedPlate | None) -> dict[str, Json]:
    if entry is None:
        return {}
    return {"deny_in": entry.deny_in, "deny_out": entry.deny_out, "notify": entry.notify, "why": entry.why}
