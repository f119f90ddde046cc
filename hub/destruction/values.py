"""The plates, names and phone numbers that are to go, as a set that texts are searched with; it stands in memory only.

Tested in `tests/hub/destruction/test_traces.py`.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind
from hub.database.schema import duty_staff, entries, passes, plan_marks, register_rows, visits, watched
from hub.values.stored import said

SHORTEST = 4
"""Characters of a value that is searched for; a name in Chinese may have two."""
NAMED = 200
"""Entries that a report names."""
FREE_TEXT = (
    Kind.OVERRIDDEN, Kind.CORRECTED, Kind.RELEASED, Kind.CONFLICT_SETTLED, Kind.ALARM_RAISED, Kind.ORDER_RECEIVED, Kind.LOST,
    Kind.DUTY_STARTED, Kind.DUTY_ENDED,
)  # fmt: skip
"""Kinds whose hashed bytes hold words that people typed."""


COLUMNS = (
    visits.c.plate, visits.c.driver, visits.c.phone, passes.c.plate, watched.c.plate, duty_staff.c.name, duty_staff.c.phone,
    plan_marks.c.officer, plan_marks.c.phone,
)  # fmt: skip
"""Columns with a plate, a name or a number of a telephone in each row."""
_CHINESE = re.compile("[\u4e00-\u9fff]")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 -]{6,17}(?<!-\d\d)")


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
    """Every plate, name and phone number of visits, passes and the watch list, and what registers, duty staff and plans say of persons."""
    return Values(_every(connection, town))


def _every(connection: Connection, town: str) -> Iterator[str]:
    for column in COLUMNS:
        query = select(column).where(column.table.c.town == town, column.is_not(None)).distinct()
        for (value,) in connection.execute(query.execution_options(yield_per=2000)):
            yield str(value)
    query = select(register_rows.c.private).where(register_rows.c.town == town, register_rows.c.private != "{}")
    for (text,) in connection.execute(query.execution_options(yield_per=2000)):
        yield from filter(_is_someones, _leaves(said(text)))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)


def _is_someones(value: str) -> bool:
    """Not a day, a number or a choice, which stand in any log: words with Chinese in them, or digits as a telephone has them."""
    return bool(_CHINESE.search(value)) if not value.isascii() else bool(_TELEPHONE.fullmatch(value))


def in_hashed_bytes(connection: Connection, town: str, values: Values) -> list[int]:
    """The entries in whose hashed bytes somebody typed one of the values: those cannot be taken out."""
    kinds = [kind.value for kind in FREE_TEXT]
    query = select(entries.c.id, entries.c.raw).where(entries.c.town == town, entries.c.kind.in_(kinds))
    return [row.id for row in connection.execute(query.execution_options(yield_per=2000)) if values.stands_in(row.raw)]


def _is_searched(value: str) -> bool:
    return len(value) >= (SHORTEST if value.isascii() else 2)


def _spellings(value: str) -> set[str]:
    """As it is, as JSON has it, and as an address has it."""
    return {value, json.dumps(value)[1:-1], quote(value)}
