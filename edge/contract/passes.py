"""A pass: `KK1:` + base45 of a COSE_Sign1 over a CWT, signed with Ed25519 (RFC 9052, 8392, 9285).

    18([ <<{1: -8, 4: key id}>>, {}, <<{7: id, 5: not before, 4: expiry, -70001: [plate, class, gates, priority]}>>, signature ])

`gates` is null (every gate) or a bitmap whose bit n is the gate that the policy numbers n. The text is never stripped or
case-folded: base45 has spaces of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import base45
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.contract.canonical import sha256_hex
from edge.contract.reasons import Reason

PREFIX = "KK1:"
MAX_TEXT = 1024
"""Characters of a QR text at most; ours have about 190."""

_TAG_SIGN1 = 18
_ALG, _KID, _EDDSA = 1, 4, -8
_EXP, _NBF, _CTI, _KAKOU = 4, 5, 7, -70001
_MAX_TIME = 2**40
_MAX_PLATE = 16

Keys = Mapping[bytes, Sequence[Ed25519PublicKey]]
"""Trusted keys by their 4-byte id. Two keys may share an id: each is tried."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The content of a pass. Times in seconds since 1970 UTC; `decide` judges the time, this module never does."""

    id: bytes
    plate: str
    vehicle_class: int
    gates: int | None
    priority: bool
    not_before: int
    expires: int

    @property
    def id_hex(self) -> str:
        """The id as records, lists and people write it: 16 hexadecimal digits."""
        return self.id.hex()

    def allows_gate(self, number: int) -> bool:
        """Returns True if the gate with this number is among the pass's gates."""
        return self.gates is None or bool(self.gates >> number & 1)


def key_id(public: bytes) -> bytes:
    """The 4-byte id of a signing key: the head of the SHA-256 of its 32 public bytes."""
    return bytes.fromhex(sha256_hex(public))[:4]


def write(pass_: Pass, key_id: bytes, key: Ed25519PrivateKey) -> str:
    """The QR text of a pass, signed."""
    protected = cbor2.dumps({_ALG: _EDDSA, _KID: key_id}, canonical=True)
    claims = [pass_.plate, pass_.vehicle_class, pass_.gates, pass_.priority]
    payload = cbor2.dumps({_EXP: pass_.expires, _NBF: pass_.not_before, _CTI: pass_.id, _KAKOU: claims}, canonical=True)
    signature = key.sign(_to_be_signed(protected, payload))
    message = cbor2.CBORTag(_TAG_SIGN1, [protected, {}, payload, signature])
    encoded: bytes = base45.b45encode(cbor2.dumps(message))
    return PREFIX + encoded.decode()


def read(text: str, keys: Keys) -> Pass | Reason:
    """The pass in a QR text if one of `keys` signed it; else why not.

    Any text is taken: `not_a_pass` without our prefix, `bad_format` where the bytes are not a pass, `unknown_key`,
    `bad_signature`. Nothing of an unsigned payload is believed, so these come before anything it says.
    """
    if not text.startswith(PREFIX):
        return Reason.NOT_A_PASS
    try:
        protected, payload, signature = _open(text)
        kid = _key_id_of(protected)
    except _BadFormatError:
        return Reason.BAD_FORMAT
    candidates = keys.get(kid, ())
    if not candidates:
        return Reason.UNKNOWN_KEY
    if not any(_signed(key, protected, payload, signature) for key in candidates):
        return Reason.BAD_SIGNATURE
    try:
        return _claims(payload)
    except _BadFormatError:
        return Reason.BAD_FORMAT


class _BadFormatError(Exception):
    """The bytes are not a pass."""


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])


def _signed(key: Ed25519PublicKey, protected: bytes, payload: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, _to_be_signed(protected, payload))
    except InvalidSignature:
        return False
    return True


def _decode(data: bytes) -> Any:
    # cbor2 raises its own errors, and those of Python's types, for hostile input: all of them mean one thing here
    try:
        return cbor2.loads(data)
    except Exception as error:
        raise _BadFormatError from error


def _open(text: str) -> tuple[bytes, bytes, bytes]:
    if len(text) > MAX_TEXT:
        raise _BadFormatError
    try:
        data = base45.b45decode(text.removeprefix(PREFIX))
    except (ValueError, UnicodeError) as error:
        raise _BadFormatError from error
    message = _decode(data)
    if not isinstance(message, cbor2.CBORTag) or message.tag != _TAG_SIGN1:
        raise _BadFormatError
    match message.value:
        case [bytes(protected), _, bytes(payload), bytes(signature)]:
            return protected, payload, signature
    raise _BadFormatError


def _key_id_of(protected: bytes) -> bytes:
    match _decode(protected):
        case {1: -8, 4: bytes(kid)} if len(kid) == 4:
            return kid
    raise _BadFormatError


def _claims(payload: bytes) -> Pass:
    match _decode(payload):
        case {7: bytes(id_), 5: not_before, 4: expires, -70001: [str(plate), class_, gates, bool(priority)]} if (
            len(id_) == 8
            and 0 < len(plate) <= _MAX_PLATE
            and _is_number(class_)
            and (gates is None or _is_number(gates))
            and _is_number(not_before, _MAX_TIME)
            and _is_number(expires, _MAX_TIME)
        ):
            return Pass(id_, plate, class_, gates, priority, not_before, expires)
    raise _BadFormatError


def _is_number(value: Any, end: int | None = None) -> bool:
    # True is an int to Python, and none to CBOR
    return type(value) is int and value >= 0 and (end is None or value < end)
