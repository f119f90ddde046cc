"""Finds out from the browser's headers which site sends a form: one of another site is refused, whatever token it has.

Newer browsers say so in `Sec-Fetch-Site`. For others the host in `Origin`, or in `Referer`, is compared with the one that was asked for.
A proxy may hide that host: then the one that it passes in `X-Forwarded-Host` counts, or the host from which the user signed in. Where a
browser says nothing of all this the form's token alone decides, as it does before anybody has signed in through such a proxy.

Tested in `tests/hub/accounts/test_sign_in.py` and `tests/hub/web/test_server.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest

Given = Mapping[str, str] | Headers
OURS = frozenset({"same-origin", "none"})
"""What a browser says in `Sec-Fetch-Site` of a request that no other site made it send."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Host:
    """A host's name and its port; None: the one of the scheme, which is not known here."""

    name: str
    port: int | None

    def is_that_of(self, other: "Host") -> bool:
        """Returns True for the same name, and no other port, as far as both are known."""
        return self.name == other.name and (self.port is None or other.port is None or self.port == other.port)


def from_elsewhere(headers: Given, *, scheme: str, proxied: bool, signed_in_at: str | None) -> bool:
    """Returns True if the browser says that another site sends this. `signed_in_at`: what `sender` said when the user signed in."""
    if (site := headers.get("Sec-Fetch-Site")) is not None:
        return site not in OURS
    origin = sender(headers)
    if origin is None:
        return False
    asked = headers.get("X-Forwarded-Host") or signed_in_at if proxied else headers.get("Host")
    if asked is None:
        return False
    found, expected = _host_of(origin), _host(asked, scheme, named=proxied)
    return found is None or expected is None or not found.is_that_of(expected)


def sender(headers: Given) -> str | None:
    """The page's own address in `Origin`, else in `Referer`; None: the browser says nothing."""
    return headers.get("Origin") or headers.get("Referer") or None


def host_text(address: str) -> str | None:
    """The host and port of an address, to be kept; None if it has none."""
    found = _host_of(address)
    return (
        None if found is None else f"[{found.name}]:{found.port}" if ":" in found.name else f"{found.name}:{found.port}"
    )


def _host_of(address: str) -> Host | None:
    """The host in an address; None for `null`, with which a browser hides the page, and for what is no address."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in _PORTS or not parts.hostname:
            return None
        return Host(parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme])
    except ValueError:
        return None


def _host(text: str, scheme: str, *, named: bool) -> Host | None:
    """The host in a header. `named`: a proxy may have passed the name alone, and then the port is not known."""
    found = _host_of(f"{scheme}://{text.strip()}")
    if found is None or not named:
        return found
    return Host(found.name, urlsplit(f"//{text.strip()}").port)


class ElsewhereError(BadRequest):
    """A form that another site sends."""
