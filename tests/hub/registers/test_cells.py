"""What fields take, what they say to what they do not take, and what a reader sees of a personal one."""

import pytest

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.passes.importing.dates import moment
from hub.passes.sheet.table import Cell
from hub.passes.terms import Unfit
from hub.registers.cells import Here, Value, fold, parse, parse_choices, shown
from hub.registers.declaration import Named, RegisterField
from hub.registers.field_types import FieldType
from tests.hub.registers.declared import ZONE

HERE = Here(ZONE, {FieldType.GATE: {"east"}})
CHOICES = (Named(id="old", zh="老人", en="Elderly"), Named(id="ill", zh="病人", en="Ill"))


def field(type_: FieldType, **more: object) -> RegisterField:
    return RegisterField.model_validate({"id": "f", "zh": "字段", "en": "Field", "type": type_, **more})


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (FieldType.TEXT, "  a   b ", "a b"),
        (FieldType.LONG, "a\n\nb", "a\n\nb"),
        (FieldType.DATE, "2026-3-1", "2026-03-01"),
        (FieldType.DATE, "2026年3月1日", "2026-03-01"),
        (FieldType.DATE, "20260301", "2026-03-01"),
        (FieldType.DATE, "2026-03-01 00:00:00", "2026-03-01"),
        (FieldType.TIME, "2026-03-01T08:30", "2026-03-01T00:30:00.000Z"),
        (FieldType.TIME, "2026年3月1日8时30分", "2026-03-01T00:30:00.000Z"),
        (FieldType.NUMBER, "1,234.5", 1234.5),
        (FieldType.COUNT, "12", 12),
        (FieldType.FLAG, "是", True),
        (FieldType.FLAG, "no", False),
        (FieldType.PHONE, "138 1234-5678", "13812345678"),
        (FieldType.ID_NUMBER, "11010519491231002x", "11010519491231002X"),
        (FieldType.PLATE, "鲁b·12345", "鲁B12345"),
        (FieldType.PLATES, "鲁b·12345, 鲁U88888;鲁B12345", "鲁B12345、鲁U88888"),
        (FieldType.GATE, "east", "east"),
        (FieldType.TEXT, "   ", None),
    ],
)
def test_a_text_is_read_into_its_type(type_: FieldType, text: str, value: Value | None) -> None:
    assert parse(field(type_), text, HERE) == value


@pytest.mark.parametrize(
    ("type_", "text", "wrong"),
    [
        (FieldType.DATE, "2026-02-30", "expected a day of the calendar"),
        (FieldType.TIME, "2026-03-01", "expected a day and a time"),
        (FieldType.TIME, "2026-03-01 25:00", "expected a day and a time"),
        (FieldType.NUMBER, "many", "expected a number"),
        (FieldType.COUNT, "1.5", "expected a whole number"),
        (FieldType.COUNT, "-1", "expected at least 0"),
        (FieldType.FLAG, "maybe", "expected yes or no"),
        (FieldType.PHONE, "none", "expected a telephone number"),
        (FieldType.ID_NUMBER, "110105194912310021", "the check digit is wrong"),
        (FieldType.ID_NUMBER, "12", "expected an identity number"),
        (FieldType.PLATES, "、".join(f"鲁B1234{n}" for n in range(9)), "9 plates, at most 8"),
        (FieldType.GATE, "moon", "not known here"),
        (FieldType.TEXT, "a\u202eb", "can't be seen"),
        (FieldType.TEXT, "a" * 201, "at most 200"),
    ],
)
def test_what_does_not_fit_is_said_with_the_field_the_value_and_what_was_expected(
    type_: FieldType, text: str, wrong: str
) -> None:
    with pytest.raises(RefusedError, match=wrong) as refused:
        parse(field(type_), text, HERE)
    assert str(refused.value).startswith("字段 Field")


def test_a_choice_is_named_by_its_id_or_its_words() -> None:
    one = field(FieldType.CHOICE, choices=CHOICES)
    assert [parse(one, each, HERE) for each in ("old", "老人", "elderly")] == ["old"] * 3
    with pytest.raises(RefusedError, match="expected one of: 老人 Elderly, 病人 Ill"):
        parse(one, "young", HERE)
    several = field(FieldType.CHOICES, choices=CHOICES)
    assert parse(several, "老人、病人", HERE) == ("old", "ill") == parse_choices(several, ["old", "ill", "old"], HERE)
    assert parse_choices(several, [], HERE) is None


def test_a_personal_value_is_masked_below_the_role_that_may_see_it() -> None:
    name = field(FieldType.NAME, personal=True, see="officer")
    card = field(FieldType.ID_NUMBER, personal=True)
    assert shown(name, "王小明", Role.VIEWER) == "王•••"
    assert shown(name, "王小明", Role.OFFICER) == "王小明"
    assert shown(card, "11010519491231002X", Role.ADMIN) == "•••"
    plates = field(FieldType.PLATES, personal=True, see="officer")
    assert shown(plates, "鲁B12345、鲁U88888", Role.VIEWER) == "鲁B•••45、鲁U•••88"
    assert shown(field(FieldType.COUNT), 3, Role.VIEWER) == 3


def test_a_search_knows_no_width_case_or_blanks() -> None:
    assert fold("ＡＢ c１") == "abc1"


@pytest.mark.parametrize(
    "text",
    [
        "2026/12/10 0:00",
        "2026/12/10 0:00:00",
        "２０２６／１２／１０",
        "２０２６－１２－１０",
        "2026年12月10日",
        "20261210",
        "2026–12–10",
    ],
)
def test_a_day_is_taken_as_lists_of_passes_take_it(text: str) -> None:
    assert parse(field(FieldType.DATE), text, HERE) == "2026-12-10"
    taken = moment("from", Cell(text), HERE.zone, end=False)
    assert taken is not None
    assert taken.date().isoformat() == "2026-12-10"


@pytest.mark.parametrize("text", ["2026-12-1²", "2026-12-③", "12/10/2026", "2026-02-30"])
def test_what_is_no_day_in_lists_of_passes_is_none_here(text: str) -> None:
    with pytest.raises(RefusedError):
        parse(field(FieldType.DATE), text, HERE)
    with pytest.raises(Unfit):
        moment("from", Cell(text), HERE.zone, end=False)
