"""A town with personal values in everything that it has: the demo's registers, roster, plans, needs, passes; and what people add to it by hand."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from hub.accounts.roles import Role
from hub.database.schema import pictures
from hub.destruction.columns import COLUMNS, Sort
from hub.enrolment.officers import add_user
from hub.passes.passlist import watch_plate
from hub.town.town import Town
from hub.vehicles import store as notes
from scripts.town.founding import Choice, Ports, found
from tests.hub.destruction.endings import NAME, PHONE, PLATES, REMARK
from tests.hub.towns import PASSWORD
from tests.ports import free_port

SEED = 1
STAYS = {
    "users": ("name", "login"), "units": ("zh", "en"), "gates": ("zh", "en"), "registers": ("declaration",),
    "duty_shifts": ("zh", "en"), "duty_roles": ("zh", "en"), "operations": ("zh", "organ", "number", "measures", "scope", "laws"),
    "plan_marks": ("name",), "register_rows": ("facts",), "duty_staff": ("unit",),
}  # fmt: skip
"""What is no personal value although one may be spelt like it: names of users and places, words of declarations, the decision."""


def found_filled(folder: Path, gates: int, now: datetime) -> Town:
    """The demo's town, with two admins, and values in what the demo leaves empty."""
    names = Choice(SEED, gates).names
    ports = Ports(free_port(), free_port(), {each: free_port() for each in names}, dict.fromkeys(names, 0))
    found(folder, Choice(SEED, gates), ports)
    town = Town.open(folder)
    engine = town.writer()
    with engine.begin() as connection:
        for login in ("boss", "chief"):
            by = add_user(
                town, connection, login=login, name=login, role=Role.ADMIN, password=PASSWORD, by="cli", now=now
            )
        watch_plate(town, connection, PLATES[1], deny_in=True, deny_out=False, notify=True, why=NAME, by="cli", now=now)
        notes.add(connection, town=town.id, vehicle=PLATES[2], text=REMARK, by=by, now=now)
        row = {"town": town.id, "visit": "a" * 32, "gate": names[0], "hash": "b" * 64, "jpeg": NAME.encode(), "times": 1, "asked_at": "", "asked_by": by}  # fmt: skip
        connection.execute(pictures.insert().values(row))
    engine.dispose()
    settings = town.settings
    for place in (settings.exports, settings.imports, settings.log):
        place.mkdir(exist_ok=True)
    (settings.exports / "ab12.csv").write_text(f"{PLATES[0]},{NAME}\n", encoding="utf-8")
    (settings.imports / "i-1").write_text(f"{NAME},{PHONE}\n", encoding="utf-8")
    (settings.log / "web.log").write_text(f"a line\n{json.dumps({'plate': PLATES[0]})}\n{PHONE}\n", encoding="utf-8")
    (folder / "hub.db.broken-20260301T000000Z").write_text(NAME, encoding="utf-8")
    return town


def telling(database: Path) -> tuple[str, ...]:
    """Every value of the personal columns that is long enough to be searched for, and is no fact elsewhere."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        facts = "\n".join(
            str(value) for table, names in STAYS.items() for row in db.execute(f"select {','.join(names)} from {table}") for value in row
        )  # fmt: skip
        found = set(_personal(db))
    return tuple(sorted(each for each in found if _is_telling(each) and each not in facts))


def _is_telling(value: str) -> bool:
    # not a day, or a running number
    return len(value) >= (5 if value.isascii() else 3) and not value.startswith("202")


def _personal(db: sqlite3.Connection) -> Iterator[str]:
    for table in ("register_rows", "duty_staff", "duty_absences", "plan_marks", "passes", "watched", "vehicle_notes", "questions", "question_answers", "zero_reports", "run_plans", "orders", "visits"):  # fmt: skip
        names = [name for name, sort in COLUMNS[table].items() if sort is Sort.PERSONAL]
        where = " where kind = 'household'" if table == "plan_marks" else ""
        for row in db.execute(f"select {','.join(names)} from {table}{where}"):
            for value in row:
                yield from _leaves(value)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str) and value[:1] in ("{", "["):
        yield from _leaves(json.loads(value))
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value
