"""The plates, names and phone numbers that are to go, as a set that texts are searched with; it stands in memory only.

Tested in `tests/hub/destruction/test_traces.py`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind
from hub.database.schema import entries, passes, visits, watched

SHORTEST = 4
"""Characters of a value that is searched for; a name in Chinese may have two."""
NAMED = 200
"""Entries that a report names."""
FREE_TEXT = (
    Kind.OVERRIDDEN, Kind.CORRECTED, Kind.RELEASED, Kind.CONFLICT_SETTLED, Kind.ALARM_RAISED, Kind.ORDER_RECEIVED, Kind.LOST,
    Kind.DUTY_STARTED, Kind.DUTY_ENDED,
)  # fmt: skip
"""Kinds whose hashed bytes hold words that people typed."""


class Values:
    """A set of values, and a quick search for any of them in a text."""

    def __init__(self, values: Iterable[str]) -> None:
        self._by_begin: defaultdict[str, dict[int, set[str]]] = defaultdict(dict)
        self.count = 0
        for value in {spelt for each in values if _is_searched(each) for spelt in _spellings(each)}:
            self._by_begin[value[:2]].setdefault(len(value), set()).add(value)
            self.count += 1

    def __bool__(self) -> bool:
        return bool(self._by_begin)

    def stands_in(self, text: str) -> bool:
        """Returns True if any of the values stands in the text."""
        for place in range(len(text) - 1):
            found = self._by_begin.get(text[place : place + 2])
            if found and any(text[place : place + size] in same for size, same in found.items()):
                return True
        return False


def of_town(connection: Connection, town: str) -> Values:
    """Every plate, driver and phone number of visits, passes and the watch list."""
    return Values(_every(connection, town))


def _every(connection: Connection, town: str) -> Iterator[str]:
    columns = (visits.c.plate, visits.c.driver, visits.c.phone, passes.c.plate, watched.c.plate)
    for column in columns:
        query = select(column).where(column.table.c.town == town, column.is_not(None)).distinct()
        for (value,) in connection.execute(query.execution_options(yield_per=2000)):
            yield str(value)


def in_hashed_bytes(connection: Connection, town: str, values: Values) -> list[int]:
    """The entries in whose hashed bytes somebody typed one of the values: those cannot be taken out."""
    kinds = [kind.value for kind in FREE_TEXT]
    query = select(entries.c.id, entries.c.raw).where(entries.c.town == town, entries.c.kind.in_(kinds))
    return [row.id for row in connection.execute(query.execution_options(yield_per=2000)) if values.stands_in(row.raw)]


def _is_searched(value: str) -> bool:
    return len(value) >= (SHORTEST if value.isascii() else 2)


def _spellings(value: str) -> set[str]:
    return {value, json.dumps(value)[1:-1]}
