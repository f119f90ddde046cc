"""The days on which visits of a sort came, by the counts that the hub keeps: where a search for what is rare looks, and where it need not.

Without it a search without a hit would read every visit that there ever was. Tested in `tests/hub/ledger/test_days.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from hub.database.schema import visit_sums
from hub.ledger.projections.sums import Level, What

Span = tuple[str, str | None]
"""From the beginning of a day (UTC, as a prefix of times) up to that of another, which is not in it; None: up to the end."""
EVER: Sequence[Span] = (("", None),)
LAST = date.max.isoformat()
_SUMS = visit_sums.c


def spans(connection: Connection, town: str, gate: str, wanted: Mapping[What, Collection[str]]) -> Sequence[Span]:
    """Where visits may be that count as all that is wanted (by what: one of these codes; no code: any): the oldest days first.

    A narrowed connection (`hub.database.narrowed`) counts the visits of its gates alone.
    """
    if not wanted:
        return EVER
    found: set[str] | None = None
    for what, codes in wanted.items():
        there = _days(connection, town, gate, what, codes)
        found = there if found is None else found & there
        if not found:
            return ()
    return _joined(sorted(found or ()))


def within(column: ColumnElement[Any], start: str, end: str | None) -> list[ColumnElement[bool]]:
    """The conditions of a span on a column of times."""
    return [*([column >= start] if start else []), *([column < end] if end is not None else [])]


def _days(connection: Connection, town: str, gate: str, what: What, codes: Collection[str]) -> set[str]:
    query = select(_SUMS.span).distinct().where(
        _SUMS.town == town, _SUMS.level == Level.DAY.value, _SUMS.what == what.value, _SUMS.n > 0
    )  # fmt: skip
    if gate:
        query = query.where(_SUMS.gate == gate)
    if codes:
        query = query.where(_SUMS.code.in_(sorted(codes)))
    return set(connection.execute(query).scalars())


def _joined(days: Sequence[str]) -> list[Span]:
    """Days as spans, those that follow each other as one."""
    found: list[Span] = []
    for day in days:
        after = None if day >= LAST else (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], after)
        else:
            found.append((day, after))
    return found
