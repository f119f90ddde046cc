"""Limits the new journals of a gate: the listener takes messages of known journals, and of so many new ones.

A new card is put in by hand, so a gate begins few journals; one that begins a journal with every word is broken or hostile. What it
says of journals beyond that is counted and not answered, until it may begin one again.

Tested in `tests/hub/listener/test_turns.py`.
"""

from collections.abc import Callable

from sqlalchemy.engine import Engine

from edge.contract.limits import JOURNALS
from hub.gates import store as gates
from hub.ledger.cursors import read_cursors
from hub.listener.bucket import Bucket


class Journals:
    """The journals that were let in, and what each gate may still begin. `monotonic` measures time."""

    def __init__(self, reading: Engine, town: str, monotonic: Callable[[], float]):
        self._reading, self._town, self._monotonic = reading, town, monotonic
        self._known: set[tuple[str, str]] = set()
        self._left: dict[str, Bucket] = {}

    def may(self, gate: str, epoch: str) -> bool:
        """Returns True if a gate's messages about this journal are to be taken."""
        if (gate, epoch) not in self._known:
            if not self._is_stored(gate, epoch) and not self._begin(gate):
                return False
            self._known.add((gate, epoch))
        return True

    def _begin(self, gate: str) -> bool:
        now = self._monotonic()
        return self._left.setdefault(gate, Bucket(JOURNALS, now)).take(1, now)

    def _is_stored(self, gate: str, epoch: str) -> bool:
        """Returns True if records of this journal are held, or the gate's last hello was of it."""
        with self._reading.begin() as connection:
            if read_cursors(connection, self._town, [(gate, epoch)])[gate, epoch].committed:
                return True
            return gates.connections(connection, self._town).get(gate, (0, None))[1] == epoch
