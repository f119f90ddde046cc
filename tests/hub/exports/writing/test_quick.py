"""The quick way and the plain way write the same bytes, whatever a row holds."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import product
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Float, Integer, MetaData, Table, Text, create_engine
from sqlalchemy.engine import Connection, Engine

from hub.accounts.privacy import mask_name
from hub.exports.writing import csv_text
from hub.exports.writing.cells import HEADERS, LONGEST, Column, Manner, Sort
from hub.exports.writing.question import Question
from hub.exports.writing.rows import as_csv
from tests.hub.hostile import TIMES

ROWS = Table(
    "rows",
    MetaData(),
    SqlColumn("id", Integer, primary_key=True),
    *(SqlColumn(name, Text) for name in ("first", "second", "at", "name", "code", "parts", "raw", "last")),
    SqlColumn("washed", Integer),
    SqlColumn("seconds", Float),
)
COLUMNS = (
    Column("id", "编号", "Id", Sort.WHOLE),
    Column("first", "一", "First"),
    Column("second", "二", "Second"),
    Column("at", "时间", "At", Sort.TIME),
    Column("name", "姓名", "Name", group="person"),
    Column("code", "代码", "Code", group="person"),
    Column("parts", "部位", "Parts", Sort.CODES),
    Column("washed", "清洗", "Washed", Sort.FLAG, group="washing"),
    Column("seconds", "秒", "Seconds", Sort.NUMBER),
    Column("raw", "原文", "Raw", Sort.RAW),
    Column("last", "末", "Last"),
)
WORDS = {
    "code": {"in": "驶入", "=": "=1+1", "a": 'say "a"'},
    "parts": {"tyres": "轮胎"},
    "washed": {"yes": "Yes, washed", "no": "No"},
}
HARD = (
    "", " ", "a", "鲁B12345", 'say "hi"', "a,b", "a\nb", "\r\n", "\tx", "=1+1", " =1", "＝1", "-", "+", "@", "%s", "%", "%%s", "100 %",
    "null", "[null", ",null", "],[", '"', '""', "\\", "\\u0000", "a\0b", "\0", "\x7f", "\u202eB", "\u200b", "•", "€", "𠮷", "\u3000x",
    "\ud7ff", "x" * (LONGEST + 1), "in", "tyres chassis", "'", "'=", "1e400", "0", "•••", *TIMES, "2026-03-01T04:30:00.000Z",
    "2026-03-01T04:30:00.000Z\n", "2026-13-01T04:30:00.000Z", "2026-03-01T04:61:00.000Z", "2026-03-01T04:30:00Z", "é" * 24,
)  # fmt: skip
ZONES = ("Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Monrovia")

texts = st.sampled_from(HARD) | st.text() | st.none()
times = st.datetimes(timezones=st.just(UTC)).map(
    lambda when: when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
)
row = st.fixed_dictionaries(
    {
        **dict.fromkeys(("first", "second", "name", "code", "parts", "last"), texts),
        "at": times | texts,
        "raw": texts | st.just('{"a":1}'),
        "washed": st.none() | st.booleans() | st.integers(0, 5),
        "seconds": st.none() | st.floats(allow_nan=False) | st.integers(-5, 2**53) | st.sampled_from(["far", "1e3"]),
    }
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    found = create_engine("sqlite://")
    ROWS.create(found)
    yield found
    found.dispose()


def question() -> Question:
    return Question(COLUMNS, {each.name: ROWS.c[each.name] for each in COLUMNS}, [ROWS.c.id > 0], [ROWS.c.id], ROWS)


def put(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    connection.exec_driver_sql("DELETE FROM rows")
    for number, each in enumerate(rows, 1):
        names = ", ".join(each)
        connection.exec_driver_sql(
            f"INSERT INTO rows (id, {names}) VALUES ({number}{', ?' * len(each)})",  # the columns above
            tuple(each.values()),
        )


def both(connection: Connection, manner: Manner) -> tuple[bytes, bytes]:
    """The file as it is written, and as it is row by row."""
    quick = "".join(text for _, text in csv_text.stream_csv(connection, question(), manner))
    rows = [each for some in csv_text.plain_rows(connection, question(), manner) for each in some]
    head = csv_text.BOM + as_csv([[each.heading(manner.header) for each in COLUMNS]])
    return quick.encode("utf-8", "surrogatepass"), (head + as_csv(rows)).encode("utf-8", "surrogatepass")


def manners() -> Iterator[Manner]:
    for header, zone in product(HEADERS, ZONES):
        masks = {"name": mask_name} if header != "en" else {}
        yield Manner(ZoneInfo(zone), header, masks, {} if header == "machine" else WORDS)


@settings(max_examples=60, deadline=None)
@given(st.lists(row, max_size=8))
def test_the_quick_way_writes_what_the_plain_way_does(engine: Engine, rows: list[dict[str, Any]]) -> None:
    with engine.connect() as connection, patch.object(csv_text, "CHUNK", 3):
        put(connection, rows)
        for manner in manners():
            quick, plain = both(connection, manner)
            assert quick == plain


@pytest.mark.parametrize("name", ["first", "name", "code", "parts", "raw", "at", "last"])
def test_every_hard_text_in_every_column_is_the_same_both_ways(engine: Engine, name: str) -> None:
    with engine.connect() as connection, patch.object(csv_text, "CHUNK", 2):
        put(connection, [{"first": "a", "last": "z", "washed": 1, name: text} for text in HARD])
        for manner in manners():
            quick, plain = both(connection, manner)
            assert quick == plain


@pytest.mark.parametrize("name", ["first", "code", "at", "seconds", "raw"])
def test_bytes_in_a_column_of_texts_do_not_end_the_file(engine: Engine, name: str) -> None:
    with engine.connect() as connection, patch.object(csv_text, "CHUNK", 2):
        put(
            connection,
            [{"first": f"row {number}", **({name: b"\xff\0"} if number == 5 else {})} for number in range(9)],
        )
        quick, plain = both(connection, Manner(ZoneInfo(ZONES[0])))
        assert quick == plain
        assert quick.count(b"row ") == (8 if name == "first" else 9)


def test_the_number_of_rows_goes_with_each_piece(engine: Engine) -> None:
    with engine.connect() as connection, patch.object(csv_text, "CHUNK", 4):
        put(connection, [{"first": f"{number}"} for number in range(9)])
        counts = [count for count, _ in csv_text.stream_csv(connection, question(), Manner(ZoneInfo(ZONES[0])))]
        assert counts == [0, 4, 4, 1]
        assert question().count(connection) == 9


def test_plain_rows_of_usual_sorts_never_take_the_slow_way(engine: Engine) -> None:
    usual = {
        "first": "鲁B12345", "second": "500 mg/L", "at": "2026-03-01T04:30:00.000Z", "name": "李强", "code": "in", "parts": "tyres chassis",
        "washed": 0, "seconds": 10.0, "raw": "{}", "last": None,
    }  # fmt: skip
    with engine.connect() as connection, patch("hub.exports.writing.quick.as_csv", side_effect=AssertionError):
        put(connection, [usual] * 5)
        quick, plain = both(connection, Manner(ZoneInfo(ZONES[0]), "zh", {"name": mask_name}, WORDS))
        assert quick == plain
        assert "李•••,驶入,轮胎 chassis,No,10.0".encode() in quick
