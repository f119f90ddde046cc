"""The state of a walk over the ledger, and the error that ends it.

Tested in `tests/hub/ledger/test_verify.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Row
from sqlalchemy.engine import Connection

from edge.contract.records import ZERO_HASH
from hub.errors import HubError
from hub.ledger.cursors import JournalId
from hub.ledger.destroyed import Gone
from hub.ledger.former_keys import Former

Entry = Row[Any]


class BrokenError(HubError):
    """The first thing that does not hold, in one line."""


@dataclass
class End:
    """The place of the walk in one journal: the last seq and hash, and the last seq that a signature covers."""

    seq: int = 0
    hash: str = ZERO_HASH
    signed: int = 0
    entry: int = 0


@dataclass
class Walk:
    """One walk over a town's entries, and where it stands in the town's chain and in each journal."""

    connection: Connection
    town: str
    keys: Mapping[str, Ed25519PublicKey]
    former: Former
    """Keys of before a rekey."""
    destroyed: Gone
    """Says whose personal values may be gone."""
    ends: dict[JournalId, End] = field(default_factory=dict)
    chain: str = ZERO_HASH
    last_id: int = 0
    count: int = 0
    signatures: int = 0
    odd: int = 0
