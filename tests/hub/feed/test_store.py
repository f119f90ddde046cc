"""The feed's targets: what is refused, and that a cursor never goes back."""

from typing import Any

import pytest

from hub.errors import RefusedError
from hub.feed import store
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place


def add(place: Place, url: str = "https://county.example/in", **more: Any) -> store.Target:
    values: dict[str, Any] = {"name": "county", "cursor": 7, "by": "cli", "now": NOW, **more}
    with place.engine.begin() as connection:
        return store.add(connection, town="demo", url=url, **values)


@pytest.mark.parametrize(
    "url",
    ["", "county", "ftp://county/", "http://county.example/", "https://", "https:///in", "https://a b/", "https://县/", "https://x/#y",
     "https://user:secret@county/", "https://[::1", "https://x:99999/", "https://x/" + "y" * 500, "javascript:alert(1)", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_to_which_nothing_may_be_sent_is_refused(place: Place, url: str) -> None:
    with pytest.raises(RefusedError, match="url") as refused:
        add(place, url)
    assert "secret" not in str(refused.value)
    assert table(place, "feed_targets") == []


@pytest.mark.parametrize(
    "url", ["https://county.example:8443/in?x=1", "http://127.0.0.1:9/", "http://[::1]/", "http://localhost/"]
)
def test_https_anywhere_and_http_on_this_machine_will_do(place: Place, url: str) -> None:
    assert add(place, url).url == url


@pytest.mark.parametrize(
    ("more", "line"),
    [({"name": " "}, "name"), ({"name": "x" * 61}, "name"), ({"ca": "/nowhere.pem"}, "no such file"), ({"ca": "ca.pem"}, "whole path"), ({"kinds": ["flown"]}, "kind 'flown'")],
)  # fmt: skip
def test_what_else_is_wrong_is_named(place: Place, more: dict[str, Any], line: str) -> None:
    with pytest.raises(RefusedError, match=line):
        add(place, **more)
    assert table(place, "feed_targets") == []


def test_a_cursor_moves_only_from_where_it_was_read(place: Place) -> None:
    target = add(place)
    with place.engine.begin() as connection:
        store.confirmed(connection, "demo", target, 9, 2, NOW)
        store.confirmed(connection, "demo", target, 8, 1, NOW)
        found = store.known(connection, "demo", target.id)
    assert (found.cursor, found.sent) == (9, 2)


def test_a_long_error_is_one_short_line(place: Place) -> None:
    target = add(place)
    with place.engine.begin() as connection:
        store.failed(connection, "demo", target, "a\nb" * 500, NOW)
        found = store.known(connection, "demo", target.id)
    assert found.error is not None
    assert len(found.error) <= 200
    assert "\n" not in found.error
