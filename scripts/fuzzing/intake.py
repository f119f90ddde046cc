"""A hostile gate against the listener's intake: the real listener, ledger and pages, without a broker between.

Beside each hostile message an honest gate sends a record of its own. What is looked for: an exception anywhere; a message that the hub
"failed at"; a record of the honest gate that is not acknowledged at once; afterwards a page that answers 500, an export that breaks, a
ledger that does not verify, or projections that are not what the entries say.
"""

import logging
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import structlog
import structlog.testing
from sqlalchemy import func, select

from edge.contract.messages import Ack
from edge.contract.records import wall_text
from edge.contract.topics import Name, Topic
from hub.database.engine import reader, writer
from hub.database.schema import entries, quarantine
from hub.enrolment.bundle import key_file
from hub.enrolment.gates import add_gate
from hub.errors import HubError
from hub.gates import store as gates
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify import verify
from hub.ledger.verify_walk import BrokenError
from hub.lifecycle.founding import found
from hub.listener.connection import Arrival
from hub.listener.listener import Listener
from hub.listener.turns import Turns
from hub.systemd import Notifier
from hub.town.secret_files import read_seed
from hub.town.settings import Settings
from hub.town.town import Town
from scripts.fuzzing.hostile import AckedJournal, Hostile
from scripts.fuzzing.pages import look_at_every_page

TOWN, HOSTILE, HONEST = "demo", "east", "south"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
A_TOWN = 400
"""Messages until another town is founded: one gate's words fill its room in the quarantine, and then are not kept."""
PAUSE = 30.0
"""Seconds of the listener's clock between two messages, so that no limit on a gate's words is met."""


@dataclass(slots=True)
class Found:
    """What was thrown, what became of it, and what went wrong (the first faults are told)."""

    inputs: int = 0
    messages: int = 0
    pages: int = 0
    became: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Returns True if nothing went wrong."""
        return not self.faults

    def lines(self) -> list[str]:
        """The report as text."""
        return [
            f"inputs      {self.inputs:,} words and records in {self.messages:,} messages",
            f"became      {', '.join(f'{what} {times:,}' for what, times in sorted(self.became.items()))}",
            f"pages       {self.pages:,} looked at afterwards",
            f"faults      {len(self.faults)}",
            *(f"  {each}" for each in self.faults[:5]),
        ]


class Wire:
    """Instead of the connection to a broker: what is put is heard at once, what is published is kept."""

    def __init__(self, monotonic: Any) -> None:
        self.turns: Turns[Arrival] = Turns(monotonic)
        self.acks: dict[str, Ack] = {}
        self.online, self.broken = True, False
        self.open = 0

    def say(self, topic: Topic, data: bytes) -> None:
        """A message of a gate arrives."""
        if self.turns.admit(str(topic), len(data)):
            self.open += 1
            self.turns.put(Arrival(str(topic), data, 1, 1, 1))

    def publish(self, topic: Topic, data: bytes, *, retain: bool = False) -> None:
        """The hub speaks."""
        if topic.name is Name.ACK:
            self.acks[topic.owner] = Ack.parse(data)

    def done(self, _arrival: Arrival) -> None:
        """The hub has dealt with a message."""
        self.open -= 1

    def listen_to(self, gates: frozenset[str]) -> None:
        """Which gates there are."""
        self.turns.gates = gates

    def connect(self, *_: object) -> None: ...
    def settle(self) -> None: ...
    def offend(self, _gate: str) -> None: ...
    def close(self, *_: object) -> None: ...


def throw(inputs: int, seed: int, say: Any = lambda _line: None) -> Found:
    """So many changed words and records, town after town; `say` is told how far it is."""
    report, number = Found(), 0
    with _quiet() as logged:
        while report.inputs < inputs and len(report.faults) < 20:
            random = Random(f"{seed} {number}")  # noqa: S311 -- messages, no secrets
            with tempfile.TemporaryDirectory(prefix="kakou-fuzz-") as folder:
                _one_town(Path(folder) / "town", random, inputs, report, logged)
            number += 1
            say(f"{report.inputs:,} of {inputs:,}, {len(report.faults)} faults")
    return report


def _one_town(folder: Path, random: Random, inputs: int, report: Found, logged: list[Any]) -> None:
    settings = Settings.of({"town": TOWN}, folder)
    founded = found(settings, START)
    with _engines(settings) as (writing, reading):
        with writing.begin() as connection:
            for gate in (HOSTILE, HONEST):
                add_gate(founded.town, connection, gate, zh=gate, en=gate, by="cli", now=START)
        thrower = _Thrower(Town.open(folder), random, writing, reading)
        for _ in range(A_TOWN):
            if report.inputs >= inputs:
                break
            thrower.throw(report, logged)
        report.became.update(thrower.counts())
        _afterwards(thrower, report)
    report.pages += look_at_every_page(folder, founded.login, founded.password, thrower.now, report.faults)


class _Thrower:
    """One town's listener, with a hostile and an honest gate."""

    def __init__(self, town: Town, random: Random, writing: Any, reading: Any) -> None:
        self.now, self._seconds = START, 1000.0
        self.town, self.writing, self.reading = town, writing, reading
        self._random, self._hostile = random, Hostile(random)
        self._wire = Wire(lambda: self._seconds)
        self._listener = Listener(
            town, writing=writing, reading=reading, link=self._wire,  # type: ignore[arg-type]  # all of a link that it uses
            notifier=Notifier({}), now=lambda: self.now, monotonic=lambda: self._seconds,
        )  # fmt: skip
        self._journals = {
            gate: AckedJournal(
                town.id, gate, read_seed(key_file(town.settings, gate)), sha256(random.randbytes(8)).hexdigest()[:32]
            )
            for gate in (HOSTILE, HONEST)
        }
        self._listener.turn()

    def throw(self, report: Found, logged: list[Any]) -> None:
        """One hostile message and an honest one, whichever comes first."""
        hostile, honest = self._journals[HOSTILE], self._journals[HONEST]
        topic, data, count = self._hostile.message(hostile)
        report.inputs, report.messages = report.inputs + count, report.messages + 1
        words = [(topic, data), self._hostile.honest(honest, self._random.randbytes(16).hex(), wall_text(self.now))]
        self._random.shuffle(words)
        logged.clear()
        for each in words:
            self._wire.say(*each)
        try:
            for _ in range(4):
                self._listener.turn()
                if not self._wire.open:
                    break
            self.now, self._seconds = self.now + timedelta(seconds=PAUSE), self._seconds + PAUSE
        except Exception:  # any at all is what is looked for
            report.faults.append(f"{topic}: {traceback.format_exc(limit=-2).strip()} on {data[:300]!r}")
        for entry in logged:
            if entry.get("exc_info") or "exception" in entry or entry["log_level"] in ("critical",):
                report.faults.append(f"{topic}: {entry['event']} on {data[:300]!r}")
        self._follow(report, topic, data)

    def _follow(self, report: Found, topic: Topic, data: bytes) -> None:
        """Both journals go on where the hub holds them; the honest one must have moved."""
        wanted = self._journals[HONEST].seq + 1
        for gate, journal in self._journals.items():
            ack = self._wire.acks.get(gate)
            if ack is not None and ack.epoch == journal.epoch:
                journal.held(ack.committed, ack.hash)
        if self._journals[HONEST].seq != wanted:
            report.faults.append(
                f"{topic}: the honest gate's record {wanted} is not acknowledged, after {data[:300]!r}"
            )
        if self._wire.open:
            report.faults.append(f"{topic}: {self._wire.open} messages were never dealt with, after {data[:300]!r}")
            self._wire.open = 0

    def counts(self) -> Counter[str]:
        """What stands in the ledger and in the quarantine."""
        with self.reading.begin() as connection:
            both = {"entries": entries, "quarantined": quarantine}
            return Counter(
                {
                    what: connection.execute(select(func.count()).select_from(table)).scalar_one()
                    for what, table in both.items()
                }
            )


def _afterwards(thrower: _Thrower, report: Found) -> None:
    """The ledger proves itself, and what is derived from it is what it was."""
    for what, work in (("verify", _verify), ("rebuild", _rebuild), ("verify after rebuild", _verify)):
        try:
            work(thrower)
        except (BrokenError, HubError) as error:
            report.faults.append(f"{what}: {error}")
        except Exception:  # any at all is what is looked for
            report.faults.append(f"{what}: {traceback.format_exc(limit=-3).strip()}")


def _verify(thrower: _Thrower) -> None:
    with thrower.reading.begin() as connection:
        keys = gates.keys(connection, thrower.town.id, retired=True)
        verify(connection, thrower.town.id, gates=keys, hub=thrower.town.key.public_key())


def _rebuild(thrower: _Thrower) -> None:
    with thrower.writing.begin() as connection:
        rebuild(connection, thrower.town.id)


@contextmanager
def _engines(settings: Settings) -> Iterator[tuple[Any, Any]]:
    both = writer(settings.database_url), reader(settings.database_url)
    try:
        yield both
    finally:
        for each in both:
            each.dispose()


@contextmanager
def _quiet() -> Iterator[list[Any]]:
    """What is logged goes into a list and nowhere else."""
    before = structlog.get_config()
    with structlog.testing.capture_logs() as logged:
        logging.disable(logging.CRITICAL)
        try:
            yield logged
        finally:
            logging.disable(logging.NOTSET)
            structlog.configure(**before)
