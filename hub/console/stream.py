"""Server-sent events: one poller per process looks at the ledger and sends every open stream a change.

A stream says *that* there is news; the page then asks for its part again, in its own language and with its own rights. So a stream
that was away resumes without loss: it compares what the page knew with what is.

| event | says that | data |
|---|---|---|
| `ledger` | the ledger has new entries | the newest one's id, which is the event's id, too |
| `gates` | something of a gate changed: its state, its health, or ten seconds of its age | a digest of it |
| `alerts` | an alert was raised, counted up, ended, acknowledged, snoozed | the version of the alerts |
| `beat` | the hub is there and reads its database | its time of day |

A beat goes out every few seconds, but only while the poller itself gets answers: a hub that cannot read its database must
not look live.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

SEATS = 256
"""Streams of all users; the server has more threads than that."""
EACH = 64
"""Streams of one user, who may sit at two desks; those of pages that were left end at their next beat."""
LOOKS = 0.1
"""Seconds between two looks of the poller."""
SOON = 0.5
"""Seconds until a stream asks again if the database answers: at the first listener's first look, and when it comes back."""
LIVE_FOR = 5.0
"""Seconds after its last answer for which the database counts as readable."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state that the poller found: the newest entry's id, a digest of how the gates do, and the version of the alerts."""

    entry: int
    gates: str
    alerts: str = ""


class Feed:
    """The poller and the seats of its listeners. It runs while somebody listens."""

    def __init__(
        self,
        look: Callable[[], Snapshot],
        *,
        every: float = LOOKS,
        live_for: float = LIVE_FOR,
        seats: int = SEATS,
        each: int = EACH,
    ) -> None:
        self._look, self._every, self._live_for, self._free, self._each = look, every, live_for, seats, each
        self._changed = threading.Condition()
        self._listening = Counter[str]()
        self._running = False
        self._seen: Snapshot | None = None
        self._looked = 0.0
        self._closing = False

    def sit(self, user: str) -> bool:
        """Takes a seat if one is free and the user has not enough of them, and sees to it that the poller runs."""
        with self._changed:
            if self._listening.total() >= self._free or self._listening[user] >= self._each:
                return False
            self._listening[user] += 1
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="feed", daemon=True).start()
            return True

    @property
    def listening(self) -> int:
        """How many streams are open."""
        with self._changed:
            return self._listening.total()

    def leave(self, user: str) -> None:
        """Gives a seat of the user's back."""
        with self._changed:
            self._listening[user] -= 1
            self._listening += Counter()  # users without a seat are forgotten
            self._changed.notify_all()

    def wait(self, known: Snapshot, seconds: float) -> Snapshot:
        """Waits for a snapshot other than the known one. Returns it, or the known one when the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._seen not in (None, known), seconds)
            return self._seen or known

    def close(self) -> None:
        """Lets every stream end; safe in a signal's handler, so it takes no lock."""
        self._closing = True

    @property
    def closing(self) -> bool:
        """Returns True if streams are to end."""
        return self._closing

    @property
    def live(self) -> bool:
        """Returns True if the poller got an answer lately."""
        return time.monotonic() - self._looked < self._live_for

    def _run(self) -> None:
        while True:
            try:
                seen = self._look()
            except Exception as error:
                # whatever the database says, the poller must be there when it speaks again
                log.warning("feed.look_failed", error=str(error).splitlines()[0])
                seen = None
            with self._changed:
                if seen is not None:
                    self._looked = time.monotonic()
                if self._closing or seen not in (None, self._seen):
                    # nobody is woken for nothing: there may be hundreds
                    self._seen = seen or self._seen
                    self._changed.notify_all()
                if self._changed.wait_for(lambda: not self._listening.total(), self._every):
                    self._running = False
                    return


def events(
    feed: Feed, known: Snapshot, *, allowed: Callable[[], bool], beat_text: Callable[[], str], beat: float = 5.0
) -> Iterator[str]:
    """The stream's text for a page that shows the state `known`; ends when it is no longer allowed."""
    next_beat = time.monotonic()
    yield "retry: 2000\n\n"
    while not feed.closing:
        seen = feed.wait(known, max(0.0, next_beat - time.monotonic()))
        if seen.entry != known.entry:
            yield f"id: {seen.entry}\nevent: ledger\ndata: {seen.entry}\n\n"
        if seen.gates != known.gates:
            yield f"event: gates\ndata: {seen.gates}\n\n"
        if seen.alerts != known.alerts:
            yield f"event: alerts\ndata: {seen.alerts}\n\n"
        known = seen
        if time.monotonic() >= next_beat:
            if not allowed():
                return
            live = feed.live
            # a comment still finds out that a listener has gone
            yield f"event: beat\ndata: {beat_text()}\n\n" if live else ": waiting for the database\n\n"
            next_beat = time.monotonic() + (beat if live else min(beat, SOON))
