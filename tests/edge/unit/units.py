"""A unit whose lanes' loop and cameras are not started: a test takes the gate's turns itself."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edge.config import load
from edge.unit.unit import Unit
from tests.edge.folders import enrolled
from tests.edge.posts import FakeCamera


@contextmanager
def resting_unit(folder: Path, *, lists: bool = True, more: str = "") -> Iterator[Unit]:
    """The unit; `more`: lines at the end of its gate.toml."""
    enrolled(folder, camera="v4l2:/dev/video9", lists=lists)
    with (folder / "gate.toml").open("a", encoding="utf-8") as settings:
        settings.write(more)
    with ExitStack() as stack:
        unit = Unit(folder, load(folder), stack, open_camera=FakeCamera())
        # their sockets are closed only by their threads
        for part in (unit.link, unit.kiosk):
            part.start()
            stack.callback(part.stop)
        yield unit


def answer_all(unit: Unit) -> None:
    """Has the gate answer everything that waits in its inbox: one event a turn."""
    for _ in range(50):
        unit.gate.turn()
