"""Sends one batch to a target over HTTPS, and says how it ended: confirmed, or why not. No redirect is followed, nothing is tried twice here.

Tested in `tests/hub/feed/test_sender.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

CONNECT, READ = 5.0, 20.0
"""Seconds."""
LONGEST_WAIT = 3600.0
_OBJECT = re.compile(r"^<?[\w.]*HTTPS?Connection\([^)]*\)[^:]*: ")
"""How the library begins a line: with the connection."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The target has it."""


@dataclass(frozen=True, slots=True)
class InVain:
    """The target does not have it, as far as is known. `wait`: seconds that it asked for, or None."""

    why: str
    wait: float | None = None


def post(url: str, ca: str | None, sent: bytes, headers: Mapping[str, str]) -> Confirmed | InVain:
    """Sends one batch."""
    timeout = urllib3.Timeout(connect=CONNECT, read=READ)
    try:
        with (
            urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=ca, timeout=timeout, retries=False) as pool,
            pool.request(
                "POST", url, body=sent, headers=dict(headers), redirect=False, preload_content=False
            ) as answer,
        ):
            # what it says beside its status is not read: a target could say it without end
            status, later = answer.status, answer.headers.get("Retry-After", "")
    except (HTTPError, LocationValueError, OSError, ValueError) as error:
        return InVain(_why(error))
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Confirmed()
    wait = min(float(later), LONGEST_WAIT) if later.isascii() and later.isdigit() and len(later) < 9 else None
    return InVain(f"answers {status}", wait)


def _why(error: Exception) -> str:
    """One line about a failure of the connection, without the library's names of objects."""
    text = str(error.args[-1] if error.args else error) or type(error).__name__
    return _OBJECT.sub("", text)
