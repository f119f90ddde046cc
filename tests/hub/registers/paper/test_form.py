"""What a register's form says: title, sentence, heads, rows in a reader's words and masked, warnings, note, lines to sign on."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from hub.accounts.roles import Role
from hub.registers import catalogue
from tests.hub.registers.paper.forms import empty, filled, rows_of


def cells(
    id_: str, more: Mapping[str, str] = MappingProxyType({}), *, role: Role | None = Role.OFFICER, language: str = "zh"
) -> dict[str, object]:
    form = filled(id_, *rows_of(id_, more), role=role, language=language)
    return dict(zip([each.id for each in form.columns], form.rows[0], strict=True))


def test_the_second_line_is_a_computed_sentence_by_choices_and_states() -> None:
    rows = [
        *rows_of("refuse", rows=2),
        *rows_of("refuse", {"kind": "生活", "handed_at": "2026-03-01 09:00"}, state="handed_over"),
    ]
    assert filled("refuse", *rows).lines[0] == "共 3 批,其中:感染性2、生活1 | 暂存2、已交接1。".replace(
        ",", "，"
    ).replace(":", "：")
    assert (
        filled("refuse", *rows, language="en").lines[0]
        == "3 lots in all, of which: Infectious 2, Household 1 | Stored 2, Handed over 1."
    )


def test_some_forms_have_the_unit_and_the_time_instead() -> None:
    (line,) = filled("five_on_one").lines
    assert "南村镇" in line
    assert "2026-03-03 16:00" in line


def test_fields_of_one_group_have_a_head_above_them() -> None:
    first, second = filled("samples").heads
    assert [(each.text, each.columns) for each in first if each.columns > 1] == [
        ("启运", 2),
        ("运抵", 2),
        ("承运人", 2),
    ]
    assert [each.text for each in second] == ["启运时间", "启运地点", "运抵时间", "运抵地点", "承运人一", "承运人二"]
    assert all(each.rows == 2 for each in first if each.columns == 1)
    assert len(filled("patrols").heads) == 1


def test_the_number_comes_first_and_the_state_last() -> None:
    form = filled("patrols")
    assert (form.columns[0].head, form.rows[0][0]) == ("序号", 1)
    assert (form.columns[-1].head, form.rows[0][-1]) == ("状态", "未巡检")


def test_values_stand_in_words_and_the_towns_time() -> None:
    row = cells("turned_back")
    assert (row["at"], row["reason"], row["police"], row["#gate"]) == ("2026-03-01 12:00", "未报备", "否", "east")
    assert cells("turned_back", language="en")["reason"] == "Not reported before"
    row = cells("isolated_households")
    assert (row["days"], row["ends"], row["so_far"]) == (14, "2026-03-15", 3)


def test_personal_values_are_masked_by_role_and_for_a_picture_always() -> None:
    more = {"person": "王小明", "origin": "平度市城关"}
    assert cells("turned_back", more)["person"] == "王小明"
    assert cells("turned_back", more)["origin"] == "平度•••"
    for role in (Role.VIEWER, None):
        row = cells("turned_back", more, role=role)
        assert (row["person"], row["plate"]) == ("王•••", "鲁B•••45")
    assert cells("commendations", role=Role.ADMIN)["person"] == "王小明"
    assert cells("commendations", role=None)["person"] == "王•••"


def test_what_breaks_a_rule_stands_above_the_table_with_its_numbers() -> None:
    assert filled("refuse", *rows_of("refuse", rows=2)).lines[-1] == "注意：感染性废物暂存超过2天（序号1、2）"


def test_a_sheet_of_some_rows_says_which_and_how_many_are_not_on_it() -> None:
    lines = filled("patrols", asked="状态 漏巡检", all=40, language="en").lines
    assert "Only: 状态 漏巡检" in lines
    assert any("39 more do not" in each for each in lines)


def test_an_empty_form_says_what_must_be_filled_and_what_is_computed() -> None:
    heads = {each.id: each.head for each in empty("isolated_households").columns}
    assert heads["door"] == "门牌\n（必填）"
    assert heads["people"] == "人数\n（选填）"
    assert heads["ends"] == "结束"
    assert "card" not in heads
    assert heads["#number"] == "序号"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("id_", list(catalogue.shipped()))
def test_every_shipped_register_has_its_form_with_note_signatures_and_room_for_a_seal(id_: str, language: str) -> None:
    form = empty(id_, language)
    assert form.rows
    assert all(len(row) == len(form.columns) for row in form.rows)
    assert form.note.startswith("填表说明：" if language == "zh" else "How to fill this in: ")
    assert len(form.signatures) == 5
    assert form.seal


def test_a_field_that_the_town_does_not_ask_for_has_no_column() -> None:
    assert "temperature" not in {each.id for each in empty("isolated_days").columns}
