"""Where a request comes from, however a proxy writes it."""

from collections.abc import Iterable
from typing import Any

import pytest

from hub.accounts.address_block import network
from hub.web.proxied import address, behind


@pytest.mark.parametrize(
    ("text", "is_"),
    [
        ("10.0.0.1", "10.0.0.1"), ("10.0.0.1:5678", "10.0.0.1"), (" 10.0.0.1 ", "10.0.0.1"), ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"), ("unknown", None), ("_hidden", None), ("", None), ("10.0.0.1, 10.0.0.2", None),
        ("10.0.0.256", None), ("10.0.0.1\r\nX: y", None), ("a" * 5000, None),
    ],
)  # fmt: skip
def test_an_address_is_plain_or_none(text: str, is_: str | None) -> None:
    assert address(text) == is_


def test_a_subscribers_addresses_are_one() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("10.0.0.1") != network("10.0.0.2")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "is_"),
    [
        (0, "10.0.0.1", "127.0.0.1"),
        (1, "10.0.0.1", "10.0.0.1"),
        (1, "8.8.8.8, 10.0.0.1:4711", "10.0.0.1"),
        (1, "8.8.8.8,10.0.0.1:4712", "10.0.0.1"),
        (1, "10.0.0.1, [2001:db8::1]:443", "2001:db8::1"),
        (1, "10.0.0.1, unknown", "127.0.0.1"),
        (1, None, "127.0.0.1"),
    ],
)
def test_what_the_proxy_says_last_counts(proxies: int, forwarded: str | None, is_: str) -> None:
    """Faults C: an address with a port, or changing ports, was not limited."""
    found: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found.append(environ["REMOTE_ADDR"])
        return []

    environ = {"REMOTE_ADDR": "127.0.0.1", **({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})}
    list(behind(app, proxies)(environ, None))
    assert found == [is_]
