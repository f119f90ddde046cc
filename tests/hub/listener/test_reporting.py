"""A gate's late receipt makes a new version of the signed report by itself; where nothing is new, nothing is written."""

from datetime import timedelta

from sqlalchemy import create_engine

from hub.database.engine import reader
from hub.listener.reporting import EVERY, Reporting
from hub.listener.schedule import Schedule
from tests.hub.destruction.endings import LATER, destroyed
from tests.hub.destruction.test_report import answer
from tests.hub.ledgers import table
from tests.hub.towns import Place


def test_a_late_receipt_makes_a_version_of_the_report(place: Place) -> None:
    seconds = [0.0]
    schedule, now = Schedule(lambda: seconds[0]), LATER + timedelta(days=400)
    reading = reader(place.town.settings.database_url)
    # nothing is due: an engine that cannot write is not asked to
    broken = create_engine("sqlite:////nowhere/hub.db")
    Reporting(place.town, broken, reading, schedule, lambda: now).look_if_due()
    destroyed(place)
    seconds[0] += EVERY
    Reporting(place.town, broken, reading, schedule, lambda: now).look_if_due()
    answer(place, "east")
    watch = Reporting(place.town, place.engine, reading, schedule, lambda: now)
    watch.look_if_due()
    assert [row["version"] for row in table(place, "destruction_reports")] == [1], "it looks now and then"
    seconds[0] += EVERY
    watch.look_if_due()
    first, second = (row["content"] for row in table(place, "destruction_reports"))
    assert "records 12" in second
    assert "records 12" not in first
    seconds[0] += EVERY
    Reporting(place.town, broken, reading, schedule, lambda: now).look_if_due()
    reading.dispose()
