"""operation.toml changed in place: what is asked for changes, and not one other line or comment."""

import difflib
import tomllib

import pytest

from hub.errors import RefusedError
from hub.town.default_operation import TEMPLATES, default_text
from hub.town.rules_text import line_of, toml_value, with_block, with_value, with_values, without_block

TEXT = default_text("2026-03-01T00:00:00Z")


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]


def test_one_value_changes_one_line_and_keeps_the_comment_behind_it() -> None:
    after = with_value(TEXT, None, "stale_hours", 12.0)
    assert changed_lines(TEXT, after) == [
        "- stale_hours = 24          # lists older than this are old",
        "+ stale_hours = 12          # lists older than this are old",
    ]


def test_a_value_of_the_third_class_is_none_of_the_second() -> None:
    after = with_value(TEXT, ("classes", 2), "default_days", 7.0)
    days = [each["default_days"] for each in tomllib.loads(after)["classes"]]
    assert days[:4] == [30, 90, 7, 30]
    assert len(changed_lines(TEXT, after)) == 2


def test_a_value_that_the_block_did_not_have_stands_behind_its_last_one() -> None:
    after = with_value(TEXT, ("classes", 0), "gates", ("east", "west"))
    assert changed_lines(TEXT, after) == ['+ gates = ["east", "west"]']
    assert tomllib.loads(after)["classes"][0]["gates"] == ["east", "west"]


def test_a_value_is_left_out_with_its_lines() -> None:
    after = with_value(TEXT, None, "places", None)
    assert "places" not in tomllib.loads(after)
    assert "purposes" in tomllib.loads(after)
    assert with_value(TEXT, None, "province", None) == TEXT


def test_a_line_that_stood_there_as_a_comment_is_filled_in() -> None:
    after = with_value(TEXT, None, "province", "鲁")
    assert 'province = "鲁"   # the first key' in after
    assert after.count("province") == TEXT.count("province")


def test_a_mark_within_a_text_is_no_comment() -> None:
    after = with_value(with_value(TEXT, ("classes", 0), "en", "a # b"), ("classes", 0), "en", "c")
    assert tomllib.loads(after)["classes"][0]["en"] == "c"
    assert "# b" not in after


def test_a_list_over_several_lines_is_written_anew_as_one() -> None:
    after = with_value(TEXT, None, "overrides", [{"id": "x", "zh": "甲", "en": 'it\'s "so"'}])
    assert tomllib.loads(after)["overrides"] == [{"id": "x", "zh": "甲", "en": 'it\'s "so"'}]
    assert len(tomllib.loads(after)["turn_back"]) == 6


def test_what_is_so_already_is_not_written_again() -> None:
    assert with_values(TEXT, None, {"spray_seconds": 10.0, "zh": "封控管理"}) == TEXT


def test_a_block_is_added_behind_its_like_and_taken_away_again() -> None:
    more = with_block(TEXT, "travel", {"gates": ("east", "west"), "least_minutes": 6.0, "note": None})
    assert tomllib.loads(more)["travel"] == [{"gates": ["east", "west"], "least_minutes": 6}]
    twice = with_block(more, "travel", {"gates": ("east", "south"), "least_minutes": 9.5})
    assert [each["least_minutes"] for each in tomllib.loads(twice)["travel"]] == [6, 9.5]
    again = without_block(twice, "travel", 0)
    assert [each["least_minutes"] for each in tomllib.loads(again)["travel"]] == [9.5]
    assert "travel" not in tomllib.loads(without_block(again, "travel", 0))


def test_a_class_goes_and_the_comments_above_the_next_one_stay() -> None:
    after = without_block(TEXT, "classes", 0)
    assert tomllib.loads(after)["classes"][0]["id"] == "village_duty"
    assert "# disinfection: required | optional | off" in after


def test_a_file_written_otherwise_is_left_to_its_hand() -> None:
    inline = 'id = "op-1"\nclasses = [{ number = 1, id = "a" }]\n'
    with pytest.raises(RefusedError, match="by hand"):
        with_value(inline, ("classes", 0), "id", "b")


def test_a_fault_has_its_line() -> None:
    lines = TEXT.splitlines()
    number = line_of(TEXT, ("classes", 2, "default_days"))
    assert number is not None
    assert lines[number - 1] == "default_days = 30"
    assert sum(line.startswith("number = ") for line in lines[:number]) == 3
    head = line_of(TEXT, ("stale_hours",))
    assert head is not None
    assert lines[head - 1].startswith("stale_hours")
    block = line_of(TEXT, ("agents", 1, "lot"))
    assert block is not None
    assert lines[block - 1] == "[[agents]]"
    assert line_of(TEXT, ("nothing",)) is None


@pytest.mark.parametrize(
    "value", ['一"\\\n\t', True, False, 3, 2.5, ["a"], [], [{"zh": "一", "en": "one"}], {"a": [1]}]
)
def test_a_value_is_read_as_it_was_written(value: object) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_written_so_that_the_console_changes_it(template: str) -> None:
    text = default_text("2026-03-01T00:00:00Z", template=template)
    for place, each in enumerate(tomllib.loads(text)["classes"]):
        after = with_value(text, ("classes", place), "most_days", each["most_days"] + 1)
        assert len(changed_lines(text, after)) == 2
