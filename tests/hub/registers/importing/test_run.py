"""A long list is imported by handfuls; one that can't be finished leaves nothing behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from hub.accounts.roles import Role
from hub.database.engine import reader
from hub.errors import RefusedError
from hub.registers import catalogue
from hub.registers.cells import Here
from hub.registers.importing import files, job_process, reading, store
from hub.registers.importing.run import HANDFUL, MOST_ROWS, MOST_WORDS, Importer
from hub.registers.importing.store import State
from hub.registers.rows import Draft
from tests.hub.ledgers import table
from tests.hub.registers.declared import HOUSEHOLDS, ZONE, declared, writer
from tests.hub.towns import NOW, Place

COUNT = 2 * HANDFUL + 7
LIST = "门牌,户主\n" + "".join(f"南村{n}号,王{n}\n" for n in range(COUNT))


def begun(place: Place, rows: int = COUNT) -> str:
    with declared(place, HOUSEHOLDS) as (connection, _):
        by = place.users[Role.SUPERVISOR]
        return store.begin(connection, "demo", "homes", "list.csv", (), rows, by=by, role="supervisor", now=NOW)


@contextmanager
def importing(place: Place, between: object = None) -> Iterator[Importer]:
    def rest(_seconds: float) -> None:
        if callable(between):
            between()

    reading_engine = reader(place.town.settings.database_url)
    yield Importer("demo", place.engine, reading_engine, Here(ZONE, {}), {}, lambda: NOW, rest)
    reading_engine.dispose()


def job(place: Place, id_: str) -> store.Import:
    with place.engine.connect() as connection:
        found = store.find(connection, "demo", id_)
    assert found is not None
    return found


def test_all_of_a_long_list_is_added_by_handfuls_with_one_line_in_the_audit(place: Place) -> None:
    id_ = begun(place)
    with importing(place) as importer:
        assert importer.run(job(place, id_), reading.read(LIST.encode(), "list.csv"))
    done = job(place, id_)
    assert (done.state, done.rows_done, done.numbers) == (State.DONE, COUNT, ((1, COUNT),))
    assert len(table(place, "register_rows")) == len(table(place, "register_history")) == COUNT
    said = [row for row in table(place, "audit") if row["action"].startswith("register")]
    assert [row["action"] for row in said] == ["register added", "register imported"]
    assert f'"count":{COUNT}' in said[-1]["detail"].replace(" ", "")


def test_whoever_else_writes_has_a_turn_behind_each_handful(place: Place) -> None:
    id_ = begun(place)
    words = len(table(place, "register_words"))
    seen: list[tuple[int, int]] = [(0, words)]

    def somebody_writes() -> None:
        other = place.town.writer()
        with other.begin() as connection:
            # the import waits for us meanwhile: if it still held the lock, ours would be refused in the end
            store.progress(connection, "demo", "another import", 0, ())
        other.dispose()
        seen.append((len(table(place, "register_rows")), len(table(place, "register_words"))))

    with importing(place, somebody_writes) as importer:
        assert replace(importer, ticks=lambda: 0.0).run(job(place, id_), reading.read(LIST.encode(), "list.csv"))
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(seen)]
    assert [rows for rows, _ in steps if rows] == [HANDFUL, HANDFUL + 7], "it grows where nothing takes any time"
    assert max(words for _, words in steps) <= MOST_WORDS
    assert max(rows for rows, _ in steps) <= MOST_ROWS


def test_a_list_that_can_not_be_finished_leaves_nothing_behind(place: Place) -> None:
    id_ = begun(place)

    def somebody_adds_the_last_household() -> None:
        door = f"南村{COUNT - 1}号"
        if not [row for row in table(place, "register_rows") if door in row["private"]]:
            with declared(place, HOUSEHOLDS) as (connection, keeper):
                keeper.add(connection, Draft({"door": door}), writer(place))

    with importing(place, somebody_adds_the_last_household) as importer:
        assert not importer.run(job(place, id_), reading.read(LIST.encode(), "list.csv"))
    failed = job(place, id_)
    assert failed.state == State.FAILED
    assert failed.error is not None
    assert failed.error["text"] == "%(column)s: there already, in row %(number)s"
    (left,) = table(place, "register_rows")
    assert left["created_by"] == place.users[Role.OFFICER]
    assert {row["row"] for row in table(place, "register_words")} == {left["id"]}
    assert {row["row"] for row in table(place, "register_history")} == {left["id"]}


def test_an_import_whose_process_was_killed_is_undone_at_the_next_look(place: Place) -> None:
    id_ = begun(place)
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        rows = [Draft({"door": f"南村{n}号"}) for n in range(3)]
        keeper.add_all(connection, rows, writer(place, Role.SUPERVISOR), noted=False)
        store.progress(connection, "demo", id_, 3, ((1, 3),))
    folder = place.town.settings.imports
    held = files.lock(folder, id_)
    with importing(place) as importer:
        assert job_process.settle(importer, folder) == 0, "its process is still there"
        os.close(held)
        assert job_process.settle(importer, folder) == 1
    assert table(place, "register_rows") == []
    assert job(place, id_).state == State.FAILED


def test_a_second_list_waits_for_the_first(place: Place) -> None:
    begun(place)
    with pytest.raises(RefusedError, match="being imported already"):
        begun(place)


def test_the_process_reads_the_file_and_erases_it(place: Place) -> None:
    id_ = begun(place, 1)
    folder = place.town.settings.imports
    files.keep(folder, id_, "门牌\n南村1号\n".encode())
    assert job_process.run(place.town, id_, lambda: datetime.now(UTC), {})
    assert list(folder.iterdir()) == []
    with place.engine.connect() as connection:
        assert catalogue.known(connection, "demo", "homes").register.id == "homes"
    assert len(table(place, "register_rows")) == 1
