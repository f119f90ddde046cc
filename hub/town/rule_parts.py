"""The parts of an operation's rules: classes of vehicle, travel times, agents, reasons to choose from.

Tested in `tests/hub/town/test_operation.py` and `test_rules_broken.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from edge.contract.facts import Disinfection
from edge.contract.personal import EXTRA_FIELD
from edge.contract.policy import MOST_HOURS, MOST_TERMS, AntiPassback, Coded, FieldMask, Mark
from edge.contract.records import wall_text
from edge.contract.values import Line, moment

Days = Annotated[float, Field(gt=0, le=3660)]
Minutes = Annotated[float, Field(gt=0, le=60 * 24 * 366)]


class RulesPart(BaseModel):
    """A part of the rules; an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassRules(RulesPart):
    """A class of vehicle. `gates` left out: every gate; the fields are those of the contract's `VehicleClass`."""

    number: int = Field(ge=0, le=65535)
    id: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    zh: Line
    en: Line
    gates: tuple[str, ...] | None = None
    priority: bool = False
    emergency: bool = False
    disinfection: Disinfection = Disinfection.REQUIRED
    spray_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None
    contact_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.0
    default_days: Days = 30.0
    most_days: Days = 366.0
    anti_passback: AntiPassback = AntiPassback.OFF
    passback_hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = None
    transit_minutes: Minutes | None = None
    colour: str = Field(default="#17568b", pattern=r"^#[0-9a-f]{6}$")
    mark: Mark = Mark.CIRCLE

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.default_days > self.most_days:
            raise ValueError(
                f"class {self.id}: default_days {self.default_days:g}: expected at most most_days, {self.most_days:g}"
            )
        if self.gates == ():
            raise ValueError(f"class {self.id}: gates: expected at least one (left out: every gate)")
        return self


class TravelRules(RulesPart):
    """The least time between two gates, whichever way."""

    gates: tuple[str, str]
    least_minutes: Minutes


class AgentRules(RulesPart):
    """A disinfectant that counts, at the concentration that officers mix."""

    id: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    zh: Line
    en: Line
    concentration: Line
    shelf_hours: float = Field(default=24.0, gt=0, le=MOST_HOURS)


def _moment(value: object) -> object:
    """A time of operation.toml, with or without quotes, in UTC as records spell it; `ValueError` says what was expected."""
    text = value.isoformat() if isinstance(value, datetime) else value
    try:
        return wall_text(moment(text if isinstance(text, str) else ""))
    except ValueError:
        raise ValueError('expected a time of the calendar with its offset, as "2026-07-01T00:00:00+08:00"') from None


Moment = Annotated[str, BeforeValidator(_moment)]
Word = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S")]


class ChoiceRules(RulesPart):
    """One reason that officers choose from at the gate: a code for records, words for the screen."""

    id: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    zh: Word
    en: Word


Choices = Annotated[tuple[ChoiceRules, ...], Field(min_length=1, max_length=12)]
"""Reasons in the order in which the screen offers them."""


class TermRules(RulesPart):
    """A place or a purpose that officers choose instead of typing it."""

    zh: Word
    en: Word


def _term(value: object) -> object:
    """A term of operation.toml; a text alone is the same in both languages."""
    return {"zh": value, "en": value} if isinstance(value, str) else value


TermsRules = Annotated[tuple[Annotated[TermRules, BeforeValidator(_term)], ...], Field(max_length=MOST_TERMS)]
"""Places or purposes in the order in which the screen offers them."""


class FieldRules(RulesPart):
    """A personal field that the operation declares; the keys are those of the contract's `ExtraField`."""

    id: str = Field(pattern=EXTRA_FIELD)
    zh: Word
    en: Word
    mask: FieldMask = FieldMask.CODE
    keys: Literal["letters", "digits"] = "letters"
    choices: TermsRules = ()


def choices_of(coded: Sequence[Coded]) -> Choices:
    """The contract's reasons as rules."""
    return tuple(ChoiceRules(**each.model_dump()) for each in coded)
