"""The protocol through which the kiosk uses the gate: a place for events, and frozen values of what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edge.camera.frames import Hint, Look
from edge.contract.commands import RosteredShift
from edge.contract.facts import ClockTrust
from edge.contract.policy import Policy
from edge.gate.view import GateView
from edge.kiosk.pins import Pins
from edge.lane.events import Event


@dataclass(frozen=True, slots=True)
class News:
    """The state of link, backlog, lists, cameras, clock, tanks and disk, as the screen's top line shows it.

    `ack_age`: seconds since the hub's last acknowledgement, None if none ever came; `lists_received`: when the older of policy and
    pass list came, None if one never did; `inside`: how many vehicles are inside, by the sightings that came at
    `sightings_received`; `camera`: True if every camera delivers pictures, None where there is none.
    """

    connected: bool = False
    hub_online: bool = False
    backlog: int = 0
    ack_age: float | None = None
    lists_received: datetime | None = None
    policy_received: datetime | None = None
    passlist_received: datetime | None = None
    sightings_received: datetime | None = None
    policy: int | None = None
    passlist: int | None = None
    camera: bool | None = None
    inside: int = 0
    clock: ClockTrust = ClockTrust.SYNCED
    tank: bool | None = None
    """True if enough stands in the tank; None: no lane has a switch for it."""
    disk_free: int | None = None
    """Bytes."""
    roster: tuple[RosteredShift, ...] = ()
    """This gate's shifts of the next days, as the hub's roster has them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A vehicle that was at this gate before: what an officer need not type again."""

    plate: str
    vehicle_class: str | None


class Desk(Protocol):
    """The gate as its own screen sees it."""

    @property
    def town(self) -> str: ...
    @property
    def gate_id(self) -> str: ...
    @property
    def pins(self) -> Pins: ...

    def ask(self, event: Event) -> bool:
        """Gives the gate an event and waits for what comes of it. Returns True if anything did."""

    def view(self) -> GateView:
        """The last picture of the gate."""

    def policy(self) -> Policy | None:
        """The rules, if the gate has any."""

    def news(self) -> News:
        """How fresh link, backlog, lists and clock are."""

    def now(self) -> datetime:
        """The wall clock, aware."""

    def mono(self) -> float:
        """The monotonic clock of the views' times, in seconds."""

    def picture(self, lane: str) -> bytes | None:
        """The lane's picture at this moment, as JPEG with the code outlined; None without a camera that delivers."""

    def look(self, lane: str) -> Look | None:
        """The lane's camera picture for the person who aims the camera; None without a camera that delivers."""

    def hint(self, lane: str) -> Hint | None:
        """What would help the camera to read the code in its sight."""

    def known(self) -> Sequence[Known]:
        """The vehicles that were here last, each once, the latest first."""

    def typed_before(self) -> Mapping[str, Sequence[str]]:
        """What officers typed here of late in this operation: field (origin, destination, purpose) -> values, the most frequent first."""
