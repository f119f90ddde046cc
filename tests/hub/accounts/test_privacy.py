"""What is left of a personal value behind the mask."""

from collections.abc import Callable

import pytest

from hub.accounts import privacy
from hub.accounts.roles import Role


def test_the_contracts_plate() -> None:
    assert privacy.mask_plate("鲁B12345") == "鲁B•••45"


@pytest.mark.parametrize(
    ("mask", "text", "expected"),
    [
        (privacy.mask_plate, "鲁BD12345", "鲁B•••45"),
        (privacy.mask_plate, "A1", "•••"),
        (privacy.mask_name, "欧阳修", "欧•••"),
        (privacy.mask_phone, "13812345678", "138•••78"),
        (privacy.mask_phone, "110", "•••"),
        (privacy.mask_place, "平度市南村镇", "平度•••"),
        (privacy.mask_place, "南村", "•••"),
    ],
)
def test_masks(mask: Callable[[str], str], text: str, expected: str) -> None:
    assert mask(text) == expected


def test_empty_values_stay_empty() -> None:
    assert privacy.shown({"driver": None, "phone": "", "plate": None}, Role.VIEWER) == {
        "driver": None, "phone": "", "plate": None,
    }  # fmt: skip


def test_a_vehicle_inside_is_masked_for_viewers() -> None:
    row = {"vehicle": "鲁B12345", "plate": "鲁B12345", "gate": "east"}
    assert privacy.shown(row, Role.VIEWER) == {"vehicle": "鲁B•••45", "plate": "鲁B•••45", "gate": "east"}
    assert privacy.shown(row, Role.OFFICER) == row
