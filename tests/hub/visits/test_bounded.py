"""What one visit, one gate or one plate can pile up costs a page and a passage no more than a few rows and a few questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.engine import Connection, Engine

from edge.contract.facts import Kind, Outcome, VisitClosed
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.conflicts import judge as watch
from hub.conflicts import nearby, store
from hub.conflicts.rules import Passage, judge_passages
from hub.database.schema import clock_sets, conflicts, visits
from hub.ledger import queries
from hub.ledger.clock_sets import _beside, clocks_set
from hub.ledger.corrected_times import corrected
from tests.hub.conflicts.test_store import conflicts as open_conflicts
from tests.hub.conflicts.test_store import judge, rules, ways_unknown
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import batch_of, read, send, settle, take
from tests.hub.towns import NOW, Place

PLATE = "鲁B12345"
BOOT = "00" * 16


@contextmanager
def questions(engine: Engine) -> Iterator[list[str]]:
    """Every statement that an engine is given."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan(connection: Connection, statement: str, values: Any) -> str:
    return " ".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))


# --- a visit with many entries -----------------------------------------------------------------------------------------


def long_visit(place: Place, count: int) -> str:
    """A visit of three records, and more of the same visit that their gate goes on writing."""
    gate = place.gates["east"]
    visit = gate.visit(PLATE, NOW, clock="unsynced")
    body = VisitClosed(outcome=Outcome.PASSED, officer=None)
    for number in range(count - 3):
        gate.keep(Kind.VISIT_CLOSED, body, NOW + timedelta(seconds=number), visit=visit, clock="unsynced")
    for first in range(0, count, 400):
        part = gate.sealed[first : first + 400]
        take(place, read(place, "east", batch_of(gate, part, first + len(part)).encode()))
    return visit


def test_a_visits_entries_cost_one_question_however_many_they_are(place: Place) -> None:
    visit = long_visit(place, 120)
    with place.engine.begin() as connection, questions(place.engine) as asked:
        found = queries.entries_of(connection, "demo", visit, 100)
    assert len(asked) == 1
    assert [each.id for each in found] == list(range(1, 101))
    assert [each.before for each in found] == [None, *(each.chain for each in found[:-1])]
    assert {each.signed_by_seq for each in found} == {120}


def test_a_long_visit_is_shown_page_by_page_with_as_many_questions_as_a_short_one(place: Place) -> None:
    visit, short = long_visit(place, 90), place.gates["west"].visit(PLATE, NOW, clock="unsynced")
    send(place, place.gates["west"])
    seen: list[str] = []
    with console(place) as app:
        browser = Browser(app, Role.SUPERVISOR, "zh")
        with questions(app.extensions["kakou"].reading) as asked:
            browser.open(f"/visits/{short}")
            few, address = len(asked), f"/visits/{visit}"
            while address:
                asked.clear()
                page = browser.open(address).text
                assert len(asked) == few
                seen += [part.partition("</b>")[0] for part in page.split("<dd><b>")[1:]]
                _, _, rest = page.partition('rel="next" href="')
                address = rest.partition("#")[0].replace("&amp;", "&")
        last = text_of(browser.open(f"/visits/{visit}?after=80"))
    assert seen == [str(number) for number in range(1, 91)]
    assert "共 90 条记录" in last
    assert "回到第一条" in last


# --- a gate whose clock was set often ----------------------------------------------------------------------------------


def test_of_thousands_of_settings_the_nearest_two_are_read(place: Place) -> None:
    rows = [
        {
            "town": "demo", "gate": "east", "epoch": "ab" * 16, "seq": number, "boot": boot, "mono_ms": 1000 * number,
            "before": wall_text(NOW), "after": wall_text(NOW + timedelta(seconds=number)),
        }
        for number in range(1, 3001)
        for boot in (BOOT if number % 2 else "ff" * 16,)
    ]  # fmt: skip
    with place.engine.begin() as connection:
        connection.execute(insert(clock_sets), rows)
    with place.engine.begin() as connection, questions(place.engine) as asked:
        found = clocks_set(connection, "demo", "east", [(BOOT, 1_500_400), (BOOT, 1_500_600), (BOOT, 5)])
    assert len(asked) == 1
    assert [each.mono_ms for each in found] == [1000, 1_499_000, 1_501_000]
    at = {"wall": "1970-01-01T00:00:00.000Z", "boot": BOOT, "mono_ms": 1_500_400, "clock": "unsynced"}
    right = corrected(at, found)
    assert right is not None
    assert right.time == NOW + timedelta(seconds=1500.4)
    with place.engine.begin() as connection:
        query = _beside("demo", "east", BOOT, 7)[0].element.compile(connection.engine)
        assert query.positiontup is not None
        told = plan(connection, str(query), tuple(query.params[name] for name in query.positiontup))
    assert "clock_sets_boot (town=? AND gate=? AND boot=? AND mono_ms<?)" in told


# --- a plate with thousands of passages --------------------------------------------------------------------------------


def passages(place: Place, count: int, *, bare: bool, start: datetime = NOW) -> list[dict[str, Any]]:
    """Rows of `visits` of one vehicle, every minute in or out."""
    rows = [
        {
            "visit_id": f"{number:032x}", "town": "demo", "gate": "east", "direction": ("in", "out")[number % 2],
            "opened_at": wall_text(start + timedelta(minutes=number)),
            "closed_at": wall_text(start + timedelta(minutes=number, seconds=40)), "received_at": wall_text(NOW),
            "clock": "synced", "plate": None if bare else PLATE, "pass_id": "0011223344556677", "outcome": "passed",
            "vehicle_class": "resident",
        }
        for number in range(count)
    ]  # fmt: skip
    with place.engine.begin() as connection:
        connection.execute(insert(visits), rows)
        return [dict(row._mapping) for row in connection.execute(select(visits).order_by(visits.c.opened_at))]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many passages each comparison was about."""
    found: list[int] = []

    def counting(passages: list[Passage], *rest: Any) -> Any:
        found.append(len(passages))
        return judge_passages(passages, *rest)

    monkeypatch.setattr(watch, "judge_passages", counting)
    return found


@pytest.mark.parametrize("bare", [False, True])
def test_one_more_passage_of_a_plate_with_thousands_is_compared_with_the_nearest(
    place: Place, compared: list[int], bare: bool
) -> None:
    rules(place, ways_unknown)
    rows = passages(place, 3000, bare=bare)
    with place.engine.begin() as connection:
        for row in (rows[0], rows[1500], rows[-1]):
            assert watch.judge(connection, "demo", [row], key=place.town.key, now=NOW) == watch.Judged(0, 0)
    assert len(compared) == 3
    assert max(compared) <= 2 * nearby.NEAREST


def test_many_new_ones_of_it_share_their_looks(place: Place, compared: list[int]) -> None:
    rules(place, ways_unknown)
    rows = passages(place, 600, bare=False)
    with place.engine.begin() as connection, questions(place.engine) as asked:
        watch.judge(connection, "demo", rows[100:500], key=place.town.key, now=NOW)
    assert len(compared) <= 400 / nearby.AGAIN + 1
    assert len(asked) < 150


def test_thousands_of_conflicts_of_a_plate_are_not_read_for_its_next_passage(place: Place) -> None:
    rules(place, ways_unknown)
    rows = passages(place, 3000, bare=False)
    open_ = [
        {
            "id": f"c{number}", "town": "demo", "what": "in_twice", "opened_at": wall_text(NOW), "plate": PLATE,
            "visit": "elsewhere", "entries": "[]", "opened_entry": 1,
        }
        for number in range(3000)
    ]  # fmt: skip
    with place.engine.begin() as connection:
        connection.execute(insert(conflicts), open_)
    read: list[int] = []
    whole = store.of_row

    def counting(row: Any) -> store.Conflict:
        read.append(1)
        return whole(row)

    with pytest.MonkeyPatch.context() as patch, place.engine.begin() as connection:
        patch.setattr(store, "of_row", counting)
        watch.judge(connection, "demo", [rows[1500]], key=place.town.key, now=NOW)
    assert read == []


def what_is_open(place: Place) -> set[tuple[str, str | None]]:
    """Sixty passages of one plate at four gates, of which each uploads in three parts, the last gate first."""
    rules(place, ways_unknown)
    for number in range(60):
        gate = place.gates[("east", "west", "north", "south")[number % 4]]
        way = "out" if number % 5 in (1, 3) else "in"
        gate.visit(PLATE, NOW + timedelta(minutes=5 * number), direction=way, sprayed=False)
    for part in (0, 1, 2):
        for name in ("south", "west", "north", "east"):
            gate = place.gates[name]
            batch = batch_of(gate, gate.sealed[10 * part : 10 * part + 10], 10 * part + 10)
            appended = take(place, read(place, name, batch.encode()))
            judge(place, [row["visit_id"] for row in appended.visits])
    return {(each.what, each.visit) for each in open_conflicts(place)}


def test_what_is_open_is_the_same_whether_a_plate_counts_as_busy_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compared: list[int]
) -> None:
    plain = what_is_open(settle(tmp_path / "plain"))
    assert max(compared) == 60
    compared.clear()
    for name, value in (("FEW", 3), ("NEAREST", 12), ("SURE", 8), ("AGAIN", 3)):
        monkeypatch.setattr(nearby, name, value)
    assert what_is_open(settle(tmp_path / "busy")) == plain
    assert max(compared) == 24
    assert len(plain) > 10


def test_passages_are_found_by_an_index_of_their_vehicle_and_time(place: Place) -> None:
    """Spelled a little otherwise, a question walks over every visit of a pass, or every one without a plate."""
    with place.engine.begin() as connection:
        for question, index in ((nearby._OF_PLATES, "visits_plate"), (nearby._OF_BARE_PASSES, "visits_bare")):
            for name in ("of_all", "of_one", "below", "above"):
                text, order, fixed = getattr(question, name)._spell(connection.dialect)
                values = tuple("[]" if each == "names" else fixed.get(each, 1) for each in order)
                found = plan(connection, text, values)
                assert f"USING INDEX {index} (town=? AND " in found, name
                assert "closed_at" in found, name
