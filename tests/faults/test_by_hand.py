"""The campaigns that are run by hand: each says in one line what the machine lacks, and each is shown to work where it can."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scripts.faulting import careless
from scripts.faulting.__main__ import main, parser
from scripts.faulting.disk import Disk, compile_disk
from scripts.faulting.needs import CannotRunError, need_success

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--power-cuts", "fusermount3: not found (apt install fuse3)"),
        ("--io-errors", "fiu-run: not found (apt install fiu-utils libfiu0)"),
        ("--loss", "ip: not found (apt install iproute2)"),
    ],
)
def test_what_the_machine_lacks_is_one_line(
    option: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert main([option, "1"]) == 2
    assert capsys.readouterr().err == f"scripts/faults: {says}\n"


def test_lost_packets_need_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["--loss", "1"]) == 2
    assert capsys.readouterr().err == "scripts/faults: losing packets in network namespaces needs root\n"


def test_power_cuts_need_fuse(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert main(["--power-cuts", "1"]) == 2
    assert "power cuts need FUSE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--power-cuts", "0"], "invalid count of at least 1 value: '0'"),
        (["--loss", "1", "--io-errors", "1"], "not allowed with"),
        (["--io-errors", "1", "--control"], "--control: there is one"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert says in capsys.readouterr().err


def test_every_option_is_in_the_readme() -> None:
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    named = {option for code in re.findall(r"`([^`]+)`", text) for option in re.findall(r"--[a-z-]+", code)}
    options = {option for action in parser()._actions for option in action.option_strings} - {"-h", "--help"}
    assert named == options


def test_a_careless_process_writes_with_normal_whatever_it_asks_for(tmp_path: Path) -> None:
    asks = tmp_path / "asks.py"
    asks.write_text(
        "import sqlite3\nconnection = sqlite3.connect('x.db')\nconnection.execute('PRAGMA synchronous=FULL')\n"
        "connection.set_authorizer(None)\nprint(connection.execute('pragma synchronous').fetchone())\n",
        encoding="ascii",
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    command = [sys.executable, "-m", careless.__name__, "asks"]
    assert subprocess.check_output(command, env=environment, text=True, cwd=tmp_path) == "(1,)\n"


# -- the disk that loses its power -------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Disk, Path]]:
    try:
        program = compile_disk(tmp_path / "powerdisk")
    except CannotRunError as error:
        pytest.skip(str(error))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").write_text("long ago", encoding="ascii")
    made = Disk(program, folder)
    yield made, folder
    made.close()


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def test_what_was_not_synced_is_seen_and_goes_with_the_power(disk: tuple[Disk, Path]) -> None:
    power_disk, folder = disk
    (folder / "kept").write_text("a moment ago, and longer", encoding="ascii")
    (folder / "new").write_text("new", encoding="ascii")
    sync(folder / "new")  # its bytes; its name is the folder's
    assert (folder / "kept").read_text(encoding="ascii") == "a moment ago, and longer"
    lost = power_disk.cut(half=False)
    assert {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()} == {"kept": "long ago"}
    assert (lost.lost, lost.unsynced, lost.folders) == (1, 1, 1)


def test_what_was_synced_stays(disk: tuple[Disk, Path]) -> None:
    power_disk, folder = disk
    (folder / "new").write_text("new", encoding="ascii")
    (folder / "kept").rename(folder / "moved")
    sync(folder / "new")
    sync(folder)
    power_disk.cut(half=False)
    assert {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()} == {
        "moved": "long ago",
        "new": "new",
    }


def test_names_that_were_not_synced_are_as_before(disk: tuple[Disk, Path]) -> None:
    power_disk, folder = disk
    (folder / "kept").rename(folder / "moved")
    power_disk.cut(half=False)
    (folder / "kept").write_text("", encoding="ascii")
    (folder / "kept").unlink()
    power_disk.cut(half=False)
    assert [path.read_text(encoding="ascii") for path in folder.iterdir()] == ["long ago"]


def test_half_of_it_is_neither_all_nor_nothing(disk: tuple[Disk, Path]) -> None:
    power_disk, folder = disk
    (folder / "kept").write_bytes(b"x" * 512 * 200)
    lost = power_disk.cut(half=True)
    assert lost.unsynced == 200
    assert 50 < lost.lost < 150
    assert (folder / "kept").read_bytes().count(b"x") == 512 * (200 - lost.lost)


@pytest.mark.parametrize(("synchronous", "rows"), [("full", 50), ("normal", 0)])
def test_sqlite_keeps_with_full_and_loses_with_normal(disk: tuple[Disk, Path], synchronous: str, rows: int) -> None:
    power_disk, folder = disk
    script = (
        "import os, sqlite3, sys\nconnection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('pragma journal_mode = wal')\nconnection.execute(f'pragma synchronous = {sys.argv[2]}')\n"
        "connection.execute('create table if not exists t (n)')\n"
        "if sys.argv[3] == '0': connection.close(); sys.exit()\n"
        "for n in range(50): connection.execute('insert into t values (?)', [n])\nos._exit(0)\n"
    )
    for count in ("0", "50"):
        need_success([sys.executable, "-c", script, str(folder / "t.db"), synchronous, count], "SQLite on the disk")
        if count == "0":
            for path in (*folder.iterdir(), folder):
                sync(path)
    power_disk.cut(half=False)
    with closing(sqlite3.connect(folder / "t.db")) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (rows,)


# -- short runs of each ------------------------------------------------------------------------------------------------


@pytest.mark.timeout(200)
def test_a_short_spell_of_eio_loses_nothing() -> None:
    if shutil.which("fiu-run") is None:
        pytest.skip("fiu-run: not found (apt install fiu-utils libfiu0)")
    done = campaign("--io-errors", "2", "--gates", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing was lost, nothing doubled, nothing invented" in done.stdout


@pytest.mark.timeout(200)
def test_two_power_cuts_lose_nothing_and_the_control_loses(tmp_path: Path) -> None:
    try:
        compile_disk(tmp_path / "powerdisk")
    except CannotRunError as error:
        pytest.skip(str(error))
    done = campaign("--power-cuts", "2", "--gates", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    control = campaign("--power-cuts", "2", "--gates", "1", "--control")
    assert control.returncode == 1, control.stdout + control.stderr
    assert "FAULT: gate-1: a power cut took" in control.stdout


def campaign(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "scripts.faulting", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=180)
