"""The town's policy, the list that the hub signs for all gates: gates, vehicle classes, agents, officers, reasons (`hub.town.operation` fills it).

Tested in `tests/hub/town/test_operation.py` and `tests/edge/decision/test_decide.py`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from edge.contract.facts import Disinfection, Fact, Parts
from edge.contract.personal import EXTRA_FIELD
from edge.contract.plates import PROVINCES
from edge.contract.values import Flag, Line, Minutes, Name, Seconds, Slug, Wall, parse_wall

MOST_HOURS = 24 * 3660
"""Ten years. With more than a calendar can count a gate could judge nobody."""


PinHash = Annotated[str, Field(max_length=300)]


Days = Annotated[float, Field(strict=True, gt=0, le=3660, allow_inf_nan=False)]


Hours = Annotated[float, Field(strict=True, ge=0, le=MOST_HOURS, allow_inf_nan=False)]


MOST_GATES = 256


class GateInfo(Fact):
    """A gate as the policy knows it. `number` is its bit in a pass's gates and is never reused."""

    number: Annotated[int, Field(strict=True, ge=0, le=MOST_GATES - 1)]
    zh: Line
    en: Line


class AntiPassback(StrEnum):
    """The answer to an entry of a pass that is already inside: nothing, a look, or a stop."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class Mark(StrEnum):
    """The shape printed on a class's passes beside its colour, for people who cannot distinguish colours."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    HEXAGON = "hexagon"
    STAR = "star"


class VehicleClass(Fact):
    """A class of vehicle and its rules. `gates` None: every gate.

    `default_days`, `most_days`: how long its passes are valid. `passback_hours`: an entry older than this no longer counts
    as being inside (None: it always does). `transit_minutes`: how long a vehicle of it may stay (None: no limit).
    `spray_seconds`: how long it is sprayed (None: as long as the policy says). `contact_seconds`: how long the solution must
    act before the barrier opens.
    """

    number: Annotated[int, Field(strict=True, ge=0, le=65535)]
    id: Name
    zh: Line
    en: Line
    gates: Annotated[tuple[Slug, ...], Field(max_length=MOST_GATES)] | None = None
    priority: Flag = False
    emergency: Flag = False
    disinfection: Disinfection = Disinfection.REQUIRED
    spray_seconds: Annotated[Seconds, Field(gt=0, le=3600)] | None = None
    contact_seconds: Annotated[Seconds, Field(le=3600)] = 0.0
    default_days: Days = 30.0
    most_days: Days = 366.0
    anti_passback: AntiPassback = AntiPassback.OFF
    passback_hours: Annotated[Hours, Field(gt=0)] | None = None
    transit_minutes: Annotated[Minutes, Field(gt=0)] | None = None
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#17568b"
    mark: Mark = Mark.CIRCLE


class Travel(Fact):
    """The least time it takes to drive between two gates inside the closed area, whichever way."""

    gates: tuple[Slug, Slug]
    least_minutes: Annotated[Minutes, Field(gt=0)]


class Agent(Fact):
    """A disinfectant that counts in this operation, with the concentration that officers mix."""

    id: Name
    zh: Line
    en: Line
    concentration: Line
    shelf_hours: Hours = 24.0


class Officer(Fact):
    """Somebody who may sign on at a gate. Records name the id only.

    `pin`: the argon2id hash of a PIN, with which the officer may override at a gate's screen; None: may not. The hub sends it to the
    gates of that officer's roster alone (`Commands.pins`), and not with the policy, which every gate reads; older hubs did.
    """

    id: Name
    name: Line
    pin: PinHash | None = None


class Coded(Fact):
    """One choice of a list that the operation gives its officers: a code for records, words for people."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
    zh: Line
    en: Line


TURN_BACK = (
    Coded(id="no_pass", zh="无通行证", en="no pass"),
    Coded(id="expired", zh="通行证已过期", en="pass has expired"),
    Coded(id="not_allowed", zh="不准通行", en="not allowed to pass"),
    Coded(id="wrong_gate", zh="须走其他卡口", en="must use another gate"),
    Coded(id="refuses_disinfection", zh="拒绝消毒", en="refuses the disinfection"),
    Coded(id="other", zh="其他", en="other"),
)
"""Why vehicles are turned back, unless the operation says otherwise."""


OVERRIDES = (
    Coded(id="medical", zh="急病就医", en="medical need"),
    Coded(id="supplies", zh="急需物资", en="urgent supplies"),
    Coded(id="ordered", zh="指挥部指令", en="ordered by the command post"),
)
"""Why vehicles pass all the same, unless the operation says otherwise."""


MOST_TERMS = 24
"""Places, or purposes, that an operation offers its officers."""


class Term(Fact):
    """A word that officers choose instead of typing it: a place, a purpose. What is chosen stands in the record as if it were typed."""

    zh: Line
    en: Line


Terms = Annotated[tuple[Term, ...], Field(max_length=MOST_TERMS)]


class FieldMask(StrEnum):
    """How much of a declared field's value a page shows: all of it, or as much as of a name, a telephone number, a place, a number."""

    NONE = "none"
    NAME = "name"
    PHONE = "phone"
    PLACE = "place"
    CODE = "code"


MOST_EXTRA_FIELDS = 12
"""Fields that an operation declares at most."""


class ExtraField(Fact):
    """A personal field that this operation declares and asks of a vehicle registered by hand, beside the fields of `asked`.

    Its values stand in `private` under `id`, with a commitment as every personal value. `keys`: which keys the screen shows.
    `choices`: what is offered beside the field; anything else is typed.
    """

    id: Annotated[str, Field(pattern=EXTRA_FIELD)]
    zh: Line
    en: Line
    mask: FieldMask = FieldMask.CODE
    keys: Literal["letters", "digits"] = "letters"
    choices: Terms = ()


class Operation(Fact):
    """The operation (行动) whose rules these are."""

    id: Name
    zh: Line
    en: Line
    starts: Wall
    ends: Wall | None = None
    """No pass lets a vehicle in from then on; None: the end is open."""
    passes_since: Wall | None = None
    """A pass whose validity begins before is one of a former operation: it lets no vehicle in. None: there was none."""

    def has_ended(self, now: datetime) -> bool:
        """Returns True from the end on."""
        return self.ends is not None and now >= parse_wall(self.ends)

    def is_former(self, not_before: int) -> bool:
        """Returns True for a pass, valid from this second since 1970 on, that was issued for a former operation."""
        return self.passes_since is not None and not_before < int(parse_wall(self.passes_since).timestamp())


class Policy(Fact):
    """The rules of the operation: what a gate demands is data, not code."""

    operation: Operation
    gates: Annotated[dict[Slug, GateInfo], Field(max_length=MOST_GATES)]
    classes: Annotated[tuple[VehicleClass, ...], Field(max_length=1000)]
    agents: Annotated[tuple[Agent, ...], Field(max_length=1000)]
    officers: Annotated[tuple[Officer, ...], Field(max_length=10_000)]
    asked: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """Personal fields that are asked of a vehicle registered by hand, besides the plate."""
    spray_seconds: Seconds = 10.0
    duplicate_seconds: Seconds = 10.0
    stale_hours: Hours = 24.0
    unmatched_hours: Hours = 24.0
    """An entry with no exit for longer than this is listed apart."""
    travel: Annotated[tuple[Travel, ...], Field(max_length=40_000)] = ()
    parts: Parts = ("tyres", "chassis", "body")
    """What of a vehicle is sprayed, unless the officer says otherwise."""
    turn_back: Annotated[tuple[Coded, ...], Field(max_length=100)] = TURN_BACK
    overrides: Annotated[tuple[Coded, ...], Field(max_length=100)] = OVERRIDES
    fail_barrier: Literal["closed", "open"] = "closed"
    """Where the barrier goes when the gate breaks or starts: down (an officer opens it by key), or up until one takes over.

    Never down onto a vehicle.
    """
    timezone: Name | None = None
    """The town's time zone by its IANA name, in which gates show times. None: that of the gate's machine, as for a name that it does not know."""
    places: Terms = ()
    """What is offered for origin and destination of a vehicle registered by hand."""
    purposes: Terms = ()
    """What is offered for the purpose of a vehicle registered by hand."""
    province: Annotated[str, Field(pattern=f"^[{PROVINCES}]$")] | None = None
    """The first key where plates are typed; None: the province that most vehicles at the gate have."""
    fields: Annotated[tuple[ExtraField, ...], Field(max_length=MOST_EXTRA_FIELDS)] = ()
    """The personal fields that this operation declares beside those of every operation; a gate that does not know them asks nothing."""

    addresses: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")], ...], Field(max_length=16)
    ] = ()
    """Every name and address at which the hub's broker is reached; a gate that does not reach it tries them in turn, with its own first."""

    @property
    def fails_open(self) -> bool:
        """Returns True if the barrier goes up in a fault."""
        return self.fail_barrier == "open"

    def spray_of(self, id_: str | None) -> float:
        """Seconds that a vehicle of this class is sprayed."""
        class_ = self.class_named(id_)
        return class_.spray_seconds if class_ and class_.spray_seconds else self.spray_seconds

    def contact_of(self, id_: str | None) -> float:
        """Seconds that the solution must act on a vehicle of this class before the barrier opens."""
        class_ = self.class_named(id_)
        return class_.contact_seconds if class_ else 0.0

    def field_named(self, id_: str) -> ExtraField | None:
        """The declared field with this id."""
        return next((each for each in self.fields if each.id == id_), None)

    def class_numbered(self, number: int) -> VehicleClass | None:
        """The class that passes name by this number."""
        return next((each for each in self.classes if each.number == number), None)

    def class_named(self, id_: str | None) -> VehicleClass | None:
        """The class with this id."""
        return next((each for each in self.classes if each.id == id_), None)
