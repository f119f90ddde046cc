"""Passes issued, renewed, replaced and ended: the change, its audit row and the new list in one transaction.

Tested in `tests/hub/passes/test_store.py`.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.gates.policy import rules_in_force
from hub.passes import changes, doubts, glyphs
from hub.passes import keys as pass_keys
from hub.passes import store as passes
from hub.passes.passlist import publish_passlist
from hub.passes.terms import terms
from hub.town.operation import Rules
from hub.town.town import Detail, Town


def issue_pass(
    town: Town,
    connection: Connection,
    *,
    plate: str,
    vehicle_class: str,
    allowed: Sequence[str] | None,
    not_before: datetime,
    expires: datetime | None,
    priority: bool | None,
    by: str,
    now: datetime,
    id_: bytes | None = None,
    replaces: str | None = None,
    request: str | None = None,
    confirmed: Sequence[doubts.Doubt] = (),
) -> passes.Issued:
    """A signed pass, on the terms of the operation: `allowed`, `expires`, `priority` None are as the class has them.

    `request`: the form that asks; the caller has seen that no pass was issued for it. `confirmed`: the doubts in spite of which the pass is
    issued, for the audit.
    """
    rules = rules_in_force(town, connection)
    check_lasts(rules, now)
    pending = terms(
        rules,
        _gate_numbers(town, connection),
        plate=plate,
        vehicle_class=vehicle_class,
        allowed=allowed,
        not_before=not_before,
        expires=expires,
        priority=priority,
        glyphs=glyphs.drawable(),
    )
    issued = passes.sign(
        pending,
        id_=secrets.token_bytes(8) if id_ is None else id_,
        key=pass_keys.signing_key(connection, town.id, town.settings.keys),
        by=by,
        now=now,
        replaces=replaces,
    )
    passes.keep(connection, town.id, [issued], request)
    detail: Detail = {"class": issued.vehicle_class} | ({} if replaces is None else {"replaces": replaces})
    if confirmed:
        detail = {**detail, "confirmed": "\n".join(str(each.why) for each in confirmed)}
    audit.note(connection, user=by, action="pass issued", object=f"passes/{issued.id}", detail=detail, now=now)
    return issued


def doubts_about(town: Town, connection: Connection, plate: str, now: datetime) -> tuple[doubts.Doubt, ...]:
    """The doubts about one more pass for a plate, which the user who issues it must confirm."""
    return doubts.about_one(connection, town.id, plate, now)


def doubts_about_again(town: Town, connection: Connection, id_: str) -> tuple[doubts.Doubt, ...]:
    """The doubts about one more pass like this one, which the user who renews or replaces it must confirm."""
    return doubts.about_watched(connection, town.id, passes.known(connection, town.id, id_).plate)


def renew_pass(
    town: Town,
    connection: Connection,
    id_: str,
    *,
    expires: datetime | None = None,
    by: str,
    now: datetime,
    confirmed: Sequence[doubts.Doubt] = (),
) -> passes.Issued:
    """A new pass like this one, from now until `expires` (None: the class's default); the old one stays until it expires."""
    old = changes.renewable(connection, town.id, id_, now)
    return _again(town, connection, old, not_before=now, expires=expires, by=by, now=now, confirmed=confirmed)


def replace_pass(
    town: Town,
    connection: Connection,
    id_: str,
    *,
    by: str,
    reason: str,
    now: datetime,
    confirmed: Sequence[doubts.Doubt] = (),
) -> passes.Issued:
    """A new card for a lost one: the old pass is revoked, the new one ends when it would have ended, or the operation does."""
    old = changes.replaceable(connection, town.id, id_, now)
    revoke_pass(town, connection, id_, by=by, reason=reason, now=now)
    begin = max(now, old.not_before)
    end = rules_in_force(town, connection).end
    # set after the old pass was issued, the operation's end cuts the new one
    expires = old.expires if end is None else min(old.expires, end)
    return _again(town, connection, old, not_before=begin, expires=expires, by=by, now=now, confirmed=confirmed)


def revoke_pass(town: Town, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
    """Ends a pass; the pass list is published in the same transaction, as after each change below."""
    before = passes.known(connection, town.id, id_).state(now)
    revoked = changes.revoke(connection, town=town.id, id_=id_, by=by, reason=reason, now=now)
    return _publish_change(town, connection, revoked, "pass revoked", reason, before, by, now)


def block_pass(town: Town, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
    """A pass does not count until it is unblocked."""
    before = passes.known(connection, town.id, id_).state(now)
    blocked = changes.block(connection, town=town.id, id_=id_, by=by, reason=reason, now=now)
    return _publish_change(town, connection, blocked, "pass blocked", reason, before, by, now)


def unblock_pass(town: Town, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
    """A blocked pass counts again; `reason` (may be empty) stands in the audit."""
    before = passes.known(connection, town.id, id_).state(now)
    unblocked = changes.unblock(connection, town=town.id, id_=id_)
    return _publish_change(town, connection, unblocked, "pass unblocked", reason, before, by, now)


def _again(
    town: Town,
    connection: Connection,
    old: passes.Issued,
    *,
    not_before: datetime,
    expires: datetime | None,
    by: str,
    now: datetime,
    confirmed: Sequence[doubts.Doubt],
) -> passes.Issued:
    return issue_pass(
        town,
        connection,
        plate=old.plate,
        vehicle_class=old.vehicle_class,
        allowed=old.gates,
        not_before=not_before,
        expires=expires,
        priority=old.priority,
        by=by,
        now=now,
        replaces=old.id,
        confirmed=confirmed,
    )


def _publish_change(
    town: Town,
    connection: Connection,
    changed: passes.Issued,
    action: str,
    reason: str,
    before: passes.PassState,
    by: str,
    now: datetime,
) -> passes.Issued:
    publish_passlist(town, connection, now)
    detail = {"reason": reason, **audit.changed({"state": before.value}, {"state": changed.state(now).value})}
    audit.note(connection, user=by, action=action, object=f"passes/{changed.id}", detail=detail, now=now)
    return changed


def check_lasts(rules: Rules, now: datetime) -> None:
    """`RefusedError` once the operation has ended: it gives no passes any more."""
    if rules.end is not None and now >= rules.end:
        raise RefusedError("the operation ended %(at)s: it gives no passes any more", at=wall_text(rules.end))


def _gate_numbers(town: Town, connection: Connection) -> dict[str, int]:
    return {gate: info.number for gate, info in gates.infos(connection, town.id).items()}
