"""A disk that fills up at any write of a backup, a restore or an upgrade: the old state stays whole, and the error is one line.

The disk is a real one, a small tmpfs. What is tried is tried again and again, with a little more room each time, until it succeeds: so
each of its writes, up to the last one, has been the one that found no room.
"""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from threading import Event

import pytest
from alembic import command as alembic
from sqlalchemy import select

from hub import cli
from hub.alerts import reading as alerts
from hub.database import migrate
from hub.database.engine import sqlite_url, writer
from hub.database.schema import cursors
from hub.service.serve import PYTHON
from scripts.faulting.needs import CannotRunError, need_root
from tests.hub.backups import restore_command
from tests.hub.ledgers import check, send, settle, table
from tests.hub.towns import NOW, Place
from tests.hub.wire import running, until, with_ports

SIZE = 8 << 20
STEP = 24 << 10
"""More room at each attempt: less than a database of this size writes at once."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        need_root("mounting a small tmpfs")
    except CannotRunError as error:
        pytest.skip(str(error))
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "tmpfs", str(place)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Place]:
    """A town with sixty entries, elsewhere."""
    place = town_in(tmp_path)
    yield place
    place.engine.dispose()


def leave(disk: Path, room: int) -> None:
    """So many bytes are free, no more."""
    hog = disk / "hog"
    hog.unlink(missing_ok=True)
    with hog.open("wb", buffering=0) as out:
        out.truncate(0)
        left = shutil.disk_usage(disk).free - room
        assert left > 0
        while left > 0:
            left -= out.write(b"\0" * min(left, 1 << 20))


def with_ever_more_room(
    disk: Path, attempt: Callable[[], int], capsys: pytest.CaptureFixture[str], whole: Callable[[], None]
) -> int:
    """Attempts until it succeeds; after each failure: one line, and `whole`. How often it failed."""
    for failures, room in enumerate(range(0, SIZE // 2, STEP)):
        leave(disk, room)
        capsys.readouterr()
        code = attempt()
        said = capsys.readouterr().err
        (disk / "hog").unlink()
        if code == 0:
            return failures
        assert code == 1
        (line,) = said.splitlines()
        assert line.startswith("kakou-hub: ")
        assert str(disk) in line or line.startswith("kakou-hub: database: "), line
        assert "full" in line or "No space left" in line or "disk I/O" in line, line
        whole()
    raise AssertionError(f"half the disk is free, and it still fails: {line}")


def test_a_backup_onto_a_disk_that_fills_up_leaves_nothing_and_moves_no_watermark(
    filled: Place, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = disk / "backups" / "b.age"

    def whole() -> None:
        assert not file.parent.exists() or list(file.parent.iterdir()) == []
        assert watermark(filled) == 0
        assert check(filled).entries == 60

    failures = with_ever_more_room(disk, lambda: hub(filled.folder, "backup", str(file), "--to", "town"), capsys, whole)
    # one encrypted file; the copy that is proven lies on the hub's own disk
    assert failures > 10
    assert watermark(filled) == 60
    assert restore_command(disk / "again", file, filled.town) == 0


def test_a_backup_of_a_town_on_a_full_disk_moves_no_watermark_that_is_not_written(
    tmp_path: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The copy lies elsewhere, whole and proven; what cannot be written is that there is one."""
    place = town_in(disk)
    made: list[Path] = []

    def attempt() -> int:
        made.append(tmp_path / f"b-{len(made)}.age")
        return hub(place.folder, "backup", str(made[-1]), "--to", "town")

    def whole() -> None:
        assert watermark(place) == 0
        assert check(place).entries == 60

    assert with_ever_more_room(disk, attempt, capsys, whole) >= 1
    assert watermark(place) == 60
    for number, file in enumerate(made):
        # what has its name is a backup, whatever came after
        if file.exists():
            assert restore_command(tmp_path / f"again-{number}", file, place.town) == 0


def test_a_scheduled_backup_that_finds_no_room_is_an_alert(filled: Place, disk: Path) -> None:
    (filled.folder / "backups").symlink_to(disk)
    leave(disk, STEP)
    assert hub(filled.folder, "backup") == 1
    with filled.engine.begin() as connection:
        (alert,) = alerts.unacknowledged(connection, "demo")
    assert (alert.what, alert.ended_at) == ("backup", None)


def test_a_restore_onto_a_disk_that_fills_up_leaves_no_town(
    filled: Place, disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "b.age", disk / "again"
    assert hub(filled.folder, "backup", str(file), "--to", "town") == 0
    failures = with_ever_more_room(
        disk, lambda: restore_command(folder, file, filled.town), capsys, lambda: none_of(folder)
    )  # fmt: skip
    assert failures > 20
    assert hub(folder, "verify") == 0


def test_an_upgrade_on_a_disk_that_fills_up_leaves_the_older_version_whole(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = town_in(disk)
    before = table(place, "entries")
    with place.engine.begin() as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        alembic.downgrade(config, "0002")
    place.engine.dispose()

    begun: list[object] = []

    def attempt() -> int:
        # what a program does that is to bring the database up, once, without what it does then
        begun.clear()
        assert cli.main(["--data", str(place.folder), "listener"]) == 0
        return 0 if begun else 1

    def whole() -> None:
        engine = writer(place.town.settings.database_url)
        try:
            with engine.begin() as connection:
                assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "0002"
                assert connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one() == len(before)
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        finally:
            engine.dispose()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.commands.running.listen", lambda *_: begun.append(_))
        patch.setattr("hub.commands.running.log.configure", lambda: None)
        patch.setattr("hub.commands.running.until_told", Once)
        patch.setattr("hub.commands.running.Trouble", OnStandardError)
        assert with_ever_more_room(disk, attempt, capsys, whole) >= 3
    assert table(place, "entries") == before
    # what the older version did not derive
    assert hub(place.folder, "rebuild") == 0
    assert check(place).entries == 60


class Once(Event):
    """Whoever waits with it has waited enough."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


class OnStandardError:
    """Says what keeps a program waiting as a command would."""

    def __init__(self, _run: Path) -> None: ...

    def say(self, what: str) -> None:
        print(f"kakou-hub: database: {what}", file=sys.stderr)


@pytest.mark.parametrize("command", ["listener", "serve"])
@pytest.mark.parametrize("version", ["0007", "head"])
def test_a_hub_that_starts_on_a_full_disk_waits_and_goes_on(disk: Path, command: str, version: str) -> None:
    """Faults D: it ended, and nobody may have started it again when there was room."""
    place = town_in(disk)
    settings = with_ports(place)
    if version != "head":
        with place.engine.begin() as connection:
            config = migrate.configuration()
            config.attributes["connection"] = connection
            alembic.downgrade(config, version)
    place.engine.dispose()
    with running(settings) if command == "listener" else nullcontext():
        leave(disk, 0)
        process = subprocess.Popen(
            [*PYTHON, "-m", "hub.cli", "--data", str(place.folder), command], stderr=subprocess.PIPE
        )
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            (disk / "hog").unlink()
            until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]], 60)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"Traceback" not in said


def hub(folder: Path, *arguments: str) -> int:
    """A command of the hub."""
    return cli.main(["--data", str(folder), *arguments])


def town_in(folder: Path) -> Place:
    """A town with sixty entries."""
    place = settle(folder)
    for number in range(20):
        place.gates["east"].visit(f"鲁B{number:05d}", NOW)
    send(place, place.gates["east"])
    place.engine.dispose()
    return place


def watermark(place: Place) -> int:
    """Up to where gates may forget."""
    engine = writer(sqlite_url(place.folder / "hub.db"))
    try:
        with engine.begin() as connection:
            return int(connection.execute(select(cursors.c.backed_up).where(cursors.c.gate == "east")).scalar_one())
    finally:
        engine.dispose()


def none_of(folder: Path) -> None:
    """Nothing is left there."""
    assert not folder.exists()
