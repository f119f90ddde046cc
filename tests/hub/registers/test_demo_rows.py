"""The demo's registers: every one that is shipped has rows, and the same seed gives the same rows."""

from pathlib import Path

from hub.accounts.roles import Role
from hub.registers import catalogue, figures
from scripts.town.registers import Filler
from tests.hub.ledgers import table
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place


def fill(place: Place, seed: int = 7) -> dict[str, int]:
    users = (place.users[Role.OFFICER], place.users[Role.SUPERVISOR])
    filler = Filler("demo", seed, ZONE, ["east", "west"], users, NOW)
    with place.engine.begin() as connection:
        found = filler.fill(connection)
        filler.report_none(connection)
    return found


def said(place: Place) -> list[tuple[str, str, str]]:
    return [(row["facts"], row["private"], row["state"]) for row in table(place, "register_rows")]


def test_every_shipped_register_has_rows_in_several_states(place: Place) -> None:
    found = fill(place)
    assert found.keys() == catalogue.shipped().keys()
    assert min(found.values()) >= 8
    with place.engine.connect() as connection:
        counted = figures.counted(connection, "demo", figures.names(connection, "demo"), "", "9", 10**9)
    assert counted.keys() == found.keys()
    several = [id_ for id_, each in counted.items() if len(each["standing"]) > 1]
    assert len(several) > 6
    assert {row["reporter"]: row["count"] for row in table(place, "zero_reports")} == {"gate/east": 0}


def test_the_same_seed_fills_the_same_and_another_one_others(place: Place, tmp_path: Path) -> None:
    fill(place)
    first = said(place)
    with place.engine.begin() as connection:
        for name in ("register_rows", "registers", "register_history", "register_words"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'register_rows'")
        connection.exec_driver_sql("DELETE FROM zero_reports")
    fill(place)
    assert said(place) == first
