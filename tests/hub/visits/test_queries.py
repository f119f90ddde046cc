"""The ledger read: pages, filters and counts on rows whose answer is known."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.console.paging import cursor
from hub.database.engine import reader
from hub.gates.status import Freshness, every_gate
from hub.ledger import queries
from hub.ledger.queries import Filter
from hub.quarantine.views import readable
from tests.hub.busy import speak
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    east = place.gates["east"]
    for minute in range(7):
        # two of them at the same millisecond: the key must still order them
        east.visit(f"鲁B0000{minute}", NOW + timedelta(minutes=min(minute, 5)))
    place.gates["west"].visit("鲁B12345", NOW, direction="out", reason="exit_ok", sprayed=False)
    send(place, east)
    send(place, place.gates["west"])
    with place.engine.begin() as connection:
        yield connection


def plates(page: queries.Page) -> list[str]:
    return [row["plate"] for row in page.rows]


def test_pages_go_down_and_up_without_gap_or_repetition(connection: Connection) -> None:
    first = queries.page(connection, "demo", Filter(gate="east"), limit=3)
    assert first.newer is None
    second = queries.page(connection, "demo", Filter(gate="east"), older=first.older, limit=3)
    third = queries.page(connection, "demo", Filter(gate="east"), older=second.older, limit=3)
    assert third.older is None
    found = plates(first) + plates(second) + plates(third)
    assert sorted(found, reverse=True) == sorted({f"鲁B0000{n}" for n in range(7)}, reverse=True)
    assert len(found) == 7
    assert plates(queries.page(connection, "demo", Filter(gate="east"), newer=third.newer, limit=3)) == plates(second)
    back = queries.page(connection, "demo", Filter(gate="east"), newer=second.newer, limit=3)
    assert plates(back) == plates(first)
    assert back.newer is None


def test_nobody_reads_another_town(connection: Connection) -> None:
    assert not queries.page(connection, "elsewhere", Filter(), limit=9).rows
    assert queries.last_entry(connection, "elsewhere") == 0
    assert queries.figures(connection, "elsewhere", "") == {}


@pytest.mark.parametrize("typed", ["鲁B12345", "鲁b·12345", "１２３４５", " 123 45 "])
def test_a_plate_is_found_however_it_is_typed(connection: Connection, typed: str) -> None:
    assert plates(queries.page(connection, "demo", Filter(plate=typed), limit=9)) == ["鲁B12345"]


@pytest.mark.parametrize(
    ("typed", "found"), [("鲁b·12345", ["鲁B12345"]), ("12345", []), ("鲁B1234", []), ("", ["鲁B12345"])]
)
def test_a_whole_plate_is_found_by_nothing_less(connection: Connection, typed: str, found: list[str]) -> None:
    asked = Filter(plate=typed, whole=True, gate="west")
    assert plates(queries.page(connection, "demo", asked, limit=9)) == found


@pytest.mark.parametrize("typed", ["%", "_", "鲁B_2345"])
def test_wildcards_are_letters_like_others(connection: Connection, typed: str) -> None:
    assert not queries.page(connection, "demo", Filter(plate=typed), limit=9).rows


def test_the_figures_count_by_gate(connection: Connection) -> None:
    found = queries.figures(connection, "demo", wall_text(NOW))
    assert found["east"] == queries.Figures(passed_in=7, disinfected=7)
    assert found["west"] == queries.Figures(passed_out=1)
    assert queries.figures(connection, "demo", wall_text(NOW + timedelta(days=1))) == {}


def test_an_unclear_visit_is_no_crossing_and_is_found_and_counted_by_itself(place: Place) -> None:
    west = place.gates["west"]
    west.visit("鲁B12345", NOW, outcome="unclear")
    west.visit("鲁B12345", NOW, outcome="unclear", direction="out", reason="exit_ok")
    send(place, west)
    with place.engine.begin() as connection:
        found = queries.figures(connection, "demo", wall_text(NOW))["west"]
        assert (found.passed_in, found.passed_out, found.refused) == (0, 0, 0)
        assert plates(queries.page(connection, "demo", Filter(outcome="unclear"), limit=9)) == ["鲁B12345"] * 2
        assert queries.page(connection, "demo", Filter(outcome="passed"), limit=9).rows == []
        assert queries.unclear(connection, "demo", wall_text(NOW)) == 2
        assert queries.unclear(connection, "demo", wall_text(NOW + timedelta(seconds=1))) == 0
        assert queries.unclear(connection, "elsewhere", wall_text(NOW)) == 0


def test_who_is_inside_comes_longest_first_in_pages(connection: Connection) -> None:
    rows, after = queries.inside_now(connection, "demo", limit=4)
    assert [row["plate"] for row in rows] == [f"鲁B0000{n}" for n in range(4)]
    rest, end = queries.inside_now(connection, "demo", after=after, limit=4)
    assert {row["plate"] for row in rest} == {"鲁B00004", "鲁B00005", "鲁B00006"}
    assert end is None
    assert after is not None
    assert after[1] == rows[-1]["visit_id"], "a cursor stands in an address, where no plate may"
    assert queries.inside_counts(connection, "demo") == {"resident": 7}


def test_an_entry_knows_its_neighbours_and_its_signature(connection: Connection) -> None:
    visit = queries.page(connection, "demo", Filter(plate="00001"), limit=1).rows[0]["visit_id"]
    opened, sprayed, closed = queries.entries_of(connection, "demo", visit, 10)
    assert (opened.next, sprayed.next, closed.next) == (sprayed.id, closed.id, closed.id + 1)
    assert sprayed.before == opened.chain
    assert closed.prev == sprayed.hash
    assert opened.signed_by_seq == 21, "the gate signed its last record"


def test_a_gate_is_live_only_while_it_is_heard(place: Place) -> None:
    speak(place, "east", NOW)
    speak(place, "west", NOW, online=False)
    with place.engine.begin() as connection:
        found = {gate.gate: gate for gate in every_gate(connection, "demo")}
    assert list(found) == ["east", "south", "west", "north"], "in the order of their numbers"
    assert found["east"].freshness(NOW + timedelta(seconds=30)) is Freshness.LIVE
    assert found["east"].freshness(NOW + timedelta(seconds=31)) is Freshness.SILENT
    assert found["west"].freshness(NOW) is Freshness.OFFLINE
    assert found["south"].freshness(NOW) is Freshness.NEVER


@pytest.mark.parametrize(
    ("text", "found"), [("a~b", ("a", "b")), (None, None), ("", None), ("a", None), ("~b", ("", "b"))]
)
def test_a_cursor_is_ours_or_none(text: str | None, found: tuple[str, str] | None) -> None:
    assert cursor(text) == found


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("车牌 {}".encode(), "车牌 {}"),
        (b"\x00\x01\xff", "0001 ff"),
        (b"\x1b[31mred", "1b5b 3331 6d72 6564"),
        (b"a" * 5000, "a" * 4096 + "\n… 5000 bytes"),
    ],
)
def test_hostile_bytes_are_made_readable(raw: bytes, shown: str) -> None:
    assert readable(raw) == shown


def test_the_app_reads_through_an_engine_that_cannot_write(place: Place) -> None:
    engine = reader(place.town.settings.database_url)
    with engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM visits")
    engine.dispose()
