"""The keys that sign passes: private ones in keys/, 0600, public ones in the table that gates trust.

The founder's lies in pass.key, each later one in pass-<key id>.key. Rotation needs no reprinting: passes of the key before
count until a date, by default until the last of them has expired.

Tested in `tests/hub/passes/test_store.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Row, func, select, update
from sqlalchemy.engine import Connection

from edge.contract import passes as contract
from edge.contract.canonical import public_hex
from edge.contract.messages import TrustedKey
from edge.contract.records import wall_text
from hub.database.schema import pass_keys, passes
from hub.database.statements import upsert
from hub.errors import RefusedError
from hub.town.secret_files import read_seed, seed_text, write_secret
from hub.values.stored import EPOCH, time_of

FIRST = "pass.key"


@dataclass(frozen=True, slots=True)
class PassKey:
    """A key as the hub keeps it: `current` signs new passes, `until` ends trust in it, `passes` is how many it signed."""

    kid: str
    public: str
    created_at: datetime
    until: datetime | None
    current: bool
    passes: int
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None


def key_id(key: Ed25519PrivateKey) -> bytes:
    """The 4-byte id that stands in passes."""
    return contract.key_id(bytes.fromhex(public_hex(key)))


def trust(connection: Connection, town: str, key: Ed25519PrivateKey, now: datetime) -> None:
    """Passes of this key count from now on, and new ones are signed with it."""
    connection.execute(update(pass_keys).where(pass_keys.c.town == town).values(current=False))
    upsert(
        connection,
        pass_keys,
        [
            {
                "kid": key_id(key).hex(),
                "public": public_hex(key),
                "town": town,
                "created_at": wall_text(now),
                "until": None,
                "current": True,
            }
        ],
    )


def signing_key(connection: Connection, town: str, folder: Path) -> Ed25519PrivateKey:
    """The private key of the one that signs now, read from the folder of keys; `RefusedError` if it is not there."""
    query = select(pass_keys).where(pass_keys.c.town == town, pass_keys.c.current)
    row = connection.execute(query).first()
    if row is None:
        raise RefusedError("passes: there is no key that signs (kakou-hub key rotate makes one)")
    file = next((each for each in (_file(folder, row.kid), folder / FIRST) if each.exists()), None)
    key = None if file is None else read_seed(file)
    if key is None or public_hex(key) != row.public:
        raise RefusedError(
            "%(folder)s: the private key of %(kid)s, which signs passes, is not there", folder=str(folder), kid=row.kid
        )
    return key


def rotate(connection: Connection, *, town: str, folder: Path, keep_until: datetime | None, now: datetime) -> PassKey:
    """A new key signs from now on; the one before counts until `keep_until` (None: until its last pass has expired).

    The private key is on disk before the table speaks of it: a change that is rolled back leaves a file that nobody trusts.
    """
    if keep_until is not None and keep_until <= now:
        raise RefusedError(
            "keep until %(at)s: expected a time in the future (or revoke the key)", at=wall_text(keep_until)
        )
    key = Ed25519PrivateKey.generate()
    write_secret(_file(folder, key_id(key).hex()), seed_text(key))
    retire_current(connection, town, now, keep_until=keep_until)
    trust(connection, town, key, now)
    return find(connection, town, key_id(key).hex())


def retire_current(connection: Connection, town: str, now: datetime, *, keep_until: datetime | None = None) -> None:
    """The key that signs counts until a date from now on (None: until its last pass has expired)."""
    for old in page(connection, town):
        if old.current:
            until = (
                wall_text(keep_until) if keep_until else max(_last_expiry(connection, town, old.kid), wall_text(now))
            )
            where = (pass_keys.c.town == town, pass_keys.c.public == old.public)
            connection.execute(update(pass_keys).where(*where).values(until=until))


def revoke_key(connection: Connection, *, town: str, kid: str, by: str, reason: str, now: datetime) -> PassKey:
    """Ends every pass that a key signed; `RefusedError` if there is no such key, it signs now, or no reason is given."""
    if not reason.strip():
        raise RefusedError("reason: expected why, found nothing")
    key = find(connection, town, kid)
    if key.revoked_at is not None:
        raise RefusedError("key %(kid)s: revoked already, at %(at)s", kid=kid, at=wall_text(key.revoked_at))
    if key.current:
        raise RefusedError("key %(kid)s: it signs new passes; rotate first, then revoke it", kid=kid)
    values = {"revoked_at": wall_text(now), "revoked_by": by, "revoked_reason": reason.strip()}
    connection.execute(update(pass_keys).where(pass_keys.c.town == town, pass_keys.c.kid == kid).values(**values))
    return find(connection, town, kid)


def find(connection: Connection, town: str, kid: str) -> PassKey:
    """The key with this id; `RefusedError` if there is none."""
    key = next((each for each in page(connection, town) if each.kid == kid), None)
    if key is None:
        raise RefusedError("key %(kid)r: there is no such key", kid=kid)
    return key


def page(connection: Connection, town: str) -> list[PassKey]:
    """Every key there ever was, newest first."""
    signed = select(passes.c.kid, func.count()).where(passes.c.town == town).group_by(passes.c.kid)
    counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(signed)}
    query = select(pass_keys).where(pass_keys.c.town == town)
    query = query.order_by(pass_keys.c.current.desc(), pass_keys.c.created_at.desc(), pass_keys.c.public)
    return [_key(row, counts.get(row.kid, 0)) for row in connection.execute(query)]


def outliving(connection: Connection, town: str, kid: str) -> int:
    """How many passes of a key say that they are valid longer than the key is trusted, and must be issued anew."""
    until = find(connection, town, kid).until
    if until is None:
        return 0
    where = (passes.c.town == town, passes.c.kid == kid, passes.c.revoked_at.is_(None))
    query = select(func.count()).select_from(passes).where(*where, passes.c.expires > wall_text(until))
    return connection.execute(query).scalar_one()


def trusted(connection: Connection, town: str) -> tuple[TrustedKey, ...]:
    """The keys that gates know, oldest first. A revoked one stays, trusted until then: what it signed is revoked, not unknown."""
    query = select(pass_keys).where(pass_keys.c.town == town).order_by(pass_keys.c.created_at, pass_keys.c.public)
    return tuple(
        TrustedKey(kid=row.kid, public=row.public, until=min(filter(None, (row.until, row.revoked_at)), default=None))
        for row in connection.execute(query)
    )


def revoked_keys(connection: Connection, town: str) -> frozenset[str]:
    """The ids of the keys whose passes count no longer."""
    query = select(pass_keys.c.kid).where(pass_keys.c.town == town, pass_keys.c.revoked_at.is_not(None))
    return frozenset(connection.execute(query).scalars())


def _file(folder: Path, kid: str) -> Path:
    return folder / f"pass-{kid}.key"


def _last_expiry(connection: Connection, town: str, kid: str) -> str:
    query = select(func.max(passes.c.expires)).where(passes.c.town == town, passes.c.kid == kid)
    return connection.execute(query).scalar() or ""


def _key(row: Row[tuple[object, ...]], signed: int) -> PassKey:
    return PassKey(
        kid=row.kid,
        public=row.public,
        created_at=time_of(row.created_at) or EPOCH,
        until=None if row.until is None else time_of(row.until) or EPOCH,
        current=row.current,
        passes=signed,
        revoked_at=None if row.revoked_at is None else time_of(row.revoked_at) or EPOCH,
        revoked_by=row.revoked_by,
        revoked_reason=row.revoked_reason,
    )
