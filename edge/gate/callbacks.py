"""What the gate calls outside itself, each with a stand-in that does nothing.

Tested through the loop, in `tests/edge/gate/test_loop.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge.contract.records import new_visit
from edge.decision.decision import LastSeen
from edge.gate.commands import NO_ERRANDS, Errand
from edge.gate.view import GateView


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Functions that the gate's one thread calls: none of them may wait for anything.

    `new_id()`: an id for a new visit. `wake()`: records were kept. `timed(seconds)`: a code's decision was committed so long
    after the code's frame was taken. `saw(vehicle, when)`: a vehicle passed, named by its plate, else by its pass.
    `shown(view)`: the gate has a new view. `picture(lane)`: keeps one of the camera's pictures and returns its SHA-256.
    `look_again(lane)`: has the camera report anew the codes that are in sight, for the vehicle that is in turn now.
    `errands`: who does what a command of the hub asks for, by the command's kind.
    """

    new_id: Callable[[], str] = new_visit
    wake: Callable[[], None] = lambda: None
    timed: Callable[[float], None] = lambda seconds: None
    saw: Callable[[str, LastSeen], None] = lambda vehicle, seen: None
    shown: Callable[[GateView], None] = lambda view: None
    picture: Callable[[str], str | None] = lambda lane: None
    look_again: Callable[[str], None] = lambda lane: None
    errands: Mapping[str, Errand] = field(default_factory=lambda: NO_ERRANDS)
