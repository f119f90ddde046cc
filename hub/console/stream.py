"""Server-sent events: one poller per process looks at the ledger and sends every open stream a change.

A stream says *that* there is news, with the newest entry's id; the page then asks for its part again, in its own language and
with its own rights. So a stream that was away resumes without loss: it compares the id it knew with the newest.
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

EACH = 12
"""Streams of one user: as many windows of the live page."""
_PATIENCE = 0.5
"""Seconds after which a calm stream looks whether it is to end."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state that the poller found: the newest entry's id, and a digest of how the gates do."""

    entry: int
    gates: str


class Feed:
    """The poller and the seats of its listeners. It runs while somebody listens."""

    def __init__(self, look: Callable[[], Snapshot], *, every: float = 1.0, seats: int = 96, each: int = EACH) -> None:
        self._look, self._every, self._free, self._each = look, every, seats, each
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

    def leave(self, user: str) -> None:
        """Gives a seat of the user's back."""
        with self._changed:
            self._listening[user] -= 1
            self._listening += Counter()  # users without a seat are forgotten
            self._changed.notify_all()

    def wait(self, known: Snapshot, seconds: float) -> Snapshot:
        """Waits for a snapshot other than the known one. Returns it, or the known one when the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._seen not in (None, known), seconds)
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
        return time.monotonic() - self._looked < 5 * self._every

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
                    self._seen, self._looked = seen, time.monotonic()
                    self._changed.notify_all()
                if self._changed.wait_for(lambda: not self._listening.total(), self._every):
                    self._running = False
                    return


def events(
    feed: Feed, entry: int, *, allowed: Callable[[], bool], beat_text: Callable[[], str], beat: float = 5.0
) -> Iterator[str]:
    """The stream's text for a listener that knows the ledger up to `entry`; ends when it is no longer allowed."""
    known = Snapshot(entry, "")
    next_beat = time.monotonic()
    yield "retry: 2000\n\n"
    while not feed.closing:
        seen = feed.wait(known, min(_PATIENCE, max(0.0, next_beat - time.monotonic())))
        if seen.entry != known.entry:
            yield f"id: {seen.entry}\nevent: ledger\ndata: {seen.entry}\n\n"
        if seen.gates != known.gates:
            yield "event: gates\ndata: gates\n\n"
        known = seen
        if time.monotonic() >= next_beat:
            if not allowed():
                return
            # a comment still finds out that a listener has gone
            yield f"event: beat\ndata: {beat_text()}\n\n" if feed.live else ": waiting for the database\n\n"
            next_beat = time.monotonic() + beat
