"""The figures of a gate or a town, from the counts of a range. Pure.

Tested in `tests/hub/reports/test_recount.py` and `tests/hub/reports/test_ranges.py`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from hub.ledger.projections.sums import BUCKETS, LONGER, UNKNOWN, What
from hub.reports.store import Totals


@dataclass(frozen=True, slots=True)
class Wait:
    """A percentile of waiting times: at most so many seconds, and more than `above`; `at_most` None: longer than is counted."""

    above: int
    at_most: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a gate, or of all; counts of visits, but for `millilitres` and `batches` (of solution that were prepared)."""

    arrived: int = 0
    passed_in: int = 0
    passed_out: int = 0
    refused: int = 0
    turned_back: int = 0
    detained: int = 0
    by_hand: int = 0
    emergency: int = 0
    overridden: int = 0
    disinfected: int = 0
    owed: int = 0
    not_disinfected: int = 0
    not_required: int = 0
    millilitres: int = 0
    batches: int = 0

    def as_json(self) -> dict[str, int]:
        """The figures by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> "Figures":
        """The figures from their names; what is missing or no number is 0."""
        found = {each.name: value.get(each.name) for each in fields(cls)}
        return cls(**{name: each for name, each in found.items() if isinstance(each, int)})


def figures(totals: Totals, gate: str | None = None, batches: int = 0) -> Figures:
    """The figures of one gate, or of all gates together."""

    def of(what: What, *codes: str) -> int:
        return totals.of(what, *codes, gate=gate)

    return Figures(
        arrived=of(What.DIRECTION),
        passed_in=of(What.PASSED, "in"),
        passed_out=of(What.PASSED, "out"),
        refused=of(What.REFUSED),
        turned_back=of(What.OUTCOME, "turned_back"),
        detained=of(What.OUTCOME, "detained"),
        by_hand=of(What.READ_BY, "hand"),
        emergency=of(What.READ_BY, "emergency"),
        overridden=of(What.OVERRIDDEN),
        disinfected=of(What.DISINFECTED, "yes"),
        owed=of(What.DISINFECTED, "owed"),
        not_disinfected=of(What.DISINFECTED, "no"),
        not_required=of(What.DISINFECTED, "not_required"),
        millilitres=of(What.LITRES),
        batches=batches,
    )


def percentile(waits: Mapping[str, int], share: float) -> Wait | None:
    """The nearest-rank percentile of waits that are counted in buckets, to the width of its bucket; None if none is known."""
    known = {code: n for code, n in waits.items() if code != UNKNOWN}
    rank, seen, above = math.ceil(share * sum(known.values())), 0, 0
    for limit in BUCKETS:
        seen += known.get(f"{limit:06d}", 0)
        if rank and seen >= rank:
            return Wait(above, limit)
        above = limit
    return Wait(above, None) if known.get(LONGER) else None


GROUPS = (15, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600)
"""The longest wait of each group that is shown, in seconds: each is the end of a bucket."""


def waits_in_groups(waits: Mapping[str, int]) -> list[tuple[int, int | None, int]]:
    """The waits that are known, as (more than, at most (None: no limit), how many)."""
    found, above = [], 0
    for limit in GROUPS:
        n = sum(waits.get(f"{each:06d}", 0) for each in BUCKETS if above < each <= limit)
        found.append((above, limit, n))
        above = limit
    rest = sum(waits.get(f"{each:06d}", 0) for each in BUCKETS if each > above) + waits.get(LONGER, 0)
    return [*found, (above, None, rest)]
