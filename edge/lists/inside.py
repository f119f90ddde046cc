"""The vehicles inside: the last sighting of every vehicle at any gate, in the file of the lists and in memory.

Two sources: what this gate saw itself counts at once; what the hub sends, numbered without a gap in a named series, counts
when its number is next. The later of two sightings of a vehicle stands, whatever order they arrive in: a gate that was cut off
tells late. A gap or another series leaves everything as it is and makes the books `behind`, until the hub answers a new hello
with what was missed or with a snapshot.

A snapshot whose `first` is 0 begins anew; one with a higher `first`, of the same series and number, adds to it. What this gate
saw and the hub may not hold yet outlives a snapshot. The rows are not signed: what they can do is ask for a look or turn a
second entry back.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from sys import intern
from types import MappingProxyType

import structlog
from sqlite_utils import Database

from edge.contract.messages import Sighting, Sightings
from edge.contract.reasons import Direction
from edge.contract.records import parse_wall, wall_text
from edge.decision.decision import LastSeen

log = structlog.get_logger()

FORGOTTEN = timedelta(days=2)
"""A vehicle that left so long before the newest sighting is no longer remembered by the next start."""

_TABLES = (
    "create table if not exists sightings (vehicle text primary key, visit text not null, gate text not null,"
    " direction text not null, at text not null, told integer not null) without rowid",
    "create table if not exists series (one integer primary key check (one = 1), series text not null,"
    " number integer not null, received_at text not null)",
)
_KEEP = "insert or replace into sightings (vehicle, visit, gate, direction, at, told) values (?, ?, ?, ?, ?, ?)"


class Inside:
    """The vehicles inside, as one gate knows them. Not thread-safe by itself: `lists.Lists` holds its lock around what changes them.

    `last`: vehicle (plate, else pass id) -> its last sighting; read it from any thread. `number` counts in `series`; None:
    the hub has told nothing yet. `behind`: it told something that does not follow.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._last: dict[str, LastSeen] = {}
        self._own: set[str] = set()
        self.last: Mapping[str, LastSeen] = MappingProxyType(self._last)
        self.count = 0
        self.series: str | None = None
        self.number = 0
        self.received: datetime | None = None
        self.behind = False
        for table in _TABLES:
            database.execute(table)
        self._load()

    def saw(self, vehicle: str, seen: LastSeen) -> None:
        """Notes a passage at this gate, which counts before the hub has its record."""
        if self._put(vehicle, seen):
            self._own.add(vehicle)
            self._store([self._row(vehicle, seen)])

    def accept(self, told: Sightings, now: datetime, *, settled: bool) -> None:
        """Takes sightings of the hub. `settled`: the hub holds every record of this gate, so a snapshot knows them all."""
        if told.snapshot:
            self._snapshot(told, now, settled=settled)
        elif told.series == self.series or (self.series is None and told.first <= 1):
            self._follow(told, now)
        else:
            self.behind = True

    def forget_all(self) -> int:
        """Forgets every vehicle; how many those were. What the hub sends from now on is taken as before."""
        count = len(self._last)
        self._last, self._own, self.count = {}, set(), 0
        self.last = MappingProxyType(self._last)
        self._db.conn.execute("delete from sightings")
        return count

    def vouch(self, now: datetime) -> None:
        """Notes that the hub is connected and has sent every sighting: what is held is as new as this moment."""
        if self.received is not None and not self.behind:
            self.received = now

    def _follow(self, told: Sightings, now: datetime) -> None:
        if told.first > self.number + 1:
            self.behind = True
            return
        fresh = [each for each in told.sightings if each.n > self.number or self.series is None]
        self.series, self.number = told.series, max(self.number, told.last)
        self._settle(now)
        self._store(self._take(fresh))

    def _snapshot(self, told: Sightings, now: datetime, *, settled: bool) -> None:
        # an older one is taken too: what it undoes comes back as a gap, and a hub that knows less is believed in the end
        if told.first > 0:
            if (told.series, told.last) != (self.series, self.number):
                self.behind = True
                return
            self._store(self._take(told.sightings))
            return
        own = {} if settled else {vehicle: self._last[vehicle] for vehicle in self._own}
        self._last, self._own, self.count = {}, set(), 0
        self.series, self.number = told.series, told.last
        self._settle(now)
        self._take(told.sightings)
        self._own |= {vehicle for vehicle, seen in own.items() if self._put(vehicle, seen)}
        self.last = MappingProxyType(self._last)
        self._store((self._row(vehicle, seen) for vehicle, seen in self._last.items()), anew=True)

    def _settle(self, now: datetime) -> None:
        self.received, self.behind = now, False

    def _take(self, sightings: Iterable[Sighting]) -> list[tuple[object, ...]]:
        rows = []
        for each in sightings:
            vehicle = each.vehicle
            seen = LastSeen(each.visit, intern(each.gate), each.direction, parse_wall(each.at))
            if vehicle is not None and self._put(vehicle, seen):
                self._own.discard(vehicle)
                rows.append(self._row(vehicle, seen))
        return rows

    def _put(self, vehicle: str, seen: LastSeen) -> bool:
        before = self._last.get(vehicle)
        # the hub's word on a visit of our own may say its time better
        if before is not None and before.visit != seen.visit and before.at > seen.at:
            return False
        was_inside = before is not None and before.direction is Direction.IN
        self.count += (seen.direction is Direction.IN) - was_inside
        self._last[vehicle] = seen
        return True

    def _row(self, vehicle: str, seen: LastSeen) -> tuple[object, ...]:
        told = vehicle not in self._own
        return vehicle, seen.visit, seen.gate, seen.direction.value, wall_text(seen.at), int(told)

    def _load(self) -> None:
        for vehicle, visit, gate, direction, at, told in self._db.execute(
            "select vehicle, visit, gate, direction, at, told from sightings"
        ):
            self._put(vehicle, LastSeen(visit, intern(gate), Direction(direction), parse_wall(at)))
            if not told:
                self._own.add(vehicle)
        row = self._db.execute("select series, number, received_at from series").fetchone()
        if row is not None:
            self.series, self.number, self.received = row[0], int(row[1]), parse_wall(row[2])
        self._forget()

    def _forget(self) -> None:
        newest = max((seen.at for seen in self._last.values()), default=None)
        if newest is None:
            return
        old = [
            vehicle
            for vehicle, seen in self._last.items()
            if seen.direction is Direction.OUT and newest - seen.at > FORGOTTEN
        ]
        for vehicle in old:
            del self._last[vehicle]
            self._own.discard(vehicle)
        if old:
            self._write([("delete from sightings where vehicle = ?", [(vehicle,) for vehicle in old])])

    def _store(self, rows: Iterable[tuple[object, ...]], *, anew: bool = False) -> None:
        work: list[tuple[str, Iterable[tuple[object, ...]]]] = [("delete from sightings", [()])] if anew else []
        work.append((_KEEP, rows))
        if self.series is not None and self.received is not None:
            place = (self.series, self.number, wall_text(self.received))
            work.append(
                ("insert or replace into series (one, series, number, received_at) values (1, ?, ?, ?)", [place])
            )
        self._write(work)

    def _write(self, work: Iterable[tuple[str, Iterable[tuple[object, ...]]]]) -> None:
        # a disk that takes nothing does not undo what is known; the number on it stays behind, and the hub tells again
        connection = self._db.conn
        try:
            connection.execute("begin immediate")
            for statement, rows in work:
                connection.executemany(statement, rows)
            connection.execute("commit")
        except sqlite3.Error as error:
            log.error("sightings not written to disk", error=str(error))
            if connection.in_transaction:
                connection.execute("rollback")
