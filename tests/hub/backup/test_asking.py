"""A backup on demand: asked in a file, taken up by `serve` or systemd, two at once refused, its outcome said."""

import json
import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.contract.records import wall_text
from hub.backup import asking
from hub.backup.asking import BusyError, Outcome, Stage
from hub.cli import main
from hub.errors import RefusedError
from hub.service.serve import Schedule
from hub.town.settings import FILE, Settings
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place


class Room(NamedTuple):
    """A disk as the system describes it."""

    total: int
    used: int
    free: int


def stage(place: Place, later: timedelta = timedelta()) -> Stage:
    return asking.work(place.town.settings.run, NOW + later).stage


def test_what_is_asked_for_is_taken_up_and_its_outcome_said(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    run = place.town.settings.run
    assert stage(place) is Stage.IDLE
    asking.ask(place.town.settings, "u-5", NOW)
    assert stage(place) is Stage.ASKED
    assert asking.is_asked(run)
    assert json.loads((run / asking.ASKED).read_text()) == {"by": "u-5", "at": wall_text(NOW)}
    assert main(["--data", str(place.folder), "backup"]) == 0
    assert not asking.is_asked(run)
    last = asking.work(run, NOW).last
    assert last is not None
    assert (last.why, last.file) == ("", table(place, "backups")[0]["file"])
    assert stage(place) is Stage.IDLE


def test_two_are_not_asked_for_at_once(place: Place) -> None:
    asking.ask(place.town.settings, "u-5", NOW)
    with pytest.raises(RefusedError, match="asked for already"):
        asking.ask(place.town.settings, "u-5", NOW)


def test_two_are_not_made_at_once(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    run = place.town.settings.run
    with asking.making(run, NOW):
        assert stage(place) is Stage.RUNNING
        assert asking.work(run, NOW).since == wall_text(NOW)
        with pytest.raises(RefusedError, match="being made already"):
            asking.ask(place.town.settings, "u-5", NOW)
        with pytest.raises(BusyError), asking.making(run, NOW):
            pytest.fail("two at once")
        assert main(["--data", str(place.folder), "backup"]) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert stage(place) is Stage.IDLE
    assert not [row for row in table(place, "alerts") if row["what"] == "backup"], "nothing failed"


def test_one_to_a_file_of_its_own_waits_for_nobody(place: Place, tmp_path: Path) -> None:
    with asking.making(place.town.settings.run, NOW):
        assert main(["--data", str(place.folder), "backup", str(tmp_path / "mine"), "--to", "town"]) == 0


def test_what_nobody_took_up_is_said_and_may_be_asked_again(place: Place) -> None:
    asking.ask(place.town.settings, "u-5", NOW)
    assert stage(place, timedelta(minutes=1)) is Stage.ASKED
    assert stage(place, timedelta(minutes=3)) is Stage.LEFT
    asking.ask(place.town.settings, "u-5", NOW + timedelta(minutes=3))
    assert stage(place, timedelta(minutes=3)) is Stage.ASKED


def test_one_that_fails_says_why(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (place.town.settings.keys / "backup.pub").unlink()
    assert main(["--data", str(place.folder), "backup"]) == 1
    last = asking.work(place.town.settings.run, NOW).last
    assert last is not None
    assert "there is no backup key" in last.why
    assert [row["what"] for row in table(place, "alerts")].count("backup") == 1


def test_without_room_it_is_refused_before_it_begins(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Room(2**30, 2**30 - 2**20, 2**20))
    with pytest.raises(RefusedError, match="no room for a backup: 1 MiB free"):
        asking.ask(place.town.settings, "u-5", NOW)
    assert not asking.is_asked(place.town.settings.run)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"at": 7}', '{"at": "2026-13-01T00:00:00Z"}', "\0" * 99])
def test_files_that_are_none_of_ours_break_nothing(place: Place, text: str) -> None:
    run = place.town.settings.run
    for name in (asking.ASKED, asking.OUTCOME, asking.LOCK):
        (run / name).write_text(text)
    assert asking.work(run, NOW) == asking.Work(Stage.LEFT, None, None)
    asking.ask(place.town.settings, "u-5", NOW)
    assert stage(place) is Stage.ASKED


def test_serve_takes_up_what_is_asked_for_though_none_is_due(place: Place) -> None:
    data = place.town.settings.model_dump(mode="json") | {"backup": {"hours": 0}}
    (place.folder / FILE).write_text(Settings.of(data, place.folder).text())
    schedule = Schedule(place.town.settings)
    schedule.poll()
    assert schedule._running is None
    asking.ask(place.town.settings, "u-5", NOW)
    deadline = time.monotonic() + 60
    while not table(place, "backups") and time.monotonic() < deadline:
        schedule.poll()
        time.sleep(0.1)
    assert len(table(place, "backups")) == 1
    assert schedule._running is not None
    schedule._running.wait(30)


def test_an_outcome_that_cannot_be_written_is_no_fault(place: Place) -> None:
    asking.ended(place.folder / "hub.db" / "nowhere", Outcome(wall_text(NOW), wall_text(NOW)))
