"""The keys that hub and gates had before a rekey: they prove old entries, and nothing new that they sign is believed.

A rekey gives hub and gates new keys while nothing is written, and notes of each old key the last entry that was there (its id). So
`verify` still proves every entry with a key that counted when it came. Who stole an old key can sign, and is not listened to:
intake knows the present keys alone, and an entry beyond the noted one does not hold with an old key.

Tested in `tests/hub/lifecycle/test_rekey.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.canonical import public_from_hex
from edge.contract.records import wall_text
from hub.database.schema import former_keys
from hub.database.statements import insert_new


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A key that counts for the entries up to `until` (their id)."""

    key: Ed25519PublicKey
    until: int


@dataclass(frozen=True, slots=True)
class Former:
    """Every former key of a town, by gate (`hub` among them)."""

    keys: Mapping[str, tuple[FormerKey, ...]]

    @classmethod
    def read(cls, connection: Connection, town: str) -> Self:
        """As the table has them."""
        found: dict[str, tuple[FormerKey, ...]] = {}
        for row in connection.execute(select(former_keys).where(former_keys.c.town == town)):
            each = FormerKey(public_from_hex(row.public_key), row.until_entry)
            found[row.gate] = (*found.get(row.gate, ()), each)
        return cls(found)

    def of(self, gate: str, entry: int) -> list[Ed25519PublicKey]:
        """The former keys of a gate that count for an entry."""
        return [each.key for each in self.keys.get(gate, ()) if entry <= each.until]


def note(connection: Connection, town: str, keys: Mapping[str, str], *, until: int, now: datetime) -> None:
    """Notes that these keys (by gate, hexadecimal) count for the entries up to `until` and no further."""
    rows = [
        {"town": town, "gate": gate, "public_key": public, "until_entry": until, "retired_at": wall_text(now)}
        for gate, public in keys.items()
    ]
    insert_new(connection, former_keys, rows)


def last_change(connection: Connection, town: str) -> dict[str, str]:
    """When the hub and each gate last got new keys."""
    query = select(former_keys.c.gate, former_keys.c.retired_at).where(former_keys.c.town == town)
    return {row.gate: row.retired_at for row in connection.execute(query.order_by(former_keys.c.retired_at))}
