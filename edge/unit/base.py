"""What every part of a unit is made from: the gate's folder, its settings, clock and keys, the board's pins, the loop's inbox.

Tested in `tests/edge/unit/test_unit.py`.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from edge.clock import SystemClock
from edge.config import Settings
from edge.contract.facts import ClockTrust
from edge.gate.inbox import Inbox
from edge.hardware.pins import pin_factory
from edge.keys import Keys
from edge.lane.events import Event


@dataclass(frozen=True, slots=True)
class Base:
    """What is there before any part is made. What a part opens is closed by `stack`, last opened first.

    The inbox is here from the beginning: wires speak as soon as they are opened, long before there is a gate that answers.
    """

    folder: Path
    settings: Settings
    stack: ExitStack
    clock: SystemClock
    keys: Keys
    factory: Any
    inbox: Inbox = field(default_factory=Inbox)

    @classmethod
    def of(cls, folder: Path, settings: Settings, stack: ExitStack) -> Self:
        """The base of the gate in `folder`; what `Keys.load` and `pin_factory` raise."""
        simulated = settings.simulation
        clock = SystemClock(assumed=ClockTrust(simulated.clock) if simulated else None)
        return cls(folder, settings, stack, clock, Keys.load(folder), pin_factory(settings.hardware.factory))

    def post(self, event: Event) -> None:
        """Puts an event into the inbox; from any thread, at once, and before there is a gate as well."""
        self.inbox.post(event)
