"""Faults A2, A3, A11: stored values read without demands, and texts shown without what cannot be seen."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from edge.contract.values import is_wall, moment, parse_wall
from hub.exports.writing.cells import local_time
from hub.ledger.corrected_times import ClockWasSet, corrected
from hub.values import stored, visible
from tests.hub.hostile import TIMES
from tests.hub.visits.test_export import SHANGHAI


@pytest.mark.parametrize("text", [*TIMES, None, 5, b"", "x" * 10_000, "2026-03-01T24:00:00.000Z"])
def test_what_is_no_time_is_none(text: object) -> None:
    assert stored.wall_of(text) is None
    assert stored.time_of(text) is None or text == TIMES[9]
    if isinstance(text, str) and text and stored.time_of(text) is None:
        assert local_time(SHANGHAI)(text).startswith("[invalid time] ")


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00.000Z", "2028-02-29T23:59:59.999Z", "2200-12-31T23:59:59.999Z"])
def test_a_time_of_the_calendar_is_one(text: str) -> None:
    assert stored.wall_of(text) == text
    assert "invalid" not in local_time(SHANGHAI)(text)


@given(
    st.from_regex(
        r"\A(19|20|21|22|00|99)[0-9]{2}-[0-1][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{3}(Z|\+08:00)\n?\Z"
    )
)
def test_what_the_hub_takes_for_a_records_time_is_what_the_contract_does(text: str) -> None:
    assert (stored.wall_of(text) == text) == is_wall(text)
    if is_wall(text):
        assert stored.time_of(text) == parse_wall(text) == moment(text)


@given(st.text())
def test_any_text_is_read_and_shown(text: str) -> None:
    stored.said(text)
    stored.pairs_of(text)
    stored.time_of(text)
    stored.number_of(text)
    shown = visible.visible(text)
    shown.encode()
    assert visible.visible(shown) == shown
    assert visible.bare(text).isprintable() or any(unicodedata.category(each) in ("Zs", "Co", "Cn") for each in text)


@pytest.mark.parametrize(
    "raw", ["", "[]", "7", "{", '{"a":NaN}', '{"a":"\\ud800"}', "[" * 100_000, '{"a":1e999}', "9" * 5000]
)
def test_json_that_is_none_tells_nothing_that_cannot_be_stored(raw: str) -> None:
    for value in stored.said(raw).values():
        assert value is None or str(value).encode()


def test_everything_that_cannot_be_seen_is_made_visible() -> None:
    hidden = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    kept = {"\t", "\n", "\r"}
    assert [each for each in hidden if visible.visible(each) == each and each not in kept] == []
    assert visible.visible("\u202eA") == "‹U+202E›A"
    assert visible.bare("鲁B\u202e\u200b12345\n") == "鲁B12345"
    assert visible.finalize(Markup("<b>\u202e</b>")) == Markup("<b>‹U+202E›</b>")
    assert visible.escaped('{"a":"\u202e"}') == '{"a":"\\u202e"}'
    assert len(visible.finalize("x" * 5000)) == visible.LONGEST


@pytest.mark.parametrize("after", [*TIMES, "x"])
def test_a_clock_set_to_no_time_tells_none(after: str) -> None:
    """Faults A3: `clock_set` of "x", "", 9999."""
    if stored.time_of(after) is None:
        assert corrected({"clock": "unsynced", "boot": "00", "mono_ms": 5}, [ClockWasSet("00", 5, after)]) is None


def test_a_monotonic_clock_beyond_every_calendar_tells_nothing() -> None:
    there = ClockWasSet("00", 5, "2026-03-01T00:00:00.000Z")
    for mono_ms in (2**53 - 1, 1e300, -1, True, None, "x", float("inf")):
        assert corrected({"clock": "unsynced", "boot": "00", "mono_ms": mono_ms}, [there]) is None
