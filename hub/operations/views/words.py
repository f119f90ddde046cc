"""The words of what changes in the rules: where it counts, what it is, from what to what. Tested in `tests/hub/operations/test_rule_views.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from edge.contract.facts import Disinfection
from edge.contract.policy import AntiPassback, FieldMask, Mark
from hub.console.display import chinese, gate_name
from hub.console.labels import label
from hub.operations.rule_changes import Change, Part
from hub.operations.views.rule_forms import BARRIERS, DISINFECTIONS, KEYS, MARKS, MASKS, NAMES, PASSBACKS
from hub.town.rule_parts import RulesPart

PARTS = {
    Part.HEAD: _("All vehicles"),
    Part.CLASSES: _("Class"),
    Part.AGENTS: _("Agent"),
    Part.TRAVEL: _("Driving time"),
    Part.FIELDS: _("Field"),
}
_CODES: dict[type, dict[Any, Any]] = {
    Disinfection: DISINFECTIONS,
    AntiPassback: PASSBACKS,
    Mark: MARKS,
    FieldMask: MASKS,
}


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """A change in words."""

    where: str
    what: str
    before: str
    after: str


def words_of(changes: Sequence[Change]) -> list[ChangeWords]:
    """Every change in the language of the page."""
    return [_words(each) for each in changes]


def _words(change: Change) -> ChangeWords:
    where = gettext("Every gate") if change.gates is None else _joined([gate_name(each) for each in change.gates])
    return ChangeWords(where, _what(change), _value(change.key, change.before), _value(change.key, change.after))


def _what(change: Change) -> str:
    named = (change.zh if chinese() else change.en) or change.subject
    if change.part is Part.TRAVEL:
        named = " – ".join(gate_name(each) for each in change.gates or ())
    parts = [str(PARTS[change.part]), named, str(NAMES.get(change.key, change.key)) if change.key else ""]
    return " · ".join(filter(None, parts))


def _value(key: str, value: object) -> str:
    if value is None:
        return str({"gates": gettext("every gate"), "": gettext("not there")}.get(key, gettext("none")))
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    for codes, words in _CODES.items():
        if isinstance(value, codes):
            return str(words[value])
    if isinstance(value, RulesPart):
        return gettext("there") if not key else _term(value)
    if isinstance(value, tuple | list):
        return _joined([_item(key, each) for each in value]) or gettext("none")
    if isinstance(value, float):
        return f"{value:g}"
    return {**BARRIERS, **KEYS}.get(str(value), str(value)) if key in ("fail_barrier", "keys") else str(value)


def _item(key: str, value: object) -> str:
    match key:
        case "gates":
            return gate_name(str(value))
        case "asked":
            return label("field", str(value))
        case "parts":
            return label("parts", str(value))
        case _:
            return _term(value)


def _term(value: object) -> str:
    return str(getattr(value, "zh" if chinese() else "en", value))


def _joined(words: Sequence[str]) -> str:
    return ("、" if chinese() else ", ").join(words)
