"""The commands that the hub signs for one gate, and the gate's answers."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from edge.contract.facts import Fact, VisitId
from edge.contract.policy import PinHash
from edge.contract.values import Lines, Name, Slug, Wall


class CommandKind(StrEnum):
    """The kinds of commands: an order for the officer to read and confirm; the picture of a visit; to destroy personal values."""

    ORDER = "order"
    PICTURE = "picture"
    DESTROY = "destroy"


class Command(Fact):
    """One thing that the hub wants of a gate until `expires` (RFC 3339). A gate does it once at most.

    `kind` is open: a gate answers one that it does not know with `unsupported`. `order`: `zh` and `en` are for the officer.
    `picture`: `visit` says whose. `destroy`: the personal values of every record up to the gate's own answer `started`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
    issued: Wall
    expires: Wall
    zh: Lines = ""
    en: Lines = ""
    visit: VisitId | None = None


class Commands(Fact):
    """Everything that the hub wants of one gate now: what is not here any more was cancelled, answered, or has expired.

    `pins`: officer id -> the argon2id hash of the PIN with which that officer may override here. None: an older hub, whose policy has them.
    """

    gate: Slug
    commands: Annotated[tuple[Command, ...], Field(max_length=10_000)] = ()
    pins: Annotated[dict[Name, PinHash], Field(max_length=10_000)] | None = None


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
