"""Finds the address that a request comes from, normalised, also behind a proxy that writes it in its own way.

`1.2.3.4:5678`, `[2001:db8::1]:443`, `::ffff:1.2.3.4` and `fe80::1%eth0` are addresses; what is none is not believed, and the proxy's
own address counts.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")


def address(text: str) -> str | None:
    """The address in a text, without port and zone, IPv4 where it is one; None if there is none."""
    text = text.strip().strip('"').strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        found_address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found_address, "ipv4_mapped", None)
    return str(mapped or found_address)


class Address:
    """Middleware: REMOTE_ADDR is a plain address for all that comes after it."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Serves one request."""
        peer = environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or ""
        environ["REMOTE_ADDR"] = address(environ.get("REMOTE_ADDR") or "") or address(peer) or "0.0.0.0"  # noqa: S104 -- nobody's
        return self._app(environ, start_response)


def behind(app: App, proxies: int) -> App:
    """An app that takes the word of so many proxies on who asks and by which scheme, and nobody else's."""
    plain = Address(app)
    # the host is not asked of a proxy: nothing depends on it
    return ProxyFix(plain, x_for=proxies, x_proto=proxies) if proxies else plain
