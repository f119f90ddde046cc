"""Faults A, `refused`: the gate shows what the hub did not take, each once, after a restart too; and what it keeps is never poison."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from edge.clock import FixedClock, SystemClock
from edge.contract.canonical import canonical, sign
from edge.contract.facts import AlarmRaised, ClockTrust, Kind, ShiftStarted
from edge.contract.messages import Ack, Refused
from edge.contract.records import Record, chain_hash
from edge.contract.values import FIRST_MOMENT, LAST_MOMENT, is_wall
from edge.journal import refused_records
from edge.journal.file import JournalError
from edge.journal.outbox import Outbox
from tests.contract.samples import GATE_KEY, HUB_KEY
from tests.edge.journals import ack, keep_shifts, keep_visit, open_journal

POISON = Refused(seq=2, why="record 2: at.wall: expected a time")
BATCH = Refused(seq=None, why="records: 2 is followed by 4, a hole inside the batch")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = open_journal(tmp_path)
    yield found
    found.close()


def released(outbox: Outbox, *said: Refused | None) -> list[str]:
    """The log's lines of refusals after an ack that says so (None: says nothing of them)."""
    list_ = None if said == (None,) else said
    with structlog.testing.capture_logs() as logged:
        assert (
            outbox.delivery.release(
                ack(outbox, outbox.head).model_copy(update={"refused": list_}), HUB_KEY.public_key()
            )
            is None
        )
    return [line["why"] for line in logged if "did not take" in line["event"]]


def test_each_refusal_is_logged_once_however_often_it_comes(outbox: Outbox) -> None:
    keep_shifts(outbox, 4)
    assert released(outbox, POISON, BATCH) == [POISON.why, BATCH.why]
    assert [released(outbox, POISON, BATCH) for _ in range(1000)] == [[]] * 1000
    assert outbox.delivery.refused() == (BATCH, POISON)


def test_an_ack_that_does_not_speak_of_refusals_changes_nothing(outbox: Outbox) -> None:
    keep_shifts(outbox, 4)
    released(outbox, POISON)
    assert released(outbox, None) == []
    assert outbox.delivery.refused() == (POISON,)
    assert released(outbox) == []
    assert outbox.delivery.refused() == ()


def test_refusals_are_there_after_a_restart(tmp_path: Path) -> None:
    outbox = open_journal(tmp_path)
    keep_shifts(outbox, 4)
    released(outbox, POISON)
    outbox.close()
    again = open_journal(tmp_path)
    assert again.delivery.refused() == (POISON,)
    assert released(again, POISON) == []
    assert again.verify() is None
    again.close()


def test_an_ack_that_is_not_believed_says_nothing(outbox: Outbox) -> None:
    keep_shifts(outbox, 1)
    forged = ack(outbox, 1).model_copy(update={"refused": (POISON,), "epoch": "ab" * 16})
    assert outbox.delivery.release(forged, HUB_KEY.public_key())
    assert outbox.delivery.refused() == ()


def test_a_hub_of_an_older_version_says_nothing(outbox: Outbox) -> None:
    keep_shifts(outbox, 1)
    value = json.loads(ack(outbox, 1).encode())
    del value["refused"]
    assert Ack.parse(json.dumps(value).encode()).refused is None


def test_a_refusal_reads_as_a_line() -> None:
    assert refused_records.line(POISON) == "record 2: at.wall: expected a time"
    assert refused_records.line(Refused(seq=4, why="fork: another")) == "record 4: fork: another"
    assert refused_records.line(BATCH).startswith("a message: records: 2 is followed")


# -- what the gate keeps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown", [datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)]
)
def test_a_clock_beyond_the_calendar_writes_what_can_be_read(tmp_path: Path, shown: datetime) -> None:
    """A gate whose clock is wrong by centuries goes on; its records say `unsynced`."""
    clock = SystemClock(assumed=ClockTrust.SYNCED, wall=lambda: shown)
    assert FIRST_MOMENT <= clock.now() <= LAST_MOMENT
    assert clock.trust() is ClockTrust.UNSYNCED
    at = clock.at()
    assert is_wall(at.wall)
    assert at.clock is ClockTrust.UNSYNCED
    outbox = open_journal(tmp_path, clock=FixedClock(shown))
    keep_visit(outbox)
    batch = outbox.delivery.batch_after(0)
    assert batch is not None
    for each in batch.records:
        Record.parse(each.raw)
    outbox.close()


def test_what_an_alarm_says_is_one_line_without_what_cannot_be_seen(outbox: Outbox) -> None:
    sealed = outbox.keep(Kind.ALARM_RAISED, body=AlarmRaised(alarm="camera", detail="no such\nfile \u202e\x07x"))
    assert Record.parse(sealed.raw).body == AlarmRaised(alarm="camera", detail="no such file x")


def test_a_record_that_an_older_version_let_in_stops_no_gate(tmp_path: Path) -> None:
    """Faults A2 at the gate: its journal is opened and sent as it is; the hub judges the record, and the gate leaves it out."""
    outbox = open_journal(tmp_path)
    keep_visit(outbox)
    outbox.keep(Kind.SHIFT_STARTED, body=ShiftStarted(officer="u-2"))
    meta = outbox.meta
    connection = outbox._file._db.conn
    raw, prev = connection.execute("select raw, prev from records where seq = ?", [meta.head]).fetchone()
    value = json.loads(raw)
    value["at"]["wall"] = "2026-03-01T25:00:00.000Z"
    raw = canonical(value).decode()
    hash_ = chain_hash(prev, raw)
    connection.execute("update records set raw = ?, hash = ? where seq = ?", [raw, hash_, meta.head])
    sig = sign(GATE_KEY, meta.head_of(meta.head, hash_))
    connection.execute("update signatures set hash = ?, sig = ? where seq = ?", [hash_, sig, meta.head])
    connection.execute("update meta set head_hash = ?", [hash_])
    outbox.close()
    again = open_journal(tmp_path)
    assert again.recent((Kind.SHIFT_STARTED,), 5) == ()
    batch = again.delivery.batch_after(0)
    assert batch is not None
    assert (batch.seq, batch.records[-1].raw) == (meta.head, raw)
    assert batch.signed_by(GATE_KEY.public_key())
    assert "expected a time" in (again.verify() or "")
    keep_visit(again)
    again.close()


def test_a_journal_that_is_damaged_has_one_line_in_the_selftest(tmp_path: Path) -> None:
    from edge.commands.selftest import CheckFailedError, _ledger

    assert _ledger(tmp_path) == "nothing has been sent yet"
    outbox = open_journal(tmp_path)
    assert _ledger(tmp_path) == "the hub has refused nothing"
    keep_shifts(outbox, 2)
    released(outbox, POISON, BATCH)
    with pytest.raises(CheckFailedError, match=r"the hub did not take record 2: .* and 1 more"):
        _ledger(tmp_path)
    outbox.close()
    for left in tmp_path.glob("journal.db*"):
        left.write_bytes(b"no database at all, but long enough to be read as one" * 100)
    with pytest.raises(CheckFailedError, match=r"journal\.db: "):
        _ledger(tmp_path)
    with pytest.raises(JournalError):
        open_journal(tmp_path)
