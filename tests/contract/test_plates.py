import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.plates import PlateType, classify, normalise, spoken


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("鲁B12345", PlateType.ORDINARY), ("鲁OA1234", PlateType.ORDINARY), ("京A00000", PlateType.ORDINARY),
        ("鲁BD12345", PlateType.NEW_ENERGY_SMALL), ("鲁BF12345", PlateType.NEW_ENERGY_SMALL),
        ("鲁BKA1234", PlateType.NEW_ENERGY_SMALL), ("鲁B12345D", PlateType.NEW_ENERGY_LARGE),
        ("鲁B1234挂", PlateType.TRAILER), ("鲁B1234学", PlateType.LEARNER), ("鲁B1234警", PlateType.POLICE),
        ("粤Z1234港", PlateType.HONG_KONG_MACAU), ("粤ZAB12澳", PlateType.HONG_KONG_MACAU),
        ("沪12345领", PlateType.CONSULATE), ("沪A1234领", PlateType.CONSULATE),
        ("123456使", PlateType.EMBASSY), ("使123456", PlateType.EMBASSY),
        ("鲁X1234应急", PlateType.EMERGENCY), ("鲁S1234应急", PlateType.EMERGENCY), ("京12345应急", PlateType.EMERGENCY),
        ("WJ鲁1234X", PlateType.ARMED_POLICE), ("WJ·12345", PlateType.ARMED_POLICE),
        ("AB12345", PlateType.MILITARY), ("鲁0212345", PlateType.TRACTOR), ("", PlateType.NONE), ("无牌", PlateType.NONE),
    ],
)  # fmt: skip
def test_each_type_of_plate_is_known(text: str, type_: PlateType) -> None:
    plate = classify(text)
    assert plate.type is type_
    assert plate.warning is None


@pytest.mark.parametrize("text", ["鲁B·12345", " 鲁b 123 45", "鲁Ｂ１２３４５", "鲁B-12345", "鲁B•12345", "鲁B.12345"])
def test_a_plate_is_normalised_before_it_is_looked_at(text: str) -> None:
    assert normalise(text) == "鲁B12345"


def test_an_odd_plate_warns_and_is_kept() -> None:
    assert classify("TEST 1").text == "TEST1"
    assert classify("TEST 1").warning == "unknown_pattern"
    assert classify("鲁I12345").warning == "unknown_pattern"
    assert classify("鲁BABC12").warning == "many_letters"


def test_a_plate_is_shown_with_a_dot_after_the_agency() -> None:
    assert spoken("鲁B12345") == "鲁B·12345"
    assert spoken("AB12345") == "AB12345"


@given(st.text(max_size=40))
def test_any_text_is_classified_and_stays_the_same_when_classified_again(text: str) -> None:
    plate = classify(text)
    assert classify(plate.text) == plate


@pytest.mark.parametrize("text", ["鲁AD1٢٣٤٥", "京٠١٢٣٤领", "AB१२३४५"])
def test_other_scripts_digits_are_no_known_form(text: str) -> None:
    assert classify(text).type is PlateType.UNKNOWN
