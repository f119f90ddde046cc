"""The lists as they stand at one moment.

Tested in `tests/edge/lists/test_store.py` and `tests/edge/lists/test_inside.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.canonical import public_from_hex
from edge.contract.commands import Command, RosteredShift
from edge.contract.messages import TrustedKey, Watched
from edge.contract.passes import Keys
from edge.contract.policy import Policy
from edge.contract.records import parse_wall


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The lists at one moment. None: never received. `*_received`: when the hub last vouched that nothing newer stands."""

    policy: Policy | None = None
    policy_version: int | None = None
    policy_received: datetime | None = None
    trusted: tuple[TrustedKey, ...] = ()
    revoked: frozenset[str] = field(default_factory=frozenset)
    blocked: frozenset[str] = field(default_factory=frozenset)
    revoked_keys: frozenset[str] = field(default_factory=frozenset)
    watch: Mapping[str, Watched] = field(default_factory=dict)
    """By plate, normalised."""
    passlist_version: int | None = None
    passlist_received: datetime | None = None
    commands: tuple[Command, ...] = ()
    pins: Mapping[str, str] | None = None
    """Officer id -> the hash of the PIN that overrides here; None: never received apart from the policy."""
    roster: tuple[RosteredShift, ...] | None = None
    """This gate's shifts of the next days, as the hub's roster has them; None: the hub keeps none."""

    @property
    def received(self) -> datetime | None:
        """When the older of the two came; None if one never did."""
        if self.policy_received is None or self.passlist_received is None:
            return None
        return min(self.policy_received, self.passlist_received)

    def keys_at(self, now: datetime) -> Keys:
        """The keys whose passes count at `now`, by their 4-byte id."""
        return _by_id(
            trusted
            for trusted in self.trusted
            if trusted.kid not in self.revoked_keys and (trusted.until is None or now < parse_wall(trusted.until))
        )

    def withdrawn_keys(self) -> Keys:
        """The keys that were revoked and are still listed: what they signed is known, and is revoked with them."""
        return _by_id(trusted for trusted in self.trusted if trusted.kid in self.revoked_keys)


def _by_id(trusted: Iterable[TrustedKey]) -> Keys:
    keys: dict[bytes, list[Ed25519PublicKey]] = {}
    for each in trusted:
        keys.setdefault(bytes.fromhex(each.kid), []).append(public_from_hex(each.public))
    return keys
