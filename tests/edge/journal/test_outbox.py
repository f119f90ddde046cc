"""No record is lost, none is counted twice, none is changed unseen."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import FixedClock
from edge.contract.facts import PERSONAL_FIELDS, Kind, Lost, ShiftStarted
from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import MAX_BATCH_RECORDS, Ack, Batch, HubHead
from edge.contract.records import ZERO_HASH, Record, Sealed, commitments_hold, new_visit
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord, Outbox
from tests.contract.samples import GATE, GATE_KEY, HUB_KEY, TOWN
from tests.edge.journals import NOW, OPENED, PASSED, ack, keep_shifts, keep_visit, open_journal

HUB = HUB_KEY.public_key()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = open_journal(tmp_path)
    yield opened
    opened.close()


def batch_after(outbox: Outbox, seq: int, limit: int = MAX_BATCH_RECORDS) -> Batch:
    """The batch that follows a record, where there is one."""
    batch = outbox.delivery.batch_after(seq, limit)
    assert batch is not None
    return batch


def disbelief(outbox: Outbox, ack: Ack) -> str:
    """Why the journal does not believe an acknowledgement."""
    why = outbox.delivery.release(ack, HUB)
    assert why is not None
    return why


def everything(outbox: Outbox) -> list[Sealed]:
    """Every record, batch after batch."""
    seq = 0
    records: list[Sealed] = []
    while (batch := outbox.delivery.batch_after(seq)) is not None:
        records += batch.records
        seq = batch.seq
    return records


# -- keeping -----------------------------------------------------------------------------------------------------------


def test_records_are_numbered_without_a_gap_and_chained(outbox: Outbox) -> None:
    keep_visit(outbox)
    keep_shifts(outbox, 3)
    records = everything(outbox)
    assert [Record.parse(each.raw).seq for each in records] == [1, 2, 3, 4, 5]
    assert records[0].prev == ZERO_HASH
    assert all(later.prev == earlier.hash for earlier, later in pairwise(records))
    assert all(each.whole for each in records)
    assert (outbox.head, outbox.meta.head_hash) == (5, records[-1].hash)
    assert outbox.verify() is None


def test_personal_values_stand_beside_the_hashed_bytes(outbox: Outbox) -> None:
    keep_visit(outbox, "鲁B54321", closed=False)
    (record,) = everything(outbox)
    assert "54321" not in record.raw
    assert record.private["plate"][1] == "鲁B54321"
    assert commitments_hold(Record.parse(record.raw), record.private) is None


def test_several_records_are_kept_together_or_not_at_all(outbox: Outbox) -> None:
    good = NewRecord(Kind.SHIFT_STARTED, ShiftStarted(officer="u-1"))
    visit_without_id = NewRecord(Kind.VISIT_OPENED, OPENED)
    with pytest.raises(ValueError, match="visit must be named"):
        outbox.keep_all([good, visit_without_id])
    assert (outbox.head, outbox.delivery.batch_after(0)) == (0, None)
    assert [Record.parse(each.raw).seq for each in outbox.keep_all([good, good])] == [1, 2]


def test_a_visit_that_was_not_kept_is_not_open(outbox: Outbox) -> None:
    opened = NewRecord(Kind.VISIT_OPENED, OPENED, visit=new_visit(), lane="1")
    with pytest.raises(ValueError):
        outbox.keep_all([opened, NewRecord(Kind.VISIT_OPENED, OPENED)])
    assert outbox.unfinished_visits() == ()


@pytest.mark.parametrize(
    ("private", "why"),
    [
        ({"plate": "x" * 501}, "at most 500 characters"),
        ({"shoe_size": "44"}, "unknown field 'shoe_size'"),
    ],
)
def test_what_the_contract_does_not_allow_is_not_kept(outbox: Outbox, private: Mapping[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        keep_visit_with(outbox, private)
    assert outbox.head == 0
    keep_visit(outbox)
    assert outbox.verify() is None


def test_half_a_character_is_left_out_and_the_record_is_kept(outbox: Outbox) -> None:
    keep_visit_with(outbox, {"plate": "鲁B\ud80012345"})
    (sealed,) = batch_after(outbox, 0).records
    assert sealed.private["plate"][1] == "鲁B12345"
    assert outbox.verify() is None


def keep_visit_with(outbox: Outbox, private: Mapping[str, str]) -> None:
    outbox.keep(Kind.VISIT_OPENED, visit=new_visit(), lane="1", body=OPENED, private=private)


def test_commit_is_on_disk_before_keep_returns(tmp_path: Path, outbox: Outbox) -> None:
    settings = [outbox._file._db.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]  # 2 is FULL: NORMAL lost every acknowledged row in a power cut


def test_journal_is_for_its_owner_alone(tmp_path: Path, outbox: Outbox) -> None:
    keep_visit(outbox)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("journal.db*")} == {0o600}


def test_two_journals_never_share_an_epoch(tmp_path: Path) -> None:
    epochs = set()
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        journal = open_journal(tmp_path / name)
        epochs.add(journal.epoch)
        journal.close()
    assert len(epochs) == 3


def test_journal_goes_on_where_it_was_after_a_restart(tmp_path: Path, outbox: Outbox) -> None:
    keep_shifts(outbox, 3)
    before = (outbox.epoch, outbox.head, outbox.meta.head_hash)
    outbox.close()
    again = open_journal(tmp_path)
    assert (again.epoch, again.head, again.meta.head_hash) == before
    assert Record.parse(keep_shifts(again, 1)[0].raw).seq == 4
    assert again.verify() is None
    again.close()


def test_threads_keep_without_losing_a_number(outbox: Outbox) -> None:
    threads = [threading.Thread(target=keep_shifts, args=(outbox, 25)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        outbox.delivery.batch_after(0)
    for thread in threads:
        thread.join()
    assert outbox.head == 100
    assert outbox.verify() is None


KEEPER = """
import sys
from pathlib import Path
from tests.edge.journals import keep_visit, open_journal
outbox = open_journal(Path(sys.argv[1]))
while True:
    keep_visit(outbox)
    print(outbox.head, outbox.meta.head_hash, flush=True)
"""


def test_every_acknowledged_record_survives_a_kill_in_the_middle(tmp_path: Path) -> None:
    chosen = random.Random(7)
    told = {}
    for _ in range(4):
        keeper = subprocess.Popen([sys.executable, "-c", KEEPER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert keeper.stdout is not None
        for _ in range(chosen.randint(3, 30)):
            head, hash_ = keeper.stdout.readline().split()
            told[int(head)] = hash_
        os.kill(keeper.pid, signal.SIGKILL)
        rest = keeper.stdout.read().splitlines()
        keeper.wait()
        keeper.stdout.close()
        told |= {int(line.split()[0]): line.split()[1] for line in rest if re.fullmatch(r"\d+ [0-9a-f]{64}", line)}
    outbox = open_journal(tmp_path)
    kept = {number: record.hash for number, record in enumerate(everything(outbox), start=1)}
    assert len(told) > 10
    assert told.items() <= kept.items()
    assert outbox.verify() is None
    outbox.close()


# -- a journal that cannot be used -------------------------------------------------------------------------------------


def test_another_gates_journal_is_refused_in_one_line(tmp_path: Path, outbox: Outbox) -> None:
    with pytest.raises(
        JournalError, match=r"journal.db: the journal of gate 'east' of town 'demo'; expected 'west'"
    ) as e:
        Outbox.open(tmp_path / "journal.db", town=TOWN, gate="west", key=GATE_KEY, clock=FixedClock(NOW))
    assert "\n" not in str(e.value)


def test_a_file_that_is_no_journal_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"certainly not SQLite" * 100)
    with pytest.raises(JournalError, match=r"journal.db: file is not a database"):
        open_journal(tmp_path)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as other:
        other.execute("create table holidays (day text)")
    other.close()
    with pytest.raises(JournalError, match="not a journal of version 2"):
        open_journal(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file or directory"):
        open_journal(tmp_path / "nowhere")


def test_full_disk_is_an_error_and_changes_nothing(outbox: Outbox) -> None:
    keep_visit(outbox)
    pages = outbox._file._db.execute("pragma page_count").fetchone()[0]
    outbox._file._db.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(JournalError, match="full"):
        keep_shifts(outbox, 200)
    kept = outbox.head
    outbox._file._db.execute("pragma max_page_count = 100000")
    assert Record.parse(keep_shifts(outbox, 1)[0].raw).seq == kept + 1
    assert outbox.verify() is None


# -- remembering -------------------------------------------------------------------------------------------------------


def test_unfinished_visits_are_known_after_a_restart(tmp_path: Path, outbox: Outbox) -> None:
    keep_visit(outbox)
    first = keep_visit(outbox, "鲁B00001", closed=False)
    second = keep_visit(outbox, "鲁B00002", closed=False)
    outbox.close()
    again = open_journal(tmp_path)
    assert [(kept.record.visit, kept.private["plate"]) for kept in again.unfinished_visits()] == [
        (first, "鲁B00001"),
        (second, "鲁B00002"),
    ]
    again.keep(Kind.VISIT_CLOSED, visit=first, lane="1", body=PASSED)
    assert [kept.record.visit for kept in again.unfinished_visits()] == [second]
    again.close()


def test_the_last_records_of_some_kinds_come_oldest_first(outbox: Outbox) -> None:
    keep_shifts(outbox, 3)
    keep_visit(outbox)
    found = outbox.recent([Kind.SHIFT_STARTED, Kind.VISIT_CLOSED], 2)
    assert [(kept.record.seq, kept.record.kind) for kept in found] == [(3, Kind.SHIFT_STARTED), (5, Kind.VISIT_CLOSED)]


def test_a_visits_records_are_found(outbox: Outbox) -> None:
    keep_visit(outbox)
    visit = keep_visit(outbox)
    assert [kept.record.kind for kept in outbox.visit(visit)] == [Kind.VISIT_OPENED, Kind.VISIT_CLOSED]


# -- sending -----------------------------------------------------------------------------------------------------------


def test_batch_is_signed_by_the_gate_and_survives_the_wire(outbox: Outbox) -> None:
    keep_visit(outbox)
    batch = batch_after(outbox, 0)
    assert type(batch).parse(batch.encode()) == batch
    assert batch.signed_by(GATE_KEY.public_key())
    assert not batch.signed_by(HUB)
    assert outbox.delivery.batch_after(batch.seq) is None


def test_batch_holds_at_most_two_hundred_records(outbox: Outbox) -> None:
    entry = NewRecord(Kind.SHIFT_STARTED, ShiftStarted(officer="u-1"))
    outbox.keep_all([entry] * 250)
    first = batch_after(outbox, 0)
    assert (len(first.records), first.seq) == (MAX_BATCH_RECORDS, 200)
    assert len(batch_after(outbox, 200).records) == 50
    assert len(batch_after(outbox, 0, limit=7).records) == 7


def test_batch_never_outgrows_a_message(outbox: Outbox) -> None:
    private = dict.fromkeys(sorted(PERSONAL_FIELDS), '"\\' * 250)  # every character grows as it is quoted
    for _ in range(20):
        keep_visit_with(outbox, private)
    sizes, seq = [], 0
    while (batch := outbox.delivery.batch_after(seq)) is not None:
        sizes.append(len(batch.encode()))
        assert batch.signed_by(GATE_KEY.public_key())
        seq = batch.seq
    assert seq == 20
    assert max(sizes) <= MAX_MESSAGE
    assert 1 < len(sizes) < 10


def test_connection_numbers_rise_over_restarts(tmp_path: Path, outbox: Outbox) -> None:
    first = [outbox.delivery.next_conn(), outbox.delivery.next_conn()]
    outbox.close()
    again = open_journal(tmp_path)
    assert [*first, again.delivery.next_conn()] == [1, 2, 3]
    again.close()


# -- releasing ---------------------------------------------------------------------------------------------------------


def test_ack_releases_and_is_remembered(tmp_path: Path, outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    assert outbox.delivery.release(ack(outbox, 3, backed_up=2), HUB) is None
    assert (outbox.acked, outbox.backlog) == (3, 2)
    outbox.close()
    again = open_journal(tmp_path)
    assert (again.acked, again.meta.backed_up, again.meta.ledger, again.meta.hub_count) == (3, 2, "l-1", 3)
    again.close()


def test_late_ack_takes_nothing_back(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    assert outbox.delivery.release(ack(outbox, 4, backed_up=4), HUB) is None
    assert outbox.delivery.release(ack(outbox, 2, backed_up=1), HUB) is None
    assert (outbox.acked, outbox.meta.backed_up, outbox.meta.hub_count) == (4, 4, 4)


def test_head_that_the_hub_did_not_sign_is_ignored(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    somebody = Ed25519PrivateKey.generate()
    forged = ack(outbox, 5).model_copy(update={"head": HubHead.signed(TOWN, 5, ZERO_HASH, somebody)})
    assert "not signed" in disbelief(outbox, forged)
    assert outbox.acked == 0


def test_ack_for_another_journal_is_ignored(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    other = ack(outbox, 5).model_copy(update={"epoch": "00" * 16})
    assert "ack for epoch" in disbelief(outbox, other)
    assert outbox.acked == 0


def test_a_cloned_card_does_not_take_its_twins_records_for_its_own(outbox: Outbox) -> None:
    kept = keep_shifts(outbox, 5)
    assert "holds another record 4" in disbelief(outbox, ack(outbox, 4, hash_="ab" * 32))
    assert outbox.acked == 0
    assert outbox.delivery.release(ack(outbox, 4, hash_=kept[3].hash), HUB) is None
    assert outbox.acked == 4


def test_hub_that_holds_more_than_was_kept_is_not_believed(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    assert "is it an old copy?" in disbelief(outbox, ack(outbox, 6))
    assert outbox.acked == 0


def test_hub_that_signs_two_ledgers_of_one_length_is_caught(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    assert outbox.delivery.release(ack(outbox, 2, chain="11" * 32), HUB) is None
    assert "two ledgers" in disbelief(outbox, ack(outbox, 5, count=2, chain="22" * 32))
    assert outbox.acked == 2


def test_restored_hub_gets_everything_again(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    assert outbox.delivery.release(ack(outbox, 5, backed_up=3), HUB) is None
    assert outbox.delivery.release(ack(outbox, 2, backed_up=2, ledger_epoch=2), HUB) is None
    assert (outbox.acked, outbox.meta.backed_up, outbox.backlog) == (2, 2, 3)
    assert "has been seen" in disbelief(outbox, ack(outbox, 5, ledger_epoch=1))
    assert outbox.acked == 2


def test_hub_that_names_what_it_lacks_gets_it_again(outbox: Outbox) -> None:
    keep_shifts(outbox, 5)
    assert outbox.delivery.release(ack(outbox, 5, backed_up=5), HUB) is None
    assert outbox.delivery.release(ack(outbox, 1, missing=((2, 5),)), HUB) is None
    assert (outbox.acked, outbox.meta.backed_up) == (1, 1)


# -- pruning -----------------------------------------------------------------------------------------------------------


def test_only_what_a_backup_holds_is_pruned(outbox: Outbox) -> None:
    keep_shifts(outbox, 10)
    assert outbox.delivery.release(ack(outbox, 8, backed_up=6), HUB) is None
    assert outbox.delivery.prune(keep=1) == 6
    assert (outbox.meta.oldest, outbox.head) == (7, 10)
    assert outbox.delivery.prune(keep=1) == 0
    assert [Record.parse(each.raw).seq for each in batch_after(outbox, 0).records] == [7, 8, 9, 10]
    assert outbox.verify() is None


def test_pruning_leaves_the_newest_and_every_open_visit(outbox: Outbox) -> None:
    keep_shifts(outbox, 3)
    visit = keep_visit(outbox, closed=False)
    keep_shifts(outbox, 6)
    assert outbox.delivery.release(ack(outbox, 10, backed_up=10), HUB) is None
    assert outbox.delivery.prune(keep=1) == 3
    outbox.keep(Kind.VISIT_CLOSED, visit=visit, lane="1", body=PASSED)
    assert outbox.delivery.prune(keep=4) == 4
    assert outbox.verify() is None


def test_nothing_is_pruned_that_only_the_ledger_holds(outbox: Outbox) -> None:
    keep_shifts(outbox, 10)
    assert outbox.delivery.release(ack(outbox, 10), HUB) is None
    assert outbox.delivery.prune(keep=1) == 0


# -- proving -----------------------------------------------------------------------------------------------------------


TAMPERING = {
    "raw": ("update records set raw = replace(raw, 'u-2', 'u-3') where seq = 3", "record 3: hash is not"),
    "private": (
        "update records set private = replace(private, '12345', '12346') where seq = 3",
        "record 3: private plate",
    ),
    "private that is no object": ("update records set private = '[1]' where seq = 3", "record 3: "),
    "hash": ("update records set hash = substr(hash, 3) || substr(hash, 1, 2) where seq = 3", "record 3: hash is not"),
    "prev": ("update records set prev = substr(prev, 3) || substr(prev, 1, 2) where seq = 3", "record 3: prev is not"),
    "kind": ("update records set kind = 'visit_closed' where seq = 3", "record 3: kind or visit"),
    "visit": ("update records set visit = null where seq = 3", "record 3: kind or visit"),
    "signature": (
        "update signatures set sig = substr(sig, 3) || substr(sig, 1, 2) where seq = 3",
        "record 3: not signed",
    ),
    "no signature": ("delete from signatures where seq = 3", "record 3: not signed"),
    "first record gone": ("delete from records where seq = 1", "record 1: missing"),
    "a record gone": ("delete from records where seq = 3", "record 3: missing"),
    "last record gone": ("delete from records where seq = 5", "record 5: missing"),
    "all gone": ("delete from records", "record 1: missing"),
    "cut tail": ("update meta set head = 4", "record 5: "),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_named(tmp_path: Path, outbox: Outbox, name: str) -> None:
    keep_shifts(outbox, 2)
    keep_visit(outbox)
    keep_shifts(outbox, 1)
    assert outbox.verify() is None
    statement, fault = TAMPERING[name]
    with sqlite3.connect(tmp_path / "journal.db") as intruder:
        assert intruder.execute(statement).rowcount > 0
    intruder.close()
    found = outbox.verify()
    assert found is not None
    assert found.startswith(fault)


def test_a_chain_written_anew_is_not_signed_by_the_gate(tmp_path: Path, outbox: Outbox) -> None:
    keep_shifts(outbox, 3)
    epoch = outbox.epoch
    outbox.close()
    (tmp_path / "journal.db").rename(tmp_path / "true.db")
    forger = Outbox.open(
        tmp_path / "journal.db", town=TOWN, gate=GATE, key=Ed25519PrivateKey.generate(), clock=FixedClock(NOW)
    )
    keep_shifts(forger, 3)
    assert forger.verify() is None
    forger.close()
    again = open_journal(tmp_path)
    assert again.epoch != epoch
    assert again.verify() == "record 1: not signed by this gate"
    again.close()


# -- gaps ----------------------------------------------------------------------------------------------------------------


def test_what_was_pruned_and_is_asked_for_again_is_lost_and_said_so_once(outbox: Outbox) -> None:
    keep_shifts(outbox, 10)
    assert outbox.delivery.release(ack(outbox, 10, backed_up=10), HUB_KEY.public_key()) is None
    assert outbox.delivery.prune(keep=4) == 6
    # the hub was restored from a backup that is older than the one that allowed it
    assert outbox.delivery.release(ack(outbox, 3, ledger_epoch=2), HUB_KEY.public_key()) is None
    assert batch_after(outbox, 3).bridge is None
    outbox.delivery.explain_gap(4, 6)
    outbox.delivery.explain_gap(4, 6)
    assert outbox.head == 11
    batch = batch_after(outbox, 3)
    assert (batch.first, batch.seq) == (7, 11)
    assert batch.bridge is not None
    body = Record.parse(batch.bridge.record.raw).body
    assert isinstance(body, Lost)
    assert (body.first, body.last, batch.bridge.seq) == (4, 6, 11)
    assert "pruned" in body.why
    assert outbox.verify() is None


def test_what_is_there_is_never_called_lost(outbox: Outbox) -> None:
    keep_shifts(outbox, 3)
    with pytest.raises(ValueError, match="are here"):
        outbox.delivery.explain_gap(2, 2)
    assert outbox.head == 3
