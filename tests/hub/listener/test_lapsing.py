"""Rows of registers whose time passes: the listener moves them, once, and takes the write lock for nothing else."""

from datetime import datetime

from sqlalchemy import create_engine

from hub.database.engine import reader
from hub.listener.lapsing import EVERY, Lapsing
from hub.listener.schedule import Schedule
from hub.registers import catalogue, kept
from tests.hub.ledgers import table
from tests.hub.registers.declared import ZONE, later, writer
from tests.hub.registers.test_shipped import ROWS, drafted
from tests.hub.towns import NOW, Place


def test_a_missed_point_is_moved_when_its_minute_has_passed(place: Place) -> None:
    with place.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", ["patrols"], by="cli", now=NOW)
        keeper = kept.keeper(connection, "demo", "patrols", ZONE, {})
        keeper.add(connection, drafted(keeper.register, ROWS["patrols"]), writer(place))
    clock: list[datetime] = [NOW]
    seconds = [0.0]
    reading = reader(place.town.settings.database_url)
    # nothing is due yet: an engine that cannot write is not asked to
    broken = create_engine("sqlite:////nowhere/hub.db")
    schedule = Schedule(lambda: seconds[0])
    Lapsing(place.town, broken, reading, schedule, lambda: clock[0]).look_if_due()
    lapsing = Lapsing(place.town, place.engine, reading, schedule, lambda: clock[0])
    clock[0] = later(60)
    lapsing.look_if_due()
    assert [row["state"] for row in table(place, "register_rows")] == ["waiting"]
    seconds[0] = EVERY
    lapsing.look_if_due()
    assert [row["state"] for row in table(place, "register_rows")] == ["missed"]
    reading.dispose()
