"""A program that uses the API of a town under test: its token, its client, and the town served for strangers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from hub.tokens import store
from hub.tokens.scopes import Scope
from tests.hub.serving import Served, serving
from tests.hub.towns import NOW, Place


def token(
    place: Place, scopes: Iterable[Scope] = Scope, *, by: str = "cli", days: int = 30, now: datetime = NOW
) -> str:
    """A new token's text."""
    with place.engine.begin() as connection:
        made = store.make(connection, town=place.town.id, name="county", scopes=scopes, days=days, by=by, now=now)
    return made.text


class Program:
    """A client of the API that shows a token."""

    def __init__(self, app: Flask, text: str | None) -> None:
        self._client = app.test_client()
        self._headers = {} if text is None else {"Authorization": f"Bearer {text}"}

    def get(self, address: str, **headers: str) -> Any:
        """The answer to a GET; an address without a slash is one below /api/v1/."""
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.get(_whole(address), headers=sent, buffered=True)

    def post(self, address: str, body: object, **headers: str) -> Any:
        """The answer to a POST of JSON."""
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.post(_whole(address), json=body, headers=sent, buffered=True)

    def ask(self, method: str, address: str, **more: object) -> Any:
        """The answer to whatever request."""
        return self._client.open(_whole(address), method=method, headers=self._headers, buffered=True, **more)  # type: ignore[arg-type]  # as given


@contextmanager
def served(place: Place, requests_per_minute: int = 1_000_000) -> Iterator[tuple[Served, str]]:
    """A town's console as a process, and the text of a token with every scope."""
    settings = place.town.settings
    api = settings.api.model_copy(update={"requests_per_minute": requests_per_minute})
    other = replace(place, town=replace(place.town, settings=settings.model_copy(update={"api": api})))
    text = token(place, now=datetime.now(UTC))
    with serving(other) as found:
        yield found, text


def _whole(address: str) -> str:
    return address if address.startswith("/") else f"/api/v1/{address}"
