"""Seconds in which 100,000 persons are imported into a register of the demo's town, and how long others wait meanwhile.

The import is the process that the console starts. `imports.whole` is all of it, `imports.writing` from the first row on, `imports.processor` what
it computes, each beside sqlite3 that writes the same rows and the same entries of the search into bare tables with the same keys, in
one transaction. `imports.wait` is the longest that another writer waited for its turn, which asked for one every half second with the
hub's own engine, beside the same while nothing was imported.
"""

import os
import random
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.accounts.roles import Role
from hub.commands.common import changing, looking
from hub.registers import kept
from hub.registers.checks import Writer
from hub.registers.importing import files, store
from hub.town.town import Town
from scripts.benchmarks.crossings import VEHICLES
from scripts.benchmarks.crowd import A_HOUSEHOLD, BY, KINDS, add_rows, found_demo, homes, name
from scripts.benchmarks.rows import CannotRunError, Plan, Row, percentile, seconds_of

PAUSE = 0.5
FLOOR = "sqlite3, one transaction"
ALONE = "nothing is imported"
WORDS_OF = {"resident": "常住", "visitor": "外来", "stranded": "滞留", "isolated": "居家隔离"}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds until the first row was written, until the end, and of the processor; and how long others waited."""

    first: float
    whole: float
    used: float
    waits: list[float]


def run(plan: Plan) -> Iterator[Row]:
    """The rows of one import."""
    count = plan.size(100_000, 2_000)
    plan.say("founding the demo's town, writing the households")
    town = found_demo(plan.folder / "hub", plan.seed)
    data = _list(town, count, plan.seed)
    alone = _waits(town, lambda: False, 6)
    plan.say(f"importing {count} persons, {len(data) / 2**20:.1f} MB")
    found = _import(town, data, count)
    floor, rows = seconds_of(lambda: _bare(plan.folder, town.settings.folder / "hub.db"))
    written = f"{count} persons; {rows[0]} rows and {rows[1]} entries of the search"
    notes = {
        "whole": (found.whole, f"{written}; read and checked before the first was written: {found.first:.0f} s"),
        "writing": (found.whole - found.first, "from the first row on, rests for others included"),
        "processor": (found.used, "of the processor, by the process and its reader of files"),
    }
    for name_, (seconds, note) in notes.items():
        yield Row(f"imports.{name_}", seconds, "s", floor, FLOOR, note)
    waited = f"the longest of {len(found.waits)}; 95 %: {percentile(found.waits, 0.95):.2f} s"
    yield Row("imports.wait", max(found.waits), "s", max(alone), ALONE, waited)


def _import(town: Town, data: bytes, count: int) -> Measured:
    """Imports a list as the console does, while others write."""
    who, now = Role.ADMIN.value, datetime.now(UTC)
    with changing(town) as connection:
        id_ = store.begin(connection, town.id, "persons", "persons.csv", (), count, by=BY, role=who, now=now)
    began, used = time.monotonic(), _used()
    process = _start(town, id_, data)
    first: list[float] = []

    def runs() -> bool:
        if not first and _done(town, id_):
            first.append(time.monotonic() - began)
        return process.poll() is None

    waits = _waits(town, runs)
    whole = time.monotonic() - began
    with looking(town) as connection:
        job = store.find(connection, town.id, id_)
    if job is None or job.state != store.State.DONE:
        raise CannotRunError(f"the import ended with {process.returncode}: {job and job.error}")
    return Measured(first[0] if first else whole, whole, _used() - used, waits)


def _list(town: Town, count: int, seed: int) -> bytes:
    """Writes the households, and gives the list of the persons."""
    dice = random.Random(seed)  # noqa: S311  # the same town again, not a secret
    writer = Writer(BY, Role.ADMIN, datetime.now(UTC))
    drafts = homes(count // A_HOUSEHOLD, dice)
    with changing(town) as connection:
        add_rows(connection, kept.keeper(connection, town.id, "households", town.settings.zone, {}), drafts, writer)
    lines = ["所属,姓名,类别,电话,车牌"]
    for number in range(count):
        home = drafts[number // A_HOUSEHOLD].values["address"]
        kind = WORDS_OF[dice.choice(KINDS)]
        lines.append(f"{home},{name(number, dice)},{kind},138{number:08d},鲁B{number % VEHICLES:05d}")
    return "\n".join(lines).encode()


def _start(town: Town, id_: str, data: bytes) -> subprocess.Popen[bytes]:
    folder = town.settings.imports
    held = files.lock(folder, id_)
    try:
        files.keep(folder, id_, data)
        return files.start(town.settings.folder, town.settings.log, id_, held)
    finally:
        os.close(held)


def _waits(town: Town, goes_on: Callable[[], bool], least: int = 0) -> list[float]:
    """How long a writer waits for its turn, again and again as long as something goes on."""
    engine = town.writer()
    found: list[float] = []
    try:
        while goes_on() or len(found) < least:
            began = time.monotonic()
            with engine.begin() as connection:
                found.append(time.monotonic() - began)
                connection.exec_driver_sql("UPDATE register_imports SET rows_done = rows_done WHERE id = ''")
            time.sleep(PAUSE)
    finally:
        engine.dispose()
    return found


def _done(town: Town, id_: str) -> int:
    with looking(town) as connection:
        job = store.find(connection, town.id, id_)
    return 0 if job is None else job.rows_done


def _used() -> float:
    """Seconds of the processor that the processes which have ended took."""
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


def _bare(folder: Path, database: Path) -> tuple[int, int]:
    """Writes the rows of persons and what they are found by once more; how many of each."""
    with closing(sqlite3.connect(folder / "bare.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("ATTACH ? AS hub", (str(database),))
        for table in ("register_rows", "register_history", "register_words"):
            made = "SELECT sql FROM hub.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'"
            for (sql,) in connection.execute(made, (table,)).fetchall():
                connection.execute(sql)
        persons = "SELECT id FROM hub.register_rows WHERE register = 'persons'"
        rows = connection.execute(
            "INSERT INTO register_rows SELECT * FROM hub.register_rows WHERE register = 'persons'"
        )
        connection.execute(f"INSERT INTO register_history SELECT * FROM hub.register_history WHERE row IN ({persons})")  # noqa: S608 -- names of our own
        words = connection.execute(
            "INSERT INTO register_words SELECT * FROM hub.register_words WHERE register = 'persons'"
        )
        connection.commit()
        return rows.rowcount, words.rowcount
