"""When a scheduled backup is due: what the hub recorded counts, whatever happened to files' times and to the clock."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.records import wall_text
from hub.backup.due import Due, is_due
from hub.backup.make import backup, dated, thin_out
from hub.database.schema import backups
from hub.service.serve import Schedule
from tests.hub.towns import NOW, Place

DAY = timedelta(hours=24)


class World:
    """A clock that may be set, and seconds that may not."""

    def __init__(self, place: Place, now: datetime = NOW) -> None:
        self.now, self.seconds = now, 1000.0
        self.due = Due(place.town.settings, lambda: self.now, lambda: self.seconds)

    def goes_on(self, span: timedelta) -> None:
        self.now += span
        self.seconds += span.total_seconds()


def made(place: Place, at: datetime, name: str | None = None) -> Path:
    """A scheduled backup as the hub records it."""
    file = dated(place.town, at) if name is None else place.folder / "backups" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"x")
    with place.engine.begin() as connection:
        row = {"town": "demo", "at": wall_text(at), "file": file.name, "entries": 0, "bytes": 1}
        connection.execute(backups.insert().values(row))
    return file


def test_a_new_towns_first_one_comes_after_the_hours(place: Place) -> None:
    world = World(place, NOW + timedelta(hours=23))
    os.utime(place.folder / "hub.toml", (0, 0))
    assert not world.due.is_due()
    world.goes_on(timedelta(hours=1))
    os.utime(place.folder / "hub.toml")
    assert world.due.is_due()


@pytest.mark.parametrize("touched", [0.0, NOW.timestamp() + 10 * 365 * 86400])
def test_what_files_say_of_their_times_is_not_believed(place: Place, touched: float) -> None:
    file = made(place, NOW)
    world = World(place, NOW + timedelta(hours=1))
    os.utime(file, (touched, touched))
    assert not world.due.is_due()
    world.goes_on(timedelta(hours=23))
    assert world.due.is_due()


def test_a_file_that_the_hub_did_not_make_counts_for_nothing(place: Place) -> None:
    file = made(place, NOW)
    world = World(place, NOW + DAY)
    for later in (NOW + timedelta(hours=23), datetime(2099, 1, 1, tzinfo=UTC)):
        shutil.copy(file, dated(place.town, later))
    assert world.due.is_due()


def test_one_is_made_anew_when_the_files_are_gone(place: Place) -> None:
    made(place, NOW).unlink()
    assert World(place, NOW + DAY + timedelta(hours=1)).due.is_due()
    older = made(place, NOW - DAY)
    made(place, NOW).unlink()
    assert older.exists()
    assert World(place, NOW + timedelta(hours=1)).due.is_due(), "the last that is still there counts"


def test_a_clock_that_goes_back_costs_one_more_and_then_the_hours_count_again(place: Place) -> None:
    made(place, NOW)
    world = World(place, NOW - timedelta(days=300))
    assert world.due.is_due()
    made(place, world.now)
    assert not world.due.is_due()
    world.goes_on(DAY)
    assert world.due.is_due()


def test_a_clock_that_jumps_forward_and_back_costs_one_more(place: Place) -> None:
    made(place, NOW)
    world = World(place, NOW + timedelta(days=3000))
    assert world.due.is_due()
    made(place, world.now)
    assert not world.due.is_due()
    world.now = NOW + timedelta(hours=1)
    assert world.due.is_due()
    made(place, world.now)
    assert not world.due.is_due()


def test_a_clock_that_is_set_back_by_hours_delays_nothing(place: Place) -> None:
    made(place, NOW)
    world = World(place, NOW)
    assert not world.due.is_due()
    world.goes_on(timedelta(hours=20))
    world.now -= timedelta(hours=19)
    assert not world.due.is_due()
    world.goes_on(timedelta(hours=4))
    assert world.due.is_due(), "a day has passed on the machine"


def test_a_database_that_cannot_be_asked_is_no_reason_to_try(place: Place) -> None:
    place.engine.dispose()
    (place.folder / "hub.db").write_bytes(b"no database" * 1000)
    assert not World(place, NOW + 2 * DAY).due.is_due()


def test_the_backup_just_made_is_never_thinned_out_for_its_old_name(place: Place) -> None:
    for days in range(14):
        made(place, NOW + timedelta(days=days))
    newest = dated(place.town, NOW - timedelta(days=300))
    backup(place.town, newest, NOW - timedelta(days=300))
    gone = thin_out(place.town, 14, newest)
    assert newest.exists()
    assert [each.name for each in gone] == [dated(place.town, NOW).name]


def test_a_damaged_record_and_a_folder_that_is_none_end_nothing(place: Place) -> None:
    made(place, NOW)
    with place.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE backups SET at = 'yesterday'")
    assert World(place).due.is_due()
    shutil.rmtree(place.folder / "backups")
    (place.folder / "backups").touch()
    assert not World(place, NOW + timedelta(hours=1)).due.is_due()


@pytest.mark.parametrize("why", [PermissionError(13, "no"), OSError(28, "no space left on device")])
def test_a_backup_that_cannot_be_started_does_not_end_serve(
    place: Place, monkeypatch: pytest.MonkeyPatch, why: OSError
) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise why

    monkeypatch.setattr("hub.backup.due.Due.is_due", lambda _self: True)
    monkeypatch.setattr(subprocess, "Popen", full)
    Schedule(place.town.settings).poll()


@pytest.mark.parametrize(("after", "due"), [(-1, True), (0, False), (86399, False), (86400, True)])
def test_due(after: int, due: bool) -> None:
    assert is_due(NOW, NOW + timedelta(seconds=after), DAY) is due
