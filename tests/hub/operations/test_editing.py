"""The rules edited: one part changes, the period does not, two who edit at once do not overwrite each other."""

import re
from datetime import timedelta
from typing import Any

import pytest

from hub.downlink import signed_lists
from hub.errors import RefusedError
from hub.operations import editing, rules_file
from hub.operations.editing import Edit, MeanwhileError
from hub.operations.rule_changes import Part
from hub.operations.rules_file import BadRulesError
from hub.town.operation_file import FILE
from hub.town.rules_text import with_value
from hub.town.town import Town
from tests.hub.ledgers import table
from tests.hub.operations.test_life import end, start
from tests.hub.towns import NOW, Place

BY = "u-1"


def text_of(place: Place) -> str:
    return rules_file.text_now(place.town)


def publish(place: Place, text: str, base: str | None = None, **values: Any) -> None:
    said = {"why": "省级要求", "by": BY, "now": NOW} | values
    with place.engine.begin() as connection:
        digest = rules_file.digest(text_of(place)) if base is None else base
        editing.publish(Town.open(place.folder), connection, text, base=digest, **said)  # type: ignore[arg-type]


def changed(place: Place, part: Part = Part.CLASSES, number: int | None = 0, **values: object) -> str:
    return editing.edited(text_of(place), Edit(part, number, values))


def test_a_published_edit_is_a_version_and_the_text_of_before_is_one_too(place: Place) -> None:
    before = text_of(place)
    publish(place, changed(place, disinfection="optional"))
    first, second = table(place, "rule_versions")
    assert (first["text"], first["by"]) == (before, "cli")
    assert (second["by"], second["why"]) == (BY, "省级要求")
    with place.engine.begin() as connection:
        policy = signed_lists.current_policy(connection, place.town.id)
    assert policy is not None
    assert policy.classes[0].disinfection == "optional"
    rows = [row for row in table(place, "audit") if row["action"] == "rules published"]
    assert "classes resident disinfection: required -> optional" in rows[0]["detail"]


def test_an_older_version_is_published_again_without_the_period_that_it_had(place: Place) -> None:
    start(place)
    original = text_of(place)
    publish(place, changed(place, disinfection="off"))
    extended = with_value(text_of(place), None, "ends", "2026-12-01T00:00:00Z")
    (place.folder / FILE).write_text(extended, "utf-8")
    with place.engine.begin() as connection:
        found = rules_file.of_digest(connection, place.town.id, rules_file.digest(original))
    assert found is not None
    text = editing.former_text(found, text_of(place))
    publish(place, text, again=found.number)
    rules = re.search(r'^ends = "([^"]*)"', text_of(place), flags=re.M)
    assert rules is not None
    assert rules[1] == "2026-12-01T00:00:00.000Z", "the extension stays"
    newest = table(place, "rule_versions")[-1]
    assert newest["again"] == found.number
    assert '"off"' not in newest["text"].split("[[classes]]")[1]


def test_of_two_who_edit_at_once_the_second_changes_nothing_and_sees_what_changed(place: Place) -> None:
    base = rules_file.digest(text_of(place))
    mine, theirs = changed(place, disinfection="off"), changed(place, number=1, default_days=7.0)
    publish(place, theirs, base)
    now = text_of(place)
    with pytest.raises(MeanwhileError) as refused:
        publish(place, mine, base)
    assert refused.value.changes is not None
    (change,) = refused.value.changes
    assert (change.subject, change.key, change.before, change.after) == ("village_duty", "default_days", 90.0, 7.0)
    assert text_of(place) == now
    assert len(table(place, "rule_versions")) == 2


def test_a_hand_edit_meanwhile_is_a_change_too(place: Place) -> None:
    base, mine = rules_file.digest(text_of(place)), changed(place, disinfection="off")
    (place.folder / FILE).write_text(text_of(place) + "# by hand\n", "utf-8")
    with pytest.raises(MeanwhileError) as refused:
        publish(place, mine, base)
    assert refused.value.changes is None, "what stood there was never published"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "op-9"),
        ("starts", "2020-01-01T00:00:00Z"),
        ("ends", "2190-01-01T00:00:00Z"),
        ("passes_since", "2026-01-01T00:00:00Z"),
    ],
)
def test_nobody_who_edits_rules_changes_the_period(place: Place, key: str, value: str) -> None:
    before = text_of(place)
    with pytest.raises(RefusedError, match=f"{key}: expected as it is; the period is changed by a decision"):
        publish(place, with_value(before, None, key, value))
    assert text_of(place) == before


@pytest.mark.parametrize(
    ("part", "number", "values", "words"),
    [
        (Part.CLASSES, 0, {"default_days": 999.0}, "expected at most most_days, 366"),
        (Part.CLASSES, 0, {"colour": "red"}, "string should match pattern"),
        (Part.CLASSES, None, {"number": 1, "id": "x", "zh": "一", "en": "one"}, "class number 1 occurs twice"),
        (Part.AGENTS, 0, {"shelf_hours": 0.0}, "input should be greater than 0"),
        (Part.TRAVEL, None, {"gates": ("east", "east"), "least_minutes": 5.0}, "expected two different gates"),
        (Part.TRAVEL, None, {"gates": ("east", "moon"), "least_minutes": 5.0}, "there is no gate 'moon'"),
        (Part.FIELDS, None, {"id": "size", "zh": "一", "en": "one"}, "string should match pattern"),
        (Part.HEAD, None, {"overrides": []}, "tuple should have at least 1 item"),
    ],
)
def test_rules_that_do_not_hold_are_refused_in_one_line_and_change_nothing(
    place: Place, part: Part, number: int | None, values: dict[str, object], words: str
) -> None:
    before = text_of(place)
    with pytest.raises(RefusedError) as refused:
        publish(place, editing.edited(before, Edit(part, number, values)))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert text_of(place) == before
    if isinstance(refused.value, BadRulesError) and number is not None:
        assert refused.value.fault.line


def test_a_part_that_is_gone_and_a_reason_that_is_missing_are_refused(place: Place) -> None:
    with pytest.raises(RefusedError, match="there is no such part any more"):
        changed(place, number=99, zh="一")
    with pytest.raises(RefusedError, match="reason: missing"):
        publish(place, changed(place, disinfection="off"), why=" ")
    with pytest.raises(RefusedError, match="the rules are so already"):
        publish(place, text_of(place))


def test_a_class_is_removed(place: Place) -> None:
    publish(place, editing.edited(text_of(place), Edit(Part.CLASSES, 8, None)))
    with place.engine.begin() as connection:
        policy = signed_lists.current_policy(connection, place.town.id)
    assert policy is not None
    assert policy.class_named("visitor") is None


def test_the_rules_of_an_ended_operation_stay(place: Place) -> None:
    start(place)
    end(place, NOW + timedelta(days=1))
    with pytest.raises(RefusedError, match="operation op-1 was ended"):
        publish(place, changed(place, disinfection="off"))


def test_what_a_form_does_not_change_stays_as_it_is_written(place: Place) -> None:
    assert changed(place, zh="居民", en="Resident", contact_seconds=0.0, gates=None) == text_of(place)
