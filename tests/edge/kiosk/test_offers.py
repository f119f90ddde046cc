"""What is offered instead of typing: the operation's lists first, then what was typed before; the town's province first."""

import pytest

from edge.contract.plates import PROVINCES
from edge.contract.policy import Policy, Term
from edge.kiosk import Known
from edge.kiosk.offers import MOST, offers, provinces
from tests.contract.samples import POLICY

BARE = POLICY.model_copy(update={"places": (), "purposes": (), "province": None})
PLACES, PURPOSES = POLICY.places, POLICY.purposes


def test_the_operations_lists_come_first_in_the_language_of_the_screen() -> None:
    typed = {"origin": ("莱西", "县城"), "destination": ("东坡村",), "purpose": ("送菜",)}
    assert offers("origin", POLICY, typed, "zh") == ("县城", "青岛", "莱西", "东坡村")
    assert offers("destination", POLICY, typed, "en") == ("the county seat", "Qingdao", "东坡村", "莱西")
    assert offers("purpose", POLICY, typed, "zh") == ("就医", "送菜")


@pytest.mark.parametrize("field", ["driver", "phone", "remark", "occupants", "plate"])
def test_no_name_and_no_phone_is_ever_offered(field: str) -> None:
    assert offers(field, POLICY, {field: ("王磊",)}, "zh") == ()


def test_without_lists_what_was_typed_is_offered_and_without_that_nothing() -> None:
    assert offers("origin", BARE, {"origin": ("莱西",)}, "zh") == ("莱西",)
    assert offers("origin", None, {"origin": ("莱西",)}, "zh") == ("莱西",)
    assert offers("origin", BARE, {}, "zh") == ()


def test_a_row_of_buttons_has_an_end_and_a_longer_list_of_the_operation_is_whole() -> None:
    typed = {"origin": tuple(f"村{number}" for number in range(30))}
    assert len(offers("origin", POLICY, typed, "zh")) == MOST
    long = BARE.model_copy(update={"places": tuple(Term(zh=f"镇{number}", en="x") for number in range(20))})
    assert len(offers("origin", long, typed, "zh")) == 20


def test_a_term_without_words_is_no_button() -> None:
    assert offers("origin", BARE.model_copy(update={"places": (Term(zh="", en=""),)}), {}, "zh") == ()


@pytest.mark.parametrize(
    ("policy", "plates", "first"),
    [
        (POLICY, ("苏A11111", "苏A22222"), "鲁"),
        (BARE, ("苏A11111", "鲁B11111", "苏A22222"), "苏"),
        (BARE, ("WJ鲁1234", "XX1"), "京"),
        (BARE, (), "京"),
        (None, ("粤B11111",), "粤"),
    ],
    ids=["the policy's", "the most frequent here", "none has one", "a new gate", "no policy"],
)
def test_the_towns_province_is_the_first_key(policy: Policy | None, plates: tuple[str, ...], first: str) -> None:
    keys = provinces(policy, [Known(plate, None) for plate in plates])
    assert keys[0] == first
    assert keys[1:] == PROVINCES.replace(first, ""), "the others stay where fingers know them"
