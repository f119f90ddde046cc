"""The listener: receives, appends what has arrived in one transaction, and only then answers. A process of its own.

    queue -> read (pure) -> BEGIN; entries, chain, projections, cursors, status; COMMIT -> acks to gates -> PUBACK to the broker

What waits is taken gate by gate in turn (`turns.py`), and what a gate sends beyond its limits is dropped and counted (`surplus.py`).
Everything is decided on one thread; long batches are read ahead in another process (`reader_process.py`). A full disk or a locked
database means no answer: what has arrived is tried again, gates keep their records, and the broker holds back further messages
by itself; the same where the database is damaged, until there is one that can be used. A message that makes the code fail goes
to the quarantine, alone. What this process does not commit is delivered again, and found to be held already.
"""

import gc
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event

import structlog
from sqlalchemy.engine import Engine

from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import Ack
from edge.contract.steps import reached
from hub.alerts.not_storing import Trouble
from hub.broker.mosquitto import IN_FLIGHT
from hub.database.engine import UnusableError, reader
from hub.database.slow import SlowLog
from hub.gates import store as gates
from hub.ledger.append import Appended, append
from hub.ledger.intake import Keys
from hub.ledger.received import Quarantined
from hub.listener.admission import Admission
from hub.listener.alerting import Alerting
from hub.listener.connection import Address, Arrival, Link
from hub.listener.greeting import Greeting
from hub.listener.journals import Journals
from hub.listener.lapsing import Lapsing
from hub.listener.outage import Outage
from hub.listener.overstays import Overstays
from hub.listener.publisher import Publisher
from hub.listener.reader_process import Reading
from hub.listener.reporting import Reporting
from hub.listener.runs import RunMarks
from hub.listener.schedule import Duty, Schedule
from hub.listener.status import Status
from hub.listener.storing import Storing
from hub.listener.surplus import Surplus, SurplusWriter
from hub.listener.trips import Trips
from hub.listener.understand import Parser
from hub.systemd import Notifier
from hub.town.settings import Settings
from hub.town.town import Town

log = structlog.get_logger()

AT_LEAST = 2
"""Messages that are waited for if they are being read already: one gate has four on their way, of which the other two are read meanwhile."""
AT_ONCE = 8
"""Messages in one transaction at most: some thousand records, so that what has just happened never waits long behind a backlog."""
COLLECT_AFTER = (50_000, 20, 20)
"""Objects after which the collector looks for circles; a transaction's records are some twenty thousand."""
WAIT = 0.2
"""Who looks for something now and then."""

LOOKERS = (Overstays, Trips, RunMarks, Lapsing, Reporting)
"""What looks at the database from time to time, each at its own pace."""


class Listener:
    """One town's listener. `now` is wall time, `monotonic` measures pauses."""

    def __init__(
        self,
        town: Town,
        *,
        writing: Engine,
        reading: Engine,
        link: Link,
        notifier: Notifier,
        reading_ahead: Reading | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._town, self._writing, self._reading, self._link, self._notifier = town, writing, reading, link, notifier
        self._now, self._reading_ahead = now, reading_ahead
        self._pending: list[Arrival] = []
        self._schedule = schedule = Schedule(monotonic)
        self._outage, self._surplus = Outage(Trouble(town.settings.run)), Surplus(monotonic)
        self._status = status = Status(town.id, writing, schedule)
        self._parser = Parser(
            town.id,
            link=link,
            surplus=self._surplus,
            journals=Journals(reading, town.id, monotonic),
            reading_ahead=reading_ahead,
            now=now,
        )
        self._storing = Storing(town, Greeting(town, status, now), self._outage, now)
        self._publisher = Publisher(
            town, writing=writing, reading=reading, link=link, status=status, schedule=schedule, now=now
        )
        self._surplus_writer = SurplusWriter(self._surplus, town.id, writing, link.turns, self._outage, schedule, now)
        self._admission = Admission(town, reading, link, schedule)
        self._alerting = Alerting(town, writing, reading, schedule, now)
        self._lookers = [kind(town, writing, reading, schedule, now) for kind in LOOKERS]

    def run(self, stop: Event) -> None:
        """Works until `stop` is set, then says that the hub is offline."""
        ready = False
        while not stop.is_set():
            self.turn()
            if not ready:
                self._notifier.ready()
                ready = True
            self._feed_watchdog()
        self._notifier.stopping()
        self._publisher.close()
        log.info("the listener stops")

    def turn(self) -> None:
        """One round: connects if need be, takes what has arrived, publishes what is new."""
        if self._link.broken and self._schedule.is_due(Duty.RECONNECT):
            self._connect()
        self._link.settle()
        if not self._pending:
            # whatever is read, of each gate in turn; of what is still being read all but the first two are left for the next turn:
            # so gates send and we read while this one is written
            self._pending = self._link.turns.gather(AT_ONCE, AT_LEAST, WAIT)
        elif not self._schedule.is_due(Duty.RETRY):
            time.sleep(WAIT)
        if self._pending and self._schedule.is_due(Duty.RETRY):
            self._take()
        if self._schedule.is_due(Duty.LOOK_AROUND):
            self._look_around()

    # --- what has arrived -----------------------------------------------------------------------------------------------

    def _take(self) -> None:
        """Deals with what is pending; on a database that can't write, keeps it and waits longer each time."""
        try:
            self._deal_with(self._pending)
        except UnusableError as error:
            self._not_stored(error)
            return
        except Exception:
            log.exception("messages are dealt with one by one", messages=len(self._pending))
            if not self._one_by_one():
                return
        self._schedule.succeeded(Duty.RETRY)
        self._pending = []

    def _deal_with(self, arrivals: Sequence[Arrival]) -> None:
        """The way of a handful of messages, from the queue to the broker's receipt."""
        # 1. whose messages these may be: the gates and their keys, as they are now
        keys = self._gates_keys()
        # 2. each message is parsed, or becomes noise
        understood = self._parser.understand(arrivals, keys)
        reached("listener.received")
        # 3. one transaction: entries, quarantine, projections, cursors, alerts, status
        acks: list[tuple[str, Ack]] = []
        if understood.is_to_store:
            with self._writing.begin() as connection:
                appended, acks = self._storing.store(connection, understood)
                saved = self._status.save(connection, understood)
                reached("listener.appended")
            reached("listener.committed")
            # 4. what holds only now that it is committed
            self._outage.end()
            self._status.learn(understood)
            if saved:
                self._status.saved()
            self._surplus.note(appended.unkept)
            self._alerting.appended(appended.entries)
            _log(appended)
        else:
            self._status.learn(understood)
        self._alerting.heard(understood.strangers)
        # 5. the gates are answered: they may let go of their records
        self._publisher.answer(acks, understood.hellos)
        reached("listener.answered")
        # 6. the broker may let go of the messages
        for arrival in arrivals:
            self._link.done(arrival)

    def _gates_keys(self) -> Keys:
        with self._reading.begin() as connection:
            keys = gates.keys(connection, self._town.id)
        self._link.listen_to(frozenset(keys))
        if self._reading_ahead is not None:
            self._reading_ahead.keys = keys
        return keys

    # --- what fails -----------------------------------------------------------------------------------------------------

    def _not_stored(self, error: UnusableError) -> None:
        self._outage.begin(error)
        self._schedule.put_off(Duty.RETRY)

    def _one_by_one(self) -> bool:
        """Deals with each pending message alone; returns False if the database can't write."""
        while self._pending:
            arrival = self._pending[0]
            try:
                try:
                    self._deal_with([arrival])
                except UnusableError:
                    raise
                except Exception as error:
                    log.exception("a message goes to the quarantine", topic=arrival.topic)
                    self._quarantine(arrival, f"the hub failed at it: {type(error).__name__}")
            except UnusableError as error:
                self._not_stored(error)
                return False
            self._pending.pop(0)
        return True

    def _quarantine(self, arrival: Arrival, why: str) -> None:
        try:
            with self._writing.begin() as connection:
                gate = self._link.turns.owner(arrival.topic) or None
                noise = Quarantined(arrival.topic, gate, why, arrival.data[:MAX_MESSAGE])
                append(connection, town=self._town.id, arrived=[noise], key=self._town.key, now=self._now())
        except UnusableError:
            raise
        except Exception:
            # it may not stand in the way of all others for ever; the log has its bytes
            log.exception(
                "a message can't even be quarantined", topic=repr(arrival.topic), data=repr(arrival.data[:2000])
            )
        self._link.done(arrival)

    # --- what is done from time to time ---------------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            self._publisher.connect()
        except OSError as error:
            log.warning("no connection to the broker", error=str(error))
            self._schedule.put_off(Duty.RECONNECT)
        except UnusableError as error:
            self._outage.suspect(error)
            self._schedule.put_off(Duty.RECONNECT)

    def _look_around(self) -> None:
        """Everything that is due: who may speak, what is published, what is saved, who stays too long, what calls somebody."""
        try:
            self._admission.renew_if_due()
            for each in self._lookers:
                each.look_if_due()
            self._publisher.publish_if_due()
            self._status.save_if_due()
            self._surplus_writer.write_if_due()
            self._alerting.look_if_due()
        except UnusableError as error:
            self._outage.suspect(error)
            self._schedule.put_off(Duty.LOOK_AROUND)
        except Exception:
            # whatever it is, what gates send is still taken and answered
            log.exception("telling gates, or looking for overstays, fails; it is tried again")
            self._schedule.put_off(Duty.LOOK_AROUND)
        else:
            self._schedule.succeeded(Duty.LOOK_AROUND)

    def _feed_watchdog(self) -> None:
        if self._notifier.watchdog_seconds and self._schedule.is_due(Duty.WATCHDOG):
            self._notifier.alive()
            self._schedule.again_in(Duty.WATCHDOG, self._notifier.watchdog_seconds / 3)


def _log(appended: Appended) -> None:
    if appended.entries or appended.again or appended.quarantined:
        log.info(
            "stored", entries=appended.entries, again=appended.again, quarantined=appended.quarantined,
            count=appended.ledger.head.count,
        )  # fmt: skip


def address(settings: Settings) -> Address:
    """How the listener reaches the broker; `OSError` names a file that cannot be read (the TLS library would not)."""
    ca, certificate, key = files = [settings.keys / name for name in ("ca.pem", "listener.pem", "listener.key")]
    for file in files:
        file.open("rb").close()
    return Address(settings.broker.near, settings.broker.port, ca, certificate, key)


def listen(town: Town, stop: Event, notifier: Notifier) -> None:
    """Runs a town's listener until `stop`."""
    writing, reading = town.writer(), reader(town.settings.database_url)
    slow = SlowLog(town.settings.run, "listener")
    for engine in (writing, reading):
        slow.watch(engine)
    reading_ahead = Reading(town.id)
    link = Link(address(town.settings), f"kakou-hub-{town.id}", IN_FLIGHT, reading_ahead.begin)
    # what is loaded stays, and records hold no circles: the collector need not walk through them at every turn
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    log.info("the listener starts", town=town.id, broker=f"{town.settings.broker.near}:{town.settings.broker.port}")
    try:
        Listener(town, writing=writing, reading=reading, link=link, notifier=notifier, reading_ahead=reading_ahead).run(
            stop
        )
    finally:
        reading_ahead.close()
        writing.dispose()
        reading.dispose()
