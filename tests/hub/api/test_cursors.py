"""Cursors: opaque, stable, and known as strangers where they come from elsewhere."""

import base64
import json

import pytest

from hub.api import cursors
from hub.api.problems import ProblemError


def test_a_cursor_says_its_place_again() -> None:
    text = cursors.write("visits", "demo", ["2026-03-01T00:00:00.000Z", "ab"])
    assert cursors.read("visits", "demo", text, 2) == ("2026-03-01T00:00:00.000Z", "ab")
    assert text == cursors.write("visits", "demo", ["2026-03-01T00:00:00.000Z", "ab"])
    assert cursors.read("visits", "demo", None, 2) is None


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "", "A", "abc", "____", packed(["alerts", "demo", "1", "2"]), packed(["visits", "other", "1", "2"]), packed({}), packed(7),
        packed(["visits", "demo", "1"]), packed(["visits", "demo", 1, 2]), packed(["visits", "demo", "\0", "2"]),
        packed(["visits", "demo", "x" * 101, "2"]), packed(["visits", "demo", [[]], "2"]),
    ],
)  # fmt: skip
def test_a_cursor_from_elsewhere_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ProblemError, match="after: this cursor is none of visits") as refused:
        cursors.read("visits", "demo", text, 2)
    assert refused.value.code == 404


@pytest.mark.parametrize("part", ["", "-1", "9" * 16, "1.0", "x"])
def test_a_number_that_no_database_counts_to_is_no_place(part: str) -> None:
    with pytest.raises(ProblemError):
        cursors.number(part)
