"""The masks over a visit's values, by the reader's role: plates in full from officer upwards; driver, origin and destination for no role.

Whoever needs more says why, and the audit keeps it (PIPL art. 6 and 51, GB/T 35273: masking on display).
"""

from collections.abc import Callable, Mapping
from typing import Any

from edge.contract.policy import FieldMask
from hub.accounts.roles import Role

MASK = "•••"


def mask_plate(text: str) -> str:
    """`鲁B12345` -> `鲁B•••45`; a plate too short to keep four characters keeps none."""
    return f"{text[:2]}{MASK}{text[-2:]}" if len(text) > 5 else MASK


def mask_name(text: str) -> str:
    """`王伟` -> `王•••`: the family name."""
    return text[:1] + MASK


def mask_phone(text: str) -> str:
    """`13812345678` -> `138•••78`; a short number keeps nothing."""
    return f"{text[:3]}{MASK}{text[-2:]}" if len(text) > 8 else MASK


def mask_place(text: str) -> str:
    """`平度市南村镇` -> `平度•••`: the city at most, and of a short name nothing."""
    return text[:2] + MASK if len(text) > 3 else MASK


def mask_code(text: str) -> str:
    """`370212345678` -> `37•••78`: a number of a document; a short one keeps nothing."""
    return f"{text[:2]}{MASK}{text[-2:]}" if len(text) > 5 else MASK


def mask_field(mask: FieldMask, text: str) -> str:
    """The value of a field that an operation declares, as much of it as the operation says may be shown."""
    return text if mask is FieldMask.NONE else _OF_FIELDS[mask](text)


_OF_FIELDS: dict[FieldMask, Callable[[str], str]] = {
    FieldMask.NAME: mask_name,
    FieldMask.PHONE: mask_phone,
    FieldMask.PLACE: mask_place,
    FieldMask.CODE: mask_code,
}
FOR_ALL: dict[str, Callable[[str], str]] = {
    "driver": mask_name,
    "phone": mask_phone,
    "origin": mask_place,
    "destination": mask_place,
}
FOR_VIEWERS: dict[str, Callable[[str], str]] = {
    **FOR_ALL,
    "plate": mask_plate,
    # a vehicle inside is known by its plate
    "vehicle": mask_plate,
}


def masks(role: Role) -> Mapping[str, Callable[[str], str]]:
    """How each column is masked for a role; columns that are not named are shown."""
    return FOR_ALL if role.may(Role.OFFICER) else FOR_VIEWERS


def masked_plates(role: Role) -> bool:
    """Returns True if plates are masked for a role, which therefore may search by whole plates only."""
    return "plate" in masks(role)


def shown(row: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """A row as a reader of this role may see it."""
    rules = masks(role)
    return {name: rules[name](str(value)) if name in rules and value else value for name, value in row.items()}
