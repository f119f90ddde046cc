"""Chooses the next message: a queue for each gate, taken from in turn, with a share of the hub's memory and time that none exceeds.

    paho's thread: admit -> put, or dropped and counted          listener's thread: gather -> one of each gate, and again

So what one gate has waiting costs another gate at most one short transaction. What is dropped is acknowledged to the broker (it
must not stand in other gates' way there) and answered by nobody: a gate keeps its records until the hub's own ack, and sends them again.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edge.contract.limits import RATES, RECORDS, WAITING, WAITING_BATCHES, WAITING_BYTES, Rate
from edge.contract.topics import Name, Topic
from hub.ledger.budget import NOBODY, Unkept
from hub.listener.bucket import Bucket

OTHER = "other"
"""Instead of a name: a topic that is none of the contract's."""
MUTED = "muted"
"""What is counted of a gate that is not listened to for a while."""
_RATES: dict[str, Rate] = {Name.RECORDS: RECORDS, OTHER: Rate(60, 60)} | {
    name.value: rate for name, rate in RATES.items()
}


class Waiting(Protocol):
    """A message that waits for its turn."""

    @property
    def topic(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def ready(self) -> bool: ...


W = TypeVar("W", bound=Waiting)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message belongs: whose line, and what is said."""

    owner: str
    what: str


class _Line(Generic[W]):
    """What waits of one gate, oldest first, and how much it may still say."""

    def __init__(self, now: float):
        self.waiting: deque[tuple[W, _Place]] = deque()
        self._of: Counter[str] = Counter()
        self._bytes = 0
        self._buckets = {what: Bucket(rate, now) for what, rate in _RATES.items()}

    def has_room(self, what: str, size: int, now: float) -> bool:
        """Returns True if a message may be put here; what is left of its rate is then less."""
        if len(self.waiting) >= WAITING or self._bytes + size > WAITING_BYTES:
            return False
        if what == Name.RECORDS and self._of[what] >= WAITING_BATCHES:
            return False
        return self._buckets[what].take(size if what == Name.RECORDS else 1, now)

    def put(self, message: W, place: _Place) -> None:
        """The last of the line."""
        self.waiting.append((message, place))
        self._of[place.what] += 1
        self._bytes += len(message.data)

    def pop(self) -> W:
        """The first of the line."""
        message, place = self.waiting.popleft()
        self._of[place.what] -= 1
        self._bytes -= len(message.data)
        return message


class Turns(Generic[W]):
    """The lines of all gates. `gates`: the town's, each of which has a line; all others share one. Any thread may ask."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic):
        self.gates: frozenset[str] = frozenset()
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._lines: dict[str, _Line[W]] = {}
        self._order: deque[str] = deque()
        self._dropped: dict[_Place, tuple[int, int]] = {}

    def admit(self, topic: str, size: int) -> bool:
        """Returns True if a message of this size may be `put` now; counts it if not."""
        place = self._place(topic)
        with self._changed:
            if self._line(place.owner).has_room(place.what, size, self._monotonic()):
                return True
            self._count(place, size)
            return False

    def mute(self, gate: str) -> None:
        """Counts that a gate is not listened to for a while."""
        with self._changed:
            self._count(_Place(gate, MUTED), 0)

    def owner(self, topic: str) -> str:
        """The gate in whose queue a message stands."""
        return self._place(topic).owner

    def put(self, message: W) -> None:
        """Puts a message into its queue."""
        place = self._place(message.topic)
        with self._changed:
            line = self._line(place.owner)
            if not line.waiting:
                self._order.append(place.owner)
            line.put(message, place)
            self._changed.notify()

    def gather(self, most: int, least: int, wait: float) -> list[W]:
        """Up to `most` messages, one of each gate in turn; waits a moment for the first.

        Of those that are still being read it takes no more than make up `least`.
        """
        with self._changed:
            if not self._order:
                self._changed.wait(wait)
            found = self._take(most, lambda message: message.ready)
            return found + self._take(least - len(found), lambda _message: True)

    def dropped(self) -> tuple[Unkept, ...]:
        """The messages that were dropped since the last call."""
        with self._changed:
            found, self._dropped = self._dropped, {}
        return tuple(Unkept(place.owner, place.what, *counts) for place, counts in found.items())

    def _take(self, most: int, fits: Callable[[W], bool]) -> list[W]:
        found: list[W] = []
        passed = 0
        while self._order and passed < len(self._order) and len(found) < most:
            owner = self._order.popleft()
            line = self._lines[owner]
            if fits(line.waiting[0][0]):
                found.append(line.pop())
                passed = 0
            else:
                passed += 1
            if line.waiting:
                self._order.append(owner)
        return found

    def _count(self, place: _Place, size: int) -> None:
        messages, bytes_ = self._dropped.get(place, (0, 0))
        self._dropped[place] = (messages + 1, bytes_ + size)

    def _line(self, owner: str) -> _Line[W]:
        if owner not in self._lines:
            self._lines[owner] = _Line(self._monotonic())
        return self._lines[owner]

    def _place(self, topic: str) -> _Place:
        try:
            parsed = Topic.parse(topic)
        except ValueError:
            return _Place(NOBODY, OTHER)
        owner = parsed.owner if parsed.owner in self.gates else NOBODY
        return _Place(owner, parsed.name if parsed.name in _RATES else OTHER)
