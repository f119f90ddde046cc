"""hub.toml is changed in one value and nothing else of it, or not at all."""

import fcntl
import os
import threading
import tomllib
from pathlib import Path

import pytest

from hub.errors import RefusedError
from hub.town.settings import FILE, Settings
from hub.town.settings_file import LOCK, change

KEPT = """# ours
town = "demo"
timezone = "Asia/Shanghai"   # 北京时间

[web]
port = 8123

[backup]
folder = "/mnt/other"         # another disk
hours = 24                    # every night
keep = 14
[session]
admin = 0.5
"""


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / FILE
    file.write_bytes(text.encode())
    file.chmod(0o640)
    return file


def test_only_the_value_changes(tmp_path: Path) -> None:
    file = written(tmp_path, KEPT)
    settings = change(tmp_path, {"backup.hours": 24, "backup.keep": 14}, {"backup.hours": 12, "backup.keep": 30})
    assert file.read_text() == KEPT.replace("hours = 24 ", "hours = 12 ").replace("keep = 14", "keep = 30")
    assert (settings.backup.hours, settings.backup.keep, settings.web.port) == (12, 30, 8123)
    assert file.stat().st_mode & 0o777 == 0o640
    assert Settings.load(tmp_path).backup.folder == "/mnt/other"


@pytest.mark.parametrize(
    "text",
    [
        'town = "demo"',
        'town = "demo"\n',
        'town = "demo"\n[backup]',
        'town = "demo"\n[backup]\n# hours = 3\n[web]\nport = 81\n',
        'town = "demo"\r\n\r\n[backup] # ours\r\nfolder = "b"\r\n',
        'town = "demo"\n[web]\nport = 80 # [backup]\n',
        'town = "demo"\n[ backup ]\nhours=6#six\n',
    ],
)
def test_a_value_or_a_section_that_is_not_there_is_added(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    before = tomllib.loads(text)
    hours = Settings.load(tmp_path).backup.hours
    change(tmp_path, {"backup.hours": hours}, {"backup.hours": 7})
    after = tomllib.loads(file.read_bytes().decode())
    assert after["backup"].pop("hours") == 7
    before.setdefault("backup", {}).pop("hours", None)
    assert after == before
    assert ("\r\n" in text) == (b"\r\n" in file.read_bytes())


def test_what_another_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = written(tmp_path, KEPT)
    with pytest.raises(RefusedError, match=r"changed meanwhile: backup\.hours is 24"):
        change(tmp_path, {"backup.hours": 6}, {"backup.hours": 12})
    assert file.read_text() == KEPT


@pytest.mark.parametrize("text", ['town = "demo"\nbackup.hours = 24\n', 'town = "demo"\nbackup = {hours = 24}\n'])
def test_a_file_that_is_written_otherwise_is_left_alone(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(RefusedError, match="does not change"):
        change(tmp_path, {"backup.hours": 24}, {"backup.hours": 12})
    assert file.read_text() == text


def test_a_value_beyond_what_the_settings_allow_is_not_written(tmp_path: Path) -> None:
    file = written(tmp_path, KEPT)
    with pytest.raises(ValueError, match=r"backup\.keep"):
        change(tmp_path, {"backup.keep": 14}, {"backup.keep": 0})
    assert file.read_text() == KEPT


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, KEPT)

    def full(*_arguments: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("hub.generated_files.put", full)
    with pytest.raises(RefusedError, match="cannot be written \\(No space left on device\\)"):
        change(tmp_path, {"backup.hours": 24}, {"backup.hours": 12})
    assert file.read_text() == KEPT


def test_nobody_waits_for_another_change(tmp_path: Path) -> None:
    """Whoever asks holds the database's write lock: a wait would stop the whole hub."""
    file = written(tmp_path, KEPT)
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RefusedError, match="being changed by somebody else"):
            change(tmp_path, {"backup.hours": 24}, {"backup.hours": 12})
    assert file.read_text() == KEPT


def test_a_lock_on_the_folder_stops_nothing(tmp_path: Path) -> None:
    written(tmp_path, KEPT)
    handle = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    change(tmp_path, {"backup.hours": 24}, {"backup.hours": 12})
    os.close(handle)


def test_of_many_at_once_one_wins_and_the_file_stays_whole(tmp_path: Path) -> None:
    written(tmp_path, KEPT)
    won: list[int] = []

    def one(hours: int) -> None:
        try:
            change(tmp_path, {"backup.hours": 24}, {"backup.hours": hours})
        except RefusedError:
            return
        won.append(hours)

    threads = [threading.Thread(target=one, args=(hours,)) for hours in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert won == [Settings.load(tmp_path).backup.hours]
