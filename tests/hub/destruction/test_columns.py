"""Every column of the database says what becomes of it when its operation is destroyed."""

from sqlalchemy import Column, MetaData, Table, Text

from hub.database.schema import metadata
from hub.destruction.columns import COLUMNS, Sort, personal, unclassified


def test_somebody_has_said_of_every_column_what_becomes_of_it() -> None:
    assert unclassified(metadata) == []


def test_a_new_column_that_nobody_classified_is_named() -> None:
    other = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(other)
    Table("persons", other, Column("name", Text))
    assert unclassified(other) == ["persons.name"]


def test_a_plate_is_never_a_fact() -> None:
    said_plainly = {"plate", "driver", "phone", "origin", "destination", "remark", "private", "jpeg", "occupants"}
    for table, columns in COLUMNS.items():
        for name, sort in columns.items():
            assert name not in said_plainly or sort is Sort.PERSONAL, f"{table}.{name}"


def test_the_personal_columns_of_a_table_are_those_that_are_erased() -> None:
    assert personal("watched") == ("plate", "why")
    assert personal("signatures") == ()
