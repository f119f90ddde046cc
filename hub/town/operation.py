"""The operation (行动): DIR/operation.toml, whose rules become the policy that every gate holds.

What a gate demands is data: classes of vehicle and their rules (gates, disinfection, how long passes are valid, how long a
vehicle may stay, whether it may come in twice), the agents that count, how long it takes from gate to gate at least, which
personal fields are asked of a vehicle registered by hand.
"""

import os
import stat
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from edge.contract.facts import PERSONAL_FIELDS, Disinfection, Part
from edge.contract.policy import (
    MOST_HOURS,
    OVERRIDES,
    TURN_BACK,
    Agent,
    AntiPassback,
    Coded,
    GateInfo,
    Mark,
    Officer,
    Operation,
    Policy,
    Travel,
    VehicleClass,
)
from edge.contract.records import parse_wall, wall_text
from edge.contract.values import Line, Seconds, moment
from hub.errors import HubError
from hub.town.settings import fault

FILE = "operation.toml"
LONGEST = 1 << 20
"""Bytes of the file: a town's has some five thousand, and a backup takes no more than these."""

Days = Annotated[float, Field(gt=0, le=3660)]
Minutes = Annotated[float, Field(gt=0, le=60 * 24 * 366)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassRules(_Part):
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


class TravelRules(_Part):
    """The least time between two gates, whichever way."""

    gates: tuple[str, str]
    least_minutes: Minutes


class AgentRules(_Part):
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


class ChoiceRules(_Part):
    """One reason that officers choose from at the gate: a code for records, words for the screen."""

    id: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    zh: Word
    en: Word


Choices = Annotated[tuple[ChoiceRules, ...], Field(min_length=1, max_length=12)]
"""Reasons in the order in which the screen offers them."""


def _choices(coded: Sequence[Coded]) -> Choices:
    return tuple(ChoiceRules(**each.model_dump()) for each in coded)


class Rules(_Part):
    """Everything that operation.toml says."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    zh: Line
    en: Line
    starts: Moment
    ends: Moment | None = None
    asked: tuple[str, ...] = ()
    spray_seconds: Annotated[Seconds, Field(gt=0)] = 10.0
    parts: tuple[Part, ...] = Field(default=("tyres", "chassis", "body"), min_length=1)
    fail_barrier: Literal["closed", "open"] = "closed"
    duplicate_seconds: Seconds = 10.0
    stale_hours: float = Field(default=24.0, gt=0, le=MOST_HOURS)
    unmatched_hours: float = Field(default=24.0, gt=0, le=MOST_HOURS)
    turn_back: Choices = _choices(TURN_BACK)
    overrides: Choices = _choices(OVERRIDES)
    classes: tuple[ClassRules, ...]
    agents: tuple[AgentRules, ...]
    travel: tuple[TravelRules, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for what, values in (
            ("class number", [each.number for each in self.classes]),
            ("class id", [each.id for each in self.classes]),
            ("agent id", [each.id for each in self.agents]),
            ("turn_back id", [each.id for each in self.turn_back]),
            ("overrides id", [each.id for each in self.overrides]),
            ("travel between", [" and ".join(sorted(each.gates)) for each in self.travel]),
        ):
            twice = [value for value, times in Counter(map(str, values)).items() if times > 1]
            if twice:
                raise ValueError(f"{what} {twice[0]} occurs twice")
        for each in self.travel:
            if each.gates[0] == each.gates[1]:
                raise ValueError(f"travel: expected two different gates, found {each.gates[0]!r} twice")
        unknown = sorted(set(self.asked) - PERSONAL_FIELDS)
        if unknown:
            raise ValueError(f"asked: no such field {unknown[0]!r}")
        if self.ends is not None and self.ends <= self.starts:
            raise ValueError(f"ends {self.ends}: expected a time after starts, {self.starts}")
        return self

    @property
    def end(self) -> datetime | None:
        """When the operation ends: no pass is valid beyond it; None: that is open."""
        return None if self.ends is None else parse_wall(self.ends).replace(microsecond=0)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The rules in a town's folder; `HubError` names file, key or line, and what was expected."""
        file = folder / FILE
        text = _text(file, content(file))
        try:
            return cls.model_validate(tomllib.loads(text))
        except ValidationError as error:
            raise HubError(f"{file}: {fault(error)}") from None
        except ValueError as error:
            # besides TOML's own error: a number of too many digits
            raise HubError(f"{file}: not TOML: {error}") from None
        except RecursionError:
            raise HubError(f"{file}: not TOML: brackets within brackets, too deep to read") from None

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The rules that a published policy was made from; `ValueError` if this version would not take them."""
        published = policy.model_dump(exclude={"operation", "gates", "officers"})
        return cls.model_validate(policy.operation.model_dump() | published)

    def class_named(self, id_: str) -> ClassRules | None:
        """The class with this id."""
        return next((each for each in self.classes if each.id == id_), None)

    def policy(self, gates: Mapping[str, GateInfo], officers: Sequence[Officer]) -> Policy:
        """The policy for gates: these rules, the town's gates and who may sign on."""
        return Policy(
            operation=Operation(id=self.id, zh=self.zh, en=self.en, starts=self.starts, ends=self.ends),
            gates=dict(gates),
            classes=tuple(VehicleClass(**each.model_dump()) for each in self.classes),
            agents=tuple(Agent(**each.model_dump()) for each in self.agents),
            officers=tuple(officers),
            asked=self.asked,
            spray_seconds=self.spray_seconds,
            parts=self.parts,
            fail_barrier=self.fail_barrier,
            duplicate_seconds=self.duplicate_seconds,
            stale_hours=self.stale_hours,
            unmatched_hours=self.unmatched_hours,
            turn_back=tuple(Coded(**each.model_dump()) for each in self.turn_back),
            overrides=tuple(Coded(**each.model_dump()) for each in self.overrides),
            travel=tuple(Travel(**each.model_dump()) for each in self.travel),
        )

    def gates_named(self) -> list[tuple[str, str]]:
        """Every gate that the rules speak of, with where: the town must have it."""
        classes = [(f"class {each.id}", gate) for each in self.classes for gate in each.gates or ()]
        return classes + [("travel", gate) for each in self.travel for gate in each.gates]


def content(file: Path) -> bytes:
    """The file's bytes; `HubError` for whatever else stands in its place, and none of it holds us up."""
    try:
        # without O_NONBLOCK a pipe would wait for somebody to write into it
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise HubError(f"{file}: a folder, or something else that is no file, stands there")
        with os.fdopen(handle, "rb") as opened:
            data = opened.read(LONGEST + 1)
    except FileNotFoundError:
        raise HubError(f"{file}: not found") from None
    except OSError as error:
        raise HubError(f"{file}: {error.strerror}") from None
    if len(data) > LONGEST:
        raise HubError(f"{file}: expected {LONGEST} bytes at most")
    return data


def _text(file: Path, data: bytes) -> str:
    try:
        # editors of Windows put a mark before the text
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HubError(f"{file}: not UTF-8, in line {line}") from None


def default_text(starts: str) -> str:
    """The operation.toml that a new town begins with: an epidemic closure whose numbers anybody may change."""
    return _DEFAULT.format(starts=starts, turn_back=_toml(TURN_BACK), overrides=_toml(OVERRIDES))


def _toml(choices: Sequence[Coded]) -> str:
    return "\n".join(f'    {{ id = "{each.id}", zh = "{each.zh}", en = "{each.en}" }},' for each in choices)


_DEFAULT = """\
# The operation: what this town's gates demand. Gates get it signed, with a new version at each change
# (kakou-hub --data DIR operation publish). Class numbers stand in printed passes: never use one again for another class.
id = "op-1"
zh = "封控管理"
en = "Town closure"
starts = "{starts}"
# ends = "2026-07-01T00:00:00+08:00"   # no pass is valid beyond it, and none is issued after it; left out: that is open
asked = ["origin", "destination", "purpose", "driver", "phone", "occupants"]   # of a vehicle registered by hand
spray_seconds = 10
parts = ["tyres", "chassis", "body"]   # what is sprayed: tyres | chassis | body | cab
fail_barrier = "closed"   # where the barrier goes when a gate breaks: closed (an officer opens it by key) | open (until one takes over)
duplicate_seconds = 10    # the same pass again within this time is the same vehicle
stale_hours = 24          # lists older than this are old
unmatched_hours = 24      # an entry with no exit for longer than this is listed apart

# Why officers turn vehicles back: what they choose from at the gate, in this order; id stands in records. A code that is also a
# verdict's reason (no_pass, expired, wrong_gate ...) comes first where that is the verdict. Left out: these.
turn_back = [
{turn_back}
]
# Why they let vehicles pass against the verdict, by name and PIN; words of their own they can always add. Left out: these.
overrides = [
{overrides}
]

# The least time from gate to gate: a pass that is faster has been copied.
# [[travel]]
# gates = ["east", "west"]
# least_minutes = 6

# disinfection: required | optional | off; spray_seconds: instead of those above; contact_seconds: how long the solution must
# act before the barrier opens
# gates = ["east"]: only these gates (left out: every gate); default_days, most_days: how long passes are valid
# anti_passback: off | soft (an officer looks) | hard (stop) for a pass that is already inside; passback_hours: and only so long
# transit_minutes: how long a vehicle may stay; colour and mark (circle square triangle diamond hexagon star): on printed passes
[[classes]]
number = 1
id = "resident"
zh = "居民"
en = "Resident"
default_days = 30
most_days = 366
anti_passback = "soft"
passback_hours = 24
colour = "#17568b"
mark = "circle"

[[classes]]
number = 2
id = "village_duty"
zh = "包村"
en = "Village duty"
default_days = 90
most_days = 366
anti_passback = "soft"
passback_hours = 24
colour = "#0b6e4f"
mark = "square"

[[classes]]
number = 3
id = "supplies"
zh = "保供"
en = "Supplies"
default_days = 30
most_days = 183
anti_passback = "soft"
passback_hours = 24
colour = "#8a5a00"
mark = "triangle"

[[classes]]
number = 4
id = "sample_transport"
zh = "采样转运"
en = "Sample transport"
priority = true
default_days = 30
most_days = 183
colour = "#6a3d9a"
mark = "diamond"

[[classes]]
number = 5
id = "refuse_removal"
zh = "清运"
en = "Refuse removal"
default_days = 30
most_days = 183
anti_passback = "soft"
passback_hours = 24
colour = "#5b4636"
mark = "hexagon"

[[classes]]
number = 6
id = "medical"
zh = "医护"
en = "Medical staff"
disinfection = "optional"
default_days = 90
most_days = 366
colour = "#00687a"
mark = "star"

[[classes]]
number = 7
id = "emergency"
zh = "应急"
en = "Emergency"
emergency = true
disinfection = "off"
default_days = 366
most_days = 1098
colour = "#b3261e"
mark = "star"

[[classes]]
number = 8
id = "transit"
zh = "过境"
en = "Transit"
default_days = 1
most_days = 3
anti_passback = "hard"
passback_hours = 12
transit_minutes = 120
colour = "#9c2c6b"
mark = "triangle"

[[classes]]
number = 9
id = "visitor"
zh = "外来"
en = "Visitor"
default_days = 1
most_days = 7
anti_passback = "hard"
passback_hours = 24
colour = "#4a4a4a"
mark = "square"

[[agents]]
id = "chlorine"
zh = "含氯消毒剂"
en = "Chlorine"
concentration = "500 mg/L"

[[agents]]
id = "peracetic_acid"
zh = "过氧乙酸"
en = "Peracetic acid"
concentration = "0.5 %"

[[agents]]
id = "peroxymonosulphate"
zh = "过硫酸氢钾"
en = "Peroxymonosulphate"
concentration = "1:200"
shelf_hours = 72
"""
