"""The one transaction of a handful of messages: all that they change in the database but the gates' status.

Tested in `tests/hub/listener/test_listener.py`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection

from edge.contract.messages import Ack, Picture
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.conflicts import judge
from hub.ledger.acks import answer
from hub.ledger.append import Appended, append
from hub.ledger.gaps import lacking, late_of
from hub.listener.greeting import Greeting
from hub.listener.outage import Outage
from hub.listener.understood import Understood
from hub.orders import pending
from hub.pictures import store as pictures
from hub.town.town import Town

log = structlog.get_logger()


class Storing:
    """Stores what messages say; its caller commits."""

    def __init__(self, town: Town, greeting: Greeting, outage: Outage, now: Callable[[], datetime]):
        self._town, self._greeting, self._outage, self._now = town, greeting, outage, now

    def store(self, connection: Connection, understood: Understood) -> tuple[Appended, list[tuple[str, Ack]]]:
        """Stores the messages. Returns what was appended, and the acks, which are sent after the commit."""
        town, now = self._town, self._now
        appended = append(connection, town=town.id, arrived=understood.records, key=town.key, now=now())
        judge.judge_safely(connection, town.id, appended.visits, key=town.key, now=now())
        warn(connection, town.id, appended, now())
        self._outage.record(connection, town.id, now())
        acks = appended.acks()
        acks += [(gate, answer(connection, town.id, gate, hello)) for gate, hello in understood.hellos]
        self._greeting.take(connection, understood)
        take_pictures(connection, town, understood.pictures, now())
        return appended, acks


def warn(connection: Connection, town: str, appended: Appended, now: datetime) -> None:
    """Alerts the operators to forks (once for each journal), to what gates call lost, and to what came late."""
    first: dict[tuple[str, str], int] = {}
    for gate, epoch, seq in appended.forks:
        first.setdefault((gate, epoch), seq)
    for (gate, epoch), seq in first.items():
        log.error("a fork: two journals under one name", gate=gate, epoch=epoch, seq=seq)
        alerts.raise_(connection, town, AlertKind.FORK, gate, f"epoch {epoch[:8]}, record {seq}", now)
    for gate, detail in lacking(connection, town, appended):
        alerts.raise_(connection, town, AlertKind.LOST, gate, detail, now)
    for gate, detail in late_of(appended):
        alerts.raise_(connection, town, AlertKind.LATE, gate, detail, now)


def take_pictures(connection: Connection, town: Town, answers: Sequence[tuple[str, Picture]], now: datetime) -> None:
    """Keeps the pictures that were asked for, each from its gate; the gate's commands then no longer ask for them."""
    for gate, picture in answers:
        if not pictures.take(connection, town.id, gate, picture, now):
            # nothing of it is kept, not in the quarantine either: it shows people, and nobody may have wanted it
            log.warning("a picture that nobody asked for is dropped", gate=gate, hash=picture.hash)
        pending.publish(connection, town.id, gate, key=town.key, now=now)
