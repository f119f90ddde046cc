"""Personal values in addresses, sealed: an address stays in histories and logs, so a plate stands in none of them.

A value is encrypted with a key of the console (AES-SIV, RFC 5297): the same value has the same address, and nobody without the key can
read it or make one. A new key of the console makes old addresses unknown.

Tested in `tests/hub/vehicles/test_views.py`.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import current_app, url_for


def seal(what: str, text: str) -> str:
    """A value as a part of an address; `what` it is goes with it, so that it stands for nothing else."""
    sealed = _cipher().encrypt(text.encode("utf-8", "replace"), [what.encode()])
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def unseal(what: str, sealed: str) -> str | None:
    """The value in a part of an address; None if it is none that this console sealed as that."""
    try:
        data = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        return _cipher().decrypt(data, [what.encode()]).decode()
    except (binascii.Error, ValueError, InvalidTag):
        return None


def vehicle_address(plate: str | None, pass_id: str | None = None) -> str | None:
    """The address of a vehicle's page: by its plate, without one by its pass; None if it has neither."""
    if plate:
        return url_for("vehicles.show", vehicle=seal("plate", plate))
    return url_for("vehicles.show", vehicle=seal("pass", pass_id)) if pass_id else None


def _cipher() -> AESSIV:
    secret = current_app.config["SECRET_KEY"]
    data = secret if isinstance(secret, bytes) else str(secret).encode()
    return AESSIV(hashlib.sha512(b"kakou: values in addresses\0" + data).digest())
