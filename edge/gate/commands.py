"""What the hub wants of this gate, and what became of it: every answer is a record before anything is done.

    order     -> shown -> (an officer confirms) received; an order to every officer: once more for each officer who confirms it
    picture   -> started -> done | failed           by whoever the gate has for that kind
    any other -> unsupported                        and whatever came too late: expired

So nothing is done twice: a command that was answered is not begun again after a power cut. The hub leaves a command out as soon
as its last answer is in the ledger; a hub restored from an older backup asks again, but the journal remembers every answer beyond
the command's expiry, whether or not its record is pruned (`answered`). Expiry is judged by a clock that can be trusted only; the
hub, whose clock is, leaves out what has expired as well.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import structlog

from edge.contract.commands import LAST_ANSWERS, Answered, Command, CommandKind
from edge.contract.facts import ClockTrust, Kind, OrderReceived
from edge.contract.records import parse_wall
from edge.journal.command_answers import by_officer
from edge.lane.actions import Keep
from edge.lane.events import CommandDone, CommandsCame, OrderConfirmed

log = structlog.get_logger()

Errand = Callable[[Command], None]
"""Does what a command asks for, on a thread of its own, and posts `CommandDone`; must return at once."""
NO_ERRANDS: Mapping[str, Errand] = MappingProxyType({})


class Orders:
    """The commands of one gate; belongs to the gate's one thread.

    `keep` commits one record and says whether it is durable; `answered`: what the journal knows, as `command_answers.read` gives it.
    """

    def __init__(
        self,
        keep: Callable[[Keep], bool],
        *,
        now: Callable[[], datetime],
        clock: Callable[[], ClockTrust],
        answered: Mapping[str, str],
        errands: Mapping[str, Errand] = NO_ERRANDS,
    ) -> None:
        self._keep = keep
        self._now = now
        self._clock = clock
        self._answered = dict(answered)
        self._errands = errands
        self._wanted: tuple[Command, ...] = ()
        self._doing: set[str] = set()

    def open_for(self, officer: str | None) -> tuple[Command, ...]:
        """The orders that wait for the officer on shift, urgent ones first, each kind oldest first."""
        waiting = (each for each in self._held() if self._waits(each, officer))
        return tuple(sorted(waiting, key=lambda each: not each.urgent))

    def confirmed(self, officer: str | None) -> tuple[Command, ...]:
        """The orders to every officer that the officer on shift has confirmed, and that still hold for others, oldest first."""
        return tuple(each for each in self._held() if each.every_officer and not self._waits(each, officer))

    def _held(self) -> tuple[Command, ...]:
        shown = {Answered.SHOWN, Answered.RECEIVED}
        return tuple(
            each
            for each in self._wanted
            if each.kind == CommandKind.ORDER and self._answered.get(each.id) in shown and not self._expired(each)
        )

    def _waits(self, order: Command, officer: str | None) -> bool:
        if self._answered.get(order.id) == Answered.SHOWN:
            return True
        return order.every_officer and officer is not None and by_officer(order.id, officer) not in self._answered

    def answer(self, event: CommandsCame | OrderConfirmed | CommandDone, officer: str | None) -> bool:
        """Answers an event. Returns True if anything came of it."""
        match event:
            case CommandsCame(commands):
                self._wanted = tuple(sorted(commands, key=lambda each: (each.issued, each.id)))
                done = [self._begin(each) for each in self._wanted]
                return any(done)
            case OrderConfirmed(order, other):
                who = other or officer
                waits = any(each.id == order and self._waits(each, who) for each in self._held())
                return waits and self._say(order, Answered.RECEIVED, officer=who)
            case CommandDone(command, failed, detail):
                begun = self._answered.get(command) == Answered.STARTED
                return begun and self._say(command, Answered.FAILED if failed else Answered.DONE, detail=detail)

    def _begin(self, command: Command) -> bool:
        answered = self._answered.get(command.id)
        if answered == Answered.STARTED and command.id not in self._doing:
            return self._say(command.id, Answered.FAILED, detail="the gate ended in the middle of it")
        if answered is not None:
            return False
        if self._expired(command):
            return self._say(command.id, Answered.EXPIRED)
        if command.kind == CommandKind.ORDER:
            return self._say(command.id, Answered.SHOWN)
        errand = self._errands.get(command.kind)
        if errand is None:
            return self._say(command.id, Answered.UNSUPPORTED)
        if not self._say(command.id, Answered.STARTED):
            return False
        self._doing.add(command.id)
        try:
            errand(command)
        except Exception as error:
            log.exception("a command could not be done", command=command.id, kind=command.kind)
            self._say(command.id, Answered.FAILED, detail=type(error).__name__)
        return True

    def _expired(self, command: Command) -> bool:
        return self._clock() is not ClockTrust.UNSYNCED and self._now() >= parse_wall(command.expires)

    def _is_late(self, due: str | None) -> bool | None:
        if due is None or self._clock() is ClockTrust.UNSYNCED:
            return None
        return self._now() > parse_wall(due)

    def _say(self, command: str, result: Answered, *, officer: str | None = None, detail: str = "") -> bool:
        # of one that was cancelled meanwhile the journal knows already until when it counts
        asked = next((each for each in self._wanted if each.id == command), None)
        expires, due = (None, None) if asked is None else (asked.expires, asked.due)
        body = OrderReceived(
            order=command, result=result.value, officer=officer, detail=detail[:200], late=self._is_late(due)
        )
        if not self._keep(Keep(Kind.ORDER_RECEIVED, body, expires=expires)):
            return False
        if self._answered.get(command) not in LAST_ANSWERS:
            self._answered[command] = result
        if result is Answered.RECEIVED and officer is not None:
            self._answered[by_officer(command, officer)] = result
        return True
