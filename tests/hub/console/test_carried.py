"""A file that a page carries: the same bytes again, and 400 for anything that no page of ours carried."""

import base64
import zlib

import pytest
from werkzeug.exceptions import BadRequest

from hub.console.carried import pack, unpack


def test_a_file_comes_back_as_it_was() -> None:
    data = bytes(range(256)) * 40
    assert unpack(pack(data), len(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "AAAA",
        pack(b"x" * 11),
        base64.b64encode(zlib.compress(b"whole")[:-3]).decode(),
        pack(b"x" * 10_000_000),
    ],
)
def test_what_is_no_such_file_or_too_much_is_400(text: str) -> None:
    with pytest.raises(BadRequest):
        unpack(text, 10)
