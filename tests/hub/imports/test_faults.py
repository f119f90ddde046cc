"""The one shape of a fault, for every import."""

from hub.errors import Words
from hub.imports.faults import Fault, refusal


def test_a_fault_says_row_column_and_value_as_far_as_they_are_known() -> None:
    wrong = Words("expected a day")
    assert str(Fault(3, wrong)) == "row 3: expected a day"
    assert str(Fault(3, wrong, "soon")) == "row 3, 'soon': expected a day"
    assert str(Fault(3, wrong, "soon", "日期")) == "row 3, 日期 'soon': expected a day"


def test_a_list_is_refused_by_its_first_fault_and_the_count_of_the_others() -> None:
    faults = [Fault(3, Words("wrong")), Fault(4, Words("wrong too"))]
    assert refusal("list.csv", []) is None
    assert str(refusal("list.csv", faults[:1])) == "list.csv: row 3: wrong"
    assert str(refusal("list.csv", faults, more=5)) == "list.csv: row 3: wrong (and 6 more)"
