"""One pure function: every reason, in the order in which the reasons count, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import base45
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract import passes
from edge.contract.facts import ClockTrust, Disinfection, ReadBy
from edge.contract.messages import Watched
from edge.contract.policy import AntiPassback, VehicleClass
from edge.contract.reasons import Direction, Reason, Verdict, verdict_of
from edge.contract.values import wall_text
from edge.decision.decide import ByHand, EmergencyCall, Qr, Shown, decide, mismatched
from edge.decision.decision import Decision, LastSeen
from edge.decision.rules import Rules
from tests.contract.samples import KID, PASS
from tests.edge.gates import NOW, RULES, qr

IN, OUT = Direction.IN, Direction.OUT
FORGER = Ed25519PrivateKey.from_private_bytes(b"a forger's key, thirty-two bytes")
VISIT = "ab" * 16
REVOKED = bytes.fromhex("8899aabbccddeeff")
EARLY = datetime(2025, 1, 1, tzinfo=UTC)
LATE = datetime(2027, 1, 1, tzinfo=UTC)


def judge(
    shown: Shown, direction: Direction = IN, now: datetime = NOW, rules: Rules = RULES, recent: str | None = None
) -> Decision:
    seen = {PASS.id_hex: recent} if recent else {}
    return decide(shown, rules, gate="east", direction=direction, now=now, recent=seen)


# what was shown, when, and the reason on the way in and out
CASES = [
    ("a web address", "https://example.com/x", NOW, Reason.NOT_A_PASS, Reason.NOT_A_PASS),
    ("a torn pass", qr()[:60], NOW, Reason.BAD_FORMAT, Reason.BAD_FORMAT),
    ("another town's key", passes.write(PASS, b"abcd", FORGER), NOW, Reason.UNKNOWN_KEY, Reason.UNKNOWN_KEY),
    ("a forgery under our key id", passes.write(PASS, KID, FORGER), NOW, Reason.BAD_SIGNATURE, Reason.BAD_SIGNATURE),
    ("a revoked pass", qr(id=REVOKED), NOW, Reason.REVOKED, Reason.REVOKED),
    ("a revoked pass that has expired too", qr(id=REVOKED), LATE, Reason.REVOKED, Reason.REVOKED),
    ("a pass before its time", qr(), EARLY, Reason.NOT_YET_VALID, Reason.DISINFECTION_DUE),
    ("a pass after its time", qr(), LATE, Reason.EXPIRED, Reason.DISINFECTION_DUE),
    ("a class for another gate", qr(vehicle_class=4), NOW, Reason.WRONG_CLASS, Reason.DISINFECTION_DUE),
    ("a class nobody knows", qr(vehicle_class=77), NOW, Reason.WRONG_CLASS, Reason.DISINFECTION_DUE),
    ("a pass for another gate", qr(gates=0b0010), NOW, Reason.WRONG_GATE, Reason.DISINFECTION_DUE),
    ("an emergency vehicle's pass", qr(vehicle_class=8), NOW, Reason.EMERGENCY, Reason.EMERGENCY),
    ("a pass with priority", qr(priority=True), NOW, Reason.PRIORITY, Reason.PRIORITY),
    ("a class with priority", qr(vehicle_class=3), NOW, Reason.PRIORITY, Reason.PRIORITY),
    ("a resident's pass", qr(), NOW, Reason.DISINFECTION_DUE, Reason.DISINFECTION_DUE),
    ("a pass that owes nothing", qr(vehicle_class=2), NOW, Reason.OK, Reason.EXIT_OK),
]


@pytest.mark.parametrize(("what", "text", "now", "inward", "outward"), CASES, ids=[case[0] for case in CASES])
def test_each_reason_in_each_direction(what: str, text: str, now: datetime, inward: Reason, outward: Reason) -> None:
    assert judge(Qr(text), IN, now).reason is inward
    assert judge(Qr(text), OUT, now).reason is outward


@pytest.mark.parametrize("direction", Direction)
def test_a_pass_of_moments_ago_is_a_duplicate_that_names_the_first_visit(direction: Direction) -> None:
    decision = judge(Qr(qr()), direction, recent=VISIT)
    assert (decision.reason, decision.verdict, decision.first) == (Reason.DUPLICATE_READ, Verdict.LOOK, VISIT)


def test_a_refusal_counts_more_than_a_duplicate() -> None:
    decision = judge(Qr(qr()), IN, LATE, recent=VISIT)
    assert (decision.reason, decision.first) == (Reason.EXPIRED, None)


def test_validity_ends_with_the_second_of_expiry() -> None:
    assert judge(Qr(qr()), now=datetime.fromtimestamp(PASS.not_before, UTC)).reason is Reason.DISINFECTION_DUE
    assert judge(Qr(qr()), now=datetime.fromtimestamp(PASS.expires - 1, UTC)).reason is Reason.DISINFECTION_DUE
    assert judge(Qr(qr()), now=datetime.fromtimestamp(PASS.expires, UTC)).reason is Reason.EXPIRED


def of_operation(**dates: str) -> Rules:
    assert RULES.policy is not None
    operation = RULES.policy.operation.model_copy(update=dates)
    return replace(RULES, policy=RULES.policy.model_copy(update={"operation": operation}))


@pytest.mark.parametrize(
    "dates",
    [{"ends": wall_text(NOW)}, {"passes_since": wall_text(NOW)}],
    ids=["the operation has ended", "the pass is one of a former operation"],
)
def test_a_good_pass_lets_nobody_in_beyond_its_operation_and_everybody_out(dates: dict[str, str]) -> None:
    rules = of_operation(**dates)
    assert judge(Qr(qr()), IN, rules=rules).reason is Reason.EXPIRED
    assert judge(Qr(qr()), OUT, rules=rules).reason is judge(Qr(qr()), OUT).reason
    assert judge(Qr(qr()), OUT, rules=rules).verdict is not Verdict.STOP


def test_a_pass_counts_until_the_last_moment_of_its_operation() -> None:
    before = of_operation(ends=wall_text(NOW + timedelta(seconds=1)), passes_since="2020-01-01T00:00:00.000Z")
    assert judge(Qr(qr()), IN, rules=before).reason is judge(Qr(qr()), IN).reason


def test_a_vehicle_without_a_pass_is_judged_by_the_last_rules_after_the_end() -> None:
    ended = of_operation(ends=wall_text(NOW))
    for direction in (IN, OUT):
        by_hand = ByHand("鲁B12345", "resident")
        assert judge(by_hand, direction, rules=ended) == judge(by_hand, direction)


@pytest.mark.parametrize("direction", Direction)
def test_priority_never_waits_for_the_sprayer(direction: Direction) -> None:
    for text in (qr(priority=True), qr(vehicle_class=3), qr(vehicle_class=8)):
        decision = judge(Qr(text), direction)
        assert (decision.verdict, decision.owed, decision.disinfection) == (Verdict.GO, False, Disinfection.OFF)


def test_a_priority_pass_read_twice_still_never_waits_for_the_sprayer() -> None:
    assert not judge(Qr(qr(priority=True)), recent=VISIT).owed


def test_a_pass_tells_plate_class_and_id() -> None:
    decision = judge(Qr(qr(plate="鲁b·12345")))
    assert (decision.plate, decision.vehicle_class, decision.pass_id) == ("鲁B12345", "resident", PASS.id_hex)
    assert (decision.operation, decision.policy, decision.passlist) == ("op-1", 3, 5)


def test_a_refused_text_believes_nothing_of_what_it_says() -> None:
    decision = judge(Qr(passes.write(PASS, KID, FORGER)))
    assert (decision.plate, decision.vehicle_class, decision.pass_id) == ("", None, None)


def test_a_vehicle_by_hand_has_no_pass_and_owes_what_its_class_owes() -> None:
    decision = judge(ByHand("鲁b 12345", "resident", {"origin": "青岛"}))
    assert (decision.reason, decision.verdict, decision.read_by) == (Reason.NO_PASS, Verdict.LOOK, ReadBy.HAND)
    assert (decision.plate, decision.owed, decision.fields) == ("鲁B12345", True, {"origin": "青岛"})
    assert not judge(ByHand("", "duty")).owed
    assert not judge(ByHand("", "samples")).owed


def test_an_emergency_vehicle_by_hand_goes_at_once() -> None:
    decision = judge(ByHand("鲁BX1234应急", "emergency"))
    assert (decision.reason, decision.verdict, decision.owed) == (Reason.EMERGENCY, Verdict.GO, False)


@pytest.mark.parametrize("direction", Direction)
def test_a_gate_that_knows_nothing_still_works_by_hand_and_in_an_emergency(direction: Direction) -> None:
    nothing = Rules()
    assert judge(Qr(qr()), direction, rules=nothing).reason is Reason.UNKNOWN_KEY
    assert judge(ByHand("鲁B12345", None), direction, rules=nothing).reason is Reason.NO_PASS
    called = judge(EmergencyCall(), direction, rules=nothing)
    assert (called.reason, called.verdict, called.read_by) == (Reason.EMERGENCY, Verdict.GO, ReadBy.EMERGENCY)
    assert called.disinfection is Disinfection.OFF


def test_keys_without_a_policy_refuse_on_the_way_in_and_let_out() -> None:
    half = replace(RULES, policy=None, policy_version=None)
    assert judge(Qr(qr()), IN, rules=half).reason is Reason.WRONG_CLASS
    assert judge(Qr(qr()), OUT, rules=half).reason is Reason.DISINFECTION_DUE


# -- every reason x direction x class ------------------------------------------------------------------------------------


def town_class(number: int, name: str, **rules: object) -> VehicleClass:
    return VehicleClass.model_validate({"number": number, "id": name, "zh": name, "en": name, **rules})


CLASSES = {
    each.id: each
    for each in (
        town_class(1, "plain", disinfection="off"),
        town_class(2, "due"),
        town_class(3, "soft", disinfection="off", anti_passback="soft"),
        town_class(4, "hard", disinfection="off", anti_passback="hard", passback_hours=12),
        town_class(5, "priority", priority=True, anti_passback="hard"),
        town_class(6, "emergency", emergency=True, anti_passback="hard"),
    )
}
ELSEWHERE = LastSeen("cd" * 16, "south", IN, NOW - timedelta(hours=2))
WENT_OUT = replace(ELSEWHERE, direction=OUT)
WATCH = {PASS.plate: Watched(plate=PASS.plate, deny_in=True, deny_out=True, why="stolen")}
TOWN_RULES = replace(
    RULES,
    policy=RULES.policy.model_copy(update={"classes": tuple(CLASSES.values())}) if RULES.policy else None,
    received=NOW - timedelta(hours=1),
)


@dataclass(frozen=True)
class Story:
    """What makes a reason hold: changes of the sample pass and of the rules, or a text of its own, and the moment."""

    changes: Mapping[str, object] = field(default_factory=dict)
    rules: Mapping[str, object] = field(default_factory=dict)
    text: str | None = None
    now: datetime = NOW
    clock: ClockTrust = ClockTrust.SYNCED
    recent: str | None = None


# the reasons of the contract in their order; those of the text first
STORIES: dict[Reason, Story] = {
    Reason.NOT_A_PASS: Story(text="https://example.com/x"),
    Reason.BAD_FORMAT: Story(text=qr()[:60]),
    Reason.UNKNOWN_KEY: Story(text=passes.write(PASS, b"abcd", FORGER)),
    Reason.BAD_SIGNATURE: Story(text=passes.write(PASS, KID, FORGER)),
    Reason.REVOKED: Story(rules={"revoked": frozenset({PASS.id_hex})}),
    Reason.BLOCKED: Story(rules={"blocked": frozenset({PASS.id_hex})}),
    Reason.WATCH_LIST: Story(rules={"watch": WATCH}),
    Reason.NOT_YET_VALID: Story(changes={"not_before": PASS.expires - 1}),
    Reason.EXPIRED: Story(changes={"expires": PASS.not_before + 1}),
    Reason.WRONG_GATE: Story(changes={"gates": 0b0010}),
    Reason.DUPLICATE_READ: Story(recent=VISIT),
    Reason.ALREADY_INSIDE: Story(rules={"inside": {PASS.plate: ELSEWHERE}}),
    Reason.NOT_INSIDE: Story(rules={"inside_known": True}),
    Reason.CLOCK_UNTRUSTED: Story(changes={"expires": PASS.not_before + 1}, clock=ClockTrust.UNSYNCED),
    Reason.LISTS_STALE: Story(rules={"received": NOW - timedelta(hours=25)}),
}
STOPS_ANYBODY = (
    Reason.NOT_A_PASS, Reason.BAD_FORMAT, Reason.UNKNOWN_KEY, Reason.BAD_SIGNATURE,
    Reason.REVOKED, Reason.BLOCKED, Reason.WATCH_LIST,
)  # fmt: skip
ON_THE_WAY_IN = (Reason.NOT_YET_VALID, Reason.EXPIRED, Reason.WRONG_GATE)
PASSBACK = {"soft", "hard", "priority", "emergency"}


def tell(story: Story, direction: Direction, class_: str) -> Decision:
    number = CLASSES[class_].number
    text = story.text or qr(**{"vehicle_class": number, **story.changes})
    seen = {PASS.id_hex: story.recent} if story.recent else {}
    rules = replace(TOWN_RULES, **story.rules)  # type: ignore[arg-type]  # the fields' types differ
    return decide(Qr(text), rules, gate="east", direction=direction, now=story.now, recent=seen, clock=story.clock)


def otherwise(class_: str, direction: Direction) -> Reason:
    """What a good pass of the class comes to."""
    fixed = {"priority": Reason.PRIORITY, "emergency": Reason.EMERGENCY, "due": Reason.DISINFECTION_DUE}
    return fixed.get(class_, Reason.OK if direction is IN else Reason.EXIT_OK)


def expected(reason: Reason, direction: Direction, class_: str) -> Reason:
    """The contract, said once more in other words."""
    if reason in STOPS_ANYBODY or reason is Reason.DUPLICATE_READ:
        return reason
    if reason in ON_THE_WAY_IN:
        return reason if direction is IN else otherwise(class_, direction)
    if class_ in ("priority", "emergency"):
        return otherwise(class_, direction)
    holds = {
        Reason.ALREADY_INSIDE: direction is IN and class_ in PASSBACK,
        Reason.NOT_INSIDE: direction is OUT and class_ in PASSBACK,
        Reason.CLOCK_UNTRUSTED: direction is IN,
        Reason.LISTS_STALE: True,
    }[reason]
    return reason if holds else otherwise(class_, direction)


@pytest.mark.parametrize("class_", CLASSES)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("reason", STORIES)
def test_every_reason_in_each_direction_for_each_class(reason: Reason, direction: Direction, class_: str) -> None:
    made = tell(STORIES[reason], direction, class_)
    wanted = expected(reason, direction, class_)
    soft = CLASSES[class_].anti_passback is AntiPassback.SOFT
    assert (made.reason, made.verdict) == (wanted, verdict_of(wanted, direction, soft=soft))


@pytest.mark.parametrize("class_", CLASSES)
@pytest.mark.parametrize("direction", Direction)
def test_a_good_pass_of_each_class_comes_to_its_own_reason(direction: Direction, class_: str) -> None:
    assert tell(Story(), direction, class_).reason is otherwise(class_, direction)


def test_the_table_and_the_stories_know_every_reason_of_the_contract() -> None:
    by_themselves = {Reason.OK, Reason.EXIT_OK, Reason.PRIORITY, Reason.EMERGENCY, Reason.DISINFECTION_DUE}
    by_an_officer = {Reason.NO_PASS, Reason.PLATE_MISMATCH}
    assert set(STORIES) | by_themselves | by_an_officer | {Reason.WRONG_CLASS} == set(Reason)


ORDER = [
    *(reason for reason in STORIES if reason not in (Reason.CLOCK_UNTRUSTED, Reason.EXPIRED, Reason.NOT_INSIDE)),
]


@pytest.mark.parametrize(("earlier", "later"), [*pairwise(ORDER[4:])], ids=lambda reason: str(reason))
def test_of_two_reasons_that_hold_the_one_of_higher_precedence_is_told(earlier: Reason, later: Reason) -> None:
    one, two = STORIES[earlier], STORIES[later]
    both = Story({**two.changes, **one.changes}, {**two.rules, **one.rules}, recent=one.recent or two.recent)
    assert tell(both, IN, "hard").reason is earlier


@pytest.mark.parametrize("class_", ["priority", "emergency"])
@pytest.mark.parametrize("direction", Direction)
def test_priority_and_emergency_wait_for_nothing_that_is_only_a_doubt(direction: Direction, class_: str) -> None:
    doubts = Story(
        {"expires": PASS.not_before + 1},
        {"inside": {PASS.plate: ELSEWHERE if direction is IN else WENT_OUT}, "inside_known": True,
         "received": NOW - timedelta(days=9)},
        clock=ClockTrust.UNSYNCED,
    )  # fmt: skip
    made = tell(doubts, direction, class_)
    assert (made.verdict, made.owed) == (Verdict.GO, False)


@given(
    class_=st.sampled_from(sorted(CLASSES)),
    stories=st.sets(st.sampled_from([reason for reason in STORIES if reason not in STOPS_ANYBODY])),
)
def test_a_vehicle_with_a_genuine_pass_is_never_stopped_on_the_way_out(class_: str, stories: set[Reason]) -> None:
    chosen = [STORIES[reason] for reason in stories]
    mixed = Story(
        {name: value for story in chosen for name, value in story.changes.items()},
        {name: value for story in chosen for name, value in story.rules.items()},
        recent=next((story.recent for story in chosen if story.recent), None),
    )
    assert tell(mixed, OUT, class_).verdict is not Verdict.STOP


def test_anti_passback_is_a_stop_where_it_is_hard_and_a_look_where_it_is_soft() -> None:
    inside = STORIES[Reason.ALREADY_INSIDE]
    assert tell(inside, IN, "hard").verdict is Verdict.STOP
    assert tell(inside, IN, "soft").verdict is Verdict.LOOK
    assert tell(inside, IN, "plain").reason is Reason.OK


def test_an_entry_older_than_the_classs_hours_no_longer_bars_the_way_in_nor_ever_the_way_out() -> None:
    long_ago = {"inside": {PASS.plate: replace(ELSEWHERE, at=NOW - timedelta(hours=12))}, "inside_known": True}
    assert tell(Story(rules=long_ago), IN, "hard").reason is Reason.OK
    assert tell(Story(rules=long_ago), OUT, "hard").reason is Reason.EXIT_OK
    assert tell(Story(rules=long_ago), IN, "soft").reason is Reason.ALREADY_INSIDE  # its class says no time-out


def test_a_vehicle_is_known_by_its_plate_or_by_its_pass_whichever_was_seen_last() -> None:
    inside = {PASS.plate: ELSEWHERE, PASS.id_hex: replace(WENT_OUT, at=NOW - timedelta(hours=1))}
    assert tell(Story(rules={"inside": inside}), IN, "hard").reason is Reason.OK


def test_a_second_scan_tells_when_and_where_the_first_was() -> None:
    assert tell(STORIES[Reason.ALREADY_INSIDE], IN, "hard").before == ELSEWHERE
    here = LastSeen(VISIT, "east", IN, NOW - timedelta(seconds=4))
    again = Story(rules={"inside": {PASS.plate: here}}, recent=VISIT)
    assert (tell(again, IN, "plain").before, tell(again, IN, "plain").first) == (here, VISIT)
    assert tell(Story(rules={"inside": {PASS.plate: ELSEWHERE}}, recent=VISIT), IN, "plain").before is None
    gone = {"inside": {PASS.plate: WENT_OUT}, "inside_known": True}
    assert tell(Story(rules=gone), OUT, "hard").before == WENT_OUT


def test_nobody_is_missed_inside_before_the_hub_has_told_who_is() -> None:
    assert tell(Story(), OUT, "hard").reason is Reason.EXIT_OK


def test_a_clock_with_a_battery_still_judges_the_time() -> None:
    late = STORIES[Reason.EXPIRED]
    assert tell(replace(late, clock=ClockTrust.RTC), IN, "plain").reason is Reason.EXPIRED
    early = replace(STORIES[Reason.NOT_YET_VALID], clock=ClockTrust.UNSYNCED)
    assert tell(early, IN, "plain").reason is Reason.CLOCK_UNTRUSTED
    elsewhere = replace(early, changes={**early.changes, "gates": 0b0010})
    assert tell(elsewhere, IN, "plain").reason is Reason.WRONG_GATE  # not only the time speaks against it


@pytest.mark.parametrize("direction", Direction)
def test_what_a_revoked_key_signed_is_revoked_and_a_forgery_under_its_id_is_a_forgery(direction: Direction) -> None:
    rules = {"keys": {}, "withdrawn": RULES.keys}
    made = tell(Story(rules=rules), direction, "plain")
    assert (made.reason, made.pass_id) == (Reason.REVOKED, PASS.id_hex)
    assert tell(Story(rules=rules, text=passes.write(PASS, KID, FORGER)), direction, "plain").reason is (
        Reason.BAD_SIGNATURE
    )
    assert tell(Story(rules={"keys": {}}), direction, "plain").reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("watched", "inward", "outward"),
    [
        (Watched(plate="鲁B12345", deny_in=True), Reason.WATCH_LIST, Reason.EXIT_OK),
        (Watched(plate="鲁B12345", deny_out=True), Reason.OK, Reason.WATCH_LIST),
        (Watched(plate="鲁B12345"), Reason.OK, Reason.EXIT_OK),
    ],
    ids=["deny in", "deny out", "notify"],
)
def test_the_watch_list_denies_one_way_or_only_tells(watched: Watched, inward: Reason, outward: Reason) -> None:
    story = Story(rules={"watch": {watched.plate: watched}})
    assert (tell(story, IN, "plain").reason, tell(story, OUT, "plain").reason) == (inward, outward)
    assert tell(story, IN, "plain").watched == ""


def test_a_quiet_entry_of_the_watch_list_is_told_only_where_it_denies() -> None:
    quiet = Watched(plate=PASS.plate, deny_in=True, notify=False, why="stolen")
    story = Story(rules={"watch": {PASS.plate: quiet}})
    assert (tell(story, IN, "plain").watched, tell(story, OUT, "plain").watched) == ("stolen", None)


@pytest.mark.parametrize("class_", ["plain", "emergency"])
def test_a_watched_plate_that_is_typed_in_is_stopped_too(class_: str) -> None:
    made = decide(
        ByHand("鲁b·12345", class_), replace(TOWN_RULES, watch=WATCH), gate="east", direction=IN, now=NOW
    )  # fmt: skip
    assert (made.reason, made.verdict, made.watched) == (Reason.WATCH_LIST, Verdict.STOP, "stolen")


def test_another_plate_on_the_vehicle_stops_it_and_owes_what_was_not_done() -> None:
    made = tell(Story(), OUT, "due")
    seen = mismatched(made, disinfected=False)
    assert (seen.reason, seen.verdict, seen.pass_id) == (Reason.PLATE_MISMATCH, Verdict.STOP, PASS.id_hex)
    assert (seen.owed, mismatched(made, disinfected=True).owed) == (True, False)


@given(text=st.one_of(st.text(), st.text().map("KK1:".__add__), st.binary(max_size=300).map(
    lambda data: "KK1:" + base45.b45encode(data).decode()
)), direction=st.sampled_from(Direction))  # fmt: skip
@settings(max_examples=300)
def test_any_text_comes_to_a_reason(text: str, direction: Direction) -> None:
    made = decide(Qr(text), TOWN_RULES, gate="east", direction=direction, now=NOW)
    assert made.verdict is Verdict.STOP
    assert (made.plate, made.pass_id) == ("", None)
