"""faults D: small files are written whole, and what cannot be used is moved out of the way and never deleted."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contract.files import set_aside, write_whole

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kiosk.key"
    write_whole(path, "old")

    def power_cut(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    monkeypatch.undo()
    write_whole(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == ("new", 0o600, [path])


def test_the_text_is_on_the_disk_before_it_has_the_name_and_the_name_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("folder" if Path(f"/proc/self/fd/{handle}").resolve().is_dir() else "file")
        fsync(handle)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_whole(tmp_path / "kiosk.key", "text")
    assert steps == ["file", "rename", "folder"]


def test_what_is_moved_aside_replaces_nothing_and_takes_what_belongs_to_it(tmp_path: Path) -> None:
    names = []
    for text in ("first", "second"):
        (tmp_path / "lists.db").write_text(text)
        (tmp_path / "lists.db-wal").write_text(f"{text} wal")
        names.append(set_aside(tmp_path / "lists.db", "-wal", "-shm", now=NOW))
    assert [each.name for each in names] == ["lists.db.broken-20261130T080000Z", "lists.db.broken-20261130T080000Z-2"]
    assert [each.read_text() for each in names] == ["first", "second"]
    assert names[1].with_name(names[1].name + "-wal").read_text() == "second wal"
    assert not (tmp_path / "lists.db-wal").exists()


def test_every_small_file_of_a_gate_is_written_by_the_one_function() -> None:
    """faults D: `write_text` leaves a file of 0 bytes after a power cut. Who else writes says why that is no matter."""
    writes = re.compile(r"\.write_text\(|\.write_bytes\(|\.open\([^)]*[\"'][wax]")
    may = {
        "edge/lane/table.py": "its diagram, by a developer",
        "edge/camera/pictures.py": "a picture; its name is its hash, so half of one is never shown",
        "edge/hardware/barrier_mark.py": "in memory (/run); what is not this boot's id counts for nothing",
        "edge/simulation/scenario.py": "the demo's log",
        "edge/cli.py": "the drawing of the wiring, for a person who asks for it",
        "edge/unit/unit.py": "the number of the process",
        "edge/kiosk/speakers.py": "tones, made anew at each start",
    }
    found = {
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "edge").rglob("*.py"))
        if path.name != "files.py" and writes.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(may)
