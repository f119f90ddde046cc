"""What contradicts what, as late records arrive; conflicts are entries of the ledger, and rebuilt from them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from edge.contract.facts import ConflictOpened, Corrected, Kind, Outcome, Overridden, VisitClosed
from edge.contract.messages import Signed
from edge.contract.policy import Policy, Travel
from edge.contract.records import Record, wall_text
from hub.conflicts import judge as watch
from hub.conflicts import store
from hub.database.schema import pass_keys, passes, watched
from hub.database.statements import upsert
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.ledger.append import Appended
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.projections.rebuild import rebuild
from hub.passes.issue import issue_pass
from tests.hub.ledgers import check, read, settle, table, take
from tests.hub.towns import NOW, Gate, Place

CAR, OTHER = "鲁B12345", "鲁B54321"
PASS = "0011223344556677"
LATER = NOW + timedelta(days=2)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def rules(place: Place, change: Callable[[Policy], Policy]) -> None:
    """Publishes the policy changed so."""
    with place.engine.begin() as connection:
        now = signed_lists.current(connection, "demo", "policy")
        assert isinstance(now, Signed)
        signed_lists.publish(
            connection, town="demo", kind="policy", body=change(now.policy()), key=place.town.key, now=NOW
        )


def with_travel(policy: Policy) -> Policy:
    """East and west are 20 minutes apart, and nothing else is said of any way."""
    return policy.model_copy(update={"travel": (Travel(gates=("east", "west"), least_minutes=20),)})


def with_limit(policy: Policy) -> Policy:
    """A transit vehicle may stay an hour."""
    classes = [
        each.model_copy(update={"transit_minutes": 60.0 if each.id == "transit" else None}) for each in policy.classes
    ]
    return policy.model_copy(update={"classes": tuple(classes)})


def ways_unknown(policy: Policy) -> Policy:
    return policy.model_copy(update={"travel": ()})


@pytest.fixture(autouse=True)
def plain(place: Place) -> None:
    """No way between gates takes any time, until a test says so."""
    rules(place, ways_unknown)


def send(place: Place, *gates: str, now: datetime = LATER) -> None:
    """Each gate uploads what it has not sent, in a transaction of its own, and the hub judges it."""
    for name in gates:
        gate = place.gates[name]
        if gate.sent < len(gate.sealed):
            arrived = read(place, name, gate.batch().encode())
            judge(place, visits_of(take(place, arrived)), now=now)


def visits_of(appended: Appended) -> list[str]:
    return [row["visit_id"] for row in appended.visits]


def judge(place: Place, visits: list[str], *, now: datetime = LATER, plates: tuple[str, ...] = ()) -> watch.Judged:
    rows = [row for row in table(place, "visits") if row["visit_id"] in visits]
    with place.engine.begin() as connection:
        return watch.judge(connection, "demo", rows, key=place.town.key, now=now, plates=plates)


def conflicts(place: Place, state: str = "open") -> list[store.Conflict]:
    with place.engine.begin() as connection:
        rows, _ = store.page(connection, "demo", store.Asked(state=state), limit=1000)
        return rows


def whats(place: Place, state: str = "open") -> list[str]:
    return sorted(each.what for each in conflicts(place, state))


def evidence(place: Place, conflict: store.Conflict) -> list[tuple[str, list[str]]]:
    with place.engine.begin() as connection:
        return [
            (each.visit["visit_id"], [kind for _, kind in each.entries])
            for each in store.evidence(connection, "demo", conflict)
        ]


def settle_one(place: Place, conflict: str, reason: str = "spoke to the driver") -> None:
    with place.engine.begin() as connection:
        store.settle(connection, town="demo", id_=conflict, by="u-3", reason=reason, key=place.town.key, now=LATER)


def rebuilt(place: Place) -> None:
    """A rebuild gives the same rows, and the ledger still proves itself."""
    before: dict[str, list[dict[str, Any]]] = {name: table(place, name) for name in ("visits", "inside", "conflicts")}
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert {name: table(place, name) for name in before} == before
    check(place)


def test_in_twice_opens_when_the_gate_that_was_cut_off_uploads(place: Place) -> None:
    first = place.gates["east"].visit(CAR, NOW, pass_id=PASS)
    then = place.gates["west"].visit(CAR, NOW + minutes(90), pass_id=PASS)
    send(place, "west")
    assert conflicts(place) == []
    send(place, "east")
    (found,) = conflicts(place)
    assert (found.what, found.plate, found.pass_id, found.gate, found.visit) == ("in_twice", CAR, PASS, "west", then)
    assert evidence(place, found) == [
        (first, ["visit_opened", "visit_closed"]),
        (then, ["visit_opened", "visit_closed"]),
    ]
    rebuilt(place)


def test_the_conflict_is_the_hubs_own_entry_and_holds_no_plate(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(90))
    send(place, "east", "west")
    (found,) = conflicts(place)
    (entry,) = [row for row in table(place, "entries") if row["kind"] == "conflict_opened"]
    body = Record.parse(entry["raw"]).body
    assert isinstance(body, ConflictOpened)
    assert (entry["gate"], entry["id"]) == ("hub", found.opened_entry)
    assert (body.conflict, body.what, body.entries) == (found.id, "in_twice", found.entries)
    assert CAR not in entry["raw"]


def test_a_late_exit_explains_it_and_the_hub_says_so(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(90))
    place.gates["north"].visit(CAR, NOW + minutes(45), direction="out")
    send(place, "east", "west")
    assert whats(place) == ["in_twice"]
    send(place, "north")
    assert conflicts(place) == []
    (explained,) = conflicts(place, "settled")
    assert explained.explained
    rebuilt(place)


def test_the_same_again_opens_nothing_twice(place: Place) -> None:
    first = place.gates["east"].visit(CAR, NOW)
    then = place.gates["west"].visit(CAR, NOW + minutes(90))
    send(place, "east", "west")
    assert judge(place, [first, then]) == watch.Judged(0, 0)
    settle_one(place, conflicts(place)[0].id)
    assert judge(place, [first, then]) == watch.Judged(0, 0)
    assert conflicts(place) == []


def test_out_twice(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW, direction="out")
    place.gates["west"].visit(CAR, NOW + minutes(90), direction="out")
    send(place, "east", "west")
    assert whats(place) == ["out_twice"]


def test_what_was_not_driven_through_contradicts_nothing(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(90), outcome="turned_back")
    place.gates["north"].visit(CAR, NOW + minutes(95), outcome=None)
    place.gates["east"].visit(CAR, NOW + minutes(100), outcome="unclear")
    send(place, "east", "west", "north")
    assert conflicts(place) == []
    rebuilt(place)


def test_an_entry_older_than_a_day_is_no_contradiction(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + timedelta(hours=25))
    send(place, "east", "west")
    assert conflicts(place) == []


@pytest.mark.parametrize(
    ("first", "then", "gap", "found"),
    [
        ("in", "out", 10, ["too_fast"]),
        ("in", "in", 10, ["too_fast"]),
        ("out", "out", 10, ["too_fast"]),
        ("out", "in", 10, []),  # outside the area it drives by other roads
        ("in", "out", 25, []),
        ("in", "in", 25, ["in_twice"]),
    ],
)
def test_two_gates_sooner_than_anybody_drives(place: Place, first: str, then: str, gap: int, found: list[str]) -> None:
    rules(place, with_travel)
    place.gates["east"].visit(CAR, NOW, direction=first)
    place.gates["west"].visit(CAR, NOW + minutes(gap), direction=then)
    send(place, "west", "east")
    assert whats(place) == found
    rebuilt(place)


def test_a_clock_that_nobody_set_proves_nothing(place: Place) -> None:
    rules(place, with_travel)
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(5), clock="unsynced")
    place.gates["north"].visit(OTHER, NOW)
    place.gates["south"].visit(OTHER, NOW + minutes(90))
    # claimed before the entry, but who knows: it may have gone out in between
    place.gates["west"].visit(OTHER, NOW - minutes(40), direction="out", clock="unsynced")
    send(place, "east", "west", "north", "south")
    assert conflicts(place) == []


def test_a_pass_revoked_before_the_gate_had_heard(place: Place) -> None:
    id_ = issued(place)
    before = place.gates["east"].visit(CAR, NOW, pass_id=id_)
    after = place.gates["east"].visit(CAR, NOW + minutes(90), pass_id=id_, direction="out")
    place.gates["west"].visit(CAR, NOW + minutes(95), pass_id=id_, reason="revoked", outcome="turned_back")
    end_pass(place, id_, revoked_at=NOW + minutes(60))
    send(place, "east", "west")
    (found,) = conflicts(place)
    assert (found.what, found.visit) == ("revoked_after", after)
    assert before != after
    rebuilt(place)


def test_a_pass_that_was_blocked_counts_as_well(place: Place) -> None:
    id_ = issued(place)
    place.gates["east"].visit(CAR, NOW + minutes(90), pass_id=id_)
    end_pass(place, id_, blocked_at=NOW + minutes(60))
    send(place, "east")
    assert whats(place) == ["revoked_after"]
    # unblocked later: it did pass while it was blocked
    end_pass(place, id_, blocked_at=None)
    place.gates["east"].visit(CAR, NOW + minutes(120), pass_id=id_, direction="out")
    send(place, "east")
    assert whats(place) == ["revoked_after"]


def test_a_pass_whose_key_was_revoked_counts_as_well(place: Place) -> None:
    id_ = issued(place)
    place.gates["east"].visit(CAR, NOW + minutes(30), pass_id=id_)
    place.gates["west"].visit(CAR, NOW + minutes(90), pass_id=id_, direction="out")
    with place.engine.begin() as connection:
        connection.execute(update(pass_keys).values(revoked_at=wall_text(NOW + minutes(60))))
    send(place, "east", "west")
    (found,) = conflicts(place)
    assert (found.what, found.gate) == ("revoked_after", "west")


def test_an_officer_who_lets_a_revoked_pass_through_knew_it(place: Place) -> None:
    id_ = issued(place)
    end_pass(place, id_, revoked_at=NOW)
    visit = place.gates["east"].visit(CAR, NOW + minutes(5), pass_id=id_, reason="revoked", outcome=None)
    gate = place.gates["east"]
    gate.keep(Kind.OVERRIDDEN, Overridden(officer="u-3", reason="birth"), NOW + minutes(6), visit=visit)
    close(gate, visit, NOW + minutes(7))
    send(place, "east")
    assert conflicts(place) == []


@pytest.mark.parametrize("late_exit", [50, 70])
def test_a_transit_vehicle_that_stays_too_long(place: Place, late_exit: int) -> None:
    rules(place, with_limit)
    entry = place.gates["east"].visit(CAR, NOW, vehicle_class="transit")
    place.gates["west"].visit(OTHER, NOW, vehicle_class="resident")
    send(place, "east", "west", now=NOW + minutes(30))
    assert overstaying(place, NOW + minutes(59)) == []
    assert overstaying(place, NOW + minutes(62)) == [entry]
    assert judge(place, [entry], now=NOW + minutes(62)) == watch.Judged(1, 0)
    # told once
    assert overstaying(place, NOW + minutes(90)) == []
    place.gates["south"].visit(CAR, NOW + minutes(late_exit), direction="out", vehicle_class="transit")
    send(place, "south")
    assert whats(place) == ([] if late_exit < 60 else ["overstay"])
    rebuilt(place)


def overstaying(place: Place, now: datetime) -> list[str]:
    with place.engine.begin() as connection:
        return [row["visit_id"] for row in watch.look_for_overstays(connection, "demo", now)]


@pytest.mark.parametrize(("notify", "added", "found"), [(True, 0, ["watch_list"]), (True, 60, []), (False, 0, [])])
def test_a_watched_plate_is_told_of_when_it_comes(place: Place, notify: bool, added: int, found: list[str]) -> None:
    with place.engine.begin() as connection:
        row = {
            "town": "demo", "plate": CAR, "deny_in": False, "deny_out": False, "notify": notify, "why": "reported missing",
            "added_at": wall_text(NOW + minutes(added)), "added_by": "u-3",
        }  # fmt: skip
        upsert(connection, watched, [row])
    place.gates["east"].visit(CAR, NOW + minutes(30), outcome=None)
    place.gates["west"].visit(OTHER, NOW + minutes(30))
    send(place, "east", "west")
    assert whats(place) == found


def test_who_is_stopped_for_the_watch_list_is_told_of_too(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW, reason="watch_list", outcome="turned_back")
    send(place, "east")
    assert whats(place) == ["watch_list"]


def test_a_corrected_plate_is_judged_under_both_names(place: Place) -> None:
    misread = place.gates["east"].visit(CAR, NOW, read_by="hand", reason="no_pass")
    place.gates["west"].visit(CAR, NOW + minutes(90))
    place.gates["north"].visit(OTHER, NOW + minutes(60))
    send(place, "east", "west", "north")
    (first,) = conflicts(place)
    assert first.plate == CAR
    correct(place, misread, OTHER)
    judge(place, [misread], plates=(CAR,))
    (second,) = conflicts(place)
    assert second.plate == OTHER
    # and back again: the first holds again, under the id that it had
    correct(place, misread, CAR)
    judge(place, [misread], plates=(OTHER,))
    assert [each.id for each in conflicts(place)] == [first.id]
    rebuilt(place)


def test_settled_for_a_reason_that_stays_in_the_ledger(place: Place) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(90))
    send(place, "east", "west")
    id_ = conflicts(place)[0].id
    settle_one(place, id_, "left by the north gate while it was dark")
    (settled,) = conflicts(place, "settled")
    assert (settled.settled_by, settled.settled_reason) == ("u-3", "left by the north gate while it was dark")
    assert [row["kind"] for row in table(place, "entries")][-2:] == ["conflict_opened", "conflict_settled"]
    assert table(place, "audit")[-1]["action"] == "conflict settled"
    with pytest.raises(HubError, match="settled already"):
        settle_one(place, id_)
    with pytest.raises(HubError, match="no such conflict"):
        settle_one(place, "00" * 16)
    rebuilt(place)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_nothing_is_settled_without_a_reason(place: Place, reason: str) -> None:
    place.gates["east"].visit(CAR, NOW)
    place.gates["west"].visit(CAR, NOW + minutes(90))
    send(place, "east", "west")
    with pytest.raises(HubError, match="1 to 500 characters"):
        settle_one(place, conflicts(place)[0].id, reason)


def test_pages_follow_each_other(place: Place) -> None:
    for number in range(7):
        place.gates["east"].visit(f"鲁B{number:05d}", NOW + minutes(number))
        place.gates["west"].visit(f"鲁B{number:05d}", NOW + minutes(60 + number))
    send(place, "east", "west")
    seen: list[str] = []
    after: store.Cursor | None = None
    with place.engine.begin() as connection:
        while True:
            rows, after = store.page(connection, "demo", store.Asked(), after=after, limit=3)
            seen += [each.plate or "" for each in rows]
            if after is None:
                break
        assert sorted(seen) == [f"鲁B{number:05d}" for number in range(7)]
        assert store.count_open(connection, "demo") == 7
        found, _ = store.page(connection, "demo", store.Asked(search="b 00003"), limit=9)
        assert [each.plate for each in found] == ["鲁B00003"]
        assert store.page(connection, "demo", store.Asked(gate="east"), limit=9) == ([], None)
        assert store.page(connection, "demo", store.Asked(what="out_twice"), limit=9) == ([], None)


CROSSINGS = st.lists(
    st.tuples(
        st.sampled_from(("east", "west", "north")),
        st.sampled_from((CAR, OTHER)),
        st.sampled_from(("in", "out")),
        st.integers(0, 40),
        st.sampled_from(("synced", "synced", "rtc", "unsynced")),
        st.sampled_from(("resident", "transit")),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(crossings=CROSSINGS, shuffled=st.randoms(use_true_random=False))
def test_the_order_in_which_gates_upload_changes_nothing(crossings: list[Any], shuffled: Any) -> None:
    orders = [list(range(len(crossings))), list(range(len(crossings)))]
    shuffled.shuffle(orders[1])
    assert len({_open_after(crossings, order) for order in map(tuple, orders)}) == 1


def _open_after(crossings: list[Any], order: tuple[int, ...]) -> frozenset[str]:
    """What is open when every crossing arrived by itself, in this order, each from a journal of its own."""
    with TemporaryDirectory() as folder:
        place = settle(Path(folder))
        rules(place, with_travel)
        rules(place, with_limit)
        # one journal a crossing: any of them may come late
        journals = []
        for number, (gate, plate, direction, at, clock, class_) in enumerate(crossings):
            known = place.gates[gate]
            journal = Gate(known.town, known.id, known.key, f"{number:032x}", known.officer)
            for _ in range(number):
                # visits are numbered by gate
                next(journal._visits)
            journal.visit(plate, NOW + minutes(7 * at), direction=direction, clock=clock, vehicle_class=class_)
            journals.append(journal)
        for number in order:
            arrived = read(place, journals[number].id, journals[number].batch().encode())
            judge(place, visits_of(take(place, arrived)), now=NOW + timedelta(hours=6))
        found = frozenset(each.id for each in conflicts(place))
        place.engine.dispose()
        return found


def issued(place: Place) -> str:
    with place.engine.begin() as connection:
        return issue_pass(place.town, connection, plate=CAR, vehicle_class="resident", allowed=None, not_before=NOW, expires=NOW + timedelta(days=9),
            priority=None, by="cli", now=NOW,
        ).id  # fmt: skip


def end_pass(place: Place, id_: str, **columns: datetime | None) -> None:
    """Ends a pass in the hub's books at a time of the test's choice."""
    with place.engine.begin() as connection:
        values = {name: when and wall_text(when) for name, when in columns.items()}
        connection.execute(update(passes).where(passes.c.id == id_).values(**values))


def close(gate: Gate, visit: str, at: datetime) -> None:
    gate.keep(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer="u-3"), at, visit=visit)


def correct(place: Place, visit: str, plate: str) -> None:
    with place.engine.begin() as connection:
        append_own(
            connection, town="demo", kind=Kind.CORRECTED, visit=visit, key=place.town.key, private={"plate": plate},
            body=Corrected(user="u-1", reason="misread", entry=1), at=moment(LATER),
        )  # fmt: skip
