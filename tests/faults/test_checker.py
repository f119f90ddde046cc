"""The checker finds what it is there for, and shares no code with what wrote the files."""

import ast
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.journal.outbox import Outbox
from scripts.faulting import checker
from scripts.faulting.checker import Evidence, check
from tests.edge.journals import keep_visit
from tests.hub.ledgers import read, settle, take
from tests.hub.towns import NOW


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Three crossings of east, all in the ledger."""
    place = settle(tmp_path)
    outbox = Outbox.open(
        tmp_path / "journal.db", town="demo", gate="east", key=place.gates["east"].key, clock=FixedClock(NOW)
    )
    crossings = [keep_visit(outbox) for _ in range(3)]
    batch = outbox.delivery.batch_after(0)
    assert batch is not None
    take(place, read(place, "east", batch.encode()))
    outbox.close()
    place.engine.dispose()
    return Evidence(place.folder / "hub.db", [tmp_path / "journal.db"], {"east": crossings})


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(sql).rowcount > 0


def test_nothing_is_wrong_with_a_good_town(evidence: Evidence) -> None:
    found = check(evidence)
    assert (found.faults, found.entries, found.records, found.crossings) == ([], 6, 6, 3)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM entries WHERE id = 6", "was kept and is not in the ledger"),
        ("DELETE FROM entries WHERE id = 3", "the barrier moved"),
        ('UPDATE entries SET raw = replace(raw, \'"lane":"1"\', \'"lane":"2"\') WHERE id = 2', "chain breaks"),
        ("UPDATE entries SET seq = 99 WHERE id = 6", "never kept record 99"),
        ("UPDATE entries SET hash = prev WHERE id = 6", "its hash is not that of its bytes"),
        ("UPDATE signatures SET sig = substr(sig, 3) || substr(sig, 1, 2)", "signature"),
        ("UPDATE ledgers SET count = 7", "7 entries"),
    ],
)
def test_each_fault_is_named(evidence: Evidence, sql: str, says: str) -> None:
    change(evidence.ledger, sql)
    assert any(says in fault for fault in check(evidence).faults)


def test_a_crossing_without_any_record_is_named(evidence: Evidence) -> None:
    careless = Evidence(evidence.ledger, evidence.journals, {"east": [*evidence.crossings["east"], "ab" * 16]})
    assert check(careless).faults == [
        f"gate east: the barrier moved for crossing {'ab' * 16}, and the ledger knows nothing of it"
    ]


def test_a_copied_journal_is_no_excuse_for_a_record_that_was_acknowledged(evidence: Evidence, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(evidence.journals[0], copy)
    change(copy, 'UPDATE records SET raw = replace(raw, \'"lane":"1"\', \'"lane":"2"\'), hash = prev WHERE seq = 6')
    with closing(sqlite3.connect(evidence.ledger)) as hub:
        (life,) = hub.execute("SELECT ledger_epoch FROM ledgers").fetchone()
    with_copy = Evidence(evidence.ledger, [*evidence.journals, copy], evidence.crossings, [copy])
    change(copy, f"UPDATE meta SET acked = 6, ledger_epoch = {life}")
    assert any("record 6" in fault for fault in check(with_copy).faults)
    # a hub that was restored from an older backup since never had it, and the copy's card is gone
    change(copy, f"UPDATE meta SET ledger_epoch = {life} - 1")
    assert check(with_copy).faults == []


@pytest.mark.parametrize(("until", "holds"), [(6, True), (5, False)])
def test_what_was_signed_before_a_rekey_holds_with_the_key_of_then(evidence: Evidence, until: int, holds: bool) -> None:
    with closing(sqlite3.connect(evidence.ledger)) as hub, hub:
        hub.execute(
            "INSERT INTO former_keys (town, gate, public_key, until_entry, retired_at)"
            " SELECT town, gate, public_key, ?, '' FROM gates WHERE gate = 'east'",
            [until],
        )
        hub.execute(
            "UPDATE gates SET public_key = (SELECT public_key FROM gates WHERE gate = 'west') WHERE gate = 'east'"
        )
    assert (check(evidence).faults == []) is holds


def test_it_imports_nothing_of_the_project() -> None:
    tree = ast.parse(Path(checker.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.split(".")[0] for name in names} & {"edge", "hub", "scripts", "tests"}
