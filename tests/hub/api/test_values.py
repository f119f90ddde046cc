"""Values of requests: exactly so, or one line that says what was expected."""

import pytest
from pydantic import ValidationError

from edge.contract.records import wall_text
from hub.api.models import EntriesAsked, PassAsked, VisitsAsked
from hub.api.values import moment, whole


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00.000Z"),
        ("2026-03-01t00:00:00z", "2026-03-01T00:00:00.000Z"),
        ("2026-03-01T00:00:00.1234567Z", "2026-03-01T00:00:00.123Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59-14:00", "2200-12-31T00:00:00.000Z"),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it(text: str, wall: str) -> None:
    assert wall_text(moment(text)) == wall


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-01", "2026-03-01T08:00:00", "2026-03-01T08:00:00 08:00", "2026-02-30T00:00:00Z", "1772323200", "2026-03-01T24:00:00Z",
     "２０２６-03-01T00:00:00Z", "2026-03-01T00:00:00+24:00", 7, None],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a time"):
        moment(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1_0", "01", " 1", "１", "9" * 19, 1])
def test_a_whole_number_is_digits_and_nothing_else(text: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        whole(text)


def test_what_an_optional_parameter_may_be_is_never_null() -> None:
    for model in (VisitsAsked, EntriesAsked, PassAsked):
        for name, value in model.model_json_schema()["properties"].items():
            assert "null" not in str(value), name


@pytest.mark.parametrize("empty", ["from", "gates", "priority", "confirm"])
def test_a_body_says_no_null(empty: str) -> None:
    with pytest.raises(ValidationError, match="null: leave it out"):
        PassAsked.model_validate({"plate": "鲁B12345", "class": "resident", empty: None})
