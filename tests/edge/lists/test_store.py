"""The gate believes the hub's signature alone, and never an older list."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.commands import Commands
from edge.contract.facts import Fact
from edge.contract.messages import PassList, Signed, SignedKind, TrustedKey, Watched
from edge.contract.policy import Officer
from edge.lists.store import Lists
from tests.contract.samples import HUB_KEY, ISSUED, KID, PASSLIST, POLICY, TOWN

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)


def signed(
    kind: SignedKind, body: Fact, version: int = 1, *, town: str = TOWN, key: Ed25519PrivateKey = HUB_KEY
) -> Signed:
    return Signed.seal(kind, town, version, ISSUED, body, key)


def refusal(lists: Lists, said: Signed, now: datetime) -> str:
    """Why the lists do not take what the hub is said to have signed."""
    why = lists.accept(said, now)
    assert why is not None
    return why


def open_lists(folder: Path, hub_key: Ed25519PrivateKey = HUB_KEY) -> Lists:
    return Lists.open(folder / "lists.db", town=TOWN, hub_key=hub_key.public_key())


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    opened = open_lists(tmp_path)
    yield opened
    opened.close()


def test_gate_without_lists_knows_nothing(lists: Lists) -> None:
    snapshot = lists.snapshot()
    assert (snapshot.policy, snapshot.policy_version, snapshot.passlist_version) == (None, None, None)
    assert snapshot.keys_at(NOW) == {}


def test_lists_survive_a_restart(tmp_path: Path, lists: Lists) -> None:
    assert lists.accept(signed("policy", POLICY, 4), NOW) is None
    assert lists.accept(signed("passlist", PASSLIST, 9), LATER) is None
    before = lists.snapshot()
    lists.close()
    again = open_lists(tmp_path)
    assert again.snapshot() == before
    assert (before.policy, before.policy_version, before.policy_received) == (POLICY, 4, NOW)
    assert (before.revoked, before.passlist_version, before.passlist_received) == (PASSLIST.revoked, 9, LATER)
    again.close()


def test_older_list_is_refused_also_after_a_restart(tmp_path: Path, lists: Lists) -> None:
    revoked = PassList(keys=PASSLIST.keys, revoked=frozenset({"0011223344556677"}))
    assert lists.accept(signed("passlist", revoked, 2), NOW) is None
    assert "older than version 2" in refusal(lists, signed("passlist", PASSLIST, 1), LATER)
    lists.close()
    again = open_lists(tmp_path)
    assert "older than version 2" in refusal(again, signed("passlist", PASSLIST, 1), LATER)
    assert again.snapshot().revoked == {"0011223344556677"}
    again.close()


def test_the_same_version_again_only_makes_it_fresher(lists: Lists) -> None:
    assert lists.accept(signed("policy", POLICY, 3), NOW) is None
    assert lists.accept(signed("policy", POLICY, 3), LATER) is None
    assert lists.snapshot().policy_received == LATER


def test_one_version_never_says_two_things(lists: Lists) -> None:
    assert lists.accept(signed("passlist", PASSLIST, 3), NOW) is None
    other = PassList(keys=PASSLIST.keys)
    assert "says something else" in refusal(lists, signed("passlist", other, 3), NOW)
    assert lists.snapshot().revoked == PASSLIST.revoked


def test_forged_list_is_refused(lists: Lists) -> None:
    assert "not signed by the hub" in refusal(lists, signed("policy", POLICY, key=Ed25519PrivateKey.generate()), NOW)
    tampered = signed("passlist", PASSLIST).model_copy(update={"version": 7})
    assert "not signed by the hub" in refusal(lists, tampered, NOW)
    assert lists.snapshot().policy is None


def test_another_towns_list_is_refused(lists: Lists) -> None:
    assert "for town 'elsewhere'" in refusal(lists, signed("policy", POLICY, town="elsewhere"), NOW)


def test_signed_nonsense_is_refused_and_the_old_list_stays(lists: Lists) -> None:
    assert lists.accept(signed("passlist", PASSLIST, 1), NOW) is None
    (key,) = PASSLIST.keys
    ends = PassList(keys=(TrustedKey(kid=key.kid, public=key.public, until="2026-03-01T00:00:00.000Z"),))
    text = signed("passlist", ends, 2).text.replace("00:00:00.000Z", "00:00:00")
    no_zone = Signed.sign("passlist", TOWN, 2, ISSUED, text, HUB_KEY)
    assert "keys.0.until: expected a time such as" in refusal(lists, no_zone, NOW)
    assert "policy version 1: " in refusal(lists, signed("policy", PASSLIST), NOW)
    assert lists.snapshot().passlist_version == 1


def test_key_counts_until_its_end(lists: Lists) -> None:
    (key,) = PASSLIST.keys
    ending = PassList(keys=(TrustedKey(kid=key.kid, public=key.public, until="2026-03-01T10:00:00.000Z"),))
    assert lists.accept(signed("passlist", ending), NOW) is None
    assert list(lists.snapshot().keys_at(NOW)) == [KID]
    assert lists.snapshot().keys_at(LATER) == {}


def test_two_keys_may_share_an_id(lists: Lists) -> None:
    (key,) = PASSLIST.keys
    twin = TrustedKey(kid=key.kid, public=Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    assert lists.accept(signed("passlist", PassList(keys=(key, twin))), NOW) is None
    assert len(lists.snapshot().keys_at(NOW)[KID]) == 2


def test_a_revoked_key_no_longer_counts_but_is_still_known_as_revoked(lists: Lists) -> None:
    (key,) = PASSLIST.keys
    withdrawn = PassList(keys=(key,), revoked_keys=frozenset({key.kid}))
    assert lists.accept(signed("passlist", withdrawn), NOW) is None
    assert lists.snapshot().keys_at(NOW) == {}
    assert list(lists.snapshot().withdrawn_keys()) == [KID]


def test_watched_plates_are_found_however_they_were_written(lists: Lists) -> None:
    watch = (Watched(plate="鲁ｂ·９９９９９", deny_in=True, why="stolen"),)
    blocked = frozenset({"1122334455667788"})
    assert lists.accept(signed("passlist", PassList(keys=(), watch=watch, blocked=blocked)), NOW) is None
    assert lists.snapshot().watch["鲁B99999"].why == "stolen"
    assert lists.snapshot().blocked == blocked


def test_the_age_is_that_of_the_older_list_and_unknown_while_one_is_missing(lists: Lists) -> None:
    assert lists.accept(signed("policy", POLICY), LATER) is None
    assert lists.snapshot().received is None
    assert lists.accept(signed("passlist", PASSLIST), NOW) is None
    assert lists.snapshot().received == NOW


def test_a_hub_that_is_there_vouches_for_what_it_sent_also_over_a_restart(tmp_path: Path, lists: Lists) -> None:
    assert lists.accept(signed("policy", POLICY), NOW) is None
    lists.vouch(["policy", "passlist"], LATER)
    assert (lists.snapshot().policy_received, lists.snapshot().passlist_received) == (LATER, None)
    lists.vouch(["policy"], LATER + timedelta(seconds=5))  # too soon for the card
    lists.close()
    again = open_lists(tmp_path)
    assert again.snapshot().policy_received == LATER
    again.vouch(["policy"], LATER + timedelta(hours=1))
    again.close()
    third = open_lists(tmp_path)
    assert third.snapshot().policy_received == LATER + timedelta(hours=1)
    third.close()


def ruin(path: Path) -> None:
    path.write_bytes(b"no database at all" * 300)


def tamper(path: Path) -> None:
    with sqlite3.connect(path) as intruder:
        intruder.execute("update lists set message = replace(message, 'Resident', 'Anybody')")
    intruder.close()


def empty_of_tables(path: Path) -> None:
    with sqlite3.connect(path) as intruder:
        intruder.execute("alter table lists rename column message to something")
    intruder.close()


@pytest.mark.parametrize("harm", [ruin, tamper, empty_of_tables])
def test_broken_file_is_moved_aside_and_the_gate_goes_on(
    tmp_path: Path, lists: Lists, harm: Callable[[Path], None]
) -> None:
    assert lists.accept(signed("policy", POLICY), NOW) is None
    lists.close()
    harm(tmp_path / "lists.db")
    again = open_lists(tmp_path)
    assert again.snapshot().policy is None
    (aside,) = (each for each in tmp_path.glob("lists.db.broken-*") if not each.name.endswith(("-wal", "-shm")))
    assert aside.exists()
    assert again.accept(signed("policy", POLICY), NOW) is None
    again.close()
    third = open_lists(tmp_path)
    assert third.snapshot().policy == POLICY
    third.close()


def test_gate_goes_on_where_no_file_can_be_made(tmp_path: Path) -> None:
    lists = open_lists(tmp_path / "nowhere")
    assert lists.accept(signed("policy", POLICY), NOW) is None
    assert lists.snapshot().policy == POLICY
    lists.close()


def test_full_disk_does_not_undo_a_revocation(lists: Lists) -> None:
    assert lists.accept(signed("passlist", PassList(keys=PASSLIST.keys)), NOW) is None
    lists._db.execute("pragma query_only = on")
    assert lists.accept(signed("passlist", PASSLIST, 2), NOW) is None
    assert lists.snapshot().revoked == PASSLIST.revoked


def test_file_is_for_its_owner_alone(tmp_path: Path, lists: Lists) -> None:
    assert (tmp_path / "lists.db").stat().st_mode & 0o777 == 0o600


OFFICERS = (Officer(id="u-1", name="李强", pin="$argon2id$old"), Officer(id="u-2", name="王伟"))


def pins_of(lists: Lists) -> dict[str, str | None]:
    policy = lists.snapshot().policy
    assert policy is not None
    return {each.id: each.pin for each in policy.officers}


def test_an_officers_pin_comes_with_what_the_hub_wants_of_this_gate(tmp_path: Path, lists: Lists) -> None:
    """Faults C: the policy, which every gate reads, carried all PINs. An older hub's still counts."""
    lists.accept(signed("policy", POLICY.model_copy(update={"officers": OFFICERS})), NOW)
    assert pins_of(lists) == {"u-1": "$argon2id$old", "u-2": None}
    lists.accept(signed("command", Commands(gate="east")), NOW)
    assert pins_of(lists) == {"u-1": "$argon2id$old", "u-2": None}
    lists.accept(signed("command", Commands(gate="east", pins={"u-2": "$argon2id$new"}), 2), NOW)
    assert pins_of(lists) == {"u-1": None, "u-2": "$argon2id$new"}
    lists.close()
    again = open_lists(tmp_path)
    assert pins_of(again) == {"u-1": None, "u-2": "$argon2id$new"}
    again.accept(signed("policy", POLICY.model_copy(update={"officers": OFFICERS}), 2), NOW)
    assert pins_of(again) == {"u-1": None, "u-2": "$argon2id$new"}
    again.close()


def test_the_lists_are_read_in_any_order_after_a_restart(tmp_path: Path, lists: Lists) -> None:
    lists.accept(signed("command", Commands(gate="east", pins={"u-2": "$argon2id$new"})), NOW)
    lists.accept(signed("policy", POLICY.model_copy(update={"officers": OFFICERS})), NOW)
    assert pins_of(lists) == {"u-1": None, "u-2": "$argon2id$new"}
