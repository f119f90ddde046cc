"""The gate's inbox: events in the order in which they came, and who waits for an answer to one."""

import queue
from collections.abc import Callable
from concurrent.futures import Future

from edge.lane.events import Event

ANSWERED = 5.0
"""Seconds that somebody who asked waits for the loop: many commits of a slow card."""


class Inbox:
    """What waits for the gate's loop. Any thread may put an event in; one thread takes them out."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[tuple[Event, Future[bool] | None]] = queue.SimpleQueue()

    def post(self, event: Event) -> None:
        """Puts an event on the queue, at once."""
        self._events.put((event, None))

    def ask(self, event: Event, patience: float = ANSWERED) -> bool:
        """Puts an event on the queue and waits for the answer. Returns True if the gate did anything about the event.

        `TimeoutError` if the loop is too busy to say; the event is then not answered later. Not for the loop's thread.
        """
        answer: Future[bool] = Future()
        self._events.put((event, answer))
        try:
            return answer.result(timeout=patience)
        except TimeoutError:
            # who asked is told no: it must not be done later, to another vehicle
            if answer.cancel():
                raise
            return answer.result(timeout=patience)

    def answer_next(self, handle: Callable[[Event], bool], patience: float) -> bool:
        """Has the next event answered by `handle`, and gives its answer to whoever asked.

        Returns False if no event came within `patience` seconds.
        """
        try:
            event, answer = self._events.get(timeout=patience) if patience > 0 else self._events.get_nowait()
        except queue.Empty:
            return False
        if answer is None:
            handle(event)
        elif answer.set_running_or_notify_cancel():
            answer.set_result(handle(event))
        return True
