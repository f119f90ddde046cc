"""One way to turn a value into bytes, so that two parties hash and sign the same thing (RFC 8785)."""

import hashlib
from collections.abc import Mapping, Sequence

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Scalar = None | bool | int | float | str
Json = Scalar | Sequence["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """The canonical JSON bytes of a value: RFC 8785, UTF-8."""
    return rfc8785.dumps(value)


def sha256_hex(*parts: bytes) -> str:
    """SHA-256 over the parts one after another, in hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def sign(key: Ed25519PrivateKey, value: Json) -> str:
    """An Ed25519 signature (RFC 8032) over the canonical bytes of a value, in hexadecimal."""
    return key.sign(canonical(value)).hex()


def signed_by(public: Ed25519PublicKey, value: Json, signature: str) -> bool:
    """Whether `signature` (hexadecimal) is the key's over the canonical bytes of `value`."""
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
