"""The types of a register's fields, and how a personal value of each is masked. Tested in `tests/hub/registers/test_cells.py`."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from hub.accounts.privacy import MASK, mask_name, mask_phone, mask_place, mask_plate

BETWEEN = "、"
"""Stands between the plates of a field that holds several."""


class FieldType(StrEnum):
    """The types. `time` is a moment, `choices` any number of choices, `plates` any number of plates, `unit` a unit, `user` a user of the hub."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    COUNT = "count"
    FLAG = "flag"
    NAME = "name"
    PLACE = "place"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    PLATE = "plate"
    PLATES = "plates"
    UNIT = "unit"
    GATE = "gate"
    USER = "user"
    PICTURE = "picture"
    DAYS = "days"
    END_DATE = "end_date"
    ROWS = "rows"
    SUM = "sum"
    STOCK = "stock"


COMPUTED = frozenset({FieldType.DAYS, FieldType.END_DATE, FieldType.ROWS, FieldType.SUM, FieldType.STOCK})
"""The types whose values are made of others: days between two dates, a date so many days later, child rows, their sum, what is in stock."""


SHORT_TEXTS = frozenset(
    {
        FieldType.TEXT,
        FieldType.NAME,
        FieldType.PLACE,
        FieldType.PHONE,
        FieldType.PLATE,
        FieldType.PLATES,
        FieldType.ID_NUMBER,
    }
)
"""The types by any part of which a row is found, unless the field says otherwise."""


class Mask(StrEnum):
    """The ways of masking."""

    NAME = "name"
    PHONE = "phone"
    PLACE = "place"
    PLATE = "plate"
    PLATES = "plates"
    WHOLE = "whole"


def mask_whole(_text: str) -> str:
    """Nothing of the value."""
    return MASK


def mask_plates(text: str) -> str:
    """Each of several plates, masked as one is."""
    return BETWEEN.join(map(mask_plate, text.split(BETWEEN)))


MASKS: Mapping[Mask, Callable[[str], str]] = {
    Mask.NAME: mask_name,
    Mask.PHONE: mask_phone,
    Mask.PLACE: mask_place,
    Mask.PLATE: mask_plate,
    Mask.PLATES: mask_plates,
    Mask.WHOLE: mask_whole,
}
BY_TYPE: Mapping[FieldType, Mask] = {
    FieldType.NAME: Mask.NAME,
    FieldType.PHONE: Mask.PHONE,
    FieldType.PLACE: Mask.PLACE,
    FieldType.PLATE: Mask.PLATE,
    FieldType.PLATES: Mask.PLATES,
}
"""The mask of a type, unless the field names another; every other type is masked whole."""
