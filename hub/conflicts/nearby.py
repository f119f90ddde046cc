"""Finds the passages of a vehicle that are to be compared with new ones: all that are near in time; of one that passes all day, the nearest.

What a passage changes lies beside it. So of a vehicle with more than `FEW` passages near in time only the `NEAREST` before and after each
new one are read: a plate with thousands of passages (a cloned one, a gate that invents them) costs each later passage no more than that.
(What a passage under an unsynced clock keeps open is, for such a vehicle, looked for among these alone.)

Tested in `tests/hub/visits/test_bounded.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.conflicts.evidence import NO_PLATE, PASSAGES, neighbour
from hub.conflicts.rules import Passage
from hub.database.schema import visits
from hub.database.statements import Often, among_named, as_array

FEW = 80
"""Passages of one vehicle near in time up to which all of them are compared."""
NEAREST = 40
"""Passages before a new one, and after it, that are read of a vehicle with more."""
SURE = 20
"""Of them those whose neighbours are all read, so that what is found or no longer found of them counts."""
AGAIN = 10
"""Passages from one new passage to the next within which one look does for both."""

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Passages of one vehicle without a hole between them, in order of time; `sure`: the visits about which the stretch is complete."""

    passages: Sequence[Passage]
    sure: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Question:
    """How the passages of vehicles of one sort are asked for."""

    of_all: Often
    of_one: Often
    below: Often
    above: Often


def _question(column: Any, *more: Any) -> _Question:
    within = PASSAGES.where(*more, visits.c.closed_at.between(bindparam("start"), bindparam("end")))
    of_one = PASSAGES.where(*more, column == bindparam("name"))
    later, earlier = (visits.c.closed_at, visits.c.visit_id), (visits.c.closed_at.desc(), visits.c.visit_id.desc())
    most: BindParameter[int] = bindparam("most")
    at: BindParameter[str] = bindparam("at")
    return _Question(
        Often(within.where(among_named(column, "names")).limit(most)),
        Often(within.where(column == bindparam("name")).limit(most)),
        Often(of_one.where(visits.c.closed_at <= at).order_by(*earlier).limit(most)),
        Often(of_one.where(visits.c.closed_at > at).order_by(*later).limit(most)),
    )


_OF_PLATES = _question(visits.c.plate)
_OF_BARE_PASSES = _question(visits.c.pass_id, NO_PLATE)


@dataclass(frozen=True, slots=True)
class Near:
    """Looks for the passages near new ones; `new` are those, `reach` is how far apart two may be and still say something together."""

    connection: Connection
    town: str
    new: Mapping[str, Passage]
    reach: timedelta

    def stretches(self, plates: Sequence[str], pass_ids: Sequence[str]) -> Iterator[Stretch]:
        """The stretches to be compared of these plates, and of these passes where no plate is known."""
        for question, names in ((_OF_PLATES, plates), (_OF_BARE_PASSES, pass_ids)):
            if names:
                yield from self._of(question, names)

    def _of(self, question: _Question, names: Sequence[str]) -> Iterator[Stretch]:
        most = FEW * len(names) + 1
        span = self._span()
        rows = question.of_all(self.connection, town=self.town, names=as_array(names), most=most, **span)
        if len(rows) < most:
            yield from self._whole(rows)
            return
        for name in names:
            rows = question.of_one(self.connection, town=self.town, name=name, most=FEW + 1, **span)
            yield from self._whole(rows) if len(rows) <= FEW else self._nearest(question, name)

    def _span(self) -> dict[str, str]:
        # twice the reach beyond what is judged, so that each that is judged has its neighbours
        times = self._moments()
        return {"start": wall_text(times[0] - 3 * self.reach), "end": wall_text(times[-1] + 3 * self.reach)}

    def _moments(self) -> list[datetime]:
        return sorted(each.passed for each in self.new.values() if each.passed is not None)

    def _whole(self, rows: Iterable[Row]) -> Iterator[Stretch]:
        times = self._moments()
        first, last = times[0] - self.reach, times[-1] + self.reach
        vehicles: dict[str, list[Passage]] = {}
        for one in self._seen(rows):
            vehicles.setdefault(_name(one), []).append(one)
        for passages in vehicles.values():
            near = (each.visit for each in passages if each.passed is not None and first <= each.passed <= last)
            yield Stretch(passages, frozenset(near))

    def _nearest(self, question: _Question, name: str) -> Iterator[Stretch]:
        of_it = sorted(each.passed for each in self.new.values() if each.passed is not None and _name(each) == name)
        covered: datetime | None = None
        # a name that no new passage has any more (a correction) is looked at around all of them
        for moment in of_it or self._moments():
            if covered is not None and moment <= covered:
                continue
            asked = {"town": self.town, "name": name, "at": wall_text(moment), "most": NEAREST}
            below = self._seen(question.below(self.connection, **asked))
            above = self._seen(question.above(self.connection, **asked))
            near = [*below[-SURE:], *above[:SURE]]
            within = (each for each in near if each.passed is not None and abs(each.passed - moment) <= self.reach)
            yield Stretch([*below, *above], frozenset(each.visit for each in within))
            covered = above[AGAIN - 1].passed if len(above) >= AGAIN else None
            if len(above) < AGAIN:
                return

    def _seen(self, rows: Iterable[Row]) -> list[Passage]:
        found = [self.new.get(row[0]) or neighbour(row) for row in rows]
        return sorted((each for each in found if each is not None), key=_order)


def _name(one: Passage) -> str:
    return one.plate or one.pass_id or ""


def _order(one: Passage) -> tuple[datetime, str]:
    assert one.passed is not None, "only passages are looked for"
    return one.passed, one.visit
