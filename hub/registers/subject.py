"""What must not stand twice in a register: its unique fields, or a parent's day; and the item that a row moves in or out of stock. Pure.

Tested in `tests/hub/registers/test_keeping.py`.
"""

from collections.abc import Mapping

import orjson

from hub.registers.cells import Value, fold
from hub.registers.declaration import Register
from hub.registers.rows import Links


def subject_of(register: Register, values: Mapping[str, Value], links: Links) -> str | None:
    """The subject of a row, as it is compared; None for a row that may stand as often as it likes.

    A row whose unique fields are not all filled has none: of two persons without a number nobody knows that they are one.
    """
    if register.stock is not None:
        return _spelled([values.get(each) for each in register.stock.item])
    if register.daily:
        return _spelled([str(links.parent), links.day])
    names = [each.id for each in register.fields if each.unique]
    if not names or any(values.get(each) is None for each in names):
        return None
    return _spelled([values[each] for each in names])


def _spelled(values: list[Value | None]) -> str:
    return orjson.dumps([fold(str(each)) if each is not None else None for each in values]).decode()
