"""What a gate of the campaign does at the hub's word: the product's own orders and destruction, without lanes or pictures.

Tried by `tests/faults/test_campaign.py`.
"""

import threading
from pathlib import Path

import structlog

from edge.clock import Clock
from edge.contract.commands import CommandKind
from edge.gate.commands import Orders
from edge.gate.destroy import Destroy
from edge.gate.view import GateView
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord, Outbox
from edge.lane.actions import Keep
from edge.lane.events import AlarmBegan, AlarmEnded, CommandDone, CommandsCame
from edge.lists.store import Lists

log = structlog.get_logger()
NOBODY = GateView(lanes=(), officer=None, tanks=(), unfinished=(), plateless=(), alarms={}, fault=None)
"""A visit of the campaign is over within its transaction: no vehicle ever stands at a lane."""


class GateOrders:
    """Takes the link's events, and does what commands ask for. Alarms are nobody's here."""

    def __init__(self, folder: Path, outbox: Outbox, lists: Lists, clock: Clock, stop: threading.Event) -> None:
        self._outbox, self._lock = outbox, threading.RLock()
        destroy = Destroy(
            folder, outbox.erasing, acked=lambda: outbox.acked, view=lambda: NOBODY, inside=lists, pictures=None, post=self.post,
            wait=stop.wait,
        )  # fmt: skip
        self._orders = Orders(
            self._keep, now=clock.now, clock=lambda: clock.at().clock, answered=outbox.answered(), errands={CommandKind.DESTROY: destroy}
        )  # fmt: skip

    def post(self, event: AlarmBegan | AlarmEnded | CommandsCame | CommandDone) -> None:
        """Takes an event, from whatever thread."""
        if isinstance(event, CommandsCame | CommandDone):
            with self._lock:
                self._orders.answer(event, None)

    def _keep(self, keep: Keep) -> bool:
        try:
            self._outbox.keep_all([NewRecord(keep.kind, keep.body, expires=keep.expires)])
        except JournalError as error:
            log.warning("an answer is not kept", why=str(error))
            return False
        return True
