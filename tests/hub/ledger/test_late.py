"""What a gate has called lost and is here all the same, and what bridges promise: nothing is dropped, everything has its right name."""

from functools import partial

import pytest

from edge.contract.canonical import sign
from edge.contract.facts import Kind, Lost, ShiftStarted
from edge.contract.messages import Bridge
from edge.contract.records import signed_head
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.errors import RefusedError
from hub.ledger.gaps import late_of
from hub.ledger.received import Quarantined, Received
from hub.ledger.verify_walk import BrokenError
from hub.quarantine.settle import judge
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import batch_of, check, journal, meddle, read, send, table, take
from tests.hub.towns import NOW, Gate, Place


def keep(gate: Gate, count: int, officer: str = "u-2") -> Gate:
    for _ in range(count):
        gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer), NOW)
    return gate


def east(place: Place, lost_at: int = 7, last: int = 9) -> Gate:
    """East's journal: 1 to 6, at `lost_at` the word that 2 to 4 are lost, then more."""
    gate = keep(place.gates["east"], lost_at - 1)
    gate.keep(Kind.LOST, Lost(first=2, last=4, why="pruned"), NOW)
    return keep(gate, last - lost_at)


def twin(place: Place, officer: str = "u-9", same: int = 0) -> Gate:
    """A clone of East's card that has `same` records in common with it."""
    other = journal(place.town, "east")
    other.sealed = place.gates["east"].sealed[:same]
    return keep(other, 0, officer)


def bridge(gate: Gate, seq: int) -> Bridge:
    record = gate.sealed[seq - 1]
    head = signed_head(gate.town, gate.id, gate.epoch, seq, record.hash)
    return Bridge(record=record, seq=seq, sig=sign(gate.key, head))


def over(place: Place, gate: Gate, first: int, last: int, laid: Bridge) -> Received | Quarantined:
    batch = batch_of(gate, gate.sealed[first - 1 : last], last).model_copy(update={"bridge": laid})
    return read(place, "east", batch.encode())


def sorts(place: Place) -> list[tuple[int | None, str]]:
    return [(row["seq"], row["sort"]) for row in table(place, "quarantine")]


# --- a bridge's record -------------------------------------------------------------------------------------------------


def lying(place: Place) -> tuple[Gate, Gate]:
    """East's true journal, and another one that is the same up to 6 and has another word at 7."""
    gate = east(place)
    other = twin(place, same=6)
    other.keep(Kind.LOST, Lost(first=2, last=4, why="another word"), NOW)
    return gate, keep(other, 2)


@pytest.mark.parametrize("together", [False, True])
def test_a_record_other_than_its_bridge_promised_is_a_fork_and_so_is_what_is_chained_to_it(
    place: Place, together: bool
) -> None:
    gate, other = lying(place)
    send(place, gate, gate.sealed[0], last=1)
    parts = [
        over(place, gate, 5, 6, bridge(other, 7)),
        read(place, "east", batch_of(gate, gate.sealed[6:], 9).encode()),
    ]
    appended = [take(place, *parts)] if together else [take(place, part) for part in parts]
    ((_, ack),) = appended[-1].acks()
    assert ack.committed == 6
    assert [(seq, epoch) for _, epoch, seq in appended[-1].forks] == [(seq, gate.epoch) for seq in (7, 8, 9)]
    assert sorts(place) == [(7, "fork"), (8, "fork"), (9, "fork")]
    check(place)
    # the record that was promised still finds its place
    assert send(place, other, *other.sealed[6:], last=9).acks()[0][1].committed == 9
    check(place)


def test_a_bridge_whose_record_lies_in_its_own_batch_is_held_to_it(place: Place) -> None:
    gate, other = lying(place)
    send(place, gate, gate.sealed[0], last=1)
    appended = take(place, over(place, gate, 5, 9, bridge(other, 7)))
    assert appended.acks()[0][1].committed == 1, "one signature is over all of them"
    assert [seq for _, _, seq in appended.forks] == [5, 6, 7, 8, 9]
    check(place)


def test_a_bridge_that_is_not_needed_binds_its_own_batch_too_and_is_not_laid(place: Place) -> None:
    """The batch holds the word about its gap itself."""
    gate, other = lying(place)
    send(place, gate, gate.sealed[0], last=1)
    assert [seq for _, _, seq in take(place, over(place, gate, 5, 9, bridge(other, 7))).forks] == [5, 6, 7, 8, 9]
    appended = take(place, over(place, gate, 5, 9, bridge(gate, 7)))
    assert appended.acks()[0][1].committed == 9
    assert table(place, "bridges") == []
    assert appended.lost == (("east", gate.epoch, 2, 4, "pruned"),)
    check(place)


def test_the_record_before_a_bridges_own_is_promised_too(place: Place) -> None:
    gate = east(place)
    other = keep(twin(place, same=5), 1, "u-9")
    other.keep(Kind.LOST, Lost(first=2, last=4, why="pruned"), NOW)
    send(place, gate, gate.sealed[0], last=1)
    appended = take(place, over(place, gate, 5, 9, bridge(other, 7)))
    assert [seq for _, _, seq in appended.forks] == [5, 6, 7, 8, 9]
    check(place)


def test_a_second_bridge_may_not_contradict_the_first(place: Place) -> None:
    """Two gaps, two bridges, both with a record 9, and they are not the same."""
    gate = keep(place.gates["east"], 8)
    other = twin(place, same=8)
    gate.keep(Kind.LOST, Lost(first=2, last=3, why="pruned"), NOW)
    other.keep(Kind.LOST, Lost(first=5, last=6, why="pruned"), NOW)
    send(place, gate, gate.sealed[0], last=1)
    take(place, over(place, gate, 4, 4, bridge(gate, 9)))
    appended = take(place, over(place, gate, 7, 8, bridge(other, 9)))
    assert appended.acks()[0][1].committed == 4
    assert [seq for _, _, seq in appended.forks] == [7, 8]
    check(place)


def test_a_bridge_whose_own_record_was_lost_in_turn_binds_what_follows_it(place: Place) -> None:
    gate, other = lying(place)
    gate.keep(Kind.LOST, Lost(first=7, last=7, why="its page cannot be read"), NOW)
    send(place, gate, gate.sealed[0], last=1)
    take(place, over(place, gate, 5, 6, bridge(other, 7)))
    appended = take(place, read(place, "east", batch_of(gate, gate.sealed[7:], 10).encode()))
    assert [seq for _, _, seq in appended.forks] == [8, 9, 10]
    assert appended.acks()[0][1].committed == 6


def test_verify_holds_a_stored_bridge_to_its_record(place: Place) -> None:
    """What an older version let in is found."""
    gate, other = lying(place)
    send(place, gate, gate.sealed[0], last=1)
    take(place, over(place, gate, 5, 6, bridge(gate, 7)))
    send(place, gate, *gate.sealed[6:], last=9)
    check(place)
    laid = bridge(other, 7)
    meddle(
        place, "UPDATE bridges SET raw = :raw, prev = :prev, hash = :hash, sig = :sig",
        raw=laid.record.raw, prev=laid.record.prev, hash=laid.record.hash, sig=laid.sig,
    )  # fmt: skip
    with pytest.raises(BrokenError, match=r"bridge \(gate east, seq 7\): records 2 to 4 were passed over with another"):
        check(place)


def test_verify_holds_a_bridge_to_its_signature_also_where_the_record_came(place: Place) -> None:
    gate = east(place)
    send(place, gate, gate.sealed[0], last=1)
    take(place, over(place, gate, 5, 6, bridge(gate, 7)))
    send(place, gate, *gate.sealed[6:], last=9)
    meddle(place, "UPDATE bridges SET sig = :sig", sig=bridge(gate, 8).sig)
    with pytest.raises(BrokenError, match=r"bridge \(gate east, seq 7\): is not the gate's signed word"):
        check(place)


# --- what was called lost ----------------------------------------------------------------------------------------------


def passed_over(place: Place) -> Gate:
    gate = east(place)
    send(place, gate, gate.sealed[0], last=1)
    send(place, gate, *gate.sealed[4:], last=9)
    return gate


@pytest.mark.parametrize(("first", "last"), [(2, 4), (1, 9), (3, 3), (2, 3), (4, 6)])
def test_a_record_that_was_called_lost_and_arrives_is_late_and_no_fork(place: Place, first: int, last: int) -> None:
    gate = passed_over(place)
    appended = take(place, read(place, "east", batch_of(gate, gate.sealed[first - 1 : last], last).encode()))
    late = [seq for seq in (2, 3, 4) if first <= seq <= last]
    assert appended.forks == ()
    assert sorts(place) == [(seq, "late") for seq in late]
    assert [row["raw"] for row in table(place, "quarantine")] == [
        gate.sealed[seq - 1].model_dump_json().encode() for seq in late
    ]
    ((where, detail),) = late_of(appended)
    expected = f"epoch {gate.epoch[:8]}, records {late[0]} to {late[-1]}: {len(late)} of them are in the quarantine"
    assert (where, detail) == ("east", expected)
    ((_, ack),) = appended.acks()
    assert ack.committed == 9
    assert ack.refused is not None
    assert ack.refused[0].why.startswith(f"late: records {late[0]} to {late[-1]} arrived, although")
    assert "records 2 to 4 lost" in ack.refused[0].why
    check(place)


def test_in_the_same_transaction_too(place: Place) -> None:
    gate = east(place)
    parts = [(1, 1), (5, 9), (2, 4)]
    appended = take(place, *(read(place, "east", batch_of(gate, gate.sealed[a - 1 : b], b).encode()) for a, b in parts))
    assert appended.forks == ()
    assert sorts(place) == [(2, "late"), (3, "late"), (4, "late")]


@pytest.mark.parametrize(("same", "first", "last"), [(0, 2, 4), (0, 2, 3), (2, 2, 4), (2, 3, 6), (3, 1, 4)])
def test_a_clones_record_in_a_gap_is_a_fork_where_the_chain_shows_it(
    place: Place, same: int, first: int, last: int
) -> None:
    passed_over(place)
    clone = keep(twin(place, same=same), 9 - same, "u-9")
    appended = take(place, read(place, "east", batch_of(clone, clone.sealed[first - 1 : last], last).encode()))
    assert appended.late == ()
    assert {sort for _, sort in sorts(place)} == {"fork"}


def test_a_late_record_stays_as_it_is_and_can_only_be_dismissed(place: Place) -> None:
    gate = passed_over(place)
    send(place, gate, *gate.sealed[1:4], last=4)
    for release in (True, False):
        with place.engine.begin() as connection:
            settled = partial(
                judge,
                connection,
                town="demo",
                id_=1,
                by="u-3",
                reason="set right by hand",
                keys={},
                key=place.town.key,
                now=NOW,
            )
            if not release:
                settled(release=False)
                break
            with pytest.raises(RefusedError, match="has signed that this record is lost"):
                settled(release=True)
    assert [row["outcome"] for row in table(place, "judged")] == ["dismissed"]
    check(place)


# --- what was sent ahead -----------------------------------------------------------------------------------------------


def ahead(place: Place, gate: Gate, first: int, last: int) -> bytes:
    data = batch_of(gate, gate.sealed[first - 1 : last], last).model_copy(update={"live": True}).encode()
    take(place, read(place, "east", data))
    return data


@pytest.mark.parametrize("by_bridge", [False, True])
@pytest.mark.parametrize(("first", "last", "count"), [(3, 4, 2), (2, 3, 2), (4, 6, 1)])
def test_what_was_sent_ahead_and_then_called_lost_goes_to_the_quarantine(
    place: Place, by_bridge: bool, first: int, last: int, count: int
) -> None:
    gate = east(place)
    data = ahead(place, gate, first, last)
    send(place, gate, gate.sealed[0], last=1)
    if by_bridge:
        appended = take(place, over(place, gate, 5, 6, bridge(gate, 7)))
    else:
        appended = send(place, gate, *gate.sealed[4:], last=9)
    assert table(place, "ahead") == []
    (row,) = table(place, "quarantine")
    assert (row["raw"], row["sort"], row["epoch"]) == (data, "ahead", gate.epoch)
    assert row["why"] == f"late: of records {first} to {last}, sent ahead, their gate has called {count} lost since"
    gone = [seq for seq in (2, 3, 4) if first <= seq <= last]
    ((_, detail),) = late_of(appended)
    assert detail.endswith(f"records {gone[0]} to {gone[-1]}: {count} of them are in the quarantine")
    check(place)


def test_what_was_sent_ahead_and_is_lost_in_the_same_transaction_goes_there_too(place: Place) -> None:
    gate = east(place)
    live = batch_of(gate, gate.sealed[2:4], 4).model_copy(update={"live": True})
    parts = [batch_of(gate, gate.sealed[:1], 1), live, batch_of(gate, gate.sealed[4:], 9)]
    take(place, *(read(place, "east", each.encode()) for each in parts))
    assert [row["raw"] for row in table(place, "quarantine")] == [live.encode()]
    assert table(place, "ahead") == []


def test_what_was_sent_ahead_and_then_came_otherwise_is_kept_as_a_fork(place: Place) -> None:
    gate = keep(place.gates["east"], 6)
    clone = keep(twin(place, same=3), 3, "u-9")
    data = ahead(place, clone, 5, 6)
    appended = send(place, gate, *gate.sealed, last=6)
    assert appended.forks == (("east", gate.epoch, 5),)
    (row,) = table(place, "quarantine")
    assert (row["raw"], row["sort"]) == (data, "ahead")
    assert row["why"].startswith("fork: of records 5 to 6, sent ahead, 2 are others")
    check(place)


def test_what_was_sent_ahead_and_came_in_its_turn_leaves_nothing(place: Place) -> None:
    gate = keep(place.gates["east"], 6)
    ahead(place, gate, 5, 6)
    appended = send(place, gate, *gate.sealed, last=6)
    assert (appended.forks, appended.late, table(place, "quarantine")) == ((), (), [])


def test_it_is_said_in_chinese(place: Place) -> None:
    gate = east(place)
    ahead(place, gate, 3, 4)
    send(place, gate, gate.sealed[0], last=1)
    send(place, gate, *gate.sealed[4:], last=9)
    appended = send(place, gate, gate.sealed[1], last=2)
    with place.engine.begin() as connection:
        for where, detail in late_of(appended):
            alerts.raise_(connection, "demo", AlertKind.LATE, where, detail, NOW)
    with console(place) as app:
        browser = Browser(app, Role.SUPERVISOR, "zh")
        shown, told = text_of(browser.open("/quarantine")), text_of(browser.open("/alerts"))
    assert "卡口已申明第 2 至 4 条丢失，此记录却又到达（同批为第 2 至 2 条）" in shown
    assert "提前上传的第 3 至 4 条中，卡口后来申明 2 条丢失" in shown
    assert "已申明丢失的记录又到了" in told
    assert f"日志 {gate.epoch[:8]}，第 2 至 2 条：其中 1 条列入待核报文" in told
