"""A crash between operation.toml and the database: after the next start both say the same."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.operations import rules_file, rules_note
from hub.operations.unfinished import mend
from hub.town.operation_file import FILE
from hub.town.rules_text import with_value
from hub.town.town import Town
from tests.hub.consoles import console
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from hub.operations import rules_file
from hub.town.town import Town

town = Town.open(Path(sys.argv[1]))
with town.writer().begin() as connection:
    rules_file.publish_text(town, connection, sys.argv[2], by="u-1", why="x", now=datetime.fromisoformat(sys.argv[3]))
    if sys.argv[4] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


def die(place: Place, text: str, when: str) -> None:
    """Publishes a text in a process of its own that is killed before, or after, its commit."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(place.folder), text, NOW.isoformat(), when], check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def changed(place: Place) -> str:
    """A published text, and one that differs from it."""
    with place.engine.begin() as connection:
        text = with_value(rules_file.text_now(place.town), None, "stale_hours", 12.0)
        rules_file.publish_text(Town.open(place.folder), connection, text, by="u-1", why="x", now=NOW)
    return with_value(text, None, "stale_hours", 6.0)


def in_both(place: Place) -> tuple[bool, int]:
    """If file and newest version are the same, and how many versions there are."""
    with place.engine.begin() as connection:
        newest = rules_file.newest(connection, place.town.id)
    assert newest is not None
    return newest.text == (place.folder / FILE).read_text(encoding="utf-8"), len(table(place, "rule_versions"))


def test_a_kill_before_the_commit_leaves_neither_after_the_next_start(place: Place, changed: str) -> None:
    die(place, changed, "before")
    assert in_both(place) == (False, 1), "the file is ahead"
    with console(place):
        assert in_both(place) == (True, 1)
    assert "stale_hours = 12" in (place.folder / FILE).read_text(encoding="utf-8")
    assert not (place.folder / rules_note.NOTE).exists()


def test_a_kill_after_the_commit_leaves_both(place: Place, changed: str) -> None:
    die(place, changed, "after")
    with console(place):
        assert in_both(place) == (True, 2)
    assert not (place.folder / rules_note.NOTE).exists()


def test_what_a_hand_wrote_since_is_never_taken_back(place: Place, changed: str) -> None:
    die(place, changed, "before")
    by_hand = with_value(changed, None, "stale_hours", 3.0)
    (place.folder / FILE).write_text(by_hand, encoding="utf-8")
    assert not mend(place.folder, place.engine, place.town.id)
    assert (place.folder / FILE).read_text(encoding="utf-8") == by_hand


@pytest.mark.parametrize("torn", [b"", b"{", b'{"before": "!", "after": 3}', b"[]"])
def test_a_torn_note_changes_nothing(place: Place, changed: str, torn: bytes) -> None:
    note: Path = place.folder / rules_note.NOTE
    note.write_bytes(torn)
    before = (place.folder / FILE).read_bytes()
    assert not mend(place.folder, place.engine, place.town.id)
    assert ((place.folder / FILE).read_bytes(), note.exists(), bool(changed)) == (before, False, True)
