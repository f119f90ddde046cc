"""Who was signed on at a gate from when to when, as the gate's records say it, and how one handed over to the next.

A gate has one officer signed on at a time: a record `shift_started` begins a time on duty, `shift_ended` or the next `shift_started` ends it.
Nothing here writes; the records stand in `gate_events` (`hub.ledger.projections.gate_events`), a note of a handover beside its entry.

Tested in `tests/hub/roster/test_served.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind
from hub.database.schema import entries, gate_events
from hub.values.stored import code_of, pairs_of, said, text_of, whole_of

KINDS = (Kind.SHIFT_STARTED.value, Kind.SHIFT_ENDED.value)
MOST = 5000
"""Records that one look reads."""

Mark = tuple[str, str, int]
"""A record: gate, journal, number."""


@dataclass(frozen=True, slots=True)
class Served:
    """A time on duty at a gate; `end` None: it goes on, as far as records say. `to`, `open_matters`, `mark`: of how it was handed over."""

    gate: str
    officer: str
    start: str
    end: str | None = None
    to: str | None = None
    open_matters: int | None = None
    mark: Mark | None = None

    def covers(self, at: str) -> bool:
        """Returns True if the officer was on duty at this moment."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Handover:
    """How a time on duty at a gate ended: what was open, the note, and who came next (None: nobody yet)."""

    served: Served
    note: str
    next_: Served | None

    @property
    def state(self) -> str:
        """`done`, `left` (with matters left open), or `waiting` (nobody has taken over)."""
        if self.next_ is None:
            return "waiting"
        return "left" if self.served.open_matters else "done"


def between(connection: Connection, town: str, start: str, end: str, gates: Iterable[str]) -> list[Served]:
    """The times on duty at these gates that reach into the time between two moments, in order of their beginning."""
    found: list[Served] = []
    for gate in gates:
        here = (gate_events.c.town == town, gate_events.c.gate == gate, gate_events.c.kind.in_(KINDS))
        order = (gate_events.c.at.desc(), gate_events.c.epoch.desc(), gate_events.c.seq.desc())
        before = select(gate_events).where(*here, gate_events.c.at < start).order_by(*order).limit(2)
        within = select(gate_events).where(*here, gate_events.c.at >= start, gate_events.c.at < end)
        rows = [*reversed(connection.execute(before).all())]
        forwards = within.order_by(gate_events.c.at, gate_events.c.epoch, gate_events.c.seq).limit(MOST)
        rows += connection.execute(forwards).all()
        # the record that ended what began before `end` may lie behind it
        behind = select(gate_events).where(*here, gate_events.c.at >= end)
        rows += connection.execute(
            behind.order_by(gate_events.c.at, gate_events.c.epoch, gate_events.c.seq).limit(1)
        ).all()
        found += [each for each in paired(rows) if each.start < end and (each.end is None or each.end > start)]
    return sorted(found, key=lambda each: (each.start, each.gate))


def paired(rows: Sequence[Row[Any]]) -> list[Served]:
    """The times on duty that records of one gate, in their order, make."""
    found: list[Served] = []
    open_: Served | None = None
    for row in rows:
        officer = code_of(row.officer)
        if officer is None:
            continue
        if row.kind == Kind.SHIFT_STARTED.value:
            if open_ is not None:
                found.append(replace(open_, end=row.at))
            open_ = Served(row.gate, officer, row.at)
        elif open_ is not None and open_.officer == officer:
            detail = said(row.detail)
            found.append(
                replace(
                    open_, end=row.at, to=code_of(detail.get("to")), open_matters=whole_of(detail.get("open_matters")),
                    mark=(row.gate, row.epoch, row.seq),
                )
            )  # fmt: skip
            open_ = None
    return found if open_ is None else [*found, open_]


def handovers(connection: Connection, town: str, times: Sequence[Served]) -> list[Handover]:
    """How each of these times on duty ended, of those that a record ended, newest first."""
    ended = [each for each in times if each.mark is not None]
    notes = _notes(connection, town, [each.mark for each in ended if each.mark is not None])
    found = []
    for each in ended:
        after = (one for one in times if one.gate == each.gate and one.start >= (each.end or "") and one is not each)
        next_ = min(after, key=lambda one: one.start, default=None)
        found.append(Handover(each, notes.get(each.mark, "") if each.mark else "", next_))
    return sorted(found, key=lambda one: one.served.end or "", reverse=True)


def _notes(connection: Connection, town: str, marks: Sequence[Mark]) -> Mapping[Mark, str]:
    """What officers wrote for the next one; nothing where it was destroyed."""
    found: dict[Mark, str] = {}
    for place in range(0, len(marks), 100):
        some = marks[place : place + 100]
        of_marks = or_(
            *(and_(entries.c.gate == gate, entries.c.epoch == epoch, entries.c.seq == seq) for gate, epoch, seq in some)
        )
        query = select(entries.c.gate, entries.c.epoch, entries.c.seq, entries.c.private)
        for row in connection.execute(query.where(entries.c.town == town, of_marks)):
            pair = pairs_of(row.private).get("remark")
            if pair is not None and (note := text_of(pair[1])):
                found[(row.gate, row.epoch, row.seq)] = note
    return found
