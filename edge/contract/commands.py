"""The commands that the hub signs for one gate, and the gate's answers."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from edge.contract.facts import Fact, VisitId
from edge.contract.policy import PinHash
from edge.contract.values import Flag, Line, Lines, Name, Slug, Wall


class CommandKind(StrEnum):
    """The kinds of commands: an order for the officer to read and confirm; the picture of a visit; to destroy personal values."""

    ORDER = "order"
    PICTURE = "picture"
    DESTROY = "destroy"


class Command(Fact):
    """One thing that the hub wants of a gate until `expires` (RFC 3339). A gate does it once at most.

    `kind` is open: a gate answers one that it does not know with `unsupported`. `order`: `zh` and `en` are for the officer.
    `picture`: `visit` says whose. `destroy`: the personal values of every record up to the gate's own answer `started`. The fields from
    `urgent` on belong to orders; a gate that does not know them shows the order all the same.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
    issued: Wall
    expires: Wall
    zh: Lines = ""
    en: Lines = ""
    visit: VisitId | None = None
    urgent: Flag = False
    """True: shown before every other order, and said to be urgent."""
    aloud: Flag = False
    """True: the text is read out, in pieces between which the lanes speak."""
    due: Wall | None = None
    """Until when a receipt is expected; one that comes later says so."""
    every_officer: Flag = False
    """True: each officer who is on shift while the order holds confirms it by name; else one officer does for the gate."""


class Rostered(Fact):
    """Somebody whom the roster has in a shift. `officer`: of those who sign on at gates, whose name the policy has (`name` is empty then); `name`: of all others.

    `role_zh`, `role_en`: what they do there, in words; `leader`: leads the shift for the whole town.
    """

    officer: Name | None = None
    name: Line
    role_zh: Line = ""
    role_en: Line = ""
    leader: Flag = False


class RosteredShift(Fact):
    """A shift of this gate and whom the roster has in it, from `starts` until `ends`."""

    zh: Line
    en: Line
    starts: Wall
    ends: Wall
    staff: Annotated[tuple[Rostered, ...], Field(max_length=200)] = ()


class Commands(Fact):
    """Everything that the hub wants of one gate now: what is not here any more was cancelled, answered, or has expired.

    `pins`: officer id -> the argon2id hash of the PIN with which that officer may override here. None: an older hub, whose policy has them.
    `roster`: this gate's shifts of the next days, for the screen alone: nothing is decided by it. None: the hub keeps no roster.
    """

    gate: Slug
    commands: Annotated[tuple[Command, ...], Field(max_length=10_000)] = ()
    pins: Annotated[dict[Name, PinHash], Field(max_length=10_000)] | None = None
    roster: Annotated[tuple[RosteredShift, ...], Field(max_length=100)] | None = None


class Answered(StrEnum):
    """The answers of a gate to a command, in an `order_received`. The gate writes this record before it does anything, so nothing is done twice.

    SHOWN: on the officer's screen; RECEIVED: an officer confirmed it; STARTED, DONE, FAILED: of what the gate does by itself;
    EXPIRED: it came too late; UNSUPPORTED: this gate does not know how.
    """

    SHOWN = "shown"
    RECEIVED = "received"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    UNSUPPORTED = "unsupported"


LAST_ANSWERS = frozenset(Answered) - {Answered.SHOWN, Answered.STARTED}
"""After one of these the hub asks no more, and leaves the command out of its next message."""
