"""What changes from one text of the rules to another: every key, every block, and at which gates it counts."""

from typing import Any

import pytest

from hub.operations.rule_changes import FIXED, HEAD, Change, Part, compare
from hub.town.default_operation import default_text
from hub.town.operation import Rules
from hub.town.rules_text import with_block, with_value, without_block

TEXT = default_text("2026-03-01T00:00:00Z")


def changes(after: str, before: str = TEXT) -> list[Change]:
    return compare(Rules.of_text(before), Rules.of_text(after))


def only(after: str, before: str = TEXT) -> Change:
    (found,) = changes(after, before)
    return found


def test_the_same_rules_differ_in_nothing() -> None:
    assert changes(TEXT + "# a comment\n") == []


def test_every_key_above_the_blocks_is_looked_at() -> None:
    blocks = {each.value for each in Part} - {"head"}
    assert set(Rules.model_fields) == {*HEAD, *blocks}
    assert set(FIXED) <= set(HEAD)


@pytest.mark.parametrize(
    ("key", "value", "before"),
    [
        ("disinfection", "off", "required"),
        ("default_days", 7, 30.0),
        ("transit_minutes", 90, None),
        ("priority", True, False),
    ],
)
def test_a_part_of_a_class_from_what_to_what_at_every_gate(key: str, value: Any, before: Any) -> None:
    found = only(with_value(TEXT, ("classes", 0), key, value))
    assert (found.part, found.subject, found.key, found.gates) == (Part.CLASSES, "resident", key, None)
    assert (found.before, found.after) == (before, value)
    assert (found.zh, found.en) == ("居民", "Resident")


def test_a_class_of_certain_gates_changes_at_those_of_before_and_after() -> None:
    before = with_value(TEXT, ("classes", 0), "gates", ("east",))
    found = only(with_value(before, ("classes", 0), "gates", ("south", "west")), before)
    assert found.gates == ("east", "south", "west")
    assert only(before).gates is None, "before, it was every gate"


def test_a_block_that_is_new_and_one_that_is_gone() -> None:
    new = with_block(TEXT, "agents", {"id": "ozone", "zh": "臭氧", "en": "Ozone", "concentration": "1 %"})
    found = only(new)
    assert (found.part, found.subject, found.key, found.before) == (Part.AGENTS, "ozone", "", None)
    assert only(without_block(TEXT, "classes", 8)).after is None
    more = with_block(TEXT, "travel", {"gates": ("west", "east"), "least_minutes": 6})
    assert only(more).gates == ("west", "east")
    slower = only(with_value(more, ("travel", 0), "least_minutes", 9), more)
    assert (slower.subject, slower.key, slower.before, slower.after) == ("east – west", "least_minutes", 6.0, 9.0)


def test_a_choice_counts_at_every_gate() -> None:
    found = only(with_value(TEXT, None, "asked", ["driver"]))
    assert (found.part, found.key, found.gates, found.after) == (Part.HEAD, "asked", None, ("driver",))
