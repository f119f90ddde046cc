"""Destroys what rows of the audit say that may be personal; who did what, when, and the chain stay.

A row of an older version has no commitments: its hash is over the text itself, from which a plate could be found out by trying. Such an
audit is sealed anew first: checked whole, then chained again with commitments, under the hub's signature. A row of the audit says so.

Tested in `tests/hub/accounts/test_audit_erasing.py`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.records import ZERO_HASH, chain_hash
from hub.accounts import audit, audit_chain
from hub.accounts.audit_commitments import COMMITTED, NOTHING, committed, erased_fields
from hub.accounts.audit_statements import ERASED, Erased
from hub.database.schema import audit as table
from hub.errors import HubError

KEPT_ACTIONS = frozenset(
    {
        ERASED, "audit sealed anew", "policy published", "backup key made", "backups scheduled", "backup made", "key rotated",
        "gate added", "gate bundled", "gate placed", "plan kept", "plan removed", "setup finished", "setup code used",
        "operation set up", "town rekeyed", "part decided", "destruction requested", "destruction cancelled",
        "destruction confirmed", "destruction done", "destruction reported",
    }
)  # fmt: skip
"""Actions whose rows say nothing of a person or a vehicle: their texts stay. Of every other action they go."""
AN_ID = re.compile(
    r"(visits|passes|conflicts|alerts|orders|reports|quarantine|gates|users|tokens|feed|keys|map|shift|exports|destructions)"
    r"/([0-9a-f]{8,64}|[a-z]{1,2}-[0-9a-f]{1,32}|\d{1,19}|\d{4}-\d{2}-\d{2})"
)
"""Objects that are named by an id of the hub's: they stay. One that is named by a plate goes."""


def erase(connection: Connection, town: str, key: Ed25519PublicKey, *, by: str, now: datetime) -> int:
    """Destroys the texts of all rows so far, and writes the row that says so; how many rows lost theirs just now.

    `HubError` if the audit does not hold: who destroys would hide what was done to it.
    """
    audit_chain.verify(connection, town, key)
    if _any_plain(connection, town):
        _seal_anew(connection, town, by=by, now=now)
    erased, fresh = Erased(), 0
    for row in _rows(connection, town):
        going = {name for name in COMMITTED if not _stays(name, row)} - set(erased_fields(row))
        if going:
            fresh += 1
            gone = {name: NOTHING[name] for name in going} | {f"{name}_salt": None for name in going}
            connection.execute(update(table).where(table.c.id == row["id"]).values(gone))
            row = {**row, **gone}
        erased.add(row["number"], erased_fields(row))
    if fresh:
        audit.note(connection, user=by, action=ERASED, object="audit", detail=erased.statement(), now=now)
    return fresh


def count(connection: Connection, town: str) -> int:
    """How many rows would lose their texts."""
    return sum(
        any(not _stays(name, row) and row[name] != NOTHING[name] for name in COMMITTED)
        for row in _rows(connection, town)
    )


def _stays(name: str, row: Mapping[str, Any]) -> bool:
    if row["action"] in KEPT_ACTIONS or row[name] == NOTHING[name]:
        return True
    return name == "object" and (AN_ID.fullmatch(str(row[name])) is not None or str(row[name]).isalpha())


def _rows(connection: Connection, town: str) -> list[dict[str, Any]]:
    query = select(table).where(table.c.town == town).order_by(table.c.number)
    return [dict(row) for row in connection.execute(query).mappings()]


def _any_plain(connection: Connection, town: str) -> bool:
    query = select(table.c.id).where(table.c.town == town, table.c.detail_hash.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def _seal_anew(connection: Connection, town: str, *, by: str, now: datetime) -> None:
    """Chains every row again, those of older versions with commitments; the head is signed anew."""
    head, chain = audit_chain.read_head(connection, town, lock=True), ZERO_HASH
    if head is None:
        raise HubError("audit: its head is not there")
    for row in _rows(connection, town):
        new = committed(row) if row["detail_hash"] is None and row["object_hash"] is None else {}
        after = chain_hash(chain, audit_chain.text_of(town, row["number"], {**row, **new}))
        connection.execute(update(table).where(table.c.id == row["id"]).values(**new, prev=chain, hash=after))
        chain = after
    audit_chain.move(connection, town, head.count, chain)
    audit.note(connection, user=by, action="audit sealed anew", object="audit", detail={"rows": head.count}, now=now)
