"""A gate's enrolment bundle: everything it needs to join, as one secret file on a stick.

The signing key is made with the gate and kept in keys/gates/, since all its records are checked against it; a bundle made
again (a replaced SD card) carries the same one, with a fresh TLS key and certificate.

Tested in `tests/hub/commands/test_cli.py`.
"""

import os
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.canonical import public_hex
from edge.contract.messages import Bundle, Signed
from hub.enrolment import authority
from hub.town.secret_files import closed_folder, read_seed, seed_text, write_secret
from hub.town.settings import Settings


def key_file(settings: Settings, gate: str) -> Path:
    """Where the seed of a gate's signing key lies."""
    return settings.keys / "gates" / f"{gate}.key"


def new_key(settings: Settings, gate: str) -> Ed25519PrivateKey:
    """Makes and keeps a gate's signing key, or takes one that a broken-off `gate add` left."""
    file = key_file(settings, gate)
    if file.exists():
        return read_seed(file)
    key = Ed25519PrivateKey.generate()
    closed_folder(file.parent)
    write_secret(file, seed_text(key))
    return key


def makes_keys(settings: Settings) -> bool:
    """Returns True if this process may make keys and certificates of gates: under systemd the pages and the listener may not."""
    folder = key_file(settings, "x").parent
    place = folder if folder.exists() else settings.keys
    return os.access(place, os.W_OK | os.X_OK) and os.access(settings.folder / "ca" / "ca.key", os.R_OK)


def bundle(
    settings: Settings,
    gate: str,
    *,
    hub_key: Ed25519PrivateKey,
    policy: Signed,
    passlist: Signed,
    command: Signed | None,
    now: datetime,
) -> Bundle:
    """The bundle of one gate."""
    ca = authority.Pair(_read(settings.folder / "ca" / "ca.pem"), _read(settings.folder / "ca" / "ca.key"))
    pair = authority.client(ca, gate, now)
    return Bundle(
        town=settings.town,
        gate=gate,
        host=settings.broker.host,
        port=settings.broker.port,
        ca=ca.certificate,
        certificate=pair.certificate,
        tls_key=pair.key,
        signing_key=read_seed(key_file(settings, gate)).private_bytes_raw().hex(),
        hub_key=public_hex(hub_key),
        policy=policy,
        passlist=passlist,
        command=command,
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii")
