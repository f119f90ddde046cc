"""What a gate does by itself when the hub asks it to destroy what it holds of an operation that is over.

The boundary is the gate's own record `started`: every record up to it loses its personal values, once the hub has acknowledged all of them
and no visit is open. With them go the pictures, the list of who is inside, and files that an earlier start set aside. A gate that ends in the
middle begins again at its next start: done twice, it finds nothing the second time.

Tested in `tests/edge/gate/test_destroy.py`.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from edge.contract.commands import Command
from edge.contract.wipe import wipe_all
from edge.gate.view import GateView
from edge.journal.erasing import Erasing
from edge.lane.events import CommandDone

log = structlog.get_logger()

AGAIN = 0.5
"""Seconds between two looks whether the hub has everything and the lanes are empty."""
ASIDE = ("*.broken-*", "*.new", "*.part")
"""Files that hold what a damaged one held."""


class Holds(Protocol):
    """Something that forgets what it holds of vehicles, and says of how many."""

    def destroy(self) -> int: ...


class Pictures(Protocol):
    """The pictures of crossings."""

    def destroy(self, but: frozenset[str]) -> int: ...


class Destroy:
    """The errand of a command `destroy`.

    `acked()`: up to which record the hub has everything; `view()`: the gate as it is now; `wait(seconds)`: returns True if the gate ends.
    """

    def __init__(
        self,
        folder: Path,
        erasing: Erasing,
        *,
        acked: Callable[[], int],
        view: Callable[[], GateView],
        inside: Holds,
        pictures: Pictures | None,
        post: Callable[[CommandDone], None],
        wait: Callable[[float], bool],
    ) -> None:
        self._folder, self._erasing = folder, erasing
        self._acked, self._view = acked, view
        self._inside, self._pictures = inside, pictures
        self._post, self._wait = post, wait

    def __call__(self, command: Command) -> None:
        """Begins, and returns at once."""
        threading.Thread(target=self.run, args=(command,), name="destroy", daemon=True).start()

    def run(self, command: Command) -> None:
        """Does it, wholly, on the caller's thread, as soon as it may."""
        try:
            boundary = self._erasing.started(command.id)
            while not (self._acked() >= boundary and is_quiet(self._view())):
                if self._wait(AGAIN):
                    return  # the next start goes on
            self._post(CommandDone(command.id, detail=self._destroy(boundary)))
        except Exception as error:  # whatever it was, the hub hears that it failed
            log.exception("values are not destroyed", command=command.id)
            self._post(CommandDone(command.id, failed=True, detail=f"{type(error).__name__}: {error}"[:200]))

    def _destroy(self, boundary: int) -> str:
        # 1. the records' values, in the order of the journal
        emptied = self._erasing.empty(boundary)
        # 2. what lies beside it
        pictures = 0
        if self._pictures is not None:
            pictures = self._pictures.destroy(self._erasing.pictures_after(boundary))
        vehicles = self._inside.destroy()
        files = wipe_all(sorted({path for pattern in ASIDE for path in self._folder.glob(pattern)}))
        # 3. the journal's file, without what SQLite keeps of it
        self._erasing.write_anew()
        return f"records {emptied.records}, values {emptied.values}, pictures {pictures}, vehicles {vehicles}, files {files}"


def is_quiet(view: GateView) -> bool:
    """Returns True if no vehicle stands at a lane and no visit waits for its end. An emergency whose plate nobody wrote down holds none."""
    at_lanes = any(lane.visit is not None or lane.unclear is not None for lane in view.lanes)
    return not (at_lanes or view.unfinished)
