"""The chain of the audit: each row holds the hash of the row before it, and the hub signs the last.

As in the ledger, `hash` = SHA-256(`prev` ‖ the row's canonical JSON), and what may be personal (`object`, `detail`) stands in that JSON as a
commitment with a salt of its own (`audit_commitments.py`), so that value and salt can be destroyed and the chain stays whole; rows are numbered 1, 2, 3 … without a gap. The head (how many rows,
the hash of the last, the hub's signature over both) is read and moved in the transaction of the row, so that web, listener and command
line can write at the same time. A head that does not hold is never signed again: who changed the table without the hub's key stays found.

Honest limits: who has the hub's key can write another audit. Who kept an older copy of the whole table together with its head can put both
back. An upgrade from a version without a chain signs the rows that it finds.

Tested in `tests/hub/accounts/test_audit_chain.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, canonical, sign, signed_by
from edge.contract.records import ZERO_HASH, chain_hash
from hub.accounts.audit_commitments import (
    COLUMNS,
    COMMITTED,
    PLAIN,
    committed,
    erased_fields,
    plain,
    unkept_promise,
)
from hub.accounts.audit_statements import ERASED, Erased
from hub.database.copies import verbatim
from hub.database.engine import SEAL, Seal
from hub.database.schema import audit, audit_heads
from hub.database.statements import Often, as_stored, insert_new, upsert
from hub.errors import HubError

CHUNK = 2000
_HEAD = Often(select(audit_heads).where(audit_heads.c.town == bindparam("town")))
_HEAD_LOCKED = Often(select(audit_heads).where(audit_heads.c.town == bindparam("town")).with_for_update())


class BrokenAuditError(HubError):
    """The audit does not hold; the text names the first row (by number) that does not."""


@dataclass(frozen=True, slots=True)
class Head:
    """How many rows a town's audit has, the hash of the last one, and the hub's signature over both."""

    town: str
    count: int
    chain: str
    sig: str

    def holds(self, key: Ed25519PublicKey) -> bool:
        """Returns True if the hub's key signed it."""
        return bool(self.sig) and signed_by(key, _signed(self.town, self.count, self.chain), self.sig)


def seal_of(connection: Connection) -> Seal | None:
    """The seal of the connection's engine; None for one without the hub's key."""
    found: Seal | None = connection.get_execution_options().get(SEAL)
    return found


def begin(connection: Connection, seal: Seal) -> None:
    """Signs the head of an audit that had no chain until now, and makes one for a town without any row."""
    there = read_head(connection, seal.town, lock=True)
    count, chain = (there.count, there.chain) if there else (0, ZERO_HASH)
    _keep(connection, _sealed(seal, count, chain))


def change_key(connection: Connection, old: Ed25519PublicKey, seal: Seal) -> None:
    """The hub has a new key: it signs the head, if the old one had. What this connection writes from now on is signed by it."""
    there = read_head(connection, seal.town, lock=True)
    if there is not None and there.holds(old):
        _keep(connection, _sealed(seal, there.count, there.chain))
    connection.execution_options(**{SEAL: seal})


def move(connection: Connection, town: str, count: int, chain: str) -> None:
    """Signs a head for rows that were chained anew; `BrokenAuditError` without the hub's key."""
    seal = seal_of(connection)
    if seal is None or seal.town != town:
        raise BrokenAuditError("audit: only the hub's key can seal it anew")
    _keep(connection, _sealed(seal, count, chain))


def read_head(connection: Connection, town: str, *, lock: bool = False) -> Head | None:
    """The head of a town's audit; with `lock` nobody else can move it until the transaction ends (SQLite: it holds the lock already)."""
    row = next(iter((_HEAD_LOCKED if lock else _HEAD)(connection, town=town)), None)
    return None if row is None else Head(row.town, row._mapping["count"], row.chain, row.sig)


def link(connection: Connection, row: Mapping[str, str]) -> dict[str, Any]:
    """The row with its place in the chain, whose head moves with it."""
    seal = seal_of(connection)
    town = "" if seal is None else seal.town
    before = read_head(connection, town, lock=True)
    if before is None:
        # two that begin at once: the second waits for the first, and goes on from there
        insert_new(connection, audit_heads, [{"town": town, "count": 0, "chain": ZERO_HASH, "sig": ""}])
        before = read_head(connection, town, lock=True)
        assert before is not None
    number = before.count + 1
    row = {**row, **committed(row)}
    chain = chain_hash(before.chain, text_of(town, number, row))
    if seal is not None and _holds(seal, before):
        after = _sealed(seal, number, chain)
        _SIGNED[town] = (seal.key, after)
    else:
        # to sign it now would hide what was done to it
        after = Head(town, number, chain, before.sig)
    _keep(connection, after)
    return {**row, "town": town, "number": number, "prev": before.chain, "hash": chain}


_SIGNED: dict[str, tuple[Ed25519PrivateKey, Head]] = {}
"""Of each town: the head that this process signed last, and with which key; to check it again would cost more than all the rest."""


def _holds(seal: Seal, head: Head) -> bool:
    key, last = _SIGNED.get(seal.town, (None, None))
    return (key is seal.key and last == head) or head.holds(seal.key.public_key())


def text_of(town: str, number: int, row: Mapping[str, Any]) -> str:
    """What is hashed of a row: its canonical JSON. A value that is no text (of an older version) stands for itself.

    Version 2 has commitments in the place of `object` and `detail`; rows of older versions have the texts themselves.
    """
    if row.get("detail_hash") is None and row.get("object_hash") is None:
        value: dict[str, Json] = {name: plain(row[name]) for name in COLUMNS}
        return canonical({**value, "number": number, "town": town, "v": 1}).decode()
    value = {name: plain(row[name]) for name in PLAIN} | {name: plain(row[f"{name}_hash"]) for name in COMMITTED}
    return canonical({**value, "number": number, "town": town, "v": 2}).decode()


def verify(connection: Connection, town: str, key: Ed25519PublicKey) -> int:
    """Walks the whole audit of a town; how many rows hold. `BrokenAuditError` names the first that does not."""
    with verbatim(connection):
        count, chain, erased = 0, ZERO_HASH, Erased()
        for row in _rows(connection, town):
            _check(row, town, count, chain)
            erased.add(row.number, erased_fields(row._mapping))
            if row.action == ERASED:
                erased.hear(row.detail)
            count, chain = row.number, row.hash
        if not erased.said:
            raise BrokenAuditError(
                f"audit row {erased.first}: its text is gone, and no row says of all {erased.count} such rows that they were destroyed"
            )
        _check_end(connection, Head(town, count, chain, ""), key)
        _check_strays(connection, town, count)
        return count


def _check_strays(connection: Connection, town: str, count: int) -> None:
    nowhere = audit.c.number.is_(None) | audit.c.town.is_(None) | (audit.c.town == "")
    stray = connection.execute(select(audit.c.id).where(nowhere).order_by(audit.c.id).limit(1)).scalar()
    if stray is not None:
        raise BrokenAuditError(f"audit: the row with id {stray} has no place in the chain: the hub did not write it")
    there = connection.execute(select(func.count()).where(audit.c.town == town)).scalar_one()
    if there != count:
        raise BrokenAuditError(f"audit: {there} rows are there, and {count} in the chain")


def _rows(connection: Connection, town: str) -> Iterator[Row[Any]]:
    query = select(*as_stored(audit)).where(audit.c.town == town).order_by(audit.c.number, audit.c.id).limit(CHUNK)
    last = -(2**62)
    while rows := connection.execute(query.where(audit.c.number > last)).all():
        yield from rows
        last = rows[-1].number


def _check(row: Row[Any], town: str, count: int, chain: str) -> None:
    where = f"audit row {count + 1}"
    if not isinstance(row.number, int) or row.number != count + 1:
        raise BrokenAuditError(f"{where}: is not there (the next one is {row.number})")
    if row.prev != chain:
        raise BrokenAuditError(f"{where}: does not follow the row before it: one of the two was changed or put in")
    if row.hash != chain_hash(chain, text_of(town, row.number, row._asdict())):
        raise BrokenAuditError(f"{where}: was changed (what it says is not what was hashed)")
    if (wrong := unkept_promise(row._mapping)) is not None:
        raise BrokenAuditError(f"{where}: {wrong}")


def _check_end(connection: Connection, found: Head, key: Ed25519PublicKey) -> None:
    head = read_head(connection, found.town)
    if head is None:
        raise BrokenAuditError("audit: its head is not there")
    if found.count < head.count:
        raise BrokenAuditError(
            f"audit row {found.count + 1}: is not there (the head counts {head.count} rows, {found.count} are here)"
        )
    if found.count > head.count:
        raise BrokenAuditError(f"audit row {head.count + 1}: is beyond the head, which counts {head.count} rows")
    if head.chain != found.chain:
        raise BrokenAuditError(f"audit row {found.count}: is not the one that the head names")
    if not head.holds(key):
        raise BrokenAuditError(
            f"audit: the head ({head.count} rows) is not signed by the hub: rows were changed or cut off"
        )


def sound_head(connection: Connection, town: str, key: Ed25519PublicKey) -> bool:
    """Returns True if the head is signed and names the last row: a look that costs nothing, while `verify` walks them all."""
    head = read_head(connection, town)
    last = connection.execute(select(func.max(audit.c.number)).where(audit.c.town == town)).scalar() or 0
    return head is not None and head.count == last and head.holds(key)


def _signed(town: str, count: int, chain: str) -> list[Json]:
    return ["audit", town, count, chain]


def _sealed(seal: Seal, count: int, chain: str) -> Head:
    return Head(seal.town, count, chain, sign(seal.key, _signed(seal.town, count, chain)))


def _keep(connection: Connection, head: Head) -> None:
    row = {"town": head.town, "count": head.count, "chain": head.chain, "sig": head.sig}
    upsert(connection, audit_heads, [row])
