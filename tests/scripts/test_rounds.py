"""The demo's later rounds: what is expected is what a gate decides, and an idle hour leaves the duty officer few conflicts."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count, islice

from edge.contract.facts import ClockTrust, Outcome
from edge.contract.messages import Watched
from edge.contract.policy import GateInfo, Policy
from edge.contract.reasons import Reason
from edge.decision.decide import Qr, decide, mismatched
from edge.decision.decision import LastSeen
from edge.simulation.scenario import Vehicle
from hub.conflicts.rules import Finding, Passage, What, judge_passages, judge_visit
from hub.town.default_operation import default_text
from hub.town.operation import Rules as Operation
from scripts.town.scenario import Plan, plan
from tests.scripts.test_scenario import AGE, NOW, SEED, policy, rules_of

EVERY = timedelta(seconds=6)
"""From one vehicle of a gate to the next: as quick as the demo is."""
MOST = 12
"""Conflicts of an idle hour of the whole town. (8; they were 977 when every round came as the first.)"""


def coming(planned: Plan, gate: str) -> Iterator[Vehicle]:
    """A gate's vehicles, round after round; those that wait for the cut come before the second."""
    yield from planned.vehicles[gate]
    for turn in count(2):
        yield from planned.again[gate] if turn % 2 else planned.returning[gate]


def town_rules() -> Policy:
    """A real town's rules, in which a pass that is inside may not come in again for a day."""
    text = default_text("2026-01-01T00:00:00Z")
    names = {gate: GateInfo(number=number, zh=gate, en=gate) for number, gate in enumerate(policy().gates)}
    return Operation.model_validate(tomllib.loads(text)).policy(names, [])


def hour(planned: Plan, rules: Policy) -> list[Finding]:
    """What the hub finds in an hour of the town."""
    watched = {
        each.pass_.plate: (Watched(plate=each.pass_.plate, deny_in=True), NOW)
        for each in planned.passes
        if each.watched
    }
    passages: dict[str, list[Passage]] = defaultdict(list)
    found = []
    for gate in planned.vehicles:
        for n, vehicle in enumerate(islice(coming(planned, gate), timedelta(hours=1) // EVERY)):
            seen = passage(gate, n, vehicle)
            if seen is None:
                continue
            found += judge_visit(seen, {}, watched)
            if seen.passed is not None and seen.plate:
                passages[seen.plate].append(seen)
    for each in passages.values():
        found += judge_passages(sorted(each, key=lambda one: one.arrived), rules, NOW + timedelta(hours=1))
    return found


def passage(gate: str, n: int, vehicle: Vehicle) -> Passage | None:
    if vehicle.expect is None:
        return None
    arrived, expect = NOW + n * EVERY, vehicle.expect
    through = arrived + timedelta(seconds=3) if expect.outcome is Outcome.PASSED else None
    clock = ClockTrust.UNSYNCED if gate == "west" else ClockTrust.SYNCED
    return Passage(
        f"{gate}-{n}", expect.plate or None, None, gate, vehicle.direction, arrived, through, clock, vehicle.vehicle_class,
        expect.reason,
    )  # fmt: skip


def test_an_idle_hour_leaves_few_conflicts() -> None:
    planned = plan(SEED, policy())
    found = hour(planned, town_rules())
    assert len(found) <= MOST, len(found)
    assert {each.what for each in found} >= {What.IN_TWICE, What.WATCH_LIST}, "some are to be looked at"
    as_before = replace(planned, returning=planned.vehicles, again=planned.vehicles)
    assert len(hour(as_before, town_rules())) > 900


def test_every_expected_reason_of_later_rounds_is_what_a_gate_decides() -> None:
    planned = plan(SEED, policy())
    rules = rules_of(planned)
    for gate in planned.vehicles:
        inside: dict[str, LastSeen] = {}
        recent: dict[str, str] = {}
        clock = ClockTrust.UNSYNCED if gate == "west" else ClockTrust.SYNCED
        regular = [each for each in islice(coming(planned, gate), 400) if not each.once and each.expect is not None]
        for n, vehicle in enumerate(regular):
            now = NOW + n * EVERY
            known = replace(rules, inside=inside, received=now - (NOW - AGE[vehicle.when]))
            expect = vehicle.expect
            assert expect is not None
            plate = vehicle.plate
            if vehicle.shows is not None:
                made = decide(
                    Qr(vehicle.shows), known, gate=gate, direction=vehicle.direction, now=now, recent=recent, clock=clock
                )  # fmt: skip
                if vehicle.officer == "mismatch":
                    made = mismatched(made, disinfected=False)
                assert (made.reason, made.verdict, made.plate) == (expect.reason, expect.verdict, expect.plate), (
                    n,
                    vehicle,
                )
                recent, plate = ({made.pass_id: "0" * 32} if made.pass_id else {}), made.plate
            if expect.outcome is Outcome.PASSED:
                inside[plate] = LastSeen("0" * 32, gate, vehicle.direction, now)


def test_nobody_stopped_by_the_watch_list_comes_again_and_a_second_showing_is_turned_back() -> None:
    planned = plan(SEED, policy())
    later = [each for rounds in (planned.returning, planned.again) for all_ in rounds.values() for each in all_]
    assert not any(each.once for each in later)
    assert Reason.WATCH_LIST not in {each.expect.reason for each in later if each.expect}
    assert {each.expect.outcome for each in later if each.expect and each.expect.reason is Reason.DUPLICATE_READ} == {
        Outcome.TURNED_BACK
    }  # fmt: skip
