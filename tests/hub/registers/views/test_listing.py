"""The list of a register: its columns, what it is asked for, how long a row has left."""

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.registers.rows import RegisterRow
from tests.hub.consoles import Browser, text_of


def found(app: Flask, address: str, role: Role = Role.OFFICER) -> str:
    answer = Browser(app, role).open(address)
    assert answer.status_code == 200
    return text_of(answer).partition("Search")[2]


def test_a_list_shows_values_in_words_and_masks_what_the_reader_may_not_see(app: Flask) -> None:
    homes = found(app, "/registers/homes")
    assert "王小明" in homes
    assert "南村镇1号" not in homes
    assert "2026-03-11" in homes, "the end is computed"
    assert "380" in found(app, "/registers/goods"), "what is in stock is computed"
    assert "In" in found(app, "/registers/goods")


def test_rows_are_chosen_by_part_state_choice_unit_and_lateness(app: Flask) -> None:
    assert "岗亭" in found(app, "/registers/faults?search=漏水")
    assert "照明" not in found(app, "/registers/faults?search=漏水")
    assert "路障" in found(app, "/registers/faults?state=fixed")
    assert "岗亭" not in found(app, "/registers/faults?state=fixed")
    late = found(app, "/registers/faults?overdue=1")
    assert "岗亭" in late
    assert "h over" in late
    assert "照明" not in late
    assert "120" in found(app, "/registers/goods?f-way=out")
    assert "500" not in found(app, "/registers/goods?f-way=out")
    assert "王小明" in found(app, "/registers/homes?unit=u1")
    assert "李丽" not in found(app, "/registers/homes?unit=u1")
    assert "36.5" not in found(app, "/registers/home_days?day=2026-02-28")


def test_an_empty_answer_says_what_to_do(app: Flask) -> None:
    assert "Ask for less" in found(app, "/registers/faults?search=nothing")


@pytest.mark.parametrize("address", ["/registers/faults?since=x", "/registers/goods?f-way=sideways"])
def test_a_filter_that_is_none_is_refused(app: Flask, address: str) -> None:
    assert Browser(app, Role.OFFICER).open(address).status_code == 400


def test_a_register_that_is_not_there_or_not_for_the_reader(app: Flask) -> None:
    assert Browser(app, Role.VIEWER).open("/registers/homes").status_code == 403
    assert Browser(app, Role.VIEWER).open("/registers/nothing").status_code == 404


def test_a_row_leads_to_its_parent(app: Flask, rows: dict[str, RegisterRow]) -> None:
    page = Browser(app, Role.OFFICER).open("/registers/home_days").text
    assert f"/registers/homes/{rows['home'].id}" in page
