"""The send window: chooses the next batch, when to send again, and how fast. Pure: the time is passed in.

Go-back-N over the hub's acks. At most four batches are on their way. The broker's PUBACK only says that the link has carried
a batch: only the hub's ack releases it. A batch that the broker has and the hub does not acknowledge is sent again, patiently
(5 seconds, doubling to 60). The pace starts low at each connection and rises with every ack that comes soon, so that a link
of 64 kbit/s is never filled with more than it can carry before the keep-alive gives up on it.
"""

from dataclasses import dataclass, replace

MOST_IN_FLIGHT = 4
"""Batches without the hub's ack at most; also the highest pace."""
FIRST_LIMIT = 25
"""Records in a batch at the lowest pace; each step doubles them, to 200."""

_SOON, _LATE = 3.0, 6.0
_LINK_STALLED = 12


@dataclass(frozen=True, slots=True)
class Flight:
    """A batch on its way: its last number, the message id, when it left, whether the broker has it."""

    last: int
    mid: int
    sent: float
    carried: bool = False


class SendWindow:
    """The window of one connection over the journal. `acked`: the hub's cursor, from which it starts."""

    def __init__(self, acked: int, *, patience: float = 5.0, most_patience: float = 60.0) -> None:
        self.cursor = acked
        self.flights: tuple[Flight, ...] = ()
        self.pace = 1
        self._acked = acked
        self._least, self._most = patience, most_patience
        self._patience = patience
        self._moved = 0.0
        self._went_back: tuple[int, float] | None = None

    @property
    def limit(self) -> int | None:
        """How many records the next batch may hold; None while enough are on their way."""
        return FIRST_LIMIT << (self.pace - 1) if len(self.flights) < self.pace else None

    def sent(self, last: int, mid: int, now: float) -> None:
        """A batch that ends with `last` was handed to the link as message `mid`."""
        self.flights = (*self.flights, Flight(last, mid, now))
        self.cursor = last
        self._moved = now

    def carried(self, mid: int, now: float) -> None:
        """The broker has the message."""
        if any(flight.mid == mid for flight in self.flights):
            self.flights = tuple(replace(each, carried=True) if each.mid == mid else each for each in self.flights)
            self._moved = now

    def acked(self, acked: int, *, missing: bool, now: float) -> None:
        """Moves the window: the hub holds every record up to `acked`, and says whether a later one is missing."""
        arrived = [flight for flight in self.flights if flight.last <= acked]
        if arrived:
            self._progress(now - arrived[-1].sent, now)
        fell_back = acked < self._acked
        self._acked = acked
        self.flights = tuple(flight for flight in self.flights if flight.last > acked)
        self.cursor = max(self.cursor, acked)
        if fell_back:
            self.go_back(now)
        elif missing and not self._just_went_back(now):
            if self._went_back is not None and self._went_back[0] == acked:
                self.lose_patience(now)  # it did not help the last time
            else:
                self.go_back(now)

    def overdue(self, now: float) -> bool:
        """Returns True if the hub has been silent for too long about what the broker has (or the link about what it should carry)."""
        if not self.flights:
            return False
        patience = self._patience if all(flight.carried for flight in self.flights) else self._patience * _LINK_STALLED
        return now - self._moved >= patience

    def lose_patience(self, now: float) -> None:
        """Sends again from the hub's cursor, slowly, and waits longer the next time."""
        self.go_back(now)
        self.pace = 1
        self._patience = min(self._patience * 2, self._most)

    def go_back(self, now: float) -> None:
        """The next batch follows the hub's cursor again."""
        self.flights = ()
        self.cursor = self._acked
        self._went_back = (self._acked, now)

    def _progress(self, took: float, now: float) -> None:
        self._moved = now
        self._patience = self._least
        if took < _SOON:
            self.pace = min(self.pace + 1, MOST_IN_FLIGHT)
        elif took > _LATE:
            self.pace = max(self.pace - 1, 1)

    def _just_went_back(self, now: float) -> bool:
        # of four batches on their way the first got lost: the acks of the other three all ask for it
        if self._went_back is None:
            return False
        where, when = self._went_back
        return where == self._acked and now - when < self._patience
