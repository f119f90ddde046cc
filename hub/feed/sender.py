"""The sender of the feed, a process of its own: for each target, one batch after the other, each until it is confirmed.

1. What stands above the target's cursor is read from the ledger, 200 entries or 512 KiB of it.
2. It is signed and sent. Only an answer of 2xx confirms it.
3. Only then the cursor moves, in the database. Whoever is killed in between, hub or target, is sent the same batch again: a target
   knows an entry that it has by its number.
4. In vain: again after 1, 2, 4 … seconds, 5 minutes at most, or when the target said. No later batch overtakes it.

Targets do not wait for each other. Nothing is sent before an admin has added a target.

Tested in `tests/hub/feed/test_sender.py`.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Event

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from hub.database.engine import reader
from hub.feed import batch, store
from hub.feed.post import Confirmed, InVain, post
from hub.feed.store import Target
from hub.ledger.head import read_ledger
from hub.town.town import Town

log = structlog.get_logger()
EVERY = 1.0
"""Seconds between two looks at the ledger."""
FIRST, LONGEST = 1.0, 300.0
"""Seconds until the next attempt: after the first in vain, and at most."""
AFTER_A_FAULT = 10.0
AT_ONCE = 8
"""Targets that are sent to at the same time."""


def pause(tries: int) -> float:
    """The seconds after so many attempts in vain."""
    return min(LONGEST, FIRST * 2.0 ** min(max(0, tries - 1), 20))


class Sender:
    """A town's sender. `now` is wall time, `monotonic` seconds that only go on."""

    def __init__(
        self,
        town: Town,
        reading: Engine,
        writing: Engine,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._town, self._reading, self._writing = town, reading, writing
        self._now, self._monotonic = now, monotonic
        self._due: dict[str, float] = {}
        self._running: dict[str, Future[None]] = {}

    def run(self, stop: Event) -> None:
        """Sends until `stop`."""
        with ThreadPoolExecutor(AT_ONCE, "feed") as threads:
            while not stop.wait(EVERY):
                try:
                    self.look(threads, stop)
                except DBAPIError as error:
                    log.error("feed.database", error=str(error.orig))

    def look(self, threads: ThreadPoolExecutor, stop: Event) -> None:
        """Begins what is due: one thread for a target at most."""
        for id_, future in list(self._running.items()):
            if future.done():
                del self._running[id_]
                if (fault := future.exception()) is not None:
                    log.error("feed.fault", target=id_, exc_info=fault)
                    self._due[id_] = self._monotonic() + AFTER_A_FAULT
        with self._reading.connect() as connection:
            targets = store.every(connection, self._town.id)
        for target in targets:
            if target.id not in self._running and self._monotonic() >= self._due.get(target.id, 0.0):
                self._running[target.id] = threads.submit(self.send_all, target.id, stop)

    def send_all(self, id_: str, stop: Event) -> None:
        """Sends a target everything that it lacks, as long as it confirms."""
        while not stop.is_set() and self.send_one(id_):
            pass

    def send_one(self, id_: str) -> bool:
        """Sends a target its next batch; returns True if it was confirmed and there may be more."""
        town = self._town.id
        with self._reading.connect() as connection:
            target = next((each for each in store.every(connection, town) if each.id == id_), None)
            if target is None:
                return False
            found, ledger = batch.following(connection, town, target), read_ledger(connection, town)
        if not found.entries:
            self._moved(target, found.cursor, 0)
            return False
        sent = batch.body(ledger, target.id, found.entries)
        headers = batch.headers(town, target.id, sent, self._town.key, self._now())
        match post(target.url, target.ca, sent, headers):
            case Confirmed():
                self._moved(target, found.cursor, len(found.entries))
                return True
            case InVain(why, wait):
                self._failed(target, why, wait)
                return False

    def _moved(self, target: Target, cursor: int, entries: int) -> None:
        self._due.pop(target.id, None)
        if cursor == target.cursor:
            return
        with self._writing.begin() as connection:
            store.confirmed(connection, self._town.id, target, cursor, entries, self._now())

    def _failed(self, target: Target, why: str, wait: float | None) -> None:
        log.warning("feed.in_vain", target=target.id, why=why, tries=target.tries + 1)
        self._due[target.id] = self._monotonic() + max(pause(target.tries + 1), wait or 0.0)
        with self._writing.begin() as connection:
            store.failed(connection, self._town.id, target, why, self._now())


def run(town: Town, stop: Event, now: Callable[[], datetime]) -> None:
    """The process: sends until `stop`."""
    reading, writing = reader(town.settings.database_url), town.writer()
    try:
        Sender(town, reading, writing, now).run(stop)
    finally:
        reading.dispose()
        writing.dispose()


def is_needed(town: str, reading: Engine) -> bool:
    """Returns True if there is a target; False too where the database cannot be asked: nothing could be sent."""
    try:
        with reading.connect() as connection:
            return bool(store.every(connection, town))
    except DBAPIError:
        return False
