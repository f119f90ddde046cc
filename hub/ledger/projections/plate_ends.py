"""Every plate of the visits under each of its endings, so that any part of a plate is found by a range of an index.

`鲁B12345` stands under `鲁B12345`, `B12345`, `12345` … `5`: what holds `B12` has an ending that begins with it. It is a plain table, the
same on SQLite and PostgreSQL: a backup with a virtual table (SQLite's FTS5) would be refused by a restore as somebody's program.

Tested in `tests/hub/ledger/projections/test_plate_ends.py`.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, select
from sqlalchemy.engine import Connection

from hub.database.schema import plate_ends, visits
from hub.database.statements import LAST, Often, among, among_named, as_array, insert

LONGEST = 32
"""Characters of a plate that are looked at; one has eight, and a search at most as many as these."""

_KNOWN = Often(
    select(plate_ends.c.plate).where(
        plate_ends.c.town == bindparam("town"),
        among_named(plate_ends.c.ending, "whole"),
    )
)
_STILL = Often(
    select(visits.c.plate)
    .where(visits.c.town == bindparam("town"), among_named(visits.c.plate, "plates"))
    .group_by(visits.c.plate)
)


def ends(plate: str) -> list[str]:
    """The endings of a plate, the whole first."""
    seen = plate[:LONGEST]
    return [seen[start:] for start in range(len(seen))]


def keep(connection: Connection, town: str, plates: Iterable[str]) -> None:
    """Brings in the plates that are not there yet."""
    some = {each for each in plates if each}
    if not some:
        return
    whole = as_array(each[:LONGEST] for each in some)
    known = {plate for (plate,) in _KNOWN(connection, town=town, whole=whole)}
    rows = [{"town": town, "ending": end, "plate": plate} for plate in some - known for end in set(ends(plate))]
    insert(connection, plate_ends, rows)


def forget(connection: Connection, town: str, plates: Iterable[str]) -> None:
    """Takes out the plates that no visit has any more."""
    some = {each for each in plates if each}
    if not some:
        return
    gone = some - {plate for (plate,) in _STILL(connection, town=town, plates=as_array(some))}
    for each in gone:
        where = (plate_ends.c.town == town, among(plate_ends.c.ending, ends(each)), plate_ends.c.plate == each)
        connection.execute(delete(plate_ends).where(*where))


def holding(town: str, part: str) -> Select[tuple[str]]:
    """The plates that hold this part (normalised, at most `LONGEST` characters), each once."""
    return select(plate_ends.c.plate).where(_begins(town, part)).group_by(plate_ends.c.plate)


def some_holding(connection: Connection, town: str, part: str, most: int) -> Sequence[str] | None:
    """The plates that hold this part; None if there are more than `most`."""
    # not `holding`: where many do, DISTINCT stops early, and a group is complete only at the end
    query = select(plate_ends.c.plate).where(_begins(town, part)).distinct().limit(most + 1)
    found = connection.execute(query).scalars().all()
    return found if len(found) <= most else None


def _begins(town: str, part: str) -> ColumnElement[bool]:
    return and_(plate_ends.c.town == town, plate_ends.c.ending >= part, plate_ends.c.ending < part + LAST)
