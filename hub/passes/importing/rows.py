"""One row of a list -> the pass that it asks for, in the words of the operation and the town; or what is wrong with it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from edge.contract.policy import GateInfo
from hub.errors import Words
from hub.passes.importing.dates import moment
from hub.passes.sheet.headings import plain
from hub.passes.sheet.table import EMPTY, Cell, Trouble
from hub.passes.terms import PassTerms, Unfit, terms
from hub.town.operation import Rules

MOST_REFERENCE = 64
_YES = frozenset({"yes", "y", "true", "1", "是", "优先", "√", "✓", "✔"})
_NO = frozenset({"no", "n", "false", "0", "否", "×", "x"})
_EVERY_GATE = frozenset({"", "all", "*", "全部", "所有", "不限", "全部卡口", "所有卡口"})


@dataclass(frozen=True, slots=True)
class Here:
    """The circumstances in which a list is read: the operation, the town's gates and time zone, what a card can show, and now.

    `glyphs`: the code points that the card's font draws; None if no font is installed.
    """

    town: str
    rules: Rules
    gates: Mapping[str, GateInfo]
    zone: tzinfo
    now: datetime
    glyphs: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One row read: the pass it asks for, the plate as it was written, and which of its times it leaves to the hub."""

    row: int
    wanted: PassTerms
    written: str
    reference: str | None
    from_given: bool
    to_given: bool


def asked(row: int, values: Mapping[str, Cell], here: Here) -> Asked:
    """The pass that a row asks for; `Unfit` names the column that can't stand. `values`: the cells by column, without a missing one."""
    for column, cell in values.items():
        if cell.trouble is not None:
            raise Unfit(column, cell.text, trouble_words(cell.trouble))
    begin = moment("from", values.get("from", EMPTY), here.zone, end=False)
    end = moment("to", values.get("to", EMPTY), here.zone, end=True)
    wanted = terms(
        here.rules,
        {gate: info.number for gate, info in here.gates.items()},
        plate=_text(values, "plate"),
        vehicle_class=_class(_text(values, "class"), here.rules),
        allowed=_gates(_text(values, "gates"), here.gates),
        not_before=here.now if begin is None else begin,
        expires=end,
        priority=_priority(_text(values, "priority")),
        glyphs=here.glyphs,
    )
    reference = _text(values, "reference")
    if len(reference) > MOST_REFERENCE or not reference.isprintable():
        raise Unfit("reference", reference, Words("expected at most %(most)s characters", most=MOST_REFERENCE))
    return Asked(row, wanted, _text(values, "plate"), reference or None, begin is not None, end is not None)


def trouble_words(trouble: Trouble) -> Words:
    """Why a cell can't be believed, for somebody who has the spreadsheet open."""
    match trouble:
        case Trouble.ERROR:
            return Words("an error of the spreadsheet")
        case Trouble.NO_VALUE | Trouble.BLANK:
            return Words("a formula without a result; open the list, let it calculate and save it")
        case Trouble.STRUCK:
            return Words("crossed out in the spreadsheet; delete it, or take the line away")
        case Trouble.EXTERNAL:
            return Words("taken from another file; paste it as a value")
        case Trouble.FORMULA:
            return Words("a formula; expected its result")
        case Trouble.ROUNDED:
            return Words(
                "a number that the spreadsheet has shortened; give the column the format of text and enter it again"
            )
        case Trouble.FORMAT:
            return Words(
                "shown in another way by its number format; give the cell the format of text and enter what it shows"
            )
        case Trouble.INVISIBLE:
            return Words("its number format shows nothing of it; show it or delete it")
        case Trouble.LOST:
            return Words("a character was lost when the list was saved; enter it again")
        case Trouble.CONTROL:
            return Words("holds a control character; enter it again")


def _text(values: Mapping[str, Cell], column: str) -> str:
    return values.get(column, EMPTY).text


def _class(text: str, rules: Rules) -> str:
    for each in rules.classes:
        if plain(text) in (each.id, plain(each.zh), plain(each.en)):
            return each.id
    return text


def _gates(text: str, known: Mapping[str, GateInfo]) -> list[str] | None:
    if plain(text) in _EVERY_GATE:
        return None
    spelled = {plain(name): gate for gate, info in known.items() for name in (info.en, info.zh, gate)}
    if plain(text) in spelled:
        return [spelled[plain(text)]]
    names = [name for name in re.split(r"[,;，；、/|\n\r]+", text) if plain(name)]
    return list(dict.fromkeys(spelled.get(plain(name), name.strip()) for name in names))


def _priority(text: str) -> bool | None:
    word = plain(text)
    if word in _YES or word in _NO:
        return word in _YES
    if word:
        raise Unfit("priority", text, Words("expected yes, no or nothing"))
    return None
