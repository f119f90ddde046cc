"""What changes at the gates from one text of the rules to another: which class, agent or choice, which part of it, from what to what.

Tested in `tests/hub/operations/test_rule_changes.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.town.operation import Rules
from hub.town.rule_parts import RulesPart


class Part(StrEnum):
    """The parts of the rules."""

    HEAD = "head"
    CLASSES = "classes"
    AGENTS = "agents"
    TRAVEL = "travel"
    FIELDS = "fields"


BLOCKS = (Part.CLASSES, Part.AGENTS, Part.TRAVEL, Part.FIELDS)
"""The parts that stand in the file as one block for each."""
HEAD = (
    "id", "zh", "en", "starts", "ends", "passes_since", "asked", "spray_seconds", "parts", "fail_barrier", "duplicate_seconds",
    "stale_hours", "unmatched_hours", "turn_back", "overrides", "places", "purposes", "province",
)  # fmt: skip
"""The keys above the first block."""
FIXED = ("id", "starts", "ends", "passes_since")
"""Of them those that a decision sets, and nobody who edits rules."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `subject`: the id of the class, agent or field, or the two gates; `key` empty: all of it, new or gone.

    `gates` None: it counts at every gate.
    """

    part: Part
    subject: str
    key: str
    before: Any
    after: Any
    gates: tuple[str, ...] | None
    zh: str = ""
    en: str = ""


def compare(before: Rules, after: Rules) -> list[Change]:
    """Every difference, in the order of the file."""
    return [*_head(before, after), *(change for part in BLOCKS for change in _blocks(part, before, after))]


def block_id(part: Part, block: RulesPart) -> str:
    """What a block is known by."""
    return " – ".join(sorted(getattr(block, "gates"))) if part is Part.TRAVEL else str(getattr(block, "id"))  # noqa: B009


def _head(before: Rules, after: Rules) -> Iterator[Change]:
    for key in HEAD:
        was, is_ = getattr(before, key), getattr(after, key)
        if was != is_:
            yield Change(Part.HEAD, "", key, was, is_, None)


def _blocks(part: Part, before: Rules, after: Rules) -> Iterator[Change]:
    was = {block_id(part, each): each for each in getattr(before, part)}
    is_ = {block_id(part, each): each for each in getattr(after, part)}
    for id_ in dict.fromkeys((*was, *is_)):
        old, new = was.get(id_), is_.get(id_)
        named = new or old
        words = {"zh": getattr(named, "zh", ""), "en": getattr(named, "en", "")}
        gates = _gates(part, old, new)
        if old is None or new is None:
            yield Change(part, id_, "", old, new, gates, **words)
            continue
        for key in type(new).model_fields:
            if getattr(old, key) != getattr(new, key) and not (part is Part.TRAVEL and key == "gates"):
                yield Change(part, id_, key, getattr(old, key), getattr(new, key), gates, **words)


def _gates(part: Part, old: RulesPart | None, new: RulesPart | None) -> tuple[str, ...] | None:
    """The gates at which a block counts, before or after."""
    if part not in (Part.CLASSES, Part.TRAVEL):
        return None
    found: list[Sequence[str] | None] = [getattr(each, "gates") for each in (old, new) if each is not None]  # noqa: B009
    if any(each is None for each in found):
        return None
    return tuple(dict.fromkeys(gate for each in found for gate in each or ()))
