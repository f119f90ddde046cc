"""The lawful frame of an operation: which organ decided it, under which number, which measures, where, by which law, until when.

Tested in `tests/hub/operations/test_life.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum

from edge.contract.records import wall_text
from edge.contract.values import parse_wall, visible, visible_lines
from hub.errors import RefusedError

LONGEST = {"organ": 200, "number": 100, "measures": 2000, "scope": 500, "laws": 2000}
"""Characters of each part at most."""
LONGEST_REASON = 500
_NEEDED = ("organ", "number", "measures", "scope")


class State(StrEnum):
    """Where an operation stands."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    DESTROYED = "destroyed"
    """Its personal values were destroyed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the decision says. `laws`: the legal bases, one on each line."""

    organ: str
    number: str
    measures: str
    scope: str
    laws: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str | None]) -> "Frame":
        """The frame that somebody typed; `RefusedError` for a part that is missing or too long."""
        found = {}
        for each in fields(cls):
            text = values.get(each.name) or ""
            clean = (visible_lines(text) if each.name in ("measures", "laws", "scope") else visible(text)).strip()
            if not clean and each.name in _NEEDED:
                raise RefusedError("%(part)s: missing; a decision names it", part=each.name)
            if len(clean) > LONGEST[each.name]:
                raise RefusedError(
                    "%(part)s: %(count)s characters, expected %(most)s at most",
                    part=each.name,
                    count=len(clean),
                    most=LONGEST[each.name],
                )
            found[each.name] = clean
        return cls(**found)

    def as_values(self) -> dict[str, str]:
        """As columns of the table, and as a form is filled in."""
        return asdict(self)


NO_FRAME = Frame("", "", "", "")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the hub keeps it. `ends` None: its end is open. `template` empty: its rules were written by hand."""

    id: str
    template: str
    zh: str
    en: str
    frame: Frame
    registers: tuple[str, ...]
    starts: str
    ends: str | None
    created_at: str
    created_by: str
    ended_at: str | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    destroyed_at: str | None = None

    @property
    def framed(self) -> bool:
        """Returns True if somebody recorded the decision that it goes by."""
        return bool(self.frame.organ)

    def state(self, now: datetime) -> State:
        """Where it stands at this time."""
        if self.destroyed_at is not None:
            return State.DESTROYED
        if self.ended_at is not None:
            return State.ENDED
        return State.PLANNED if wall_text(now) < self.starts else State.RUNNING

    def is_overdue(self, now: datetime) -> bool:
        """Returns True if its period is over and nobody has ended it."""
        return self.ended_at is None and self.ends is not None and self.ends <= wall_text(now)

    def seconds_left(self, now: datetime) -> float | None:
        """Seconds to the end of its period, negative beyond it; None: the end is open, or it was ended."""
        if self.ends is None or self.ended_at is not None:
            return None
        return (parse_wall(self.ends) - now).total_seconds()


def reason_of(text: str | None) -> str:
    """Why something is done, as somebody typed it; `RefusedError` for none, or one that is too long."""
    clean = visible_lines(text or "").strip()
    if not clean:
        raise RefusedError("reason: missing; say why, it stays in the history")
    if len(clean) > LONGEST_REASON:
        raise RefusedError(
            "%(part)s: %(count)s characters, expected %(most)s at most",
            part="reason",
            count=len(clean),
            most=LONGEST_REASON,
        )
    return clean
