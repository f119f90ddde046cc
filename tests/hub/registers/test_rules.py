"""The rules of a register: those that refuse a row, and those that flag it."""

import pytest

from edge.contract.records import parse_wall
from hub.errors import RefusedError
from hub.registers.declaration import read
from hub.registers.rows import Draft
from hub.registers.rules import broken
from tests.hub.registers.declared import declared, writer
from tests.hub.towns import Place

BOXES = """
id = "boxes"
zh = "样本"
en = "Boxes"
[[fields]]
id = "kind"
zh = "种类"
en = "Kind"
type = "choice"
choices = [{ id = "medical", zh = "医疗", en = "Medical" }, { id = "other", zh = "其他", en = "Other" }]
[[fields]]
id = "left"
zh = "启运"
en = "Left"
type = "time"
[[fields]]
id = "came"
zh = "运抵"
en = "Came"
type = "time"
[[fields]]
id = "heat"
zh = "箱温"
en = "Temperature"
type = "number"
[[fields]]
id = "one"
zh = "甲"
en = "One"
type = "name"
personal = true
[[fields]]
id = "two"
zh = "乙"
en = "Two"
type = "name"
personal = true
[[rules]]
id = "order"
zh = "运抵早于启运"
en = "arrives before it left"
start = "left"
end = "came"
refuse = true
[[rules]]
id = "escorts"
zh = "须两人"
en = "two different escorts"
differ = ["one", "two"]
refuse = true
[[rules]]
id = "warm"
zh = "箱温"
en = "temperature out of range"
number = "heat"
min = 2
max = 8
[[rules]]
id = "long_trip"
zh = "途中逾2小时须记箱温"
en = "over 2 h without a temperature"
start = "left"
end = "came"
over_hours = 2
needs = ["heat"]
[[rules]]
id = "stored"
zh = "超过2天"
en = "kept longer than 2 days"
only = { kind = ["medical"] }
start = "left"
end = "came"
over_hours = 48
"""
LEFT = "2026-03-01T00:00:00.000Z"
SOON, NOON, LATE = (
    parse_wall(each) for each in ("2026-03-01T01:00:00.000Z", "2026-03-01T04:00:00.000Z", "2026-03-04T00:00:00.000Z")
)


def found(values: dict[str, str | float], now: object = SOON) -> list[str]:
    return [each.id for each in broken(read(BOXES), values, now)]  # type: ignore[arg-type]


def test_what_lasts_longer_than_allowed_is_flagged_as_soon_as_it_does() -> None:
    assert found({"left": LEFT, "heat": 4, "kind": "medical"}) == []
    assert found({"left": LEFT, "heat": 4, "kind": "medical"}, LATE) == ["stored"]
    assert found({"left": LEFT, "heat": 4, "kind": "other"}, LATE) == []
    assert found({"left": LEFT, "heat": 4, "kind": "medical", "came": "2026-03-01T09:00:00.000Z"}, LATE) == []


def test_a_field_may_be_needed_only_of_what_lasts_long() -> None:
    assert found({"left": LEFT}) == []
    assert found({"left": LEFT}, NOON) == ["long_trip"]
    assert found({"left": LEFT, "came": "2026-03-01T01:30:00.000Z"}, NOON) == []


def test_a_number_out_of_its_range_is_flagged_and_kept() -> None:
    assert found({"heat": 4}) == []
    assert found({"heat": 9.5}) == ["warm"]


def test_a_rule_that_refuses_says_its_line_and_nothing_is_written(place: Place) -> None:
    with declared(place, BOXES) as (connection, keeper):
        with pytest.raises(RefusedError, match="运抵早于启运 arrives before it left"):
            keeper.add(connection, Draft({"left": LEFT, "came": "2026-02-28T23:00:00.000Z"}), writer(place))
        with pytest.raises(RefusedError, match="须两人"):
            keeper.add(connection, Draft({"one": "王小明", "two": "王 小明"}), writer(place))
        row = keeper.add(connection, Draft({"one": "王小明", "two": "李丽", "heat": 20.0}), writer(place))
        assert row.number == 1
