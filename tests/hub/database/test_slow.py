"""Slow statements are counted and kept without their values, and a log of them stops nothing."""

import json
from pathlib import Path

from sqlalchemy import text

from hub.database.engine import sqlite_url, writer
from hub.database.slow import KEPT, SlowLog, every

SLEEPY = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000) SELECT max(x), :plate FROM n"
)


def test_a_slow_statement_is_kept_without_its_values(tmp_path: Path) -> None:
    engine = writer(sqlite_url(tmp_path / "hub.db"))
    SlowLog(tmp_path, "web", long=0.05).watch(engine)
    with engine.begin() as connection:
        connection.execute(text("SELECT :plate"), {"plate": "鲁B1"})
        connection.execute(text(SLEEPY), {"plate": "鲁B12345"})
    engine.dispose()
    (found,) = every(tmp_path)
    assert (found.process, found.count) == ("web", 1)
    assert found.last[0].ms >= 50
    assert found.last[0].text.startswith("WITH RECURSIVE")
    assert "鲁B12345" not in (tmp_path / "slow-web.json").read_text(encoding="utf-8")


def test_the_last_ones_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    engine = writer(sqlite_url(tmp_path / "hub.db"))
    SlowLog(tmp_path, "listener", long=0.0).watch(engine)
    with engine.begin() as connection:
        for number in range(3 * KEPT):
            connection.execute(text(f"SELECT {number}"))
    engine.dispose()
    (found,) = every(tmp_path)
    assert len(found.last) == KEPT
    assert found.count >= 3 * KEPT
    assert found.last[0].text == f"SELECT {3 * KEPT - 1}"


def test_a_folder_that_is_gone_stops_no_statement(tmp_path: Path) -> None:
    engine = writer(sqlite_url(tmp_path / "hub.db"))
    SlowLog(tmp_path / "gone", "web", long=0.0).watch(engine)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT 7")).scalar() == 7
    engine.dispose()
    assert every(tmp_path / "gone") == []


def test_a_file_that_is_none_of_ours_counts_as_none(tmp_path: Path) -> None:
    for number, content in enumerate(("", "[]", "{", json.dumps({"process": "x", "last": [{}]}), "\0")):
        (tmp_path / f"slow-{number}.json").write_text(content, encoding="utf-8")
    assert every(tmp_path) == []
