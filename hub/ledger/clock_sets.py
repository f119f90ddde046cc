"""The SQL of clocks that were set to a time that can be trusted, beside which times of before are corrected (`corrected_times`).

Tested in `tests/hub/visits/test_bounded.py`.
"""

from collections.abc import Iterable

from sqlalchemy import Subquery, select, union
from sqlalchemy.engine import Connection

from hub.database.schema import clock_sets
from hub.ledger.corrected_times import ClockWasSet


def clocks_set(connection: Connection, town: str, gate: str, moments: Iterable[tuple[str, int]]) -> list[ClockWasSet]:
    """When a gate's wall clock was set to a time that can be trusted: the nearest before and after each moment, as (boot, mono_ms)."""
    nearest = [
        select(found.c.boot, found.c.mono_ms, found.c.after)
        for boot, mono_ms in dict.fromkeys(moments)
        for found in _beside(town, gate, boot, mono_ms)
    ]
    rows = connection.execute(union(*nearest)) if nearest else ()
    return sorted((ClockWasSet(*row) for row in rows), key=lambda each: (each.boot, each.mono_ms))


def _beside(town: str, gate: str, boot: str, mono_ms: int) -> tuple[Subquery, Subquery]:
    sets = clock_sets.c
    of_boot = select(sets.boot, sets.mono_ms, sets.after).where(sets.town == town, sets.gate == gate, sets.boot == boot)
    before = of_boot.where(sets.mono_ms <= mono_ms).order_by(sets.mono_ms.desc(), sets.seq.desc()).limit(1)
    after = of_boot.where(sets.mono_ms > mono_ms).order_by(sets.mono_ms, sets.seq).limit(1)
    return before.subquery(), after.subquery()
