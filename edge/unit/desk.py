"""What the kiosk may ask of the gate: the desk of `edge.kiosk.desk`, answered by the parts of a unit."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from edge.camera.frames import Hint, Look
from edge.camera.pictures import Live
from edge.contract.facts import Kind, VisitOpened
from edge.contract.policy import Policy
from edge.gate.loop import Gate
from edge.gate.view import GateView
from edge.hardware.lane import LaneHardware
from edge.journal.file import JournalError, Kept
from edge.kiosk import Known, News
from edge.kiosk.pins import Pins
from edge.lane.events import Event
from edge.link.uplink import Uplink
from edge.lists.store import Lists
from edge.unit.base import Base
from edge.unit.cameras import Cameras
from edge.unit.health import measure_machine
from edge.unit.parts import Journal
from edge.unit.typed_before import typed_before

KNOWN = 60
"""Visits among which the screen looks for plates that need not be typed again."""
TYPED = 120
"""Visits among which it looks for places and purposes."""


class Desk:
    """Answers the kiosk, on the kiosk's threads. `link()` is asked for the link only once a page is served."""

    def __init__(
        self,
        base: Base,
        gate: Gate,
        journal: Journal,
        lists: Lists,
        hardware: Mapping[str, LaneHardware],
        cameras: Cameras,
        pins: Pins,
        link: Callable[[], Uplink],
    ) -> None:
        self._base = base
        self._gate = gate
        self._journal = journal
        self._lists = lists
        self._hardware = hardware
        self._cameras = cameras
        self._link = link
        self._live = Live(cameras.look)
        self.pins = pins

    @property
    def town(self) -> str:
        """The town's id."""
        return self._base.settings.town

    @property
    def gate_id(self) -> str:
        """The gate's id."""
        return self._base.settings.gate

    def ask(self, event: Event) -> bool:
        """Has an event answered by the loop; True if anything came of it."""
        return self._gate.ask(event)

    def view(self) -> GateView:
        """The last picture of the gate."""
        return self._gate.view

    def policy(self) -> Policy | None:
        """The rules as they stand."""
        return self._lists.snapshot().policy

    def look(self, lane: str) -> Look | None:
        """What the lane's camera sees; None: no such lane, or no picture of late."""
        return self._cameras.look(lane)

    def now(self) -> datetime:
        """The wall clock."""
        return self._base.clock.now()

    def mono(self) -> float:
        """The monotonic clock."""
        return self._base.clock.mono()

    def news(self) -> News:
        """How fresh everything is."""
        link, lists, inside = self._link().status(), self._lists.snapshot(), self._lists.inside
        return News(
            connected=link.connected,
            hub_online=link.hub_online,
            backlog=self._journal.backlog,
            ack_age=None if link.last_ack is None else self.mono() - link.last_ack,
            lists_received=lists.received,
            policy_received=lists.policy_received,
            passlist_received=lists.passlist_received,
            sightings_received=inside.received,
            policy=lists.policy_version,
            passlist=lists.passlist_version,
            inside=inside.count,
            camera=self._cameras.ok,
            clock=self._base.clock.trust(),
            tank=self._tank(),
            disk_free=measure_machine(self._base.folder).disk_free,
            roster=lists.roster or (),
        )

    def _tank(self) -> bool | None:
        """Returns True if enough stands in the tanks, None where no lane has a switch that can tell."""
        lanes = self._base.settings.lanes
        fitted = any(lane.pins.tank is not None and "tank" not in self._hardware[lane.name].missing for lane in lanes)
        return not any(lane.low for lane in self.view().lanes) if fitted else None

    def picture(self, lane: str) -> bytes | None:
        """The lane's picture at this moment, with the code outlined."""
        return self._live.picture(lane)

    def hint(self, lane: str) -> Hint | None:
        """What would help the camera to read the code."""
        return self._cameras.loops[lane].hint

    def known(self) -> Sequence[Known]:
        """The vehicles that were here last, each once, the latest first."""
        found: dict[str, Known] = {}
        for kept in reversed(self._visits(KNOWN)):
            body, plate = kept.record.body, kept.private.get("plate")
            if plate and plate not in found and isinstance(body, VisitOpened):
                found[plate] = Known(plate, body.vehicle_class)
        return tuple(found.values())

    def typed_before(self) -> Mapping[str, Sequence[str]]:
        """What officers typed here of late in this operation, by field; what was typed in another one is nobody's business any more."""
        policy = self.policy()
        operation = policy.operation.id if policy else None
        visits = ((kept.record.body, kept.private) for kept in self._visits(TYPED))
        return typed_before(
            private for body, private in visits if isinstance(body, VisitOpened) and body.operation == operation
        )

    def _visits(self, most: int) -> Sequence[Kept]:
        """The visits that were opened last, oldest first."""
        try:
            return self._journal.recent((Kind.VISIT_OPENED,), most)
        except (JournalError, ValueError, TypeError, AttributeError):
            return ()  # whatever is wrong with it, a vehicle is registered; the lane's own words say what is
