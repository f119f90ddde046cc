"""faults D: a damaged or odd file of ours stops no gate for ever, in every form that a card leaves behind."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from edge.camera.opencv import cv2
from edge.cli import main
from edge.contract.alarms import JOURNAL, JOURNAL_ANEW, LISTS_ANEW
from edge.contract.files import set_aside, write_whole
from edge.journal.no_journal import NoJournal
from edge.journal.outbox import Outbox
from edge.unit import journal_watch
from edge.unit.journal_start import MARK
from tests import here
from tests.edge.folders import enrolled
from tests.edge.journals import keep_visit, open_journal
from tests.edge.posts import FakeCamera, Post

PAPER = ("改用纸质登记，用钥匙开栏", "register on paper, open the barrier by key")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def nuls(path: Path) -> None:
    path.write_bytes(b"\0" * max(path.stat().st_size if path.is_file() else 0, 4096))


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 32)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("create table holidays (day text)")
    other.close()


def newer(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("pragma user_version = 99")
    other.close()


def no_meta(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("delete from meta")
    other.close()


def no_column(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("alter table meta rename column head to heads")
    other.close()


def no_record(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("update records set raw = '{' || seq")
    other.close()


def half_nuls(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\0" * (path.stat().st_size - 4096))


def other_gate(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("update meta set gate = 'west'")
    other.close()


JOURNAL_FAULTS = (
    nuls, garbage, cut, folder, foreign, newer, no_meta, no_column, no_record, half_nuls, other_gate,
)  # fmt: skip


class Gate:
    """A gate that is started again and again in one folder."""

    def __init__(self, path: Path) -> None:
        self.folder = enrolled(path, camera="v4l2:/dev/video9")
        self.journal = self.folder / "journal.db"

    def run(self, then: Callable[[Post], None]) -> None:
        """One run, from start to end."""
        with ExitStack() as stack:
            then(Post(self.folder, FakeCamera(), stack))

    def had_visits(self) -> None:
        """A journal as runs leave it: all in the file itself, and marked."""
        outbox = open_journal(self.folder)
        for _ in range(60):
            keep_visit(outbox)
        write_whole(self.folder / MARK, outbox.epoch)
        outbox.close()


def _register(post: Post) -> None:
    post.officer.submit("/register", lane="1", plate="鲁B12345", vehicle_class="duty", direction="in")
    post.comes_to(lambda: post.barrier_is_up, "the barrier", 10)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "east")


def on_paper(post: Post) -> None:
    """What must hold of a gate without a journal, whatever became of it."""
    post.comes_to(lambda: JOURNAL in post.officer.state()["alarms"], "the alarm", 10)
    for language in ("zh", "en"):
        text = post.page(language)
        for said in PAPER:
            assert said in text
        assert "全部送达" not in text, "what cannot be read is not called received"
        assert "all received" not in text
    for path in ("/", "/register?lane=1", "/desk", "/matters", "/shift", "/solution", "/orders", "/state.json"):
        assert post.status(path) == 200, path
    post.officer.submit("/emergency", lane="1")
    post.unit.base.factory.pin(19).drive_low()
    assert not post.barrier_is_up, "nothing opens without a record, by key it does"
    assert not post.unit.base.factory.pin(27).state, "the sprayer is off"
    post.unit.base.factory.pin(19).drive_high()
    health = post.unit.health()
    assert JOURNAL in health.alarms
    assert (health.epoch, health.head) == (None, None), "no journal is named that nobody can read"
    post.unit.watch.look()
    assert post.unit.watch.alive, "it stays up: systemd has nothing to start again"


@pytest.mark.parametrize("hurt", JOURNAL_FAULTS)
def test_a_gate_whose_journal_is_damaged_stays_up_and_says_paper_and_key(
    gate: Gate, hurt: Callable[[Path], None]
) -> None:
    gate.had_visits()
    hurt(gate.journal)
    left = gate.journal.read_bytes() if gate.journal.is_file() else None

    def then(post: Post) -> None:
        assert isinstance(post.unit.journal, NoJournal)
        on_paper(post)

    gate.run(then)
    if left is not None:
        assert gate.journal.read_bytes() == left, "as it was found, for whoever gets its records back"


def test_a_journal_that_the_disk_keeps_away_comes_back_by_itself(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, a card mounted read-only: what waits is tried again; the program ends, and systemd starts it with the journal."""
    gate.had_visits()
    monkeypatch.setattr(journal_watch, "EVERY", 0.0)
    opened = Outbox.open

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def then(post: Post) -> None:
        on_paper(post)
        monkeypatch.setattr(Outbox, "open", opened)
        post.unit.watch.look()
        assert not post.unit.watch.alive

    monkeypatch.setattr(Outbox, "open", full)
    gate.run(then)
    gate.run(_register)


@pytest.mark.parametrize("way", ["command", "by hand", "new card"])
def test_a_damaged_journal_is_put_right(gate: Gate, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """README: `kakou-gate outbox --anew`, while the gate runs; a new journal begins, and an alarm says so."""
    gate.had_visits()
    garbage(gate.journal)
    monkeypatch.setattr(journal_watch, "EVERY", 0.0)

    def then(post: Post) -> None:
        on_paper(post)
        match way:
            case "command":
                assert main(["--data", str(gate.folder), "outbox", "--anew"]) == 0
            case "by hand":
                set_aside(gate.journal)
            case "new card":
                gate.journal.unlink()
        post.unit.watch.look()
        assert not post.unit.watch.alive, "systemd starts it again, with a journal"

    gate.run(then)

    def after(post: Post) -> None:
        post.comes_to(lambda: JOURNAL_ANEW in post.officer.state()["alarms"], "the alarm of the new journal", 10)
        assert "journal.db was missing" in post.officer.state()["alarms"][JOURNAL_ANEW]
        _register(post)
        assert isinstance(post.unit.journal, Outbox), "it is one again"
        assert post.unit.journal.verify() is None

    gate.run(after)
    if way != "new card":
        (aside,) = gate.folder.glob("journal.db.broken-*")
        assert aside.read_bytes() == bytes(range(256)) * 32


def test_anew_moves_nothing_that_can_be_used(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    gate.had_visits()
    assert main(["--data", str(gate.folder), "outbox", "--anew"]) == 1
    assert (
        capsys.readouterr().err.splitlines()[-1] + "\n"
        == f"kakou-gate: {gate.journal}: can be used: nothing was moved\n"
    )


def test_a_journal_of_no_bytes_begins_anew_under_an_alarm_and_its_log_is_kept(gate: Gate) -> None:
    """Nothing is in it to be damaged further: the lane goes on, the hub is told by epoch and alarm. SQLite would delete the log."""
    gate.had_visits()
    old = (gate.folder / "journal.mark").read_text()
    empty(gate.journal)
    (gate.folder / "journal.db-wal").write_bytes(b"records that only the log holds")

    def then(post: Post) -> None:
        post.comes_to(lambda: JOURNAL_ANEW in post.officer.state()["alarms"], "the alarm", 10)
        assert "journal.db was empty" in post.officer.state()["alarms"][JOURNAL_ANEW]
        assert post.unit.journal.epoch != old
        _register(post)

    gate.run(then)
    (log,) = gate.folder.glob("journal.db.broken-*-wal")
    assert log.read_bytes() == b"records that only the log holds"


def test_a_new_gate_whose_first_start_was_cut_off_raises_no_alarm(gate: Gate) -> None:
    empty(gate.journal)
    gate.run(_says_nothing)


def _says_nothing(post: Post) -> None:
    _register(post)
    assert post.officer.state()["alarms"].keys() <= {"camera", "no_solution"}


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("hurt", [nuls, garbage, cut, empty, removed, folder])
def test_a_journal_that_breaks_while_the_gate_runs_is_found_before_a_restart(
    gate: Gate, hurt: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_watch, "EVERY", 0.0)

    def then(post: Post) -> None:
        _register(post)
        outbox = post.unit.journal
        assert isinstance(outbox, Outbox)
        # all of it in the file itself: what the log still holds is not lost by damage to the file
        outbox._file._db.execute("pragma wal_checkpoint(truncate)")
        outbox._file.require_same_file()
        post.unit.base.factory.pin(5).drive_low()
        hurt(gate.journal)
        post.unit.watch.look()
        assert not outbox.usable
        post.comes_to(lambda: post.unit.gate.view.fault is not None, "the fault on the screen", 5)
        for language in ("zh", "en"):
            assert all(said in post.page(language) for said in PAPER)
        assert post.barrier_is_up, "never down onto who is under it"
        assert post.status("/register?lane=1") == 200
        assert not post.unit.base.factory.pin(27).state

    gate.run(then)


# -- every other file ----------------------------------------------------------------------------------------------------------------

GOES_ON = (
    "lists.db", "keys/kiosk.key", "keys/ca.pem", "keys/cert.pem", "keys/tls.key", "pin-tries.json", "journal.mark", "ballast", "run/raised-1", "run/gate.pid", "pictures",
)  # fmt: skip
"""What a gate can do without: made anew, or moved aside."""
ENDS = ("gate.toml", "keys/signing.key", "keys/hub.pub")
"""What only an installer can bring back: one clear line that names the file."""
FAULTS = (empty, nuls, garbage, folder)


@pytest.mark.parametrize("hurt", FAULTS)
@pytest.mark.parametrize("name", GOES_ON)
def test_a_gate_goes_on_without_a_file_that_cannot_be_used(gate: Gate, name: str, hurt: Callable[[Path], None]) -> None:
    path = gate.folder / name
    if path.is_dir():
        path.rename(gate.folder / "were-pictures")
    path.parent.mkdir(exist_ok=True)
    path.touch()
    hurt(path)

    def then(post: Post) -> None:
        assert post.status("/") == 200
        post.officer.submit("/emergency", lane="1")
        post.comes_to(lambda: post.barrier_is_up, "the barrier", 10)
        assert (LISTS_ANEW in post.officer.state()["alarms"]) is (name == "lists.db" and hurt is not empty)

    gate.run(then)


@pytest.mark.parametrize("hurt", FAULTS)
@pytest.mark.parametrize("name", ENDS)
def test_a_file_that_only_an_installer_brings_back_is_named_in_one_line(
    gate: Gate, name: str, hurt: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = gate.folder / "seen.png"
    cv2.imwrite(str(seen), np.zeros((90, 160, 3), np.uint8))
    settings = gate.folder / "gate.toml"
    settings.write_text(settings.read_text().replace("v4l2:/dev/video9", f"file:{seen}"))
    path = gate.folder / name
    hurt(path)
    arguments = ("--data", str(gate.folder), "run")
    if hurt is garbage:
        command = [sys.executable, "-m", "edge.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    else:
        monkeypatch.setattr("faulthandler.enable", lambda: None)  # it wants a file, and pytest has its own
        done = here.run(main, *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert str(path) in done.stderr


def test_every_file_of_a_gates_folder_is_in_one_of_the_lists(gate: Gate) -> None:
    gate.run(_register)
    found = {
        str(path.relative_to(gate.folder))
        for path in gate.folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".jpg"))
    }
    assert found <= {*GOES_ON, *ENDS, "journal.db", "were-pictures"}
