"""The rules edited: a new text from what a form says, refused if somebody changed them meanwhile, published with who did it and why.

Tested in `tests/hub/operations/test_editing.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.messages import Signed
from hub.accounts import audit
from hub.errors import HubError, RefusedError, Words
from hub.operations import life, rules_file, store
from hub.operations.frame import reason_of
from hub.operations.rule_changes import FIXED, Change, Part, compare
from hub.operations.rules_file import BadRulesError, Version, fault_of
from hub.town.operation import Rules
from hub.town.rules_text import with_block, with_values, without_block
from hub.town.town import Town

LONGEST_AUDIT = 20
"""Changes that a row of the audit names."""


class MeanwhileError(RefusedError):
    """Somebody else changed the rules after this form was opened: nothing is changed by it."""

    def __init__(self, changes: list[Change] | None):
        words = Words("the rules were changed meanwhile by somebody else; nothing was changed by this form")
        super().__init__(words.text, **words.values)
        self.changes = changes
        """What changed; None: the text of then is not known any more."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a form says of one part: of a block by its number (None: a new one), or of the head. `values` None: the block goes."""

    part: Part
    number: int | None
    values: Mapping[str, object] | None


def edited(text: str, edit: Edit) -> str:
    """The text as a form wants it; what it does not change stays as it is written. `RefusedError` for a block that is not there."""
    rules = Rules.of_text(text)
    if edit.part is Part.HEAD:
        assert edit.values is not None
        return with_values(text, None, _differing(rules, edit.values))
    blocks = getattr(rules, edit.part)
    if edit.number is None:
        assert edit.values is not None
        return with_block(text, edit.part.value, edit.values)
    if not 0 <= edit.number < len(blocks):
        raise RefusedError("operation.toml: there is no such part any more")
    if edit.values is None:
        return without_block(text, edit.part.value, edit.number)
    place = (edit.part.value, edit.number)
    return with_values(text, place, _differing(blocks[edit.number], edit.values))


def former_text(version: Version, now_text: str) -> str:
    """The text of a former version for the present operation: what a decision set stays as it is."""
    present = Rules.of_text(now_text)
    return with_values(version.text, None, {key: getattr(present, key) for key in FIXED})


def changes_of(now_text: str, text: str) -> list[Change]:
    """What a text changes; `RefusedError` for one that does not hold, or that changes what only a decision does."""
    fault = fault_of(text)
    if fault is not None:
        raise BadRulesError(fault)
    found = compare(Rules.of_text(now_text), Rules.of_text(text))
    fixed = next((each.key for each in found if each.part is Part.HEAD and each.key in FIXED), None)
    if fixed is not None:
        raise RefusedError(
            "operation.toml: %(key)s: expected as it is; the period is changed by a decision (extend, end, start)",
            key=fixed,
        )
    return found


def check_base(town: Town, connection: Connection, base: str) -> str:
    """The text as it stands, if it is the one that the form was opened with (its digest); else `MeanwhileError`."""
    text = rules_file.text_now(town)
    if rules_file.digest(text) == base:
        return text
    then = rules_file.of_digest(connection, town.id, base)
    raise MeanwhileError(None if then is None else compare(Rules.of_text(then.text), Rules.of_text(text)))


def publish(
    town: Town,
    connection: Connection,
    text: str,
    *,
    base: str,
    why: str,
    by: str,
    now: datetime,
    again: int | None = None,
) -> Signed:
    """Publishes an edited text; `RefusedError` names why not, and nothing is changed."""
    try:
        before = check_base(town, connection, base)
        found = changes_of(before, text)
    except RefusedError:
        raise
    except HubError as error:
        raise RefusedError("operation.toml cannot be used so: %(rules_fault)s", rules_fault=str(error)) from None
    reason = reason_of(why)
    rules = Rules.of_text(text)
    known = store.find(connection, town.id, rules.id)
    if known is not None and known.ended_at is not None:
        raise RefusedError("operation %(operation)s was ended %(at)s", operation=known.id, at=known.ended_at)
    if not found and text == before:
        raise RefusedError("the rules are so already")
    if rules_file.newest(connection, town.id) is None:
        # the text of before is kept too, so that it can be published again
        first = Rules.of_text(before)
        policy = rules_file.policy_now(connection, town.id)
        if policy is not None:
            rules_file.keep(town, connection, before, first, policy, by="cli", why="", now=now)
    made = rules_file.publish_text(town, connection, text, by=by, why=reason, now=now, again=again)
    life.taken_up(town, connection, rules, by=by, now=now)
    detail = {"version": made.version, "why": reason, "changes": [_short(each) for each in found[:LONGEST_AUDIT]]}
    audit.note(connection, user=by, action="rules published", object="policy", detail=_texts(detail), now=now)
    return made


def _differing(known: object, values: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if getattr(known, key) != value}


def _short(change: Change) -> str:
    where = " ".join(filter(None, (change.part.value, change.subject, change.key)))
    return f"{where}: {_value(change.before)} -> {_value(change.after)}"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    named = getattr(value, "id", None) or getattr(value, "zh", None)
    return "–" if value is None else str(value) if named is None else str(named)


def _texts(detail: Mapping[str, object]) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for name, value in detail.items():
        found[name] = (
            "\n".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, int) else str(value)
        )
    return found
