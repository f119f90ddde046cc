"""Milliseconds in which the figures of a range are added up in a town of a million visits, beside bare sqlite3 asking the same.

The visits, and the counts that the hub keeps of them, are written straight into the tables. `figures.whole` is the whole time of the town (231
days), `figures.odd` nearly all of it from and to an odd minute, `figures.day` one day: totals, percentiles and the steps of the chart, as the page
asks for them. The floor is the same questions put to sqlite3, nothing made of the answers; the note says what counting the visits
themselves takes.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from edge.contract.records import wall_text
from hub.commands.common import looking
from hub.ledger.projections import sums
from hub.reports import figures, store
from hub.reports.ranges import Range
from hub.town.town import Town
from scripts.benchmarks.crossings import APART, fill_visits
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median, seconds_of
from scripts.benchmarks.towns import found_town

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
ROUNDS = 7
FLOOR = "the same questions by sqlite3"


def run(plan: Plan) -> Iterator[Row]:
    """A row for each range."""
    count = plan.size(1_000_000, 20_000)
    plan.say(f"founding a town, writing {count} visits")
    town = found_town(plan.folder / "hub")
    fill_visits(town, count, BEGIN, plan.seed)
    end = BEGIN + count * APART
    ranges = {
        "whole": Range.of(BEGIN, end),
        "odd": Range.of(BEGIN + timedelta(minutes=17), end - timedelta(minutes=13)),
        "day": Range.of(BEGIN + timedelta(days=2, hours=8), BEGIN + timedelta(days=3, hours=8)),
    }
    with looking(town) as connection:
        for name, range_ in ranges.items():
            plan.say(name)
            asked: list[float] = []
            bare: list[float] = []
            used: list[float] = []
            for _ in range(ROUNDS):
                before = time.process_time()
                asked.append(1000 * seconds_of(partial(_ask, connection, town, range_))[0])
                used.append(1000 * (time.process_time() - before))
                bare.append(1000 * seconds_of(partial(_bare, town.settings.folder / "hub.db", range_))[0])
            counting, found = seconds_of(partial(_counted, town.settings.folder / "hub.db", range_))
            arrived = _ask(connection, town, range_).arrived
            if arrived != found:
                raise CannotRunError(f"{name}: {arrived} arrived by the counts, {found} by the visits")
            note = f"{arrived} of {count} visits, {(range_.end - range_.start).days} days; {median(used):.0f} ms of the processor; counting the visits takes {1000 * counting:.0f} ms"
            yield Row(f"figures.{name}", median(asked), "ms", median(bare), FLOOR, note)


def _ask(connection: Connection, town: Town, range_: Range) -> figures.Figures:
    """What the page asks."""
    totals = store.totals(connection, town.id, range_)
    waits = totals.codes(sums.What.WAITED)
    for share in (0.5, 0.95):
        figures.percentile(waits, share)
    for gate in totals.gates:
        figures.figures(totals, gate)
    store.steps(connection, town.id, range_, range_.steps(town.settings.zone), range_.end)
    return figures.figures(totals)


def _bare(database: Path, range_: Range) -> None:
    with closing(sqlite3.connect(database)) as connection:
        marks = ", ".join("?" * len(store.TOTALS))
        for level, begin, end in range_.pieces():
            connection.execute(
                f"select what, gate, code, sum(n) from visit_sums where town = 'bench' and level = ? and what in ({marks}) "  # noqa: S608 -- names of our own
                "and gate in ('east', 'south', 'west', 'north') and span >= ? and span < ? group by what, gate, code",
                (level.value, *store.TOTALS, begin, end),
            ).fetchall()
        connection.execute(
            "select span, code, n from visit_sums where town = 'bench' and level = 'hour' and what = 'every_gate' "
            "and gate = '' and span >= ? and span < ? order by span",
            (_hour(range_.start), _hour(range_.end)),
        ).fetchall()


def _hour(at: datetime) -> str:
    return wall_text(at)[:13]


def _counted(database: Path, range_: Range) -> int:
    with closing(sqlite3.connect(database)) as connection:
        query = "select gate, direction, outcome, count(*) from visits where town = 'bench' and opened_at >= ? and opened_at < ? group by 1, 2, 3"
        return sum(row[3] for row in connection.execute(query, (wall_text(range_.start), wall_text(range_.end))))
