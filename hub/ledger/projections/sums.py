"""Counts of visits by hour, day and month: the table `visit_sums`, from which every figure of the console is added up.

A visit that changes takes what it counted for out and puts in what it counts for now, in the hour in which it began (its gate's time), so
that late uploads and corrections land where they belong. A visit whose beginning the hub does not know counts nowhere.

A day and a month (UTC) hold the sum of their hours. So a range is added up from its months, the days beside them and the hours at its ends.

Waiting times are counted in buckets of fixed width (`BUCKETS`), because counts of equal buckets can be added: a percentile of any range is then
known to the width of its bucket. Litres are whole millilitres, so that taking out and putting in leaves nothing behind.

Tested in `tests/hub/ledger/projections/test_sums.py` and `tests/hub/reports/test_recount.py`.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, delete
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome
from edge.contract.reasons import Verdict
from hub.database.schema import visit_sums
from hub.database.statements import add
from hub.values.stored import MOST, NO_TIME, SHORT


class What(StrEnum):
    """The kinds of counts."""

    DIRECTION = "direction"
    CLASS = "class"
    REASON = "reason"
    VERDICT = "verdict"
    READ_BY = "read_by"
    OUTCOME = "outcome"
    DISINFECTED = "disinfected"
    PASSED = "passed"
    """Visits whose vehicle drove through, by direction."""
    REFUSED = "refused"
    """Visits with the verdict stop, and those that were turned back."""
    OVERRIDDEN = "overridden"
    """Visits that an officer let through: against the verdict, or without the disinfection."""
    WAITED = "waited"
    """Visits whose vehicle drove through, by how long it waited (`BUCKETS`)."""
    LITRES = "litres"
    """Millilitres of solution."""
    MOVED = "moved"
    """By how many the vehicles inside became more, in the hour in which they drove through (`moves.py`)."""
    EVERY_GATE = "every_gate"
    """The counts of an hour that a chart over time draws (`SERIES`), of all gates together: few rows for many hours."""


class Level(StrEnum):
    """The lengths of time for which there are counts."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


CHARACTERS = {Level.HOUR: 13, Level.DAY: 10, Level.MONTH: 7}
"""Of a time in RFC 3339 that name its hour, its day, its month."""
BUCKETS = (
    *range(5, 60, 5), *range(60, 120, 10), *range(120, 300, 30), *range(300, 600, 60), *range(600, 1800, 300),
    *range(1800, 3600, 600), *range(3600, 4 * 3600, 1800), *range(4 * 3600, 24 * 3600 + 1, 4 * 3600),
)  # fmt: skip
"""The longest wait of each bucket, in seconds."""
LONGER = "more"
UNKNOWN = "unknown"
"""Of a wait whose beginning or end no clock knows."""
_NAMES = (*(f"{each:06d}" for each in BUCKETS), LONGER)
LITRES_MOST = MOST / 1000

Key = tuple[str, str, str, str]
"""What (the plain text: an enumeration's member is slow to look up), the hour, gate, code."""
Sums = Counter[Key]
(
    _DIRECTION, _CLASS, _REASON, _VERDICT, _READ_BY, _OUTCOME, _DISINFECTED, _PASSED, _REFUSED, _OVERRIDDEN, _WAITED, _LITRES, MOVED, EVERY_GATE,
) = (each.value for each in What)  # fmt: skip
SERIES = {
    (_DIRECTION, ""): "arrived", (_PASSED, "in"): "in", (_PASSED, "out"): "out", (_REFUSED, ""): "refused", (MOVED, ""): "moved",
}  # fmt: skip
"""What and code of a gate's count -> code of the count of every gate; of `direction` every code."""
_IN_SERIES = frozenset(what for what, _ in SERIES)
_DROVE, _BACK, _STOP = Outcome.PASSED.value, Outcome.TURNED_BACK.value, Verdict.STOP.value
_KEYS = tuple(each.name for each in visit_sums.primary_key)
_LEVELS = tuple((level.value, length) for level, length in CHARACTERS.items())
_ZERO = delete(visit_sums).where(
    visit_sums.c.n == 0,
    *(visit_sums.c[each.name] == bindparam(f"_{each.name}") for each in visit_sums.primary_key),
)


def of_visit(row: Mapping[str, Any]) -> dict[Key, int]:
    """What a row of `visits` counts for; nothing if nobody knows when the visit began."""
    at = row["opened_at"]
    if at is None:
        return {}
    hour, gate, way, outcome, verdict = at[:13], row["gate"], row["direction"] or "", row["outcome"], row["verdict"]
    found = {
        (_DIRECTION, hour, gate, way): 1,
        (_CLASS, hour, gate, (row["vehicle_class"] or "")[:SHORT]): 1,
        (_REASON, hour, gate, row["reason"] or ""): 1,
        (_VERDICT, hour, gate, verdict or ""): 1,
        (_READ_BY, hour, gate, row["read_by"] or ""): 1,
        (_OUTCOME, hour, gate, outcome or ""): 1,
        (_DISINFECTED, hour, gate, row["disinfected"] or ""): 1,
    }
    if outcome == _DROVE:
        found[_PASSED, hour, gate, way] = 1
        found[_WAITED, hour, gate, bucket(row)] = 1
    if outcome == _BACK or verdict == _STOP:
        found[_REFUSED, hour, gate, ""] = 1
    if row["override_what"] is not None:
        found[_OVERRIDDEN, hour, gate, row["override_what"]] = 1
    litres = row["litres"]
    if litres is not None and 0 < litres <= LITRES_MOST:
        found[_LITRES, hour, gate, ""] = round(litres * 1000)
    return found


def bucket(row: Mapping[str, Any]) -> str:
    """The bucket of the wait of a visit whose vehicle drove through: from its arrival until it was through."""
    if (
        row["opened_said"] is not None
        or row["closed_said"] is not None
        or row["closed_at"] is None
        or row["clock"] == NO_TIME
    ):
        return UNKNOWN
    opened, closed = (datetime.fromisoformat(row[name]) for name in ("opened_at", "closed_at"))
    seconds = (closed - opened).total_seconds()
    # below 0: the gate's clock was set in between
    return UNKNOWN if seconds < 0 else _NAMES[bisect_left(BUCKETS, seconds)]


def buckets_between(above: int, at_most: int | None) -> list[str]:
    """The buckets that may hold a wait of more than so many seconds (0: of any length) and of at most so many, if that is given."""
    first = bisect_right(BUCKETS, above) if above else 0
    last = len(BUCKETS) if at_most is None else bisect_left(BUCKETS, at_most)
    return list(_NAMES[first : last + 1])


def change(connection: Connection, town: str, changed: Sums) -> None:
    """Adds what became more and less to the counts of the hours, and of their days and months."""
    rows: list[dict[str, Any]] = []
    for level, length in _LEVELS:
        spans: dict[Key, int] = {}
        for (what, at, gate, code), n in changed.items():
            key = what, at[:length], gate, code
            spans[key] = spans.get(key, 0) + n
        rows += [
            {"town": town, "level": level, "what": what, "span": span, "gate": gate, "code": code, "n": n}
            for (what, span, gate, code), n in spans.items()
            if n
        ]
    rows += _of_every_gate(town, changed)
    add(connection, visit_sums, rows)
    # a count that is 0 has no row: the same rows stand there whatever came in which order
    if less := [row for row in rows if row["n"] < 0 or row["what"] in (MOVED, EVERY_GATE)]:
        connection.execute(_ZERO, [{f"_{name}": row[name] for name in _KEYS} for row in less])


def _of_every_gate(town: str, changed: Sums) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], int] = {}
    for (what, hour, _, code), n in changed.items():
        if what in _IN_SERIES and (name := SERIES.get((what, code) if what != _DIRECTION else (what, ""))) is not None:
            found[hour, name] = found.get((hour, name), 0) + n
    return [
        {"town": town, "level": Level.HOUR.value, "what": EVERY_GATE, "span": hour, "gate": "", "code": name, "n": n}
        for (hour, name), n in found.items()
        if n
    ]


def difference(before: Iterable[Mapping[Key, int]], after: Sequence[Mapping[Key, int]]) -> Sums:
    """What became more and less."""
    found: Sums = Counter()
    get = found.get
    for each in after:
        for key, n in each.items():
            found[key] = get(key, 0) + n
    for each in before:
        for key, n in each.items():
            found[key] = get(key, 0) - n
    return found
