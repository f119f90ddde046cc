"""Records a second into the ledger, through mosquitto with TLS and the real listener, until the hub's ack.

The gates' batches are prepared, signed and encoded before the clock starts; it stops when every gate has the ack for its last
record, so each one is committed. Floors of the same run: the very rows of `entries`, `visits` and `inside` that came of it,
written from memory by bare sqlite3 into the same tables (executemany, 500 entries a commit, WAL, synchronous=FULL); and the same
messages through the same broker to a bare subscriber that only counts them.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from hub.town.town import Town
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median
from scripts.benchmarks.senders import PATIENCE, Sender, counting, wait_for
from scripts.benchmarks.towns import add_gates, broker_running, found_town, listener_running
from scripts.benchmarks.traffic import Day, prepare

TABLES = ("entries", "visits", "inside")
BATCH = 500
ROUNDS = 3
SQLITE, BROKER = "executemany of 500, FULL", "bare broker"


def run(plan: Plan) -> Iterator[Row]:
    """The rows of one gate, then of four at once: the records of a week."""
    week = plan.size(37_500, 600)
    for name, gates in (("one_gate", 1), ("four_gates", 4)):
        folder = plan.folder / name
        folder.mkdir()
        yield from _measure(plan, folder, name, gates, week * gates)


def _measure(plan: Plan, folder: Path, name: str, gates: int, total: int) -> Iterator[Row]:
    plan.say(f"{name}: founding a town, preparing {total} records")
    town = found_town(folder / "hub")
    bundles = add_gates(town, [f"gate-{number}" for number in range(gates)])
    days = [prepare(each, folder / each.gate, total // gates, plan.seed) for each in bundles]
    with ExitStack() as stack:
        stack.enter_context(broker_running(town))
        plan.say(f"{name}: the bare broker")
        bare = total / _through_broker(town, days, folder)
        plan.say(f"{name}: the listener")
        ended = stack.enter_context(listener_running(town))
        rate = total / _until_acked(days, folder, ended)
    plan.say(f"{name}: the same rows from memory")
    database = folder / "hub" / "hub.db"
    _expect(database, total)
    floor = total / median([_from_memory(database, folder / f"floor-{each}.db") for each in range(ROUNDS)])
    size = sum(len(each.payload) for day in days for each in day.messages) / total
    messages = sum(len(day.messages) for day in days)
    note = f"{total} records in {messages} batches, {size:.0f} bytes a record"
    yield Row(f"ingest.{name}", rate, "records/s", floor, SQLITE, note)
    yield Row(f"ingest.{name}_beside_broker", rate, "records/s", bare, BROKER)


def _through_broker(town: Town, days: list[Day], folder: Path) -> float:
    """Seconds until a bare subscriber has every batch."""
    messages = sum(len(day.messages) for day in days)
    with ExitStack() as stack:
        pipe = stack.enter_context(counting(town.settings.keys, town.settings.broker.port, messages))
        senders = [stack.enter_context(Sender(day, folder).connected()) for day in days]
        began = time.perf_counter()
        for sender in senders:
            sender.send_all()
        if not pipe.poll(PATIENCE):
            raise CannotRunError(f"the bare subscriber did not get {messages} messages within {PATIENCE:g} s")
        return time.perf_counter() - began


def _until_acked(days: list[Day], folder: Path, ended: Callable[[], bool]) -> float:
    """Seconds from the first batch to the ack for the last record of the last gate; means nothing if the listener `ended`."""
    with ExitStack() as stack:
        senders = [stack.enter_context(Sender(day, folder).connected()) for day in days]
        wait_for([each.greeted for each in senders], ended, "the listener did not answer a hello")
        began = time.perf_counter()
        for sender in senders:
            sender.begin()
        wait_for([each.finished for each in senders], ended, "the listener did not acknowledge every record")
        return time.perf_counter() - began


def _expect(database: Path, total: int) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("select count(*) from entries where gate != 'hub'").fetchone()
        if found != total:
            raise CannotRunError(f"the ledger holds {found} of {total} records")


def _from_memory(source: Path, target: Path) -> float:
    """Seconds in which bare sqlite3 writes the source's rows into new tables of the same schema."""
    with closing(sqlite3.connect(source)) as connection:
        schema = [sql for table in TABLES for sql in _schema(connection, table)]
        rows = {table: connection.execute(f"select * from {table}").fetchall() for table in TABLES}  # noqa: S608 -- names of our own
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        for sql in schema:
            connection.execute(sql)
        began = time.perf_counter()
        commits = -(-len(rows["entries"]) // BATCH)
        for number in range(commits):
            connection.execute("begin immediate")
            for table, values in rows.items():
                # every commit has its share of each table, as the listener's have
                share = values[number * len(values) // commits : (number + 1) * len(values) // commits]
                if share:
                    marks = ", ".join("?" * len(share[0]))
                    connection.executemany(f"insert into {table} values ({marks})", share)  # noqa: S608 -- names of our own
            connection.execute("commit")
        return time.perf_counter() - began


def _schema(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute(
        "select sql from sqlite_master where tbl_name = ? and sql is not null order by type desc", (table,)
    )
    return [sql for (sql,) in found]
