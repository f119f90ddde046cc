"""As many visits as a benchmark asks for, with the counts of them, the same from the same seed.

Tested in `tests/scripts/test_bench.py`.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.commands.common import changing
from hub.database.schema import visits
from hub.database.statements import insert
from hub.ledger.projections import sums
from hub.town.town import Town

APART = timedelta(seconds=20)
"""Between two visits."""
AT_ONCE = 10_000
"""Rows of a transaction."""
GATES = ("east", "south", "west", "north")
VEHICLES = 40_000
CLASSES = ("resident", "village_duty", "supplies", "visitor", "sample_transport", "emergency", "refuse_removal", None)
HOW = (("qr", "hold", "disinfection_due"), ("hand", "look", "no_pass"), ("qr", "go", "ok"), ("qr", "stop", "expired"))

Also = Callable[[Connection, str, Sequence[Mapping[str, Any]]], None]
"""What else is written with some visits, in their transaction: the connection, the town, their rows."""


def fill_visits(town: Town, count: int, begin: datetime, seed: int, also: Also = lambda *_: None) -> None:
    """Writes visits from `begin` on, and the counts of them."""
    dice = random.Random(seed)  # noqa: S311  # the same town again, not a secret
    for first in range(0, count, AT_ONCE):
        rows = [_visit(town.id, number, begin, dice) for number in range(first, min(first + AT_ONCE, count))]
        with changing(town) as connection:
            insert(connection, visits, rows)
            sums.change(connection, town.id, sums.difference((), [sums.of_visit(row) for row in rows]))
            also(connection, town.id, rows)


def _visit(town: str, number: int, begin: datetime, dice: random.Random) -> Mapping[str, Any]:
    opened = begin + number * APART
    read_by, verdict, reason = dice.choices(HOW, (60, 20, 15, 5))[0]
    outcome = "turned_back" if verdict == "stop" else "passed"
    empty = dict.fromkeys(each.name for each in visits.c)
    return {
        **empty,
        "visit_id": f"{number:032x}",
        "town": town,
        "gate": dice.choice(GATES),
        "direction": dice.choice(("in", "out")),
        "opened_at": wall_text(opened),
        "closed_at": wall_text(opened + timedelta(seconds=dice.lognormvariate(3.6, 0.8))),
        "received_at": wall_text(opened),
        "clock": "synced",
        "plate": f"鲁B{dice.randrange(VEHICLES):05d}",
        "vehicle_class": dice.choice(CLASSES),
        "read_by": read_by,
        "verdict": verdict,
        "reason": reason,
        "outcome": outcome,
        "override_what": "verdict" if dice.random() < 0.01 else None,
        "disinfected": "no" if outcome != "passed" else dice.choice(("yes", "yes", "not_required")),
        "litres": 2.5,
        "entry_seq": number + 1,
    }
