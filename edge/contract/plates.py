"""Number plates of the People's Republic of China: normalise, classify, warn (GA 36-2018).

An unknown pattern or agency letter warns and never blocks: a vehicle stands at the lane, whatever its plate looks like.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from edge.contract.unseen import HALVES, HIDDEN

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_P = f"[{PROVINCES}]"
_L = "[A-HJ-NP-Z]"
_N = "[A-HJ-NP-Z0-9]"
_DROPPED = re.compile(rf"[·•.\-‧・\u2010-\u2015\u2212\s{HIDDEN}{HALVES}]+")
"""What people type between the parts of a plate, and what can't be seen: two plates that look alike are one."""


class PlateType(StrEnum):
    """The sort of a plate; `none` for a vehicle without one (无牌), `unknown` for a pattern we don't know."""

    ORDINARY = "ordinary"
    NEW_ENERGY_SMALL = "new_energy_small"
    NEW_ENERGY_LARGE = "new_energy_large"
    TRAILER = "trailer"
    LEARNER = "learner"
    POLICE = "police"
    HONG_KONG_MACAU = "hong_kong_macau"
    CONSULATE = "consulate"
    EMBASSY = "embassy"
    EMERGENCY = "emergency"
    ARMED_POLICE = "armed_police"
    MILITARY = "military"
    TRACTOR = "tractor"
    NONE = "none"
    UNKNOWN = "unknown"


# in this order: the first that matches says the type
PATTERNS: tuple[tuple[PlateType, str], ...] = (
    (PlateType.HONG_KONG_MACAU, f"粤Z{_N}{{4}}[港澳]"),
    (PlateType.TRAILER, f"{_P}(?:{_L}|O){_N}{{4}}挂"),
    (PlateType.LEARNER, f"{_P}(?:{_L}|O){_N}{{4}}学"),
    (PlateType.POLICE, f"{_P}(?:{_L}|O){_N}{{4}}警"),
    (PlateType.CONSULATE, rf"{_P}\d{{5}}领|{_P}{_L}\d{{4}}领"),
    (PlateType.EMBASSY, r"\d{6}使|使\d{6}"),
    (PlateType.EMERGENCY, rf"{_P}[XS]\d{{4}}应急|京\d{{5}}应急"),
    (PlateType.ARMED_POLICE, rf"WJ{_P}?\d{{4}}[0-9TDSHBXJ]"),
    (PlateType.TRACTOR, rf"{_P}\d{{2}}{_N}\d{{4}}"),
    (PlateType.NEW_ENERGY_SMALL, rf"{_P}{_L}[A-HJK]{_N}\d{{4}}"),
    (PlateType.NEW_ENERGY_LARGE, rf"{_P}{_L}\d{{5}}[A-HJK]"),
    (PlateType.ORDINARY, f"{_P}(?:{_L}|O){_N}{{5}}"),
    (PlateType.MILITARY, r"[A-Z]{2}\d{5}"),
)
_COMPILED = tuple((type_, re.compile(pattern, re.ASCII)) for type_, pattern in PATTERNS)


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate as written in the ledger, its type, and a warning for the officer (a code) if something looks odd."""

    text: str
    type: PlateType
    warning: str | None = None


def normalise(text: str) -> str:
    """Full-width to half-width, upper case, without blanks, what can't be seen, and the dots and dashes between the parts."""
    once = _DROPPED.sub("", unicodedata.normalize("NFKC", text)).upper()
    # a dropped dot or an upper case may bring new letters together (a dot before a combining accent): until it rests
    return once if once == text else normalise(once)


@lru_cache(maxsize=4096)
def classify(text: str) -> Plate:
    """The plate in `text`, normalised, with its type; warnings: `unknown_pattern`, `many_letters`. Empty text: no plate."""
    plate = normalise(text)
    if not plate or plate == "无牌":
        return Plate("", PlateType.NONE)
    for type_, pattern in _COMPILED:
        if pattern.fullmatch(plate):
            return Plate(plate, type_, _warning(type_, plate))
    return Plate(plate, PlateType.UNKNOWN, "unknown_pattern")


def spoken(text: str) -> str:
    """A plate as a person reads it: with a dot after the agency letter."""
    return f"{text[:2]}·{text[2:]}" if len(text) > 2 and text[0] in PROVINCES else text


def _warning(type_: PlateType, plate: str) -> str | None:
    serial = plate[2:]
    if type_ is PlateType.ORDINARY and sum(character.isalpha() for character in serial) > 2:
        return "many_letters"
    return None
