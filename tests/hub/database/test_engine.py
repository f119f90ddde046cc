"""What differs between databases, and what is asked with every batch."""

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.database.copies import scratch
from hub.database.schema import audit, visits
from hub.database.statements import Often, among, among_named, as_array, begins, upsert

PLATES = [f"鲁B{number:05d}" for number in range(5000)] + ['a"b', "it's", "c,d", "[", "", "\u0001"]
OF_PLATES = select(visits.c.plate).where(visits.c.town == bindparam("town"), among_named(visits.c.plate, "plates"))


def fill(connection: Connection) -> None:
    kept = PLATES[::2]
    empty = {column.name: None for column in visits.columns}
    rows = [
        {**empty, "visit_id": f"{number:032x}", "town": "demo", "gate": "east", "received_at": "", "plate": plate}
        for number, plate in enumerate(kept)
    ]
    upsert(connection, visits, rows)


@pytest.mark.parametrize("wanted", [PLATES, PLATES * 2, PLATES[:1], ['a"b', "c,d", "["], ["鲁B00001"], []])
def test_any_number_of_values_is_looked_for_at_once(wanted: list[str]) -> None:
    with scratch() as connection:
        fill(connection)
        found = connection.execute(select(visits.c.plate).where(among(visits.c.plate, wanted))).scalars().all()
        often = Often(OF_PLATES)(connection, town="demo", plates=as_array(wanted))
        assert sorted(plate for (plate,) in often) == sorted(found) == sorted(set(wanted) & set(PLATES[::2]))
        assert Often(OF_PLATES)(connection, town="other", plates=as_array(wanted)) == []


def test_it_goes_by_the_index() -> None:
    with scratch() as connection:
        fill(connection)
        query = select(visits.c.plate).where(visits.c.town == "demo", among(visits.c.plate, PLATES))
        compiled = query.compile(connection.engine)
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
        assert "visits_plate (town=? AND plate=?)" in str(plan)


def test_postgresql_is_asked_in_its_own_words() -> None:
    text = str(OF_PLATES.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    assert "visits.plate IN (SELECT json_array_elements_text(CAST(%(plates)s AS json)))" in text


def test_a_value_that_is_missing_is_no_silent_null() -> None:
    with scratch() as connection, pytest.raises(KeyError):
        Often(OF_PLATES)(connection, town="demo")


def test_a_text_that_begins_with_another_is_a_range_on_sqlite_and_a_word_on_postgresql() -> None:
    query = select(audit.c.id).where(begins(audit.c.object, "passes/1%"))
    on_sqlite = str(query.compile(dialect=sqlite.dialect()))
    # as a condition of its own: compared with 1 it would be no range of an index
    assert on_sqlite.endswith("WHERE (audit.object >= ? AND audit.object < ?)")
    on_postgresql = str(query.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
    assert "starts_with(audit.object, " in on_postgresql
