"""The gate's own keys in `keys/`: read, with one clear line when something is not as enrolment left it."""

from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.contract.canonical import public_from_hex

log = structlog.get_logger()

FOLDER = "keys"
FORMER = "former.pub"


class KeysError(OSError):
    """A key is missing or malformed; the text is one line."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The gate's signing key, the hub's public key, and where the files for TLS lie."""

    signing: Ed25519PrivateKey
    hub: Ed25519PublicKey
    ca: Path
    certificate: Path
    tls_key: Path
    former: tuple[Ed25519PublicKey, ...] = ()
    """With what this gate signed before its town got new keys, perhaps more than once."""

    @classmethod
    def load(cls, folder: Path) -> "Keys":
        """The keys in the gate's folder."""
        keys = folder / FOLDER
        for name in ("ca.pem", "cert.pem", "tls.key"):
            # only the link needs what is in them: a gate whose certificate is damaged goes on without the hub
            if not (keys / name).exists():
                raise _missing(keys / name)
        seed, hub = _hex(keys / "signing.key"), _hex(keys / "hub.pub")
        return cls(
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)),
            public_from_hex(hub),
            keys / "ca.pem",
            keys / "cert.pem",
            keys / "tls.key",
            _former(keys / FORMER),
        )


def _missing(path: Path) -> KeysError:
    return KeysError(f"{path}: no such file; enrol this gate: kakou-gate --data DIR enrol BUNDLE")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeysError(f"{path}: cannot be read: {error}") from None


def _former(path: Path) -> tuple[Ed25519PublicKey, ...]:
    if not path.exists():
        return ()
    try:
        return tuple(public_from_hex(line) for line in _text(path).split())
    except (ValueError, KeysError) as error:
        # only signatures of before the last `enrol --again` are checked with them: no reason to keep a lane closed
        log.warning("former keys cannot be read, and are left out", path=str(path), error=str(error))
        return ()


def _hex(path: Path) -> str:
    text = _text(path)
    try:
        if len(bytes.fromhex(text)) == 32:
            return text
    except ValueError:
        pass
    raise KeysError(f"{path}: expected 64 hexadecimal digits")
