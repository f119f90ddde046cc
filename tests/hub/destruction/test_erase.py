"""What erases each list takes what is personal and leaves the rest; done twice it finds nothing."""

from hub.database.schema import metadata
from hub.destruction import erase, parts
from hub.destruction.columns import COLUMNS, Sort
from tests.hub.destruction.endings import PLATES, filled
from tests.hub.ledgers import table
from tests.hub.towns import Place


def test_every_list_is_erased_and_once_more_changes_nothing(place: Place) -> None:
    filled(place)
    with place.engine.begin() as connection:
        first = {part: dict(each(connection, "demo")) for part, each in erase.LISTS.items()}
        again = {part: dict(each(connection, "demo")) for part, each in erase.LISTS.items()}
    assert first["passes"]["rows"] == first["watch_list"]["rows"] == first["vehicle_notes"]["rows"] == 1
    assert again["passes"] == again["watch_list"] == again["orders"] == {"rows": 0}
    (row,) = table(place, "passes")
    assert (row["plate"], row["text"], row["vehicle_class"]) == ("", "", "resident")


def test_every_table_with_personal_values_belongs_to_a_part() -> None:
    of_parts = {name for part in parts.FIXED.values() for name in part.tables}
    elsewhere = {"published", "register_rows", "register_history", "register_words", "register_pictures"}
    for name, columns in COLUMNS.items():
        if Sort.PERSONAL in columns.values():
            assert name in of_parts | elsewhere, f"{name} holds personal values, and no part of a destruction names it"
    assert of_parts <= set(metadata.tables)


def test_the_values_of_the_ledger_go_some_at_a_time(place: Place) -> None:
    filled(place)
    with place.engine.begin() as connection:
        entries, values, digest = erase.survey(connection, "demo", 1000)
        assert (entries, len(digest)) == (7, 64)
        assert values == 25
        assert erase.values_after(connection, "demo", 0, 1000)[1] == 7
        assert erase.values_after(connection, "demo", 0, 1000) == (1000, 0)
        assert erase.survey(connection, "demo", 1000)[:2] == (0, 0)
    assert not any(PLATES[0] in row["private"] for row in table(place, "entries"))
