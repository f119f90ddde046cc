"""A value put into every personal column of the database is in no file of the town after a destruction: no column is only said to be erased."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, Table, text

from hub.database.schema import metadata
from hub.destruction import run
from hub.destruction.columns import COLUMNS, Sort
from hub.downlink import signed_lists
from hub.registers import catalogue
from tests.hub.destruction.endings import LATER, NAME, agreed, decide_all, filled, traces
from tests.hub.towns import NOW, Place

CHAINED = frozenset({"entries", "audit"})
"""Tables whose rows hold each other by their hashes: `endings.filled` fills them as the product does."""
REGISTER = "persons"


def columns() -> Iterator[tuple[Table, list[str]]]:
    for name, sorts in COLUMNS.items():
        personal = [column for column, sort in sorts.items() if sort is Sort.PERSONAL]
        if personal and name not in CHAINED:
            yield metadata.tables[name], personal


def value_of(column: Column[Any], personal: bool) -> object:
    if column.nullable and not personal:
        return None
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, Integer | Float):
        return 900_001
    if column.name in ("private", "message", "detail", "kept", "filter", "content", "counts", "later"):
        said = json.dumps({"name": NAME} if personal else {}, ensure_ascii=False)
        return f'["{NAME}"]' if column.name == "later" else said
    if isinstance(column.type, LargeBinary):
        return NAME.encode() if personal else b"x"
    if column.table.name == "published" and column.name == "kind":
        return signed_lists.commands_row("retired")
    return {
        "town": "demo",
        "kind": "household",
        "register": REGISTER,
        "row": 900_001,
        "plates": json.dumps([NAME]),
    }.get(column.name, f"{NAME}-{column.table.name}" if personal else "x-1")


def test_no_personal_column_keeps_what_stood_in_it(place: Place) -> None:
    filled(place)
    with place.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", list(catalogue.shipped()), by="cli", now=NOW)
    with place.engine.connect() as connection:
        connection.execute(text("pragma foreign_keys = off"))
        connection.commit()
        for table, personal in columns():
            row = {each.name: value_of(each, each.name in personal) for each in table.columns}
            connection.execute(table.insert().values(row))
        connection.commit()
    found = {each.partition(": ")[2] for each in traces(place.folder, (NAME,))}
    assert {f"{table.name}: {NAME}" for table, _ in columns()} <= found, "every table holds it before"
    decide_all(place)
    run.run(place.town, agreed(place).id, LATER)
    left = [each for each in traces(place.folder, (NAME,)) if not each.startswith("log/")]
    assert not left, "\n".join(left)
