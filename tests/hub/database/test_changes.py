"""Whether a database has changed: seen at once when another commits, and nothing else is."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from hub.database.changes import Changes
from hub.database.engine import reader, sqlite_url, writer
from hub.database.schema import audit, metadata

ROW = {"at": "2026-03-01T00:00:00.000Z", "user": "cli", "action": "a", "object": "o", "detail": "{}"}


def test_what_another_commits_is_a_change_and_what_is_rolled_back_is_none(tmp_path: Path) -> None:
    writing, reading = (make(sqlite_url(tmp_path / "hub.db")) for make in (writer, reader))
    metadata.create_all(writing)
    changes = Changes(reading)
    assert changes.any(), "the first look is one"
    assert not changes.any()
    with writing.begin() as connection:
        connection.execute(insert(audit).values(**ROW))
        assert not changes.any(), "it is not committed"
    assert changes.any()
    assert not changes.any()
    with writing.connect() as connection:
        connection.execute(insert(audit).values(**ROW))
        connection.rollback()
    assert not changes.any()
    changes.forget()
    assert changes.any()
    for engine in (writing, reading):
        engine.dispose()


def test_a_database_that_cannot_be_asked_raises_and_is_asked_anew(tmp_path: Path) -> None:
    reading = reader(sqlite_url(tmp_path / "nothing" / "hub.db"))
    changes = Changes(reading)
    with pytest.raises(Exception, match="unable to open"):
        changes.any()
    (tmp_path / "nothing").mkdir()
    assert changes.any()
    changes.forget()
    reading.dispose()
