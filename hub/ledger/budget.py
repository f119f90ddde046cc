"""Limits how much of one gate's messages is kept beside the ledger: a room for each sort, which no other gate can fill.

What lies in the quarantine unjudged counts, and what is held ahead of a hole; whatever somebody has judged is free again. Beyond
its room a message is not kept but counted (`unkept`), and nothing that was kept makes way for it. No record is lost by that: noise
is none, and forks, batches sent ahead and poison are still at their gate, which lets go only of what was acknowledged.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.engine import Connection

from edge.contract.limits import AHEAD, FORKS, LATE, NOISE, POISON, Room
from hub.database.schema import ahead, gates, judged, quarantine
from hub.database.statements import Often
from hub.ledger.received import Poison, Quarantined, Received, Sort, digest

ROOMS: dict[Sort, Room] = {Sort.NOISE: NOISE, Sort.FORK: FORKS, Sort.LATE: LATE, Sort.POISON: POISON, Sort.AHEAD: AHEAD}
NOBODY = ""
"""Instead of a gate's id: a message that comes from no gate of the town."""


def _unjudged(of_gate: ColumnElement[bool]) -> Often:
    done = exists().where(judged.c.town == quarantine.c.town, judged.c.quarantine == quarantine.c.id)
    size = func.coalesce(func.sum(func.length(quarantine.c.raw)), 0)
    return Often(
        select(func.count(), size)
        .select_from(quarantine)
        .where(quarantine.c.town == bindparam("town"), of_gate, quarantine.c.sort == bindparam("sort"), ~done)
    )


_GATES = Often(select(gates.c.gate).where(gates.c.town == bindparam("town"), gates.c.retired_at.is_(None)))
_A_GATE = exists().where(
    gates.c.town == quarantine.c.town, gates.c.gate == quarantine.c.gate, gates.c.retired_at.is_(None)
)
_OF_GATE = _unjudged(quarantine.c.gate == bindparam("gate"))
_OF_NOBODY = _unjudged(~_A_GATE)
_HELD_AHEAD = Often(
    select(func.count(), func.coalesce(func.sum(func.length(ahead.c.raw)), 0)).where(
        ahead.c.town == bindparam("town"), ahead.c.gate == bindparam("gate")
    )
)
_KNOWN = Often(
    select(quarantine.c.id).where(quarantine.c.town == bindparam("town"), quarantine.c.digest == bindparam("digest"))
)


@dataclass(frozen=True, slots=True)
class Unkept:
    """Messages of one gate (or `NOBODY`) that were not kept: what they are, how many, how many bytes."""

    gate: str
    what: str
    messages: int
    bytes: int


class Rooms:
    """The rooms of all gates within one transaction; each is looked up when the first message asks for it."""

    def __init__(self, connection: Connection, town: str):
        self._connection, self._town = connection, town
        self._left: dict[tuple[str, Sort], tuple[int, int]] = {}
        self._unkept: dict[tuple[str, str], tuple[int, int]] = {}
        self._gates: frozenset[str] | None = None

    def keeps(self, message: Quarantined) -> bool:
        """Returns True if a message is to be written into the quarantine; counts it if there is no room for it.

        One that is there already is no second one. A record that holds a place was let in by `fits`, and what was held ahead had its
        room there: neither is ever left out.
        """
        gate, size = self._owner(message.gate), len(message.raw)
        if message.sort in (Sort.POISON, Sort.AHEAD) or self._take(gate, message.sort, 1, size):
            return True
        known = digest(message.topic, message.raw, message.hash)
        if not _KNOWN(self._connection, town=self._town, digest=known):
            self._count(gate, message.sort, 1, size)
        return False

    def fits(self, batch: Received) -> bool:
        """Returns True if there is room for every record of a batch that can't be taken; False: it waits at its gate, whole."""
        poison = [item for item in batch.items if isinstance(item, Poison)]
        size = sum(len(item.data) for item in poison)
        if not poison or self._take(batch.gate, Sort.POISON, len(poison), size):
            return True
        self._count(batch.gate, Sort.POISON, len(poison), size)
        return False

    def takes_ahead(self, gate: str, size: int) -> bool:
        """Returns True if a batch that was sent ahead is to be held; counts it if not."""
        if self._take(gate, Sort.AHEAD, 1, size):
            return True
        self._count(gate, Sort.AHEAD, 1, size)
        return False

    @property
    def unkept(self) -> tuple[Unkept, ...]:
        """The messages that were not kept in this transaction."""
        return tuple(Unkept(gate, what, *counts) for (gate, what), counts in self._unkept.items())

    def _owner(self, gate: str | None) -> str:
        """Whose room it is: every name that is no gate of the town shares one."""
        if self._gates is None:
            self._gates = frozenset(row[0] for row in _GATES(self._connection, town=self._town))
        return gate if gate is not None and gate in self._gates else NOBODY

    def _take(self, gate: str, sort: Sort, rows: int, size: int) -> bool:
        left = self._left.get((gate, sort))
        if left is None:
            left = self._look(gate, sort)
        if rows > left[0] or size > left[1]:
            self._left[gate, sort] = left
            return False
        self._left[gate, sort] = (left[0] - rows, left[1] - size)
        return True

    def _look(self, gate: str, sort: Sort) -> tuple[int, int]:
        asked: dict[str, str] = {"town": self._town, "sort": sort.value}
        found = [
            _OF_NOBODY(self._connection, **asked) if gate == NOBODY else _OF_GATE(self._connection, gate=gate, **asked)
        ]
        if sort is Sort.AHEAD:
            found.append(_HELD_AHEAD(self._connection, town=self._town, gate=gate))
        room = ROOMS[sort]
        return room.rows - sum(row[0] for (row,) in found), room.bytes - sum(row[1] for (row,) in found)

    def _count(self, gate: str, what: Sort, messages: int, size: int) -> None:
        before = self._unkept.get((gate, what.value), (0, 0))
        self._unkept[gate, what.value] = (before[0] + messages, before[1] + size)


def together(counts: Iterable[Unkept]) -> tuple[Unkept, ...]:
    """The counts added up, one for each gate and `what`."""
    found: dict[tuple[str, str], Unkept] = {}
    for each in counts:
        before = found.get((each.gate, each.what))
        more = (0, 0) if before is None else (before.messages, before.bytes)
        found[each.gate, each.what] = Unkept(each.gate, each.what, more[0] + each.messages, more[1] + each.bytes)
    return tuple(found.values())
