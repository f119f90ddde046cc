"""The names of the pages' cookies, and the key that signs them: each hub on a machine has cookies of its own.

A browser keeps cookies by host, whatever the port: two hubs on one host would take each other's sessions away.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

import structlog

from hub.generated_files import put

log = structlog.get_logger()
_KEY = re.compile(r"[0-9a-f]{64}")


def secret_key(path: Path) -> str:
    """The key that signs cookies, 64 hexadecimal digits; made anew, mode 0600, where there is none or it is damaged.

    With a new key every session ends and nothing else is lost.
    """
    try:
        found = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        found = None
    except IsADirectoryError:
        # out of `keys`, which a backup takes whole
        found, aside = "", path.parent.parent / f"{path.name}.damaged-{secrets.token_hex(4)}"
        path.replace(aside)
        log.warning("web.key: expected a file, found a folder, which is moved aside", to=str(aside))
    if found is not None and _KEY.fullmatch(found):
        return found
    made = secrets.token_hex(32)
    put(path, f"{made}\n".encode(), 0o600)
    if found is not None:
        log.warning("web.key: expected 64 hexadecimal digits; made anew, every session ends", file=str(path))
    return made


def cookie_name(town: str, key: str) -> str:
    """The prefix of a hub's cookies: its town, and a mark of its own key."""
    mark = hmac.new(key.encode(), b"name of the cookies", hashlib.sha256).hexdigest()[:8]
    return f"kakou-{town}-{mark}"
