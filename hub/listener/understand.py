"""Parses messages: each becomes a value of its type, or becomes noise for the quarantine with its cause.

Tested in `tests/hub/listener/test_intake.py` and `test_negative_examples.py`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import Health, Hello, Picture, State
from edge.contract.records import wall_text
from edge.contract.topics import HUB, Name, Topic
from hub.gates import status_words
from hub.ledger.budget import NOBODY, Unkept
from hub.ledger.intake import Keys, read_records
from hub.ledger.received import Quarantined, Received, cause
from hub.listener.connection import Arrival, Link
from hub.listener.journals import Journals
from hub.listener.reader_process import Reading
from hub.listener.surplus import JOURNAL, Surplus
from hub.listener.understood import Understood


class Parser:
    """Parses a town's messages. What is beyond a gate's limits is left out and counted in `surplus`."""

    def __init__(
        self,
        town: str,
        *,
        link: Link,
        surplus: Surplus,
        journals: Journals,
        reading_ahead: Reading | None,
        now: Callable[[], datetime],
    ):
        self._town, self._link, self._now = town, link, now
        self._surplus, self._journals, self._reading_ahead = surplus, journals, reading_ahead

    def understand(self, arrivals: Sequence[Arrival], keys: Keys) -> Understood:
        """The content of the messages; `keys`: of the town's gates."""
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
                self._note_seen(found, topic.owner, keys)
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
        return read_records(arrival.topic, arrival.data, town=self._town, keys=keys)

    def _understand_word(self, found: Understood, topic: Topic, data: bytes, keys: Keys) -> None:
        gate = topic.owner
        if gate not in keys:
            if topic.name in (Name.STATE, Name.HEALTH):
                # a retired gate that runs on says so every few seconds: nothing of it is worth keeping but that it does
                found.strangers.add(gate)
                return
            raise ValueError(f"gate {gate!r}: not a gate of this town")
        if topic.name is Name.HELLO:
            hello = Hello.parse(data)
            if hello.town != self._town:
                raise ValueError(f"town: expected {self._town!r}, found {hello.town!r}")
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
            found.note(gate, status_words.health_columns(Health.parse(data), wall_text(self._now())))
        self._note_seen(found, gate, keys)

    def _note_seen(self, found: Understood, gate: str, keys: Keys) -> None:
        if gate in keys:
            found.note(gate, {"last_seen": wall_text(self._now())})
