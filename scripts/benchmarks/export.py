"""Rows a second of `kakou-hub export` beside `sqlite3 -csv` of the same table.

Both write the whole table of visits to a file, oldest first. `export.process` is the command as an officer starts it, with the
start of Python; `export.in_process` the same command called in a Python that has everything loaded, which is nearer to the console's;
`export.million` the command again, at a million visits. sqlite3 neither masks nor turns times into the town's nor defuses formulas.
`export.memory` is the most memory that the command held for a million visits, beside what it held for a tenth of them.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from edge.contract.records import wall_text
from hub import cli
from hub.commands.common import changing
from hub.database.schema import visits
from hub.town.town import Town
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median, seconds_of
from scripts.benchmarks.towns import found_town

MANY = 1_000_000
ROUNDS_OF_MANY = 3
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
ROUNDS = 5
AT_ONCE = 5_000
FLOOR = "sqlite3 -csv"
GATES = ("east", "south", "west", "north")


def run(plan: Plan) -> Iterator[Row]:
    """The rows of the whole process and of the call."""
    program = shutil.which("sqlite3")
    if program is None:
        raise CannotRunError("sqlite3: not found (apt install sqlite3)")
    count = plan.size(50_000, 1_000)
    plan.say(f"founding a town, writing {count} visits")
    town = found_town(plan.folder / "hub")
    _fill(town, count)
    folder = town.settings.folder
    command = ["--data", str(folder), "export", "--what", "visits", "--out"]
    times: dict[str, list[float]] = {}
    for number in range(plan.size(ROUNDS, 1)):
        plan.say(f"round {number + 1}")
        for name, write in (
            ("process", partial(_process, [sys.executable, "-m", "hub.cli", *command])),
            ("in_process", partial(_call, command)),
            (FLOOR, partial(_sqlite, program, folder / "hub.db")),
        ):
            out = plan.folder / f"{name}-{number}.csv"
            times.setdefault(name, []).append(seconds_of(partial(write, out))[0])
            _expect(out, count)
    floor = count / median(times[FLOOR])
    notes = {
        "process": f"{count} visits; the whole command, Python's start included",
        "in_process": "masks, local times, formulas defused",
    }
    for name, note in notes.items():
        yield Row(f"export.{name}", count / median(times[name]), "rows/s", floor, FLOOR, note)
    yield from _many(plan, program, town, count)


def _many(plan: Plan, program: str, town: Town, there: int) -> Iterator[Row]:
    """The rows of a million visits, of which some are there."""
    folder, whole = town.settings.folder, plan.size(MANY, 20_000)
    command = [sys.executable, "-m", "hub.cli", "--data", str(folder), "export", "--what", "visits", "--out"]
    ours: list[float] = []
    theirs: list[float] = []
    held: list[int] = []
    for count in (whole // 10, whole):
        plan.say(f"writing visits up to {count}")
        _fill(town, count, there)
        there = max(there, count)
        _check_in(folder / "hub.db")
        for number in range(plan.size(ROUNDS_OF_MANY, 1) if count == whole else 1):
            out = plan.folder / f"{count}-{number}.csv"
            seconds, peak = seconds_of(partial(_measured, [*command, str(out)]))
            _expect(out, count)
            ours.append(seconds)
            theirs.append(seconds_of(partial(_sqlite, program, folder / "hub.db", out))[0])
            out.unlink()
        held.append(peak)
    rounds = len(ours) - 1
    rate, floor = whole / median(ours[-rounds:]), whole / median(theirs[-rounds:])
    yield Row(
        "export.million", rate, "rows/s", floor, FLOOR, f"{whole} visits; the whole command, Python's start included"
    )
    few, many = (each / 2**20 for each in held)
    yield Row("export.memory", many, "MiB", few, "a tenth of the visits", f"peak of the command at {whole} visits")


def _process(command: list[str], out: Path) -> None:
    done = subprocess.run([*command, str(out)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRunError(f"kakou-hub export: {done.stderr.strip()[-200:]}")


def _measured(command: list[str]) -> int:
    """The most memory that a command held, in bytes."""
    # as the parent of one child at a time: what children held is otherwise the most of all that ever were
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRunError(f"kakou-hub export: {done.stderr.strip()[-200:]}")
    return 1024 * int(done.stdout)


def _check_in(database: Path) -> None:
    """Brings everything from the log into the database, so that both read the same file."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _call(command: list[str], out: Path) -> None:
    if cli.main([*command, str(out)]):
        raise CannotRunError("kakou-hub export was refused")


def _sqlite(program: str, database: Path, out: Path) -> None:
    with out.open("wb") as file:
        query = "select * from visits order by opened_at, visit_id"
        subprocess.run([program, "-csv", "-header", "-readonly", str(database), query], stdout=file, check=True)


def _expect(out: Path, count: int) -> None:
    with out.open("rb") as file:
        lines = sum(1 for _ in file)
    if lines != count + 1:
        raise CannotRunError(f"{out.name}: {lines} lines, expected {count + 1}")


def _fill(town: Town, count: int, there: int = 0) -> None:
    with changing(town) as connection:
        for begin in range(there, count, AT_ONCE):
            rows = [_visit(town.id, number) for number in range(begin, min(begin + AT_ONCE, count))]
            connection.execute(visits.insert(), rows)


def _visit(town: str, number: int) -> Mapping[str, Any]:
    opened = BEGIN + timedelta(seconds=20 * number)
    by_hand = number % 5 == 0
    return {
        "visit_id": f"{number:032x}",
        "operation": "op-1",
        "town": town,
        "gate": GATES[number % len(GATES)],
        "lane": "1",
        "direction": "out" if number % 2 else "in",
        "opened_at": wall_text(opened),
        "closed_at": wall_text(opened + timedelta(seconds=40)),
        "received_at": wall_text(opened + timedelta(seconds=1)),
        "clock": "synced",
        "plate": f"鲁B{number % 100000:05d}",
        "plate_type": "blue",
        "vehicle_class": "resident",
        "pass_id": None if by_hand else f"{number:016x}",
        "read_by": "hand" if by_hand else "qr",
        "verdict": "look" if by_hand else "hold",
        "reason": "no_pass" if by_hand else "disinfection_due",
        "outcome": "passed",
        "officer": "u-2",
        "override_by": None,
        "override_reason": None,
        "occupants": "2" if by_hand else None,
        "origin": "胶州" if by_hand else None,
        "destination": "城阳" if by_hand else None,
        "purpose": "送货" if by_hand else None,
        "driver": "李强" if by_hand else None,
        "phone": "13800138000" if by_hand else None,
        "disinfected": "yes",
        "agent": "chlorine",
        "concentration": "500 mg/L",
        "parts": "tyres chassis",
        "washed_first": False,
        "spray_seconds": 10.0,
        "contact_minutes": None,
        "disinfection_verified_by": "sensor",
        "remark": None,
        "entry_seq": number + 1,
    }
