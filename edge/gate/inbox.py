"""The gate's inbox: events in the order in which they came, and timers when they are due."""

import queue
from concurrent.futures import Future

from edge.lane.events import Event

ANSWERED = 5.0
"""Seconds that somebody who asked waits for the loop: many commits of a slow card."""


IDLE = 0.5
"""Seconds between two turns of an idle loop: its beat for the watchdog."""


Inbox = queue.SimpleQueue[tuple[Event, Future[bool] | None]]
"""What waits for the loop: each event, and who waits for its answer."""
