"""A batch of the feed: so many entries, so many bytes, and what is left out."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hub.feed import batch
from hub.feed.store import Target
from hub.ledger.head import read_ledger
from tests.hub import busy
from tests.hub.ledgers import table
from tests.hub.towns import Place

TARGET = Target("f-1", "county", "https://x/", None, None, 0, "", 0, None, None, 0, None)


@pytest.fixture
def town(tmp_path: Path) -> Place:
    return busy.settle_busy(tmp_path)


def test_a_batch_ends_where_its_room_ends_and_the_next_begins_there(
    town: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_BYTES", 2000)
    found, target = [], TARGET
    with town.engine.begin() as connection:
        while (next_ := batch.following(connection, "demo", target)).entries:
            found += [entry["id"] for entry in next_.entries]
            target = replace(target, cursor=next_.cursor)
    assert found == [row["id"] for row in table(town, "entries")]


def test_a_single_entry_that_is_larger_than_a_batch_is_sent_alone(town: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_BYTES", 1)
    with town.engine.begin() as connection:
        assert len(batch.following(connection, "demo", TARGET).entries) == 1


def test_entries_of_other_kinds_are_passed_over(town: Place) -> None:
    with town.engine.begin() as connection:
        found = batch.following(connection, "demo", replace(TARGET, kinds=("destroyed",)))
    assert (found.entries, found.cursor) == ([], table(town, "entries")[-1]["id"])


def test_another_towns_entries_are_none(town: Place) -> None:
    with town.engine.begin() as connection:
        assert batch.following(connection, "elsewhere", TARGET) == batch.Batch([], 0)


def test_an_empty_batch_is_a_test(town: Place) -> None:
    with town.engine.begin() as connection:
        ledger = read_ledger(connection, "demo")
    assert json.loads(batch.body(ledger, "f-1", ())) == {
        "v": 1, "town": "demo", "target": "f-1", "ledger": ledger.id, "epoch": 1, "first": None, "last": None, "entries": [],
    }  # fmt: skip
