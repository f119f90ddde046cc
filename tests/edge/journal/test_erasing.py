"""Personal values of records are destroyed up to one of them; what is sent and verified afterwards holds."""

from pathlib import Path

from edge.contract.facts import Kind
from edge.contract.records import Record, commitments_hold
from edge.journal.erasing import Emptied
from tests.edge.journals import keep_visit, open_journal


def test_values_go_up_to_a_record_and_no_further(tmp_path: Path) -> None:
    outbox = open_journal(tmp_path)
    for plate in ("鲁B12345", "鲁B77777"):
        keep_visit(outbox, plate)
    assert outbox.erasing.empty(2) == Emptied(1, 1)
    assert [dict(kept.private) for kept in outbox.recent((Kind.VISIT_OPENED,), 9)] == [{}, {"plate": "鲁B77777"}]
    assert outbox.verify() is None


def test_what_is_sent_again_has_its_hashes_and_no_values(tmp_path: Path) -> None:
    outbox = open_journal(tmp_path)
    keep_visit(outbox)
    before = outbox.delivery.batch_after(0)
    outbox.erasing.empty(outbox.head)
    after = outbox.delivery.batch_after(0)
    assert before is not None
    assert after is not None
    assert [each.hash for each in after.records] == [each.hash for each in before.records]
    assert all(
        not each.private and commitments_hold(Record.parse(each.raw), each.private) is None for each in after.records
    )


def test_the_file_is_written_without_what_was_deleted(tmp_path: Path) -> None:
    outbox = open_journal(tmp_path)
    for _ in range(300):
        keep_visit(outbox)
    outbox.erasing.empty(outbox.head)
    outbox.erasing.write_anew()
    for path in tmp_path.iterdir():
        assert "鲁B12345".encode() not in path.read_bytes(), path.name
    keep_visit(outbox)
    outbox.check()
    assert outbox.usable
