"""Passes at the hub: on the operation's terms, renewed, replaced, blocked, and what gates are told of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract import passes as contract
from edge.contract.canonical import public_from_hex
from edge.contract.messages import MAX_LIST, PassList, Signed
from hub.database import schema
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.passes import changes, keys, store, watchlist
from hub.passes.issue import block_pass, issue_pass, renew_pass, replace_pass, revoke_pass, unblock_pass
from hub.passes.passlist import revoke_key, rotate_key, unwatch_plate, watch_plate
from hub.passes.store import Issued, PassState
from hub.passes.terms import Unfit
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

BY = "cli"


def issue(place: Place, connection: Connection, plate: str = "鲁B12345", **values: Any) -> Issued:
    asked: dict[str, Any] = {
        "plate": plate, "vehicle_class": "resident", "allowed": None, "not_before": NOW, "expires": None,
        "priority": None, "by": BY, "now": NOW,
    }  # fmt: skip
    return issue_pass(place.town, connection, **(asked | values))


def told(place: Place, connection: Connection) -> PassList:
    message = signed_lists.current(connection, place.town.id, "passlist")
    assert message is not None
    assert message.holds(place.town.key.public_key())
    return message.passlist()


def version(place: Place, connection: Connection) -> int:
    return signed_lists.versions(connection, place.town.id)["passlist"]


def test_a_pass_without_an_end_is_valid_as_long_as_its_class_has_it(place: Place) -> None:
    with place.engine.begin() as connection:
        days = {
            class_.id: (issue(place, connection, vehicle_class=class_.id).expires - NOW).days
            for class_ in place.town.rules.classes
        }
    assert days == {class_.id: int(class_.default_days) for class_ in place.town.rules.classes}
    assert days["visitor"] == 1


@pytest.mark.parametrize(
    ("values", "column", "why"),
    [
        ({"plate": "·"}, "plate", "expected 1 to 16 characters"),
        ({"plate": "\u202e\x00\u200b"}, "plate", "expected 1 to 16 characters"),
        ({"vehicle_class": "nobility"}, "class", "there is no such class"),
        ({"vehicle_class": "visitor", "expires": NOW + timedelta(days=8)}, "to", "valid for 7 days at most"),
        ({"expires": NOW}, "to", "expected the end after the beginning"),
        ({"allowed": ["atlantis"]}, "gates", "there is no such gate"),
        ({"allowed": []}, "gates", "expected at least one gate"),
        ({"not_before": datetime(9999, 12, 31, tzinfo=UTC)}, "from", "a year from 2000 to 8999"),
        ({"expires": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))}, "to", "a year from 2000 to 8999"),
    ],
)
def test_what_the_operation_does_not_give_is_one_line(
    place: Place, values: dict[str, Any], column: str, why: str
) -> None:
    with place.engine.begin() as connection, pytest.raises(Unfit, match=why) as refused:
        issue(place, connection, **values)
    assert refused.value.column == column
    assert "\n" not in str(refused.value)
    assert table(place, "passes") == []


def test_a_class_that_may_use_one_gate_gets_passes_for_that_one(place: Place) -> None:
    rules = place.town.rules
    visitor = rules.class_named("visitor")
    assert visitor is not None
    kept = tuple(each for each in rules.classes if each is not visitor)
    changed = (*kept, visitor.model_copy(update={"gates": ("south",)}))
    place.town = replace(place.town, given=rules.model_copy(update={"classes": changed}))
    with place.engine.begin() as connection:
        assert issue(place, connection, vehicle_class="visitor").gates == ("south",)
        with pytest.raises(Unfit, match=r"class visitor may not use it \(may use: south\)"):
            issue(place, connection, vehicle_class="visitor", allowed=["south", "east"])


def test_a_blocked_pass_is_told_and_an_unblocked_one_no_more(place: Place) -> None:
    with place.engine.begin() as connection:
        one = issue(place, connection)
        before = version(place, connection)
        blocked = block_pass(place.town, connection, one.id, by="u-2", reason=" lost ", now=NOW)
        assert (blocked.state(NOW), blocked.blocked_by, blocked.blocked_reason) == (PassState.BLOCKED, "u-2", "lost")
        assert told(place, connection).blocked == {one.id}
        with pytest.raises(HubError, match="blocked already"):
            block_pass(place.town, connection, one.id, by=BY, reason="again", now=NOW)
        unblocked = unblock_pass(place.town, connection, one.id, by=BY, reason="found", now=NOW)
        assert unblocked == one
        assert told(place, connection).blocked == frozenset()
        assert version(place, connection) == before + 2
        with pytest.raises(HubError, match="is not blocked"):
            unblock_pass(place.town, connection, one.id, by=BY, reason="", now=NOW)
    assert [row["action"] for row in table(place, "audit")][-3:] == ["pass issued", "pass blocked", "pass unblocked"]


def test_a_revoked_pass_stays_revoked(place: Place) -> None:
    with place.engine.begin() as connection:
        one = issue(place, connection)
        block_pass(place.town, connection, one.id, by=BY, reason="looked for", now=NOW)
        revoked = revoke_pass(place.town, connection, one.id, by=BY, reason="sold", now=NOW)
        assert revoked.state(NOW) is PassState.REVOKED
        listed = told(place, connection)
        assert (listed.revoked, listed.blocked) == (frozenset({one.id}), frozenset())
        changes: tuple[Callable[[], object], ...] = (
            lambda: unblock_pass(place.town, connection, one.id, by=BY, reason="", now=NOW),
            lambda: block_pass(place.town, connection, one.id, by=BY, reason="x", now=NOW),
            lambda: renew_pass(place.town, connection, one.id, by=BY, now=NOW),
            lambda: replace_pass(place.town, connection, one.id, by=BY, reason="x", now=NOW),
        )
        for change in changes:
            with pytest.raises(HubError, match="revoked already"):
                change()


def test_a_renewed_pass_stays_until_it_expires(place: Place) -> None:
    later = NOW + timedelta(days=20)
    with place.engine.begin() as connection:
        old = issue(place, connection, allowed=["east"], priority=True)
        new = renew_pass(place.town, connection, old.id, by=BY, now=later)
        assert (new.plate, new.gates, new.priority, new.replaces) == (old.plate, old.gates, True, old.id)
        assert (new.not_before, new.expires) == (later, later + timedelta(days=30))
        assert store.known(connection, "demo", old.id).state(later) is PassState.VALID
        with pytest.raises(HubError, match=f"pass {new.id} follows it already"):
            renew_pass(place.town, connection, old.id, by=BY, now=later)
        # the renewed one may be renewed again, and the first again once that has expired
        assert renew_pass(place.town, connection, new.id, by=BY, now=later).replaces == new.id
        assert renew_pass(place.town, connection, old.id, by=BY, now=NOW + timedelta(days=400)).replaces == old.id


def test_a_blocked_pass_is_not_renewed(place: Place) -> None:
    with place.engine.begin() as connection:
        old = issue(place, connection)
        block_pass(place.town, connection, old.id, by=BY, reason="looked for", now=NOW)
        with pytest.raises(HubError, match="unblock it first"):
            renew_pass(place.town, connection, old.id, by=BY, now=NOW)


def test_a_lost_pass_is_revoked_and_replaced_in_one_step(place: Place) -> None:
    later = NOW + timedelta(days=3)
    with place.engine.begin() as connection:
        old = issue(place, connection)
        new = replace_pass(place.town, connection, old.id, by=BY, reason="lost", now=later)
        assert (new.replaces, new.not_before, new.expires) == (old.id, later, old.expires)
        assert store.known(connection, "demo", old.id).revoked_reason == "lost"
        assert told(place, connection).revoked == {old.id}
        other = issue(place, connection, vehicle_class="visitor")
        with pytest.raises(HubError, match="renew it instead"):
            replace_pass(place.town, connection, other.id, by=BY, reason="lost", now=later)


@pytest.mark.parametrize("change", [changes.block, changes.revoke])
def test_a_change_needs_a_reason_and_a_pass(place: Place, change: Any) -> None:
    with place.engine.begin() as connection:
        one = issue(place, connection)
        with pytest.raises(HubError, match="reason: expected why"):
            change(connection, town="demo", id_=one.id, by=BY, reason=" ", now=NOW)
        with pytest.raises(HubError, match="there is no such pass"):
            change(connection, town="demo", id_="00" * 8, by=BY, reason="x", now=NOW)


def test_passes_are_found_by_state(place: Place) -> None:
    with place.engine.begin() as connection:
        every = {
            PassState.VALID: issue(place, connection),
            PassState.NOT_YET: issue(place, connection, not_before=NOW + timedelta(days=1)),
            PassState.EXPIRED: issue(place, connection, not_before=NOW - timedelta(days=2), expires=NOW),
            PassState.BLOCKED: issue(place, connection),
            PassState.REVOKED: issue(place, connection, plate="鲁U00001"),
        }
        block_pass(place.town, connection, every[PassState.BLOCKED].id, by=BY, reason="x", now=NOW)
        # the first that is true counts
        block_pass(place.town, connection, every[PassState.REVOKED].id, by=BY, reason="x", now=NOW)
        revoke_pass(place.town, connection, every[PassState.REVOKED].id, by=BY, reason="x", now=NOW)
        for state, one in every.items():
            found = store.page(connection, town="demo", state=state, now=NOW, limit=9)
            assert [each.id for each in found] == [one.id]
            assert found[0].state(NOW) is state
        assert len(store.page(connection, town="demo", search="鲁u·0000", limit=9)) == 1
        assert len(store.page(connection, town="demo", vehicle_class="resident", limit=9)) == 5


def test_every_scan_of_a_pass_is_in_its_history(place: Place) -> None:
    with place.engine.begin() as connection:
        one = issue(place, connection)
    for number in range(5):
        gate = place.gates["east" if number % 2 else "west"]
        gate.visit(one.plate, NOW + timedelta(hours=number), pass_id=one.id)
        gate.visit("鲁B99999", NOW + timedelta(hours=number), pass_id="ab" * 8)
    for name in ("east", "west"):
        send(place, place.gates[name])
    with place.engine.begin() as connection:
        first = store.history(connection, "demo", one.id, limit=3)
        rest = store.history(connection, "demo", one.id, older=first.older, limit=3)
    assert [row["gate"] for row in [*first.rows, *rest.rows]] == ["west", "east", "west", "east", "west"]
    assert {row["pass_id"] for row in [*first.rows, *rest.rows]} == {one.id}
    assert rest.older is None


def read(place: Place, connection: Connection, issued: Issued, now: datetime) -> Any:
    """What a gate that trusts the published keys makes of a pass."""
    listed = told(place, connection)
    trusted: dict[bytes, list[Any]] = {}
    for key in listed.keys:
        if (key.until is None or now.isoformat() < key.until) and key.kid not in listed.revoked_keys:
            trusted.setdefault(bytes.fromhex(key.kid), []).append(public_from_hex(key.public))
    return contract.read(issued.text, trusted)


def test_a_rotated_key_needs_no_reprinting(place: Place) -> None:
    with place.engine.begin() as connection:
        before = version(place, connection)
        old = issue(place, connection)
        key = rotate_key(place.town, connection, keep_until=None, by=BY, now=NOW)
        new = issue(place, connection)
        assert version(place, connection) == before + 1
        assert new.kid == key.kid != old.kid
        assert isinstance(read(place, connection, old, NOW), contract.Pass)
        assert isinstance(read(place, connection, new, NOW), contract.Pass)
        until = {each.kid: each.until for each in keys.page(connection, "demo")}
        # until the last pass that it signed has expired
        assert until == {key.kid: None, old.kid: old.expires}
        assert keys.outliving(connection, "demo", old.kid) == 0
    file = place.folder / "keys" / f"pass-{key.kid}.key"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_kept_until_a_date_is_trusted_until_then(place: Place) -> None:
    with place.engine.begin() as connection:
        old = issue(place, connection)
        until = NOW + timedelta(days=7)
        rotate_key(place.town, connection, keep_until=until, by=BY, now=NOW)
        assert keys.find(connection, "demo", old.kid).until == until
        assert keys.outliving(connection, "demo", old.kid) == 1
        assert isinstance(read(place, connection, old, until - timedelta(hours=1)), contract.Pass)
        assert not isinstance(read(place, connection, old, until + timedelta(hours=1)), contract.Pass)
        with pytest.raises(HubError, match="expected a time in the future"):
            rotate_key(place.town, connection, keep_until=NOW, by=BY, now=NOW)


def test_a_revoked_key_ends_all_its_passes(place: Place) -> None:
    with place.engine.begin() as connection:
        old = issue(place, connection)
        with pytest.raises(HubError, match="rotate first"):
            revoke_key(place.town, connection, old.kid, by=BY, reason="stolen", now=NOW)
        rotate_key(place.town, connection, keep_until=None, by=BY, now=NOW)
        key = revoke_key(place.town, connection, old.kid, by=BY, reason="stolen", now=NOW)
        assert (key.passes, key.revoked_reason) == (1, "stolen")
        assert told(place, connection).revoked_keys == {old.kid}
        assert not isinstance(read(place, connection, old, NOW), contract.Pass)
        with pytest.raises(HubError, match="revoked already"):
            revoke_key(place.town, connection, old.kid, by=BY, reason="again", now=NOW)
        with pytest.raises(HubError, match="there is no such key"):
            revoke_key(place.town, connection, "00000000", by=BY, reason="x", now=NOW)


def test_a_private_key_that_is_gone_is_named(place: Place) -> None:
    with place.engine.begin() as connection:
        key = rotate_key(place.town, connection, keep_until=None, by=BY, now=NOW)
        (place.folder / "keys" / f"pass-{key.kid}.key").unlink()
        with pytest.raises(HubError, match=f"the private key of {key.kid}"):
            issue(place, connection)


def watch(place: Place, connection: Connection, plate: str, **values: Any) -> watchlist.WatchedPlate:
    asked: dict[str, Any] = {
        "deny_in": True, "deny_out": False, "notify": True, "why": "stolen", "by": BY, "now": NOW,
    }  # fmt: skip
    return watch_plate(place.town, connection, plate, **(asked | values))


def test_a_watched_plate_is_told_and_an_unwatched_one_no_more(place: Place) -> None:
    with place.engine.begin() as connection:
        assert watch(place, connection, "鲁ｂ·６６６６６").plate == "鲁B66666"
        watch(place, connection, "鲁B66666", deny_out=True)
        watch(place, connection, "京A00001", deny_in=False)
        assert [(each.plate, each.deny_in, each.deny_out) for each in told(place, connection).watch] == [
            ("京A00001", False, False), ("鲁B66666", True, True),
        ]  # fmt: skip
        assert [each.plate for each in watchlist.page(connection, town="demo", search="b66", limit=9)] == ["鲁B66666"]
        assert [each.plate for each in watchlist.page(connection, town="demo", after="京A00001", limit=9)] == [
            "鲁B66666"
        ]
        unwatch_plate(place.town, connection, "鲁B 66666", reason="found", by=BY, now=NOW)
        assert [each.plate for each in told(place, connection).watch] == ["京A00001"]
        with pytest.raises(HubError, match="not on the watch list"):
            unwatch_plate(place.town, connection, "鲁B66666", reason="found", by=BY, now=NOW)
    assert [row["action"] for row in table(place, "audit")][-2:] == ["plate watched", "plate unwatched"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"plate": ""}, "expected 1 to 16 characters"),
        ({"why": "  "}, "expected why the plate is watched"),
        ({"why": "x" * 201}, "at most 200 are told"),
        ({"deny_in": False, "notify": False}, "at least one of deny in"),
    ],
)
def test_a_plate_is_watched_for_a_reason_and_to_some_end(place: Place, values: dict[str, Any], why: str) -> None:
    with place.engine.begin() as connection, pytest.raises(HubError, match=why):
        watch(place, connection, **({"plate": "鲁B66666"} | values))


def fill(place: Place, *, revoked: int, watched: int, why: str) -> None:
    """A long pass list, as years would make it."""
    with place.engine.begin() as connection:
        one = dict(table_row(connection, issue(place, connection).id))
        rows = [{**one, "id": f"{n:016x}", "revoked_at": one["issued_at"]} for n in range(revoked)]
        connection.execute(schema.passes.insert(), rows)
        watching = {"town": "demo", "deny_in": True, "deny_out": False, "notify": True, "why": why, "added_by": BY}
        connection.execute(
            schema.watched.insert(),
            [{**watching, "plate": f"鲁B{n:05d}", "added_at": one["issued_at"]} for n in range(watched)],
        )


def table_row(connection: Connection, id_: str) -> Any:
    return connection.execute(select(schema.passes).where(schema.passes.c.id == id_)).mappings().one()


def test_ten_thousand_revoked_and_five_thousand_watched_are_a_quarter_of_what_a_gate_takes(place: Place) -> None:
    fill(place, revoked=10_000, watched=5_000, why="涉案车辆，请拦停并上报")
    with place.engine.begin() as connection:
        watch(place, connection, "鲁B66666")
        message = signed_lists.current(connection, "demo", "passlist")
    assert message is not None
    assert len(message.encode()) < MAX_LIST / 4
    body = Signed.parse(message.encode(), MAX_LIST).passlist()
    assert (len(body.revoked), len(body.watch)) == (10_000, 5_001)


def test_a_list_that_no_gate_would_take_is_not_made(place: Place) -> None:
    fill(place, revoked=1, watched=9_000, why="长" * 200)
    before = table(place, "published")
    with pytest.raises(HubError, match="gates take 4194304 at most"), place.engine.begin() as connection:
        watch(place, connection, "鲁C66666")
    assert table(place, "published") == before
    assert not [row for row in table(place, "watched") if row["plate"] == "鲁C66666"]
