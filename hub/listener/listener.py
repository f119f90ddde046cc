"""The listener: receives, appends what has arrived in one transaction, and only then answers. A process of its own.

    queue -> read (pure) -> BEGIN; entries, chain, projections, cursors, status; COMMIT -> acks to gates -> PUBACK to the broker

What waits is taken gate by gate in turn (`turns.py`), and what a gate sends beyond its limits is dropped and counted (`surplus.py`).
Everything is decided on one thread; long batches are read ahead in another process (`reading.py`). A full disk or a locked
database means no answer: what has arrived is tried again, gates keep their records, and the broker holds back further messages
by itself; the same where the database is damaged, until there is one that can be used. A message that makes the code fail goes
to the quarantine, alone. What this process does not commit is delivered again, and found to be held already.
"""

import gc
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine

from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import Ack, Health, Hello, Picture, SignedKind, State
from edge.contract.records import wall_text
from edge.contract.steps import reached
from edge.contract.topics import HUB, Name, Topic
from hub.alerts import store as alerts
from hub.alerts.listener_trouble import Trouble
from hub.broker.mosquitto import IN_FLIGHT
from hub.broker.store import BrokerStore
from hub.conflicts import judge
from hub.database.engine import UnusableError, UnusableForNowError, reader, writer
from hub.downlink import signed_lists
from hub.downlink.sightings import Told
from hub.enrolment.gates import let_gates_in
from hub.gates import replaced_card, status_words
from hub.gates import store as gates
from hub.ledger.acks import answer
from hub.ledger.append import Appended, append
from hub.ledger.budget import NOBODY, Unkept
from hub.ledger.cursors import read_cursors
from hub.ledger.gaps import lacking, late_of
from hub.ledger.head import read_ledger
from hub.ledger.intake import Keys, read_records
from hub.ledger.projections import sightings
from hub.ledger.received import Quarantined, Received, cause
from hub.ledger.sent_ahead import left_aside
from hub.ledger.witness import contradiction
from hub.listener.connection import Address, Arrival, Link
from hub.listener.journals import Journals
from hub.listener.reader_process import Reading
from hub.listener.surplus import JOURNAL, Surplus
from hub.listener.understand import Understood
from hub.orders import pending
from hub.pictures import store as pictures
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
LOOK_AT_LISTS = 0.5
LOOK_AT_STORE = 5.0
RENEW = 2.0
BEAT = 10.0
STATUS_EVERY = 1.0
SURPLUS_EVERY = 2.0
RETRY = (0.5, 5.0)
RECONNECT = (0.5, 10.0)
LISTS: dict[SignedKind, Topic] = {"policy": Topic(HUB, Name.POLICY), "passlist": Topic(HUB, Name.PASSLIST)}


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
        self._now, self._monotonic = now, monotonic
        self._reading_ahead = reading_ahead
        self._surplus, self._stalled = Surplus(monotonic), False
        self._journals = Journals(reading, town.id, monotonic)
        self._pending: list[Arrival] = []
        self._status: dict[str, dict[str, Any]] = {}
        self._published: dict[str, int] = {}
        self._told = Told(town.id, town.key)
        self._sighting: int | None = None
        self._let_in: int | None = None
        self._store, self._store_notice = BrokerStore(town.settings.folder), ""
        self._number, self._ledger_epoch = 0, 0
        self._greeted = 0
        self._trouble = Trouble(town.settings.run)
        self._trouble.clear()
        self._failing: str | None = None
        self._pause = {"retry": RETRY[0], "reconnect": RECONNECT[0], "tell": RETRY[0], "gates": RETRY[0]}
        self._due = dict.fromkeys(
            (
                "retry",
                "reconnect",
                "tell",
                "renew",
                "lists",
                "beat",
                "status",
                "watchdog",
                "overstays",
                "gates",
                "store",
                "surplus",
            ),
            0.0,
        )

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
        self._link.close(self._state(online=False))
        log.info("the listener stops")

    def turn(self) -> None:
        """One round: connect if need be, take what has arrived, tell what is new."""
        if self._link.broken and self._is_due("reconnect"):
            self._connect()
        self._link.settle()
        if not self._pending:
            self._pending = self._gather()
        elif not self._is_due("retry"):
            time.sleep(WAIT)
        if self._pending and self._is_due("retry"):
            self._take()
        if self._is_due("tell"):
            self._tell_and_look()

    def _tell_and_look(self) -> None:
        try:
            self._tell()
            self._write_status()
            self._write_surplus()
            self._look_for_overstays()
        except UnusableError as error:
            self._not_usable(error)
            self._put_off("tell", RETRY)
            return
        except Exception:
            # whatever it is, what gates send is still taken and answered
            log.exception("telling gates, or looking for overstays, fails; it is tried again")
            self._put_off("tell", RETRY)
            return
        self._pause["tell"] = RETRY[0]

    # --- receiving ------------------------------------------------------------------------------------------------------

    def _gather(self) -> list[Arrival]:
        """Whatever has arrived and is read, of each gate in turn, up to a transaction's worth; waits a moment for the first.

        Of what is still being read all but the first two are left for the next one: so gates send and we read while this one is written.
        """
        return self._link.turns.gather(AT_ONCE, AT_LEAST, WAIT)

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
        self._pause["retry"] = RETRY[0]
        self._pending = []

    def _not_stored(self, error: UnusableError) -> None:
        self._failing, self._stalled = str(error.orig), True
        log.error("nothing was stored, gates keep their records", error=self._failing)
        self._trouble.say(self._failing)
        self._put_off("retry", RETRY)

    def _not_usable(self, error: UnusableError) -> None:
        """While nothing arrives, too, a damaged database is everybody's business; one that is locked may be so for a moment."""
        log.error("the database can't be used", error=str(error.orig))
        if not isinstance(error, UnusableForNowError):
            self._failing = str(error.orig)
            self._trouble.say(self._failing)

    def _stores_again(self, connection: Connection) -> None:
        """In the first transaction that succeeds: that there was a time when nothing could be stored."""
        if self._failing is not None:
            alerts.raise_(connection, self._town.id, alerts.What.DISK_FULL, None, self._failing, self._now())
            alerts.end(connection, self._town.id, alerts.What.DISK_FULL, self._now())

    def _one_by_one(self) -> bool:
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
                self._append(connection, [Quarantined(arrival.topic, gate, why, arrival.data[:MAX_MESSAGE])])
        except UnusableError:
            raise
        except Exception:
            # it may not stand in the way of all others for ever; the log has its bytes
            log.exception(
                "a message can't even be quarantined", topic=repr(arrival.topic), data=repr(arrival.data[:2000])
            )
        self._link.done(arrival)

    def _deal_with(self, arrivals: Sequence[Arrival]) -> None:
        with self._reading.begin() as connection:
            keys = gates.keys(connection, self._town.id)
        self._link.listen_to(frozenset(keys))
        if self._reading_ahead is not None:
            self._reading_ahead.keys = keys
        understood = self._understand(arrivals, keys)
        acks: list[tuple[str, Ack]] = []
        reached("listener.received")
        if understood.records or understood.words or understood.pictures:
            with self._writing.begin() as connection:
                appended = self._append(connection, understood.records)
                judge.judge_safely(connection, self._town.id, appended.visits, key=self._town.key, now=self._now())
                self._warn(connection, appended)
                self._stores_again(connection)
                acks = appended.acks()
                acks += [(gate, answer(connection, self._town.id, gate, hello)) for gate, hello in understood.hellos]
                self._hear(connection, understood)
                self._take_pictures(connection, understood.pictures)
                # when a gate was last seen may wait a second; what it says of itself is asked for with its next word
                saved = bool(understood.words) or self._is_due("status")
                if saved:
                    gates.save_status(connection, self._town.id, self._status_with(understood).items())
                reached("listener.appended")
            reached("listener.committed")
            if self._failing is not None:
                self._failing = None
                self._trouble.clear()
            self._status = self._status_with(understood)
            if saved:
                self._status_saved()
            self._surplus.note(appended.unkept)
            self._log(appended)
        else:
            self._status = self._status_with(understood)
        for gate, ack in acks:
            self._link.publish(Topic(gate, Name.ACK), ack.encode())
        self._tell_what_was_missed(understood.hellos)
        reached("listener.answered")
        for arrival in arrivals:
            self._link.done(arrival)

    def _warn(self, connection: Connection, appended: Appended) -> None:
        """Tells the operators of what needs one."""
        first: dict[tuple[str, str], int] = {}
        for gate, epoch, seq in appended.forks:
            first.setdefault((gate, epoch), seq)
        for (gate, epoch), seq in first.items():
            log.error("a fork: two journals under one name", gate=gate, epoch=epoch, seq=seq)
            detail = f"epoch {epoch[:8]}, record {seq}"
            alerts.raise_(connection, self._town.id, alerts.What.FORK, gate, detail, self._now())
        for gate, detail in lacking(connection, self._town.id, appended):
            alerts.raise_(connection, self._town.id, alerts.What.LOST, gate, detail, self._now())
        for gate, detail in late_of(appended):
            alerts.raise_(connection, self._town.id, alerts.What.LATE, gate, detail, self._now())

    def _append(self, connection: Connection, records: Sequence[Received | Quarantined]) -> Appended:
        return append(connection, town=self._town.id, arrived=records, key=self._town.key, now=self._now())

    def _understand(self, arrivals: Sequence[Arrival], keys: Keys) -> Understood:
        found = Understood()
        for arrival in arrivals:
            try:
                topic = Topic.parse(arrival.topic)
            except ValueError as error:
                noise = Quarantined(arrival.topic, None, cause(error), arrival.data[:MAX_MESSAGE])
                found.records += self._within_limits(noise, len(arrival.data))
                continue
            if topic.owner == HUB:
                continue
            if topic.name is Name.RECORDS:
                found.records += self._within_limits(self._read(arrival, topic.owner, keys), len(arrival.data))
                self._saw(found, topic.owner, keys)
                continue
            try:
                self._understand_word(found, topic, arrival.data, keys)
            except (ValueError, RecursionError) as error:
                noise = Quarantined(arrival.topic, topic.owner, cause(error), arrival.data[:MAX_MESSAGE])
                found.records += self._within_limits(noise, len(arrival.data))
        return found

    def _within_limits(self, read: Received | Quarantined, size: int) -> list[Received | Quarantined]:
        """What was read, unless it is noise that finds no room anyway, or of more journals than a gate may begin: that is counted."""
        if isinstance(read, Quarantined):
            owner = read.gate if read.gate in self._link.turns.gates else NOBODY
            self._link.offend(owner)
            return [] if self._surplus.is_full(owner, size) else [read]
        if self._journals.may(read.gate, read.epoch):
            return [read]
        self._surplus.note([Unkept(read.gate, JOURNAL, 1, size)])
        return []

    def _read(self, arrival: Arrival, gate: str, keys: Keys) -> Received | Quarantined:
        """What a message on a gate's `records` topic says: read ahead already, or read here."""
        if self._reading_ahead is not None and arrival.begun is not None:
            read = self._reading_ahead.take(arrival.begun, keys.get(gate))
            if read is not None:
                return read
        return read_records(arrival.topic, arrival.data, town=self._town.id, keys=keys)

    def _understand_word(self, found: Understood, topic: Topic, data: bytes, keys: Keys) -> None:
        gate = topic.owner
        if gate not in keys:
            if topic.name in (Name.STATE, Name.HEALTH):
                # a retired gate that runs on says so every few seconds: nothing worth keeping
                return
            raise ValueError(f"gate {gate!r}: not a gate of this town")
        if topic.name is Name.HELLO:
            hello = Hello.parse(data)
            if hello.town != self._town.id:
                raise ValueError(f"town: expected {self._town.id!r}, found {hello.town!r}")
            if not self._journals.may(gate, hello.epoch):
                self._surplus.note([Unkept(gate, JOURNAL, 1, len(data))])
                return
            found.words.append((gate, hello))
        elif topic.name is Name.STATE:
            found.words.append((gate, State.parse(data)))
            # a retained word may be old, and a Will is not the gate's own
            return
        elif topic.name is Name.PICTURE:
            picture = Picture.parse(data)
            if not picture.whole:
                raise ValueError(f"jpeg: no JPEG with the SHA-256 {picture.hash}")
            found.pictures.append((gate, picture))
        elif topic.name is Name.HEALTH:
            found.note(gate, status_words.heard_health(Health.parse(data), wall_text(self._now())))
        self._saw(found, gate, keys)

    # --- what gates say of themselves -----------------------------------------------------------------------------------

    def _saw(self, found: Understood, gate: str, keys: Keys) -> None:
        if gate in keys:
            found.note(gate, {"last_seen": wall_text(self._now())})

    def _status_with(self, understood: Understood) -> dict[str, dict[str, Any]]:
        """What is not saved yet of each gate, with what these messages say."""
        both = {gate: dict(columns) for gate, columns in self._status.items()}
        for gate, columns in understood.status.items():
            both.setdefault(gate, {}).update(columns)
        return both

    def _note(self, gate: str, columns: status_words.Columns) -> None:
        self._status.setdefault(gate, {}).update(columns)

    def _take_pictures(self, connection: Connection, answers: Sequence[tuple[str, Picture]]) -> None:
        for gate, picture in answers:
            if not pictures.take(connection, self._town.id, gate, picture, self._now()):
                # nothing of it is kept, not in the quarantine either: it shows people, and nobody may have wanted it
                log.warning("a picture that nobody asked for is dropped", gate=gate, hash=picture.hash)
            pending.publish(connection, self._town.id, gate, key=self._town.key, now=self._now())

    def _hear(self, connection: Connection, understood: Understood) -> None:
        known = gates.connections(connection, self._town.id)
        # in the order in which they came: a Will may lie right behind its gate's hello
        for gate, word in understood.words:
            number, epoch = known.get(gate, (0, None))
            columns = (
                self._greet(connection, gate, word, epoch, understood)
                if isinstance(word, Hello)
                else status_words.heard_state(word, number, epoch)
            )
            known[gate] = (columns.get("conn", number), columns.get("epoch", epoch))
            understood.note(gate, columns)

    def _greet(
        self, connection: Connection, gate: str, hello: Hello, epoch: str | None, understood: Understood
    ) -> status_words.Columns:
        """What a hello changes; a new journal, and a witness against the ledger, are told."""
        if epoch is not None and epoch != hello.epoch:
            held = read_cursors(connection, self._town.id, [(gate, epoch)])[gate, epoch].committed
            known = (gates.status(connection, self._town.id, gate), self._status_with(understood).get(gate, {}))
            detail = replaced_card.told(hello.epoch, epoch, held, replaced_card.last_spoken(epoch, known))
            alerts.raise_(connection, self._town.id, alerts.What.NEW_JOURNAL, gate, detail, self._now())
            self._append(connection, left_aside(connection, self._town.id, gate, hello.epoch))
        ledger = read_ledger(connection, self._town.id)
        why = contradiction(connection, ledger, hello.witness, self._town.key.public_key())
        if why is not None:
            log.error("a gate contradicts the ledger", gate=gate, why=why)
            alerts.raise_(connection, self._town.id, alerts.What.CONTRADICTED, gate, why, self._now())
        return status_words.heard_hello(hello, epoch)

    def _write_status(self) -> None:
        if self._status and self._is_due("status"):
            try:
                with self._writing.begin() as connection:
                    gates.save_status(connection, self._town.id, self._status.items())
            except UnusableError:
                raise
            except Exception:
                log.exception("what gates say of themselves is saved one by one")
                self._save_one_by_one()
            self._status_saved()

    def _save_one_by_one(self) -> None:
        """What one gate said of itself and can't be saved is dropped, and keeps nobody else's from being saved."""
        for gate, columns in self._status.items():
            try:
                with self._writing.begin() as connection:
                    gates.save_status(connection, self._town.id, [(gate, columns)])
            except UnusableError:
                raise
            except Exception:
                log.exception("what a gate says of itself can't be saved", gate=gate)

    def _write_surplus(self) -> None:
        """What gates sent beyond their limits: written every few seconds, if there is any, also while it still comes."""
        if not self._is_due("surplus"):
            return
        self._due["surplus"] = self._monotonic() + SURPLUS_EVERY
        self._surplus.note(self._link.turns.dropped())
        if self._surplus.any:
            with self._writing.begin() as connection:
                self._surplus.write(connection, self._town.id, self._now(), stalled=self._stalled)
            self._surplus.written()
        self._stalled = False

    def _status_saved(self) -> None:
        self._status = {}
        self._due["status"] = self._monotonic() + STATUS_EVERY

    def _look_for_overstays(self) -> None:
        """Looks who has stayed too long; the write lock is taken only for somebody who has."""
        if not self._is_due("overstays"):
            return
        self._due["overstays"] = self._monotonic() + judge.EVERY
        with self._reading.begin() as connection:
            late = judge.look_for_overstays(connection, self._town.id, self._now())
            failed = judge.failed_before(connection, self._town.id, self._now())
        if late or failed:
            with self._writing.begin() as connection:
                judge.judge_safely(connection, self._town.id, late, key=self._town.key, now=self._now())
                judge.judge_what_failed(connection, self._town.id, failed, key=self._town.key, now=self._now())

    # --- telling --------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            with self._writing.begin() as connection:
                self._number = gates.next_hub_connection(connection, self._town.id, self._now())
                self._link.listen_to(frozenset(gates.believed(connection, self._town.id)))
                self._ledger_epoch = read_ledger(connection, self._town.id).epoch
            self._link.connect(self._number, self._state(online=False))
        except OSError as error:
            log.warning("no connection to the broker", error=str(error))
            self._put_off("reconnect", RECONNECT)
            return
        except UnusableError as error:
            self._not_usable(error)
            self._put_off("reconnect", RECONNECT)
            return
        self._pause["reconnect"] = RECONNECT[0]
        self._due["reconnect"] = self._monotonic() + RECONNECT[0]

    def _tell(self) -> None:
        """At each connection, and whenever it is news: that the hub is there, then the lists (a killed broker lost them)."""
        if self._is_due("gates"):
            self._let_gates_in()
        if self._is_due("store"):
            self._look_at_the_brokers_store()
            self._due["store"] = self._monotonic() + LOOK_AT_STORE
        if not self._link.online:
            return
        if self._greeted != self._number:
            log.info("connected to the broker", connection=self._number)
            self._greeted, self._published = self._number, {}
            self._due["beat"] = self._due["lists"] = 0.0
        if self._is_due("beat"):
            self._link.publish(Topic(HUB, Name.STATE), self._state(online=True).encode(), retain=True)
            self._note(HUB, {"online": True, "last_seen": wall_text(self._now())})
            self._due["beat"] = self._monotonic() + BEAT
        if self._is_due("renew"):
            self._renew_commands()
            self._due["renew"] = self._monotonic() + RENEW
        if self._is_due("lists"):
            self._publish_lists()
            self._due["lists"] = self._monotonic() + LOOK_AT_LISTS
        self._publish_sightings()

    def _publish_lists(self) -> None:
        with self._reading.begin() as connection:
            versions = signed_lists.versions(connection, self._town.id)
            if versions == self._published:
                return
            for kind, topic in LISTS.items():
                message = signed_lists.current(connection, self._town.id, kind)
                if message is not None and self._published.get(kind) != message.version:
                    self._link.publish(topic, message.encode(), retain=True)
                    log.info("list published", kind=kind, version=message.version)
            for gate, message in signed_lists.commands(connection, self._town.id).items():
                if self._published.get(signed_lists.commands_row(gate)) != message.version:
                    self._link.publish(Topic(gate, Name.COMMAND), message.encode(), retain=True)
                    log.info("commands published", gate=gate, version=message.version)
        self._published = versions

    def _let_gates_in(self) -> None:
        """Who may speak at the broker changes with the policy, which names the gates; on a full disk it is said again later.

        Also while there is no connection: a broker whose list is damaged does not even start.
        """
        try:
            with self._reading.begin() as connection:
                policy = signed_lists.versions(connection, self._town.id).get("policy")
                if policy != self._let_in:
                    let_gates_in(self._town, connection)
                self._link.listen_to(frozenset(gates.believed(connection, self._town.id)))
        except OSError as error:
            log.error("the broker's list of gates can't be written", error=str(error))
            self._put_off("gates", RETRY)
            return
        self._let_in, self._pause["gates"] = policy, RETRY[0]
        self._due["gates"] = self._monotonic() + LOOK_AT_LISTS

    def _look_at_the_brokers_store(self) -> None:
        """A broker that began with an empty store says so in a file: it is told once, also while there is no connection."""
        notice = self._store.notice()
        if notice is None or notice == self._store_notice:
            return
        with self._reading.begin() as connection:
            known = alerts.was_raised(connection, self._town.id, alerts.What.BROKER_STORE, notice)
        if not known:
            with self._writing.begin() as connection:
                alerts.raise_(connection, self._town.id, alerts.What.BROKER_STORE, None, notice, self._now())
        self._store_notice = notice

    def _renew_commands(self) -> None:
        """What is wanted of a gate changes by itself, too: an order expires, an answer comes. The lists' next look publishes it."""
        with self._reading.begin() as connection:
            gates_told = pending.outdated(connection, self._town.id, self._now())
        if gates_told:
            with self._writing.begin() as connection:
                for gate in gates_told:
                    pending.publish(connection, self._town.id, gate, key=self._town.key, now=self._now())

    def _publish_sightings(self) -> None:
        """Tells every gate what the last commits numbered; who was not there asks with its next hello."""
        with self._reading.begin() as connection:
            last = sightings.last(connection, self._town.id)
            if self._sighting is not None and last > self._sighting:
                for message in self._told.since(connection, self._sighting, self._now()):
                    self._link.publish(Topic(HUB, Name.SIGHTINGS), message.encode())
        self._sighting = last

    def _tell_what_was_missed(self, hellos: Sequence[tuple[str, Hello]]) -> None:
        if not hellos:
            return
        with self._reading.begin() as connection:
            for gate, hello in hellos:
                for message in self._told.answer(connection, hello, self._now()):
                    self._link.publish(Topic(gate, Name.SIGHTINGS), message.encode())

    def _state(self, *, online: bool) -> State:
        return State(online=online, conn=self._number, at=wall_text(self._now()), ledger_epoch=self._ledger_epoch)

    # --- pauses ---------------------------------------------------------------------------------------------------------

    def _is_due(self, what: str) -> bool:
        return self._monotonic() >= self._due[what]

    def _put_off(self, what: str, bounds: tuple[float, float]) -> None:
        self._due[what] = self._monotonic() + self._pause[what]
        self._pause[what] = min(self._pause[what] * 2, bounds[1])

    def _feed_watchdog(self) -> None:
        if self._notifier.watchdog_seconds and self._is_due("watchdog"):
            self._notifier.alive()
            self._due["watchdog"] = self._monotonic() + self._notifier.watchdog_seconds / 3

    def _log(self, appended: Appended) -> None:
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
    return Address(settings.broker.host, settings.broker.port, ca, certificate, key)


def listen(town: Town, stop: Event, notifier: Notifier) -> None:
    """Runs a town's listener until `stop`."""
    writing, reading = writer(town.settings.database_url), reader(town.settings.database_url)
    reading_ahead = Reading(town.id)
    link = Link(address(town.settings), f"kakou-hub-{town.id}", IN_FLIGHT, reading_ahead.begin)
    # what is loaded stays, and records hold no circles: the collector need not walk through them at every turn
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    log.info("the listener starts", town=town.id, broker=f"{town.settings.broker.host}:{town.settings.broker.port}")
    try:
        Listener(town, writing=writing, reading=reading, link=link, notifier=notifier, reading_ahead=reading_ahead).run(
            stop
        )
    finally:
        reading_ahead.close()
        writing.dispose()
        reading.dispose()
