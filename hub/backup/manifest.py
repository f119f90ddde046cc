"""The manifest of a backup: its description under the hub's signature, the first file in it, read before anything else is believed.

Anybody can encrypt to a recipient. The signature is what tells a backup of the hub from one that somebody else made, or changed
(an audit without a row, a viewer who is an admin): it covers the name, size and SHA-256 of every file. It is worth as much as
the key it is checked with: that one must be known from elsewhere (`fingerprint`).

Tested in `tests/hub/backup/test_hostile.py`.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract.canonical import fingerprint, public_from_hex, public_hex, sign, signed_by
from hub.errors import HubError

FILE = "manifest.json"
SIGNATURE = "manifest.sig"
LONGEST = 1 << 20
_SIGNED_AS = "kakou-backup"

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=0, le=2**53 - 1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Content(_Part):
    """One file: its size in bytes, and SHA-256."""

    bytes: Size
    sha256: Hex


class Manifest(_Part):
    """The manifest: the town, the moment, how far the ledger was, and every file of the backup."""

    v: Literal[1] = 1
    town: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    at: str
    software: str
    ledger: str
    ledger_epoch: Size
    entries: Size
    head: Hex
    hub_key: Hex
    files: Mapping[str, Content]

    @classmethod
    def parse(cls, text: bytes, signature: bytes) -> Self:
        """The manifest, if the signature is that of the key it names; `HubError` in one line."""
        try:
            found = cls.model_validate_json(text)
            holds = signed_by(public_from_hex(found.hub_key), [_SIGNED_AS, text.decode()], signature.decode().strip())
        except (ValidationError, ValueError):
            raise HubError(f"not a backup of a hub: {FILE} is not as the hub writes it") from None
        if not holds:
            raise HubError(f"changed: the signature over {FILE} does not hold")
        return found

    def sealed(self, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
        """The bytes of the two files: what it says, and the signature."""
        assert self.hub_key == public_hex(key)
        text = json.dumps(self.model_dump(), ensure_ascii=False, indent=1)
        return text.encode(), (sign(key, [_SIGNED_AS, text]) + "\n").encode()

    @property
    def signer(self) -> str:
        """The fingerprint of the key that signed it."""
        return fingerprint(self.hub_key)
