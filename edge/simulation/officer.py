"""The simulated officer: a person at the gate's touch page, who reads the screen and fills in its forms over HTTP.

Tested in `tests/edge/simulation/test_world.py`.
"""

import http.client
import json
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 5.0


class OfficerError(OSError):
    """The kiosk did not take what the officer did; one line."""


class Officer:
    """A browser's worth of HTTP: one connection at a time, cookies, the page's CSRF token."""

    def __init__(self, kiosk_url: str) -> None:
        address = urlsplit(kiosk_url)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 80
        self._cookies: dict[str, str] = {}
        self._token = ""

    def state(self) -> dict[str, Any]:
        """The content of the screen, as `/state.json` has it."""
        status, body = self._request("GET", "/state.json")
        if status != 200:
            raise OfficerError(f"kiosk /state.json answered {status}")
        state: dict[str, Any] = json.loads(body)
        return state

    def lane(self, name: str) -> dict[str, Any]:
        """What the screen shows of a lane."""
        lane: dict[str, Any] = next(each for each in self.state()["lanes"] if each["name"] == name)
        return lane

    def submit(self, path: str, **fields: str) -> None:
        """Fills in a form and sends it."""
        if not self._token:
            self._open_page()
        status, _ = self._post(path, fields)
        if status == 400:
            # the token has aged: the page is opened anew, as a person would
            self._open_page()
            status, _ = self._post(path, fields)
        if status >= 400:
            raise OfficerError(f"kiosk {path} answered {status}")

    def _open_page(self) -> None:
        status, body = self._request("GET", "/")
        if status != 200:
            raise OfficerError(f"kiosk / answered {status}")
        page = _TokenFinder()
        page.feed(body)
        self._token = page.token

    def _post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        return self._request("POST", path, urlencode({**fields, "csrf_token": self._token}))

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, {name: value for name, value in headers.items() if value})
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise OfficerError(f"kiosk {path}: {error or type(error).__name__}") from None
        finally:
            connection.close()
        for header in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value
        return response.status, text


class _TokenFinder(HTMLParser):
    """Finds `<meta name="csrf-token" content=…>` on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "meta" and values.get("name") == "csrf-token":
            self.token = values.get("content") or ""
