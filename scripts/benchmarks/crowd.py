"""A town as large as the hub is made for: the demo's, with 100,000 persons in its registers and a million visits behind it.

The registers' rows go through the hub's own keeper, thousands in a transaction; visits, the counts that the hub keeps of them, vehicles
that are inside and alerts are written straight into the tables.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.accounts.store import find_login
from hub.commands.common import changing
from hub.database.schema import alerts, inside, register_rows, visits
from hub.database.statements import insert
from hub.enrolment.officers import add_user
from hub.ledger.projections import plate_ends
from hub.organisation import changes
from hub.registers import kept, search
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from hub.registers.store import between, known
from hub.town.town import Town
from scripts.benchmarks.crossings import APART, AT_ONCE, GATES, VEHICLES, fill_visits
from scripts.benchmarks.towns import free_port
from scripts.town import founding, organisation

A_HOUSEHOLD = 4
"""Persons of a household."""
PASSWORD = "a password of the benchmark"  # of a town that is gone when the benchmark ends
LIMITED = "limited"
"""The login of an officer who is limited to a village; the others are called as their role is."""
BY = "cli"
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂建国玉华文斌春"
KINDS = ("resident", "resident", "resident", "visitor", "stranded", "isolated")
A_DAY = 100
"""Findings of a day."""
CHANGES = 50
"""Of the person with the long history."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The town, and what a page may be asked for: a household, the person with the long history, the newest visit."""

    town: Town
    household: int
    person: int
    name: str
    visit: str
    plate: str
    village: str


def found_crowd(folder: Path, persons: int, crossings: int, seed: int, say: Callable[[str], None]) -> Crowd:
    """Founds the town and fills it."""
    say("founding the demo's town")
    town = found_demo(folder, seed)
    now = datetime.now(UTC)
    dice = random.Random(seed)  # noqa: S311  # the same town again, not a secret
    writer = Writer(BY, Role.ADMIN, now)
    with changing(town) as connection:
        village = _add_users(town, connection, now)
    say(f"writing {persons} persons, their households, a fifth as many findings")
    household, person = fill_registers(town, persons, writer, dice)
    say(f"writing {crossings} visits")
    begin = now - crossings * APART
    fill_visits(town, crossings, begin, seed, found_by)
    with changing(town) as connection:
        _fill_inside(connection, town.id, crossings // 300)
        _fill_alerts(connection, town.id, min(2000, crossings // 10), begin, dice)
        newest = select(visits.c.visit_id, visits.c.plate).order_by(visits.c.opened_at.desc()).limit(1)
        visit, plate = connection.execute(newest).one()
    return Crowd(town, household, person.id, str(person.values["name"]), visit, plate, village)


def found_demo(folder: Path, seed: int) -> Town:
    """The demo's town: its organisation, roster and registers with their made-up rows."""
    ports = founding.Ports(free_port(), free_port(), dict.fromkeys(GATES, 1), dict.fromkeys(GATES, 1))
    founding.found(folder, founding.Choice(seed, len(GATES)), ports)
    return Town.open(folder)


def villages() -> list[str]:
    """The ids of the town's villages."""
    return [each.id for each in organisation.VILLAGES]


def _add_users(town: Town, connection: Connection, now: datetime) -> str:
    """A user of each role, and one who is limited to a village; the village."""
    village = organisation.GATES[GATES[0]]
    for role in (Role.VIEWER, Role.OFFICER, Role.SUPERVISOR):
        add_user(town, connection, login=role.value, name=role.value, role=role, password=PASSWORD, by=BY, now=now)
    add_user(town, connection, login=LIMITED, name=LIMITED, role=Role.OFFICER, password=PASSWORD, by=BY, now=now)
    limited = find_login(connection, LIMITED)
    assert limited is not None
    changes.put_user(connection, town=town.id, user=limited.id, unit=village, confined=True, by=BY, now=now)
    return village


def fill_registers(town: Town, persons: int, writer: Writer, dice: random.Random) -> tuple[int, RegisterRow]:
    """Writes households, persons and findings; gives the first household and a person whose history is long."""
    with changing(town) as connection:

        def keeper(register: str) -> Keeper:
            return kept.keeper(connection, town.id, register, town.settings.zone, {})

        households = add_rows(connection, keeper("households"), homes(persons // A_HOUSEHOLD, dice), writer)
        people = keeper("persons")
        ids = add_rows(connection, people, _people(persons, households, dice), writer)
        findings = _findings(persons // 5, dice)
        for begin in range(0, len(findings), A_DAY):
            found_at = writer.now - timedelta(days=begin // A_DAY)
            add_rows(connection, keeper("inspections"), findings[begin : begin + A_DAY], replace(writer, now=found_at))
        # most are done with, as after months
        closed = update(register_rows).where(register_rows.c.register == "inspections", register_rows.c.id % 20 != 0)
        connection.execute(closed.values(state="closed", due_at=None))
        person = known(connection, town.id, people.register, ids[len(ids) // 2])
        for number in range(CHANGES):
            said = Draft({**person.values, "phone": f"139{number:08d}"}, person.links)
            person = people.change(connection, person, said, writer, version=person.version)
    return households[0], person


def add_rows(connection: Connection, keeper: Keeper, drafts: Sequence[Draft], writer: Writer) -> list[int]:
    """Adds rows as an import does: what they are found by comes at the end, in its order; their ids."""
    first = keeper.next_number(connection)
    for begin in range(0, len(drafts), AT_ONCE):
        keeper.add_all(connection, drafts[begin : begin + AT_ONCE], writer, noted=False, indexed=False)
    rows = list(between(connection, keeper.town, keeper.register, (first, first + len(drafts) - 1)))
    search.write(connection, search.entries(keeper.town, keeper.register, rows))
    return [id_ for id_, _ in rows]


def homes(count: int, dice: random.Random) -> list[Draft]:
    """Households, each with an address of its own."""
    units = villages()
    return [
        Draft(
            {"address": f"{number // 100 + 1}巷{number % 100 + 1}号{number}", "head": name(number, dice)},
            Links(unit=units[number % len(units)]),
        )
        for number in range(count)
    ]


def _people(count: int, households: Sequence[int], dice: random.Random) -> list[Draft]:
    units = villages()
    return [
        Draft(
            {
                "name": name(number, dice),
                "kind": dice.choice(KINDS),
                "phone": f"138{number:08d}",
                "plates": f"鲁B{number % VEHICLES:05d}",
            },
            Links(parent=households[number // A_HOUSEHOLD], unit=units[number // A_HOUSEHOLD % len(units)]),
        )
        for number in range(count)
    ]


def _findings(count: int, dice: random.Random) -> list[Draft]:
    said = ("登记漏填来源地", "消毒液浓度不足", "值守人员脱岗", "喷淋泵待修")
    return [
        Draft(
            {"problem": f"{dice.choice(said)} {number}", "category": "registering", "how": "at_once"},
            Links(gate=dice.choice(GATES)),
        )
        for number in range(count)
    ]


def name(number: int, dice: random.Random) -> str:
    """A made-up name; no two of a household are called the same."""
    return dice.choice(FAMILY) + dice.choice(GIVEN) + GIVEN[number % len(GIVEN)]


def found_by(connection: Connection, town: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes what the plates of the first visits are found by: those behind them have the same plates."""
    if rows[0]["entry_seq"] <= 2 * VEHICLES:
        plate_ends.keep(connection, town, {row["plate"] for row in rows})


def _fill_inside(connection: Connection, town: str, count: int) -> None:
    """The last vehicles that came in are inside."""
    newest = select(visits).where(visits.c.town == town, visits.c.direction == "in", visits.c.outcome == "passed")
    found = connection.execute(newest.order_by(visits.c.opened_at.desc()).limit(count)).mappings()
    there = {row["plate"]: row for row in found}
    rows = [
        {
            "town": town, "vehicle": plate, "visit_id": row["visit_id"], "gate": row["gate"], "plate": plate, "pass_id": None,
            "vehicle_class": row["vehicle_class"], "since": row["closed_at"],
        }
        for plate, row in there.items()
    ]  # fmt: skip
    insert(connection, inside, rows)


def _fill_alerts(connection: Connection, town: str, count: int, begin: datetime, dice: random.Random) -> None:
    """Alerts since the town was founded, all but the last twenty acknowledged."""
    rows = []
    for number in range(count):
        at = wall_text(begin + number * timedelta(minutes=5))
        seen = at if number < count - 20 else None
        rows.append(
            {
                "town": town, "what": "help", "gate": dice.choice(GATES), "detail": "", "first_at": at, "last_at": at, "times": 1,
                "ended_at": seen, "acknowledged_at": seen, "acknowledged_by": BY if seen else None, "subject": str(number),
                "changed": number,
            }
        )  # fmt: skip
    insert(connection, alerts, rows)
