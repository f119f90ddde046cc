"""One way to turn a value into bytes, so that two parties hash and sign the same thing (RFC 8785).

Tested in `tests/contract/test_records.py`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Scalar = None | bool | int | float | str
Json = Scalar | Sequence["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """The canonical JSON bytes of a value: RFC 8785, UTF-8."""
    plain = _sorted(value)
    return plain if plain and _spelled_by_the_book(value, plain) else rfc8785.dumps(value)


def is_canonical(value: Any, text: bytes) -> bool:
    """Returns True if `text`, of which `value` was read, is how RFC 8785 spells it; `ValueError` for a value it has no spelling for."""
    plain = _sorted(value)
    return (plain == text and _spelled_by_the_book(value, text)) or rfc8785.dumps(value) == text


def _sorted(value: Any) -> bytes:
    """Sorted JSON without spaces, as a fast library spells it; empty for what it can't spell (nested too deep, of odd types)."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)
    except orjson.JSONEncodeError:
        return b""


def _spelled_by_the_book(value: Any, plain: bytes) -> bool:
    """Returns True if RFC 8785 spells it like this, too: it does nearly everything, and orders or numbers of the rest differ."""
    return _keys_sorted_alike(plain) and _spelled_alike(value)


def _keys_sorted_alike(text: bytes) -> bool:
    return text.isascii() or len(text.translate(None, _BEYOND_BASIC_PLANE)) == len(text)


_BEYOND_BASIC_PLANE = bytes(range(0xF0, 0x100))
"""How a character begins whose keys RFC 8785 orders otherwise, by UTF-16."""


def _spelled_alike(value: Any) -> bool:
    """Returns True if every value in it has one spelling everywhere: no whole or extreme fraction, no integer beyond 2^53, no odd type."""
    every = [value]
    for each in every:  # grows while it is walked
        kind = type(each)
        if kind is str:
            continue
        if kind is dict:
            every += each.values()
        elif kind is list or kind is tuple:
            every += each
        elif kind is float:
            if each.is_integer() or not 1e-3 <= abs(each) < 1e15:
                return False
        elif kind is int:
            if not -(2**53) < each < 2**53:
                return False
        elif kind is not bool and each is not None:
            return False
    return True


def sha256_hex(*parts: bytes) -> str:
    """SHA-256 over the parts one after another, in hexadecimal."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


def sign(key: Ed25519PrivateKey, value: Json) -> str:
    """An Ed25519 signature (RFC 8032) over the canonical bytes of a value, in hexadecimal."""
    return key.sign(canonical(value)).hex()


def signed_by(public: Ed25519PublicKey, value: Json, signature: str) -> bool:
    """Returns True if `signature` (hexadecimal) is the key's over the canonical bytes of `value`."""
    try:
        public.verify(bytes.fromhex(signature), canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_hex(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """A public key as 64 hexadecimal digits."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_from_hex(text: str) -> Ed25519PublicKey:
    """A public key from 64 hexadecimal digits; `ValueError` for anything else."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def fingerprint(public: str) -> str:
    """The short form of a public key (64 hexadecimal digits) that people compare: the first 16 bytes of its SHA-256, in groups of four digits."""
    digits = sha256_hex(bytes.fromhex(public))[:32]
    return "-".join(digits[place : place + 4] for place in range(0, 32, 4))
