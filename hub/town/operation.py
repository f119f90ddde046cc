"""The operation (行动): DIR/operation.toml, whose rules become the policy that every gate holds (`Rules.policy`).

What a gate demands is data: classes of vehicle and their rules (gates, disinfection, how long passes are valid, how long a
vehicle may stay, whether it may come in twice), the agents that count, how long it takes from gate to gate at least, which
personal fields are asked of a vehicle registered by hand.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from edge.contract.facts import PERSONAL_FIELDS, Part
from edge.contract.plates import PROVINCES
from edge.contract.policy import (
    MOST_EXTRA_FIELDS,
    MOST_HOURS,
    OVERRIDES,
    TURN_BACK,
    Agent,
    Coded,
    ExtraField,
    GateInfo,
    Officer,
    Operation,
    Policy,
    Term,
    Travel,
    VehicleClass,
)
from edge.contract.records import parse_wall
from edge.contract.values import Line, Seconds
from hub.errors import HubError
from hub.town.operation_file import FILE, text
from hub.town.rule_parts import (
    AgentRules,
    Choices,
    ClassRules,
    FieldRules,
    Moment,
    RulesPart,
    TermsRules,
    TravelRules,
    choices_of,
)
from hub.town.settings import fault


class Rules(RulesPart):
    """Everything that operation.toml says."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    zh: Line
    en: Line
    starts: Moment
    ends: Moment | None = None
    passes_since: Moment | None = None
    asked: tuple[str, ...] = ()
    spray_seconds: Annotated[Seconds, Field(gt=0)] = 10.0
    parts: tuple[Part, ...] = Field(default=("tyres", "chassis", "body"), min_length=1)
    fail_barrier: Literal["closed", "open"] = "closed"
    duplicate_seconds: Seconds = 10.0
    stale_hours: float = Field(default=24.0, gt=0, le=MOST_HOURS)
    unmatched_hours: float = Field(default=24.0, gt=0, le=MOST_HOURS)
    turn_back: Choices = choices_of(TURN_BACK)
    overrides: Choices = choices_of(OVERRIDES)
    places: TermsRules = ()
    purposes: TermsRules = ()
    province: Annotated[str, Field(pattern=f"^[{PROVINCES}]$")] | None = None
    classes: tuple[ClassRules, ...]
    agents: tuple[AgentRules, ...]
    travel: tuple[TravelRules, ...] = ()
    fields: Annotated[tuple[FieldRules, ...], Field(max_length=MOST_EXTRA_FIELDS)] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for what, values in (
            ("class number", [each.number for each in self.classes]),
            ("class id", [each.id for each in self.classes]),
            ("agent id", [each.id for each in self.agents]),
            ("field id", [each.id for each in self.fields]),
            ("turn_back id", [each.id for each in self.turn_back]),
            ("overrides id", [each.id for each in self.overrides]),
            ("places", [each.zh for each in self.places]),
            ("purposes", [each.zh for each in self.purposes]),
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
        """The end of the operation, beyond which no pass is valid; None: the end is open."""
        return None if self.ends is None else parse_wall(self.ends).replace(microsecond=0)

    @property
    def first_pass(self) -> datetime | None:
        """The moment before which no pass of this operation is valid; None: no operation came before it."""
        return None if self.passes_since is None else parse_wall(self.passes_since)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The rules in a town's folder; `HubError` names file, key or line, and what was expected."""
        file = folder / FILE
        return cls.of_text(text(file), str(file))

    @classmethod
    def of_text(cls, content: str, file: str = FILE) -> Self:
        """The rules that a text says; `HubError` as from `load`."""
        try:
            return cls.model_validate(tomllib.loads(content))
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
        published = policy.model_dump(exclude={"operation", "gates", "officers", "timezone", "addresses"})
        return cls.model_validate(policy.operation.model_dump() | published)

    def class_named(self, id_: str) -> ClassRules | None:
        """The class with this id."""
        return next((each for each in self.classes if each.id == id_), None)

    def policy(self, gates: Mapping[str, GateInfo], officers: Sequence[Officer], timezone: str | None = None) -> Policy:
        """The policy for gates: these rules, the town's gates, who may sign on, and the town's time zone."""
        return Policy(
            operation=Operation(
                id=self.id, zh=self.zh, en=self.en, starts=self.starts, ends=self.ends, passes_since=self.passes_since
            ),
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
            timezone=timezone,
            places=tuple(Term(**each.model_dump()) for each in self.places),
            purposes=tuple(Term(**each.model_dump()) for each in self.purposes),
            province=self.province,
            fields=tuple(ExtraField(**each.model_dump()) for each in self.fields),
        )

    def gates_named(self) -> list[tuple[str, str]]:
        """Every gate that the rules speak of, with where: the town must have it."""
        classes = [(f"class {each.id}", gate) for each in self.classes for gate in each.gates or ()]
        return classes + [("travel", gate) for each in self.travel for gate in each.gates]
