"""Records under numbers that the ledger has passed without one, for their gate had called them lost: late, or a fork.

Nothing is held under such a number, so the record is no second one. It is *late* as long as nothing speaks against it, and is kept
under that name; it becomes no entry, for its gate has signed that it would never come. Where the records beside the gap are chained
to another one, it is of another journal: a fork.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.engine import Connection

from hub.database.schema import entries, quarantine


class Link(NamedTuple):
    """How a held record stands in its gate's chain."""

    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a record is not taken; `is_fork`: it is of another journal, otherwise it is late."""

    why: str
    is_fork: bool


@dataclass(frozen=True, slots=True)
class HeldJournal:
    """One journal as it is held: in the database, and in `fresh` what this transaction adds."""

    connection: Connection
    town: str
    gate: str
    epoch: str
    fresh: Mapping[int, Link]

    def links(self, first: int, last: int) -> dict[int, Link]:
        """The records that are held in a range."""
        found = {seq: link for seq, link in self.fresh.items() if first <= seq <= last}
        for table in (entries, quarantine):
            query = select(table.c.seq, table.c.prev, table.c.hash).where(
                *self._held(table), table.c.seq.between(first, last)
            )
            found |= {row.seq: Link(row.prev, row.hash) for row in self.connection.execute(query)}
        return found

    def gap(self, seq: int) -> tuple[int, int]:
        """The first and the last of the numbers around one under which nothing is held."""
        below = [0, *(each for each in self.fresh if each < seq)]
        above = [each for each in self.fresh if each > seq]
        for table in (entries, quarantine):
            held = self._held(table)
            lower = self.connection.execute(select(func.max(table.c.seq)).where(*held, table.c.seq < seq)).scalar()
            higher = self.connection.execute(select(func.min(table.c.seq)).where(*held, table.c.seq > seq)).scalar()
            below += [] if lower is None else [lower]
            above += [] if higher is None else [higher]
        return max(below) + 1, min(above, default=seq + 1) - 1

    def _held(self, table: Table) -> tuple[ColumnElement[bool], ...]:
        place = (table.c.town == self.town, table.c.gate == self.gate, table.c.epoch == self.epoch)
        return (*place, table.c.hash.is_not(None))


def doubts(journal: HeldJournal, first: int, items: Sequence[Link], missing: Sequence[int]) -> dict[int, Doubt]:
    """The doubts about the records of a batch from `first` on whose numbers are in `missing` (in order)."""
    links = journal.links(first - 1, first + len(items))
    found: dict[int, Doubt] = {}
    for begin, end in _runs(missing):
        run = items[begin - first : end - first + 1]
        doubt = _doubt(journal, begin, end, run, links)
        found |= dict.fromkeys(range(begin, end + 1), doubt)
    return found


def _doubt(journal: HeldJournal, begin: int, end: int, run: Sequence[Link], links: Mapping[int, Link]) -> Doubt:
    before, after = links.get(begin - 1), links.get(end + 1)
    if before is not None and run[0].prev != before.hash:
        return Doubt(f"prev of record {begin} is not the hash of record {begin - 1}, which is held", is_fork=True)
    if after is not None and after.prev != run[-1].hash:
        return Doubt(f"record {end + 1}, which is held, is not chained to this record {end}", is_fork=True)
    first, last = journal.gap(begin)
    why = f"late: records {begin} to {end} arrived, although their gate had called records {first} to {last} lost"
    return Doubt(why, is_fork=False)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of numbers without a hole."""
    breaks = [place for place, (one, then) in enumerate(pairwise(numbers), start=1) if then != one + 1]
    for begin, end in zip([0, *breaks], [*breaks, len(numbers)], strict=True):
        if begin < end:
            yield numbers[begin], numbers[end - 1]


def hashes_of(data: bytes) -> tuple[str, ...]:
    """The hashes of the records in a batch that is held outside the ledger; none where its bytes cannot be read any more."""
    try:
        return tuple(str(each["hash"]) for each in json.loads(data)["records"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()
