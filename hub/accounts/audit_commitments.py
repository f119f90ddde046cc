"""What a row of the audit says that may be personal: beside the hashed text, which holds only salted commitments to it.

    committed   (object, object_salt) -> object_hash, (detail, detail_salt) -> detail_hash
    destroyed   the salt is gone, and the text is one that says nothing: nobody can find out by trying what it was

Tested in `tests/hub/accounts/test_audit_erasing.py`.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from edge.contract.canonical import Json, canonical, sha256_hex

PLAIN = ("at", "user", "action")
COMMITTED = ("object", "detail")
COLUMNS = (*PLAIN, *COMMITTED)
"""What a row says, beside its town and number."""
NOTHING = {"object": "destroyed", "detail": "{}"}
"""What stands in the place of a text that was destroyed."""
LARGEST = 2**53


def committed(row: Mapping[str, str]) -> dict[str, str]:
    """The salts and commitments of a new row."""
    found: dict[str, str] = {}
    for name in COMMITTED:
        salt = secrets.token_hex(16)
        found |= {f"{name}_salt": salt, f"{name}_hash": commitment(salt, name, row[name])}
    return found


def commitment(salt: str, field: str, value: Any) -> str:
    """SHA-256 of the canonical array `[salt, field, value]`, as records of the ledger have it."""
    return sha256_hex(canonical([salt, field, plain(value)]))


def erased_fields(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """The fields of a row whose salts were destroyed."""
    return tuple(name for name in COMMITTED if row[f"{name}_hash"] is not None and row[f"{name}_salt"] is None)


def unkept_promise(row: Mapping[Any, Any]) -> str | None:
    """What is wrong with a row's texts beside its commitments; None: they are what was committed to, or were destroyed."""
    for name in COMMITTED:
        promised, salt = row[f"{name}_hash"], row[f"{name}_salt"]
        if promised is None:
            if salt is not None:
                return f"{name} has a salt and no commitment"
        elif salt is None:
            if row[name] != NOTHING[name]:
                return f"{name} was destroyed, and says something"
        elif commitment(str(salt), name, row[name]) != promised:
            return f"was changed ({name} is not what was committed to)"
    return None


def plain(value: Any) -> Json:
    """A stored value as canonical JSON can say it."""
    if value is None or isinstance(value, bool) or (isinstance(value, int) and -LARGEST < value < LARGEST):
        return value
    if isinstance(value, bytes):
        return f"hex:{value.hex()}"
    text = str(value)
    # halves of characters, for which there is no canonical form
    return text if text.isascii() or text.encode("utf-8", "replace").decode() == text else f"hex:{_bytes(text).hex()}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
