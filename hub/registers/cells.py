"""The values of fields: a text that a person typed or a file says -> a value of its type, or one line that says what was expected. Pure.

Values as they are kept: a text, a number, True or False, or a tuple of choices. A day is `2026-03-01`, a moment as records spell it
(UTC), a choice its id, a plate as `edge.contract.plates` normalises it, several plates one text with `、` between them, a phone number its
digits.

Tested in `tests/hub/registers/test_cells.py`.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo

from edge.contract.plates import classify
from edge.contract.records import wall_text
from edge.contract.unseen import is_plain
from edge.contract.values import visible
from hub.accounts.roles import Role
from hub.errors import RefusedError, Words
from hub.registers.declaration import RegisterField
from hub.registers.field_types import BETWEEN, BY_TYPE, MASKS, FieldType, Mask

Value = str | int | float | bool | tuple[str, ...]
MOST_TEXT = 200
MOST_LONG = 4000
MOST_PLATES = 8
YES = frozenset({"yes", "y", "true", "1", "是", "√", "on", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "×", "off", "无"})
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_CLOCK = re.compile(r"(\d{1,2})\s*[::时]\s*(\d{1,2})\s*分?(?:[::]\s*(\d{1,2}))?")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


class UnfitValue(RefusedError):  # noqa: N818  it is a finding about one value, listed by the hundred in an import's preview
    """One value that can't stand: of which field, what was found, and what is wrong with it."""

    def __init__(self, of: RegisterField, found: str, wrong: Words):
        whole = Words("%(column)s %(found)r: %(wrong)s", column=label(of), found=found, wrong=wrong)
        super().__init__(whole.text, **whole.values)
        self.field, self.found, self.wrong = of.id, found, wrong


@dataclass(frozen=True, slots=True)
class Here:
    """What values are read by: the town's zone, and the ids that its units, gates and users have."""

    zone: tzinfo
    known: Mapping[FieldType, Collection[str]] = field(default_factory=dict)

    def within(self, gates: Collection[str] | None) -> "Here":
        """The same for who sees these gates alone; None: all of them."""
        if gates is None:
            return self
        known = self.known.get(FieldType.GATE, gates)
        return replace(self, known={**self.known, FieldType.GATE: frozenset(known) & frozenset(gates)})


def label(of: RegisterField) -> str:
    """The name of a field in both languages, for a line that anybody may read."""
    return f"{of.zh} {of.en}"


def parse(of: RegisterField, text: str, here: Here) -> Value | None:
    """The value that a text says; None for an empty one; `UnfitValue` for what the field does not take."""
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        return None
    said = text.replace("\n", "").replace("\r", "").replace("\t", "")
    # rare letters of names (𠮷) are in no table of plain ones, and can be seen
    if not is_plain(said) and visible(said) != said:
        raise UnfitValue(of, text[:60], Words("holds characters that can't be seen"))
    most = MOST_LONG if of.type is FieldType.LONG else MOST_TEXT
    if len(text) > most:
        raise UnfitValue(
            of, text[:20] + "…", Words("%(count)s characters, at most %(most)s", count=len(text), most=most)
        )
    return _PARSERS.get(of.type, _text)(of, text, here)


def parse_choices(of: RegisterField, texts: Collection[str], here: Here) -> Value | None:
    """The value of several ticked boxes."""
    found = tuple(dict.fromkeys(_choice(of, each, here) for each in texts if each.strip()))
    return found or None


def shown(of: RegisterField, value: Value | None, role: Role) -> Value | None:
    """A value as a reader of this role may see it: masked if it is personal and the role is below the field's `see`."""
    if value is None or may_see(of, role):
        return value
    mask = of.mask or BY_TYPE.get(of.type, Mask.WHOLE)
    return MASKS[mask](str(value))


def may_see(of: RegisterField, role: Role) -> bool:
    """Returns True if a reader of this role sees the field without giving a reason."""
    return not of.personal or (of.see is not None and role.may(of.see))


def fold(text: str) -> str:
    """A text as searches compare it: no difference of width or case, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).casefold())


def _text(of: RegisterField, text: str, _here: Here) -> str:
    return text if of.type is FieldType.LONG else " ".join(text.split())


def _choice(of: RegisterField, text: str, _here: Here) -> str:
    wanted = fold(text)
    for each in of.choices:
        if wanted in (fold(each.id), fold(each.zh), fold(each.en)):
            return each.id
    expected = ", ".join(f"{each.zh} {each.en}" for each in of.choices[:12])
    raise UnfitValue(of, text, Words("expected one of: %(names)s", names=expected))


def _choices(of: RegisterField, text: str, here: Here) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_choice(of, each, here) for each in re.split(r"[,,、;;]", text) if each.strip()))


def _flag(of: RegisterField, text: str, _here: Here) -> bool:
    if fold(text) in YES:
        return True
    if fold(text) in NO:
        return False
    raise UnfitValue(of, text, Words("expected yes or no"))


def _plain(text: str) -> str:
    """A day or a time in ASCII's signs and digits; as it is where a digit is none by itself (², ③): nobody knows what it means."""
    if any(unicodedata.category(each) == "No" for each in text):
        return text
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text))


def day_of(text: str) -> date | None:
    """The day that a text names, as forms and Chinese spreadsheets write it; None if it names none."""
    found = _DAY.fullmatch(_plain(text).strip())
    if found is None:
        return None
    year, month, day = (int(each) for each in found.groups() if each is not None)
    try:
        return date(year, month, day) if 1900 <= year <= 2200 else None
    except ValueError:
        return None


def _date(of: RegisterField, text: str, _here: Here) -> str:
    # a spreadsheet's day may come with a midnight
    day = day_of(re.sub(r"[ T]+0{1,2}:00(:00)?$", "", _plain(text)))
    if day is None:
        raise UnfitValue(of, text, Words("expected a day of the calendar such as 2026-03-01"))
    return day.isoformat()


def _time(of: RegisterField, text: str, here: Here) -> str:
    wrong = UnfitValue(of, text, Words("expected a day and a time such as 2026-03-01 08:30"))
    plain = _plain(text)
    head, _, tail = plain.replace("T", " ").rstrip("Z").partition(" ") if "日" not in plain else plain.partition("日")
    day = day_of(head + ("日" if "日" in plain else ""))
    clock = _CLOCK.fullmatch(tail.strip())
    if day is None or clock is None:
        raise wrong
    hour, minute, second = (int(each or 0) for each in clock.groups())
    if hour > 23 or minute > 59 or second > 59 or not day.year >= 1970:
        raise wrong
    at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC if plain.endswith("Z") else here.zone)
    return wall_text(at)


def _number(of: RegisterField, text: str, _here: Here) -> float | int:
    plain = unicodedata.normalize("NFKC", text).replace(",", "")
    count = of.type is FieldType.COUNT
    expected = Words("expected a whole number") if count else Words("expected a number")
    if not re.fullmatch(r"[+-]?\d{1,15}" if count else r"[+-]?\d{1,12}(\.\d{1,6})?", plain, flags=re.ASCII):
        raise UnfitValue(of, text, expected)
    value = int(plain) if count else float(plain)
    least = 0.0 if count and of.min is None else of.min
    if least is not None and value < least:
        raise UnfitValue(of, text, Words("expected at least %(least)s", least=f"{least:g}"))
    if of.max is not None and value > of.max:
        raise UnfitValue(of, text, Words("expected at most %(most)s", most=f"{of.max:g}"))
    return value


def _phone(of: RegisterField, text: str, _here: Here) -> str:
    digits = re.sub(r"[\s()()\-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"\+?\d{3,20}", digits, flags=re.ASCII):
        raise UnfitValue(of, text, Words("expected a telephone number of 3 to 20 digits"))
    return digits


def _id_number(of: RegisterField, text: str, _here: Here) -> str:
    plain = unicodedata.normalize("NFKC", text).upper().replace(" ", "")
    if re.fullmatch(r"\d{17}[\dX]", plain, flags=re.ASCII):
        # GB 11643-1999 (ISO 7064 MOD 11-2)
        check = _CHECKS[sum(int(digit) * weight for digit, weight in zip(plain, _WEIGHTS, strict=False)) % 11]
        if check != plain[-1]:
            raise UnfitValue(of, text, Words("the check digit is wrong"))
    elif not re.fullmatch(r"[A-Z0-9()]{5,17}", plain, flags=re.ASCII):
        raise UnfitValue(of, text, Words("expected an identity number of 18 digits, or the number of a passport"))
    return plain


def _plate(_of: RegisterField, text: str, _here: Here) -> str:
    return classify(text).text


def _plates(of: RegisterField, text: str, here: Here) -> str:
    found = [_plate(of, each, here) for each in re.split(r"[,,、;;/\n]", text) if each.strip()]
    if len(found) > MOST_PLATES:
        raise UnfitValue(of, text[:60], Words("%(count)s plates, at most %(most)s", count=len(found), most=MOST_PLATES))
    return BETWEEN.join(dict.fromkeys(found))


def _known(of: RegisterField, text: str, here: Here) -> str:
    ids = here.known.get(of.type)
    if ids is not None and text not in ids:
        raise UnfitValue(of, text, Words("not known here"))
    return text


_PARSERS: Mapping[FieldType, Callable[[RegisterField, str, Here], Value]] = {
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.FLAG: _flag,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.NUMBER: _number,
    FieldType.COUNT: _number,
    FieldType.PHONE: _phone,
    FieldType.ID_NUMBER: _id_number,
    FieldType.PLATE: _plate,
    FieldType.PLATES: _plates,
    FieldType.UNIT: _known,
    FieldType.GATE: _known,
    FieldType.USER: _known,
}
