"""The shapes of the API's requests and answers: what its OpenAPI document says. The pages have none of them.

Times in answers are UTC with milliseconds, as the ledger has them; a value that a row does not have is null.

Tested in `tests/hub/api/test_reading.py` and `tests/hub/api/test_schemathesis.py`.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from edge.contract.facts import Outcome
from edge.contract.reasons import Direction, Reason
from hub.alerts.reading import State as AlertState
from hub.alerts.rules import Severity
from hub.api import cursors
from hub.api.values import LINE, Asked, Body, Flag, Gate, Moment, Number, Text, Whole, Why, id_of, whole
from hub.ledger.projections.columns import VISIT_COLUMNS

Limit = Annotated[int, Field(ge=1, le=500, description="Rows of a page at most"), BeforeValidator(whole)]
After = Annotated[
    str | None,
    Field(pattern=cursors.PATTERN, description="Where the page begins: the cursor in `next` of the page before"),
]
Plate = Annotated[str, Field(min_length=1, max_length=32, pattern=LINE)]
PersonalWhy = Annotated[
    Why | None,
    Field(description="Shows personal values in full (scope personal:read). Says why; the audit keeps it"),
]


class AnyPage(Asked):
    """Which page of a list."""

    after: After = None
    limit: Limit = 100


class Range(Asked):
    """From a moment on, until before another."""

    start: Annotated[Moment | None, Field(alias="from", description="At or after this time (RFC 3339)")] = None
    end: Annotated[Moment | None, Field(alias="to", description="Before this time (RFC 3339)")] = None
    gate: Gate | None = None


class VisitsFiltered(Range):
    """Which visits."""

    direction: Direction | None = None
    plate: Annotated[Plate | None, Field(description="Any part of a plate (scope visits:plates)")] = None
    outcome: Annotated[
        Outcome | Literal["open"] | None, Field(description="`open`: the vehicle still stands in the lane")
    ] = None
    reason: Reason | None = None
    why: PersonalWhy = None


class VisitsAsked(VisitsFiltered, AnyPage):
    """Which visits, and which page of them."""


class VisitAsked(Asked):
    """How one visit is shown."""

    why: PersonalWhy = None


class InsideAsked(AnyPage):
    """Which vehicles inside."""

    plate: Annotated[Plate | None, Field(description="Any part of a plate (scope visits:plates)")] = None


class AlertsAsked(AnyPage):
    """Which alerts."""

    state: AlertState | None = None
    severity: Severity | None = None
    gate: Gate | None = None
    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None


class FiguresAsked(Range, AnyPage):
    """Figures of which hours and gates. Without a range: of the last 24 hours; 92 days at most."""


class EntriesAsked(Asked):
    """Which entries of the ledger."""

    after: Annotated[
        int, Field(ge=0, le=2**53 - 1, description="From above the entry with this number"), BeforeValidator(whole)
    ] = 0
    limit: Limit = 100
    why: PersonalWhy = None


class VisitPlace(BaseModel):
    """The visit in an address."""

    visit_id: Annotated[
        str, id_of("visit_id", r"^[0-9a-f]{32}$"), Field(json_schema_extra={"pattern": r"^[0-9a-f]{32}$"})
    ]


class PassPlace(BaseModel):
    """The pass in an address."""

    pass_id: Annotated[
        str, id_of("pass_id", r"^[0-9a-f]{16}$"), Field(json_schema_extra={"pattern": r"^[0-9a-f]{16}$"})
    ]


class OnceHeader(BaseModel):
    """The header that makes a request safe to send again."""

    model_config = ConfigDict(extra="ignore")

    key: Annotated[
        str | None,
        Field(
            alias="Idempotency-Key",
            pattern=r"^[A-Za-z0-9_.:-]{1,80}$",
            description="The same key with the same body is done once and answered the same",
        ),
    ] = None


class PassAsked(Body):
    """A pass to be issued. What is left out is as the class has it; `from`: now."""

    plate: Annotated[Plate, Field(examples=["鲁B12345"])]
    vehicle_class: Annotated[str, Field(alias="class", pattern=r"^[a-z0-9_-]{1,64}$", examples=["resident"])]
    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None
    gates: Annotated[list[Gate] | None, Field(min_length=1, max_length=256)] = None
    priority: Annotated[bool | None, Field(strict=True)] = None
    confirm: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{32}$", description="The `confirm` of the problem that named doubts")
    ] = None


class RevokeAsked(Body):
    """Why a pass is revoked."""

    reason: Why


# --- answers ----------------------------------------------------------------------------------------------------------

_KINDS: dict[str, Any] = {"washed_first": Flag, "spray_seconds": Number, "contact_minutes": Number, "entry_seq": Whole}


class _Answer(BaseModel):
    model_config = ConfigDict(populate_by_name=True)


if TYPE_CHECKING:

    class Visit(_Answer):
        """A visit: the columns of visits.csv, masked as the caller's scopes have it."""

else:
    Visit = create_model(
        "Visit",
        __base__=_Answer,
        __doc__="A visit: the columns of visits.csv, masked as the caller's scopes have it.",
        **{name: (_KINDS.get(name, Text), None) for name in VISIT_COLUMNS},
    )


class Page(_Answer):
    """A page of a list."""

    next: Annotated[str | None, Field(description="The address of the next page; null: this is the last one")] = None


class Visits(Page):
    """Visits, newest first."""

    items: list[Visit]


class EntryPlace(_Answer):
    """An entry of the ledger that belongs to a visit."""

    id: int
    kind: str
    received_at: str


class OneVisit(Visit):
    """A visit with its entries in the ledger."""

    entries: list[EntryPlace]


class Inside(_Answer):
    """A vehicle that is inside."""

    vehicle: Annotated[Text, Field(description="Its plate; of a vehicle without one its pass or its visit")]
    visit_id: Text
    gate: Text
    plate: Text
    pass_id: Text
    vehicle_class: Text
    since: Text


class InsidePage(Page):
    """The vehicles inside, longest first, and how many there are."""

    total: int
    items: list[Inside]


class GateState(_Answer):
    """A gate as the hub knows it; what it says of itself holds only while it is `live`."""

    gate: str
    zh: str
    en: str
    state: Annotated[str, Field(description="live, silent, offline, never")]
    last_seen: Text
    health_at: Text
    clock: Text = None
    camera: Flag = None
    tank: Number = None
    backlog: Whole = None
    officer: Text = None
    alarms: list[str]


class Gates(Page):
    """The gates of the town, by number."""

    items: list[GateState]


class AlertRow(_Answer):
    """An alert of the hub."""

    id: int
    kind: str
    severity: str
    gate: Text
    lane: Text
    detail: str
    visit_id: Text
    conflict_id: Text
    plate: Text
    first_at: Text
    last_at: Text
    times: int
    ended_at: Text
    acknowledged_at: Text
    acknowledged_by: Text
    comment: Text
    snoozed_until: Text


class Alerts(Page):
    """Alerts, newest first."""

    items: list[AlertRow]


class HourFigures(_Answer):
    """What happened at a gate within an hour (which begins at `hour`)."""

    hour: str
    gate: str
    visits: int
    entered: int
    left: int
    refused: int
    by_hand: int
    overridden: int
    disinfected: int


class Figures(Page):
    """Figures by hour and gate; hours without a visit are left out."""

    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    items: list[HourFigures]


class Signature(_Answer):
    """The gate's Ed25519 signature over the canonical array [town, gate, epoch, seq, hash]."""

    seq: int
    sig: str


class LedgerEntry(_Answer):
    """An entry. `raw`: the very bytes that `hash` and `chain` are over; `signature` where its gate signed this hash."""

    id: int
    gate: str
    epoch: str
    seq: int
    kind: str
    visit: Text
    raw: str
    prev: str
    hash: str
    chain: str
    received_at: str
    signature: Signature | None
    private: Annotated[
        dict[str, Any] | None, Field(description="{field: [salt, value]}, where the caller may and says why")
    ] = None


class Head(_Answer):
    """The head of the town's ledger, signed by the hub over the canonical array `["head", town, count, chain]`."""

    ledger: Annotated[str, Field(description="The ledger's name")]
    epoch: Annotated[
        int, Field(description="Rises when the hub is restored from a backup: numbers above it are given anew")
    ]
    count: int
    chain: str
    sig: str
    key: Annotated[str, Field(description="The hub's public key (Ed25519, hexadecimal)")]


class Entries(Page):
    """Entries of the ledger by number, without a gap in their chain. A follower goes on from `last`."""

    last: int
    head: Head
    items: list[LedgerEntry]


class Pass(_Answer):
    """A pass; `text` is what its QR code says."""

    id: str
    plate: str
    vehicle_class: Annotated[str, Field(alias="class")]
    gates: Annotated[list[str] | None, Field(description="null: every gate")]
    priority: bool
    state: str
    not_before: str
    expires: str
    text: str
    issued_at: str
    issued_by: str
    revoked_at: Text = None
    revoked_reason: Text = None
