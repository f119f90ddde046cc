"""A narrowed connection reads the rows of its gates and units alone, whatever it is asked, and however."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, select, text, union
from sqlalchemy.engine import Connection

from hub.database import schema
from hub.database.engine import reader
from hub.database.narrowed import NARROWED, WHOLE, before_question, narrow, narrowing_of
from hub.database.statements import Often, among
from hub.ledger import queries
from tests.hub.busy import settle_busy

ONE, TWO = ("east",), ("east", "west")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = settle_busy(tmp_path_factory.mktemp("narrowed"))
    place.engine.dispose()
    return place.folder


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    engine = reader(f"sqlite:///{folder / 'hub.db'}")
    with engine.connect() as found:
        yield found
    engine.dispose()


@pytest.mark.parametrize("gates", [(), ONE, TWO])
@pytest.mark.parametrize(
    "name", ["visits", "inside", "conflicts", "alerts", "gates", "visit_sums", "gate_events", "pictures"]
)
def test_a_table_of_gates_has_their_rows_alone(connection: Connection, name: str, gates: tuple[str, ...]) -> None:
    table = schema.metadata.tables[name]
    every = connection.execute(select(table.c.gate)).scalars().all()
    narrow(connection, gates, ())
    found = connection.execute(select(table.c.gate)).scalars().all()
    assert sorted(map(str, found)) == sorted(str(gate) for gate in every if gate in gates)


def test_however_it_is_asked(connection: Connection) -> None:
    visits = schema.visits
    narrow(connection, ONE, ())
    often = Often(select(visits.c.gate).where(visits.c.town == bindparam("town")))
    assert {row[0] for row in often(connection, town="demo")} == {"east"}
    assert set(connection.exec_driver_sql("SELECT v.gate FROM visits AS v").scalars()) == {"east"}
    assert set(connection.execute(text("WITH mine AS (SELECT gate FROM visits) SELECT * FROM mine")).scalars()) == {
        "east"
    }
    assert set(connection.execute(union(select(visits.c.gate), select(schema.inside.c.gate))).scalars()) == {"east"}
    some = select(visits.c.gate).where(among(visits.c.gate, ["east", "west"]), visits.c.town == "demo").limit(90)
    assert set(connection.execute(some).scalars()) == {"east"}
    page = queries.page(connection, "demo", queries.Filter(direction="in"), limit=40)
    assert {row["gate"] for row in page.rows} == {"east"}


def test_vehicles_are_those_that_came_to_the_gates(connection: Connection) -> None:
    visits = schema.visits
    came = set(connection.execute(select(visits.c.plate).where(visits.c.gate == "east")).scalars()) - {None, ""}
    every = set(connection.execute(select(schema.plate_ends.c.plate)).scalars())
    narrow(connection, ONE, ())
    found = set(connection.execute(select(schema.plate_ends.c.plate)).scalars())
    assert found == came & every
    narrow(connection, (), ())
    assert connection.execute(select(schema.plate_ends.c.plate)).scalars().all() == []
    narrow(connection, ONE, ())
    assert set(connection.execute(select(schema.passes.c.plate)).scalars()) <= came


def test_the_listener_is_not_a_gate(connection: Connection) -> None:
    narrow(connection, (), ())
    assert set(connection.execute(select(schema.gate_status.c.gate)).scalars()) <= {"hub"}


def test_another_connection_of_the_engine_reads_everything(connection: Connection) -> None:
    narrow(connection, ONE, ())
    assert narrowing_of(connection) is not None
    with connection.engine.connect() as other:
        assert narrowing_of(other) is None
        assert other.execute(select(func.count(schema.visits.c.gate.distinct()))).scalar_one() > 1


def test_every_table_with_a_gate_or_a_unit_is_narrowed_or_named() -> None:
    found = {table.name for table in schema.metadata.sorted_tables if {"gate", "unit"} & set(table.columns.keys())}
    assert found == (set(NARROWED) | WHOLE) & found
    assert set(NARROWED) & WHOLE == set()


def test_a_page_is_read_by_an_index_in_order_of_time(connection: Connection) -> None:
    for gates in (ONE, TWO):
        narrow(connection, gates, ())
        query = select(schema.visits).where(schema.visits.c.town == "demo", schema.visits.c.opened_at.is_not(None))
        ordered = query.order_by(schema.visits.c.opened_at.desc(), schema.visits.c.visit_id.desc()).limit(41)
        spelled = str(ordered.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        narrowed, values = before_question(connection, None, spelled, (), None, False)
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {narrowed}", values)]
        assert any("USING INDEX visits_" in line for line in plan), plan
        assert not any("B-TREE FOR ORDER BY" in line and "LAST" not in line for line in plan), plan
