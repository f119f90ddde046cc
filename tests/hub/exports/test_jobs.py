"""Exports that take longer: one a user and two a town, whole or not there, gone after a day, and none survives its hub."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.accounts.store import User
from hub.database.schema import export_jobs, visits
from hub.errors import RefusedError
from hub.exports import files, job_process, jobs, runner
from hub.exports.jobs import Job, Order, State
from hub.exports.runner import Runner
from hub.service.serve import Sweep
from tests.hub.ledgers import settle, table
from tests.hub.towns import NOW, Place

ORDER = Order("visits", "csv", "en", {}, None, 5)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = settle(tmp_path)
    yield found
    found.engine.dispose()


def fill(place: Place, count: int) -> None:
    row = {"town": "demo", "gate": "east", "received_at": wall_text(NOW), "plate": "鲁B12345", "driver": "王伟"}
    rows = [
        {**row, "visit_id": f"{number:032x}", "opened_at": wall_text(NOW + timedelta(seconds=number))}
        for number in range(count)
    ]
    with place.engine.begin() as connection:
        connection.execute(insert(visits), rows)


def user(place: Place, role: Role) -> User:
    with place.engine.begin() as connection:
        return next(each for each in accounts.every_user(connection) if each.role is role)


def begin(place: Place, role: Role = Role.OFFICER, order: Order = ORDER) -> str:
    id_, by = jobs.new_id(), user(place, role)
    with place.engine.begin() as connection:
        jobs.begin(connection, "demo", id_, order, by=by, now=NOW)
    return id_


def job(place: Place, id_: str) -> Job:
    with place.engine.begin() as connection:
        found = jobs.find(connection, "demo", id_)
    assert found is not None
    return found


def started(place: Place, role: Role = Role.OFFICER, order: Order = ORDER) -> tuple[Runner, str]:
    """An export begun as the console begins one."""
    run = Runner(place.town.settings, place.engine, lambda: NOW)
    id_, by = jobs.new_id(), user(place, role)
    lock = files.lock(place.town.settings.exports, id_)
    assert lock is not None
    with place.engine.begin() as connection:
        jobs.begin(connection, "demo", id_, order, by=by, now=NOW)
    run.start(id_, lock)
    os.close(lock)
    return run, id_


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_a_process_of_its_own_writes_the_file_and_says_so(place: Place, format_: str) -> None:
    fill(place, 5)
    _, id_ = started(place, order=Order("visits", format_, "zh", {"gate": "east"}, None, 5))
    until(lambda: job(place, id_).state != State.RUNNING)
    found, file = job(place, id_), files.path_of(place.town.settings.exports, id_, format_)
    assert (found.state, found.rows_done, found.error) == ("done", 5, None)
    assert file.stat().st_size == found.bytes
    assert file.stat().st_mode & 0o777 == 0o600
    assert place.town.settings.exports.stat().st_mode & 0o777 == 0o700
    if format_ == "csv":
        text = file.read_text(encoding="utf-8-sig")
        assert text.count("东门") == 5
        assert "王伟" not in text
    assert {each.suffix for each in place.town.settings.exports.iterdir()} == {f".{format_}", ".lock"}


def test_one_a_user_and_two_a_town(place: Place) -> None:
    first = begin(place)
    with pytest.raises(RefusedError, match="one of yours is being written"):
        begin(place)
    begin(place, Role.ADMIN)
    with pytest.raises(RefusedError, match="2 are being written already"):
        begin(place, Role.SUPERVISOR)
    with place.engine.begin() as connection:
        assert jobs.finish(connection, "demo", first, rows=5, size=100, now=NOW)
    begin(place, Role.SUPERVISOR)
    assert [row["action"] for row in table(place, "audit")].count("export begun") == 3


def test_an_export_whose_hub_was_killed_fails_and_leaves_nothing(place: Place) -> None:
    folder = place.town.settings.exports
    id_ = begin(place)
    files.check_room(folder, 1)
    for name in (f"{id_}.csv.part", f"{id_}.lock"):
        (folder / name).write_text("half")
    (folder / f".{id_}.xlsx.part-1").mkdir()
    Runner(place.town.settings, place.engine, lambda: NOW).settle()
    assert (job(place, id_).state, job(place, id_).error) == ("failed", jobs.STOPPED)
    assert list(folder.iterdir()) == []


def test_what_is_still_written_is_left_alone(place: Place) -> None:
    id_ = begin(place)
    lock = files.lock(place.town.settings.exports, id_)
    assert lock is not None
    assert files.lock(place.town.settings.exports, id_) is None
    with place.engine.begin() as connection:
        assert jobs.fail_stopped(connection, "demo", place.town.settings.exports, NOW) == 0
    os.close(lock)
    with place.engine.begin() as connection:
        assert jobs.fail_stopped(connection, "demo", place.town.settings.exports, NOW) == 1


def test_the_process_ends_with_the_console_that_started_it(place: Place) -> None:
    fill(place, 20)
    id_ = begin(place)
    script = (
        "import subprocess, sys, time\n"
        "from hub.exports import job_process\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLOW!r}, {str(place.folder)!r}, {id_!r}], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    console = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert console.stdout is not None
    child = int(console.stdout.readline())
    part = place.town.settings.exports / f"{id_}.csv.part"
    until(part.exists)
    console.send_signal(signal.SIGKILL)
    console.wait(10)
    console.stdout.close()
    until(lambda: not alive(child))
    Runner(place.town.settings, place.engine, lambda: NOW).settle()
    assert job(place, id_).state == State.FAILED
    assert not part.exists()


SLOW = """
import sys, time
from hub.exports import files, job_process, writer
from pathlib import Path
plain = writer.Listing.csv
def slow(self, connection):
    for piece in plain(self, connection):
        yield piece
        time.sleep(30)
writer.Listing.csv = slow
files.check_room(Path(sys.argv[1]) / "exports", 1)
lock = files.lock(Path(sys.argv[1]) / "exports", sys.argv[2])
job_process.main(sys.argv[1:])
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_cancelled_export_stops_and_leaves_nothing(place: Place) -> None:
    fill(place, 3000)
    id_ = begin(place)
    found = job(place, id_)
    files.check_room(place.town.settings.exports, 1)
    with place.engine.begin() as connection:
        assert jobs.cancel(connection, "demo", found, by="u-1", now=NOW)
        assert not jobs.cancel(connection, "demo", found, by="u-1", now=NOW)
    assert not job_process.run(place.town, id_, clock=lambda: NOW, often=0)
    assert job(place, id_).state == State.CANCELLED
    assert list(place.town.settings.exports.iterdir()) == []


def test_an_export_that_is_cancelled_in_the_middle_stops_at_the_next_look(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place, 3000)
    id_ = begin(place)
    files.check_room(place.town.settings.exports, 1)
    done: list[int] = []
    progress = jobs.progress

    def cancelled(connection: object, town: str, which: str, count: int) -> bool:
        done.append(count)
        if len(done) == 2:
            jobs._change(connection, town, which, state="cancelled")  # type: ignore[arg-type]
        return progress(connection, town, which, count)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "progress", cancelled)
    assert not job_process.run(place.town, id_, clock=lambda: NOW, often=0)
    assert len(done) == 2
    assert list(place.town.settings.exports.iterdir()) == []


def test_a_fault_is_one_line_of_its_row(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(place, 5)
    id_ = begin(place)
    files.check_room(place.town.settings.exports, 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hub.exports.writer.Listing.save", full)
    assert not job_process.run(place.town, id_, clock=lambda: NOW)
    assert (job(place, id_).state, job(place, id_).error) == ("failed", "full")


def test_a_disk_without_room_refuses_before_anything_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 300 << 20})())
    files.check_room(place.town.settings.exports, 1000)
    with pytest.raises(RefusedError, match="300 MB are free"):
        files.check_room(place.town.settings.exports, 1_000_000)


def test_files_are_gone_after_a_day_and_all_of_them_at_the_operations_end(place: Place) -> None:
    folder = place.town.settings.exports
    files.check_room(folder, 1)
    old, new = folder / "a.csv", folder / "b.xlsx"
    for each in (old, new):
        each.write_text("x")
    os.utime(old, (NOW.timestamp() - files.LASTS, NOW.timestamp() - files.LASTS))
    os.utime(new, (NOW.timestamp(), NOW.timestamp()))
    assert files.sweep(folder, NOW.timestamp()) == 1
    assert [each.name for each in folder.iterdir()] == ["b.xlsx"]
    assert files.sweep(folder, NOW.timestamp(), lasts=0) == 1
    assert files.sweep(folder / "nowhere", NOW.timestamp()) == 0


def test_serve_erases_old_files_where_nobody_looks(place: Place) -> None:
    files.check_room(place.town.settings.exports, 1)
    old = place.town.settings.exports / "a.csv"
    old.write_text("x")
    os.utime(old, (1, 1))
    sweep = Sweep(place.town.settings)
    sweep.poll()
    assert not old.exists()
    old.write_text("x")
    os.utime(old, (1, 1))
    sweep.poll()
    assert old.exists()


def test_a_days_old_export_says_that_it_is_erased(place: Place) -> None:
    id_ = begin(place)
    with place.engine.begin() as connection:
        jobs.finish(connection, "demo", id_, rows=5, size=9, now=NOW)
    assert job(place, id_).state_at(NOW + timedelta(hours=23)) is State.DONE
    assert job(place, id_).state_at(NOW + timedelta(hours=24)) is State.GONE


def test_a_file_is_for_who_asked_for_it_while_the_role_lasts(place: Place) -> None:
    officer, boss = user(place, Role.OFFICER), user(place, Role.ADMIN)
    found = job(place, begin(place))
    assert jobs.may_have(found, officer, Role.VIEWER)
    assert not jobs.may_have(found, boss, Role.VIEWER)
    assert not jobs.may_have(found, officer, Role.SUPERVISOR)
    with place.engine.begin() as connection:
        connection.execute(update(export_jobs).values(role="supervisor"))
    assert not jobs.may_have(job(place, found.id), officer, Role.VIEWER)
    with place.engine.begin() as connection:
        connection.execute(update(export_jobs).values(role="officer", reason="court order"))
        assert connection.execute(select(export_jobs.c.reason)).scalar_one() == "court order"
    assert not jobs.may_have(job(place, found.id), officer, Role.VIEWER)


def test_the_command_is_one_of_the_hub(place: Place) -> None:
    done = subprocess.run(
        [*runner.COMMAND, str(place.folder), "nothing"], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode in (1, 3)
