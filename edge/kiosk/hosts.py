"""Decides which requests the gate's page answers: those of a browser that opened the page under a name of this machine.

A page of another address can have its name point to 127.0.0.1 (DNS rebinding) and then press the screen's buttons. So `Host`
must be one of the names of this machine, with any port (a tunnel may end at another one), and where a browser says from which
page a request comes (`Origin`, `Referer`, `Sec-Fetch-Site`), that must be this very page. What no browser sends counts for nothing.
"""

import re
from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
_READS = frozenset({"GET", "HEAD"})


class RefusedRequest(Enum):
    """Why a request is not answered: the HTTP status, and one line in both languages."""

    TARGET = (400, "请求地址不对", "the request must name a path and a Host")
    HOST = (421, "本屏幕只以 127.0.0.1 或 localhost 打开", "this screen is opened as 127.0.0.1 or localhost only")
    PAGE = (403, "只接受本屏幕自己的页面", "only pages of this screen are answered")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def line(self) -> str:
        """The fault in one line, Chinese and English."""
        return f"{self.value[1]} · {self.value[2]}"


def refusal(method: str, target: str, headers: Mapping[str, str]) -> RefusedRequest | None:
    """Returns why a request is refused, None if it may be answered.

    `target`: the request's target as it was sent; one in absolute form names a host beside `Host`, and no browser sends it here.
    `headers`: looked up as `Host`, `Origin`, `Referer`, `Sec-Fetch-Site`, `Sec-Fetch-Mode`.
    """
    host = headers.get("Host")
    if host is None or not target.startswith("/"):
        return RefusedRequest.TARGET
    if not known_host(host):
        return RefusedRequest.HOST
    return None if _from_this_page(method, host, headers) else RefusedRequest.PAGE


def known_host(host: str) -> bool:
    """Returns True if a `Host` header is a name of this machine as browsers spell it, with or without a port."""
    if not _HOST.fullmatch(host):
        return False
    _, colon, port = host.rpartition("]")[2].rpartition(":")
    return not colon or 0 < int(port) <= 65535


def _from_this_page(method: str, host: str, headers: Mapping[str, str]) -> bool:
    origin, referer, site = headers.get("Origin"), headers.get("Referer"), headers.get("Sec-Fetch-Site")
    reads = method in _READS
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return False
    if site is not None and site not in {"same-origin", "none"}:
        # a link on another page of this machine may lead here; it reads, and a browser shows it by itself
        return reads and site == "same-site" and headers.get("Sec-Fetch-Mode") == "navigate"
    return reads or referer is None or _page_of(referer) == ("http", host.lower())


def _page_of(referer: str) -> tuple[str, str]:
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()
