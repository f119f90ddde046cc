"""The demo town's passes: made from its seed, so that the rendered clips of a seed can be kept from run to run.

A simulation, nothing else: here the signing keys, the ids and the dates come from a number. A real hub draws keys and ids
at random and issues passes through `kakou-hub pass issue`.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract import passes
from edge.contract.canonical import public_hex

START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2099, 12, 31, tzinfo=UTC)
LONG_AGO = (START, datetime(2020, 12, 31, tzinfo=UTC))
FAR_AHEAD = (datetime(2098, 1, 1, tzinfo=UTC), END)


@dataclass(frozen=True, slots=True)
class Key:
    """A pass signing key with its 4-byte id."""

    private: Ed25519PrivateKey
    kid: bytes

    @classmethod
    def from_seed(cls, seed: int, name: str) -> "Key":
        """The key that a seed has under a name."""
        private = Ed25519PrivateKey.from_private_bytes(_bytes(seed, "key", name))
        return cls(private, passes.key_id(bytes.fromhex(public_hex(private))))


@dataclass(frozen=True, slots=True)
class Issued:
    """A pass of the demo: what it says, its QR text, and what the hub did with it or its plate."""

    pass_: passes.Pass
    text: str
    vehicle_class: str
    revoked: bool = False
    blocked: bool = False
    watched: bool = False
    revoked_while_cut_off: bool = False


def pass_id(seed: int, name: str) -> bytes:
    """The 8-byte id that a seed gives to a name."""
    return _bytes(seed, "pass", name)[:8]


def _bytes(seed: int, *names: str) -> bytes:
    return hashlib.sha256(":".join(("kakou-demo", str(seed), *names)).encode()).digest()
