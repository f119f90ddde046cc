"""operation.toml written and published in one go: every text is a version that the hub signed, and a fault leaves the file as it was."""

import re
from dataclasses import replace
from typing import Any

import pytest

from hub.downlink import signed_lists
from hub.errors import RefusedError
from hub.operations import rules_file
from hub.operations.rules_file import fault_of
from hub.town.operation_file import FILE, LONGEST
from hub.town.rules_text import with_block, with_value
from hub.town.town import Town
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

BY = "u-1"


def publish(place: Place, text: str) -> None:
    with place.engine.begin() as connection:
        rules_file.publish_text(Town.open(place.folder), connection, text, by=BY, why="说明", now=NOW)


def now_text(place: Place) -> str:
    return rules_file.text_now(place.town)


def test_a_text_is_written_published_and_kept_as_a_signed_version(place: Place) -> None:
    text = with_value(now_text(place), None, "stale_hours", 12.0)
    publish(place, text)
    publish(place, with_value(text, None, "stale_hours", 6.0))
    assert now_text(place).count("stale_hours = 6") == 1
    with place.engine.begin() as connection:
        policy = signed_lists.current_policy(connection, place.town.id)
        newest, first = rules_file.versions(connection, place.town.id, before=None, limit=9)
        assert rules_file.versions(connection, place.town.id, before=2, limit=9) == [first]
        assert rules_file.of_digest(connection, place.town.id, rules_file.digest(text)) == first
        assert rules_file.numbered(connection, place.town.id, 9) is None
        assert rules_file.count(connection, place.town.id) == 2
    assert policy is not None
    assert policy.stale_hours == 6
    assert (newest.number, first.number) == (2, 1)
    assert newest.policy > first.policy
    assert (place.folder / FILE).stat().st_mode & 0o777 == 0o600


def test_a_version_that_somebody_changed_is_not_signed(place: Place) -> None:
    publish(place, with_value(now_text(place), None, "stale_hours", 12.0))
    with place.engine.begin() as connection:
        found = rules_file.newest(connection, place.town.id)
    assert found is not None
    key = place.town.key.public_key()
    assert found.signed_by(place.town.id, key)
    changed: tuple[dict[str, Any], ...] = (
        {"text": found.text + "#"},
        {"by": "u-2"},
        {"why": "x"},
        {"at": "x"},
        {"again": 1},
        {"sig": "zz"},
    )
    for changes in changed:
        assert not replace(found, **changes).signed_by(place.town.id, key)
    assert not found.signed_by("another", key)


def test_the_same_text_again_is_no_new_version(place: Place) -> None:
    text = with_value(now_text(place), None, "stale_hours", 12.0)
    publish(place, text)
    publish(place, text)
    assert len(table(place, "rule_versions")) == 1


FAULTS: dict[str, tuple[str, str, str]] = {
    "a number that is none": ("stale_hours = 24", 'stale_hours = "soon"', "stale_hours: input should be a valid number"),
    "a key that there is not": ("number = 3", "nummer = 3\nnumber = 3", "classes.2.nummer: unknown key"),
    "no TOML": ("id = \"op-1\"", "id = [", "not TOML: "),
    "days that do not fit": ("default_days = 1\nmost_days = 7", "default_days = 9\nmost_days = 7", "expected at most most_days, 7"),
    "a field that there is not": ('asked = ["origin"', 'asked = ["shoe_size", "origin"', "asked: no such field 'shoe_size'"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_text_that_does_not_hold_is_refused_with_its_line_and_what_was_expected(place: Place, what: str) -> None:
    before = (place.folder / FILE).read_bytes()
    old, new, words = FAULTS[what]
    text = now_text(place).replace(old, new, 1)
    with pytest.raises(RefusedError) as refused:
        publish(place, text)
    said = str(refused.value)
    assert said.startswith("operation.toml")
    assert words in said
    assert "\n" not in said
    assert (place.folder / FILE).read_bytes() == before
    assert table(place, "rule_versions") == []


def test_the_line_of_a_fault_is_the_one_on_which_it_stands(place: Place) -> None:
    text = now_text(place).replace("stale_hours = 24", "stale_hours = -1", 1)
    fault = fault_of(text)
    assert fault is not None
    assert fault.line is not None
    assert text.splitlines()[fault.line - 1].startswith("stale_hours = -1")
    inner = fault_of(with_value(text.replace("= -1", "= 1"), ("classes", 4), "colour", "red"))
    assert inner is not None
    assert inner.line is not None
    assert text.splitlines()[inner.line - 1].startswith("colour = ")
    assert re.match(r"operation\.toml, line \d+: classes\.4\.colour: ", str(inner))
    assert fault_of(now_text(place)) is None


def test_a_gate_that_the_town_has_not_leaves_the_file_as_it_was(place: Place) -> None:
    before = (place.folder / FILE).read_bytes()
    text = with_block(now_text(place), "travel", {"gates": ("east", "moon"), "least_minutes": 6.0})
    with pytest.raises(RefusedError, match="there is no gate 'moon'"):
        publish(place, text)
    assert (place.folder / FILE).read_bytes() == before
    assert table(place, "rule_versions") == []


def test_a_text_without_end_is_refused(place: Place) -> None:
    with pytest.raises(RefusedError, match="bytes at most"):
        publish(place, now_text(place) + "#" * LONGEST)
