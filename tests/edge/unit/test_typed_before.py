"""Places and purposes that were typed before: counted, bounded, and nothing that looks like somebody's address or number."""

import pytest

from edge.unit.typed_before import LONGEST, MOST, typed_before


def test_the_most_frequent_comes_first_and_of_equals_the_latest() -> None:
    visits = [{"origin": each} for each in ("莱西", "平度", "莱西", "烟台", "潍坊")]
    assert typed_before(visits)["origin"] == ("莱西", "潍坊", "烟台", "平度")


def test_no_name_no_phone_and_no_remark_is_counted() -> None:
    visit = {"plate": "鲁B12345", "driver": "王磊", "phone": "13800000001", "remark": "x", "origin": "莱西"}
    assert typed_before([visit]) == {"origin": ("莱西",), "destination": (), "purpose": ()}


@pytest.mark.parametrize(
    "value", ["", "  ", "13800000001", "３７０２８２", "3号楼502", "很" * (LONGEST + 1)],
    ids=["nothing", "blanks", "a phone", "wide digits", "a flat", "an address"],
)  # fmt: skip
def test_what_may_be_somebodys_is_not_offered_to_the_next(value: str) -> None:
    assert typed_before([{"destination": value}])["destination"] == ()


def test_a_few_of_each_are_enough() -> None:
    assert len(typed_before([{"purpose": f"事{number}"} for number in range(50)])["purpose"]) == MOST
