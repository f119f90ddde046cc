"""Any part of a plate finds it, of two Chinese characters too; what no visit has any more is forgotten; an older database is filled."""

from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.database.copies import scratch
from hub.database.migrate import configuration
from hub.database.schema import plate_ends, visits
from hub.ledger.projections import plate_ends as ends
from hub.ledger.projections.rebuild import rebuild
from hub.lifecycle.upgrade import upgrade
from tests.hub.ledgers import check, send, table
from tests.hub.towns import NOW, Place


def found(connection: Connection, part: str, most: int = 100) -> list[str] | None:
    plates = ends.some_holding(connection, "demo", part, most)
    return None if plates is None else sorted(plates)


@pytest.mark.parametrize(
    ("part", "plates"),
    [
        ("鲁B12345", ["鲁B12345"]),
        ("B123", ["鲁B12345"]),
        ("45", ["鲁B12345", "鲁B45454"]),
        ("鲁", ["鲁B12345", "鲁B45454"]),
        ("鲁B", ["鲁B12345", "鲁B45454"]),
        ("应急", ["京X1234应急"]),
        ("X1", ["京X1234应急"]),
        ("%", []),
        ("B_2", []),
        ("99", []),
    ],
)
def test_any_part_of_a_plate_finds_it(part: str, plates: list[str]) -> None:
    with scratch() as connection:
        ends.keep(connection, "demo", ["鲁B12345", "鲁B45454", "京X1234应急", ""])
        ends.keep(connection, "elsewhere", ["鲁B99999"])
        assert found(connection, part) == plates


def test_too_many_are_no_list() -> None:
    with scratch() as connection:
        ends.keep(connection, "demo", [f"鲁B{n:05}" for n in range(12)])
        assert found(connection, "鲁B", 11) is None
        assert len(found(connection, "鲁B", 12) or ()) == 12


def test_a_plate_beyond_all_measure_costs_no_more_than_a_long_one() -> None:
    with scratch() as connection:
        ends.keep(connection, "demo", ["X" * 30 + "Y" * 500])
        assert len(connection.execute(select(plate_ends)).all()) == ends.LONGEST
        assert found(connection, "XYY") == ["X" * 30 + "Y" * 500]


def test_a_plate_is_forgotten_with_its_last_visit(place: Place) -> None:
    with place.engine.begin() as connection:
        ends.keep(connection, "demo", ["鲁B11111", "鲁B22222"])
        row = {"visit_id": "ab" * 16, "town": "demo", "gate": "east", "received_at": "x", "plate": "鲁B11111"}
        connection.execute(visits.insert(), [row])
        ends.forget(connection, "demo", ["鲁B11111", "鲁B22222"])
        assert found(connection, "鲁B") == ["鲁B11111"]


def test_a_ledger_of_an_older_version_is_found_as_a_new_one(place: Place) -> None:
    gate = place.gates["east"]
    for n, plate in enumerate(("鲁B12345", "鲁BD12345", "", "京X1234应急", "鲁B12345")):
        gate.visit(plate, NOW + timedelta(minutes=n))
    send(place, gate, *gate.sealed)
    kept = table(place, "plate_ends")
    assert {row["plate"] for row in kept} == {"鲁B12345", "鲁BD12345", "京X1234应急"}
    with place.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0016")
    upgrade(place.engine)
    assert table(place, "plate_ends") == kept
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert table(place, "plate_ends") == kept
    check(place)
