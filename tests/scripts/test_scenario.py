"""The demo's scenario: a seed makes the same town every time, and what it expects is what a gate decides."""

import tomllib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from edge.contract.facts import ClockTrust, ReadBy
from edge.contract.messages import Watched
from edge.contract.policy import GateInfo, Policy
from edge.contract.reasons import Reason
from edge.decision.decide import Qr, decide, mismatched
from edge.decision.decision import LastSeen
from edge.decision.rules import Rules
from edge.simulation.scenario import Vehicle
from hub.town.default_operation import default_text
from hub.town.operation import Rules as Operation
from scripts.town.founding import STALE_SECONDS, Choice, operation_text
from scripts.town.gate_settings import Fitting, gate_toml
from scripts.town.passes import Key
from scripts.town.scenario import GATE_NAMES, Plan, plan

SEED = 7
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def policy(gates: int = 4) -> Policy:
    choice = Choice(SEED, gates)
    rules = Operation.model_validate(tomllib.loads(operation_text(default_text("2026-01-01T00:00:00Z"), choice)))
    names = {gate: GateInfo(number=number, zh=gate, en=gate) for number, gate in enumerate(choice.names)}
    # as gates get it: canonical JSON has names in the order of the alphabet
    return rules.policy(dict(sorted(names.items())), [])


def rules_of(planned: Plan) -> Rules:
    key = Key.from_seed(SEED, "town")
    revoked = frozenset(each.pass_.id_hex for each in planned.passes if each.revoked)
    blocked = frozenset(each.pass_.id_hex for each in planned.passes if each.blocked)
    watch = {e.pass_.plate: Watched(plate=e.pass_.plate, deny_in=True) for e in planned.passes if e.watched}
    trusted = {key.kid: (key.private.public_key(),)}
    return Rules(policy(), 1, trusted, revoked, 1, blocked=blocked, watch=watch, inside_known=True)


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(SEED, policy())


def test_a_seed_makes_the_same_town_every_time(planned: Plan) -> None:
    assert plan(SEED, policy()) == planned


def test_another_seed_makes_other_vehicles(planned: Plan) -> None:
    assert {each.text for each in plan(8, policy()).passes}.isdisjoint(each.text for each in planned.passes)


def test_every_expected_reason_is_what_a_gate_decides(planned: Plan) -> None:
    rules = rules_of(planned)
    for gate, vehicles in planned.vehicles.items():
        recent: dict[str, str] = {}
        inside: dict[str, LastSeen] = {}
        for vehicle in vehicles:
            if vehicle.shows is None:
                inside[vehicle.plate] = LastSeen("0" * 32, gate, vehicle.direction, NOW)
                continue
            known = replace(rules, inside=inside, received=AGE[vehicle.when])
            clock = ClockTrust.UNSYNCED if gate == "west" else ClockTrust.SYNCED
            made = decide(
                Qr(vehicle.shows), known, gate=gate, direction=vehicle.direction, now=NOW, recent=recent, clock=clock
            )
            if vehicle.officer == "mismatch":
                made = mismatched(made, disinfected=False)
            assert (made.reason, made.verdict, made.plate) == judged(vehicle), vehicle.id
            recent = {made.pass_id: "0" * 32} if made.pass_id else {}


AGE = {
    "any": NOW - timedelta(days=1),
    "fresh": NOW - timedelta(seconds=STALE_SECONDS),
    "cut_off": NOW - timedelta(days=1),
    "stale": NOW - timedelta(seconds=STALE_SECONDS + 1),
}
"""When the lists came, at worst, on whose word a vehicle is judged: `any` and `cut_off` are the same however old they are."""


def judged(vehicle: Vehicle) -> tuple[str, str, str]:
    return vehicle.expect.reason, vehicle.expect.verdict, vehicle.expect.plate


def test_the_town_sees_every_reason_a_gate_can_give(planned: Plan) -> None:
    seen = {vehicle.expect.reason for vehicles in planned.vehicles.values() for vehicle in vehicles}
    assert seen == set(Reason)
    copies = {
        v.expect.verdict for each in planned.vehicles.values() for v in each if v.expect.reason == "already_inside"
    }
    assert copies == {"look", "stop"}


def test_a_short_demo_shows_all_of_it(planned: Plan) -> None:
    """Every reason lies among each gate's first ten vehicles and those that wait for the cut."""
    early = [vehicle for vehicles in planned.vehicles.values() for vehicle in vehicles[:10]]
    waiting = [vehicle for vehicles in planned.vehicles.values() for vehicle in vehicles if vehicle.once]
    assert {vehicle.expect.reason for vehicle in early + waiting} == set(Reason)
    assert Counter(vehicle.expect.read_by for vehicle in early)[ReadBy.HAND] >= 8


def test_while_its_link_is_cut_the_last_gate_sees_a_copy_a_revoked_pass_and_old_lists(planned: Plan) -> None:
    waiting = {gate: [vehicle for vehicle in each if vehicle.once] for gate, each in planned.vehicles.items()}
    assert [gate for gate, each in waiting.items() if each] == ["north"]
    copied, ended, *doubted = waiting["north"]
    (original,) = [vehicle for vehicle in planned.vehicles["east"] if vehicle.shows == copied.shows]
    assert (original.direction, original.plate) == (copied.direction, copied.plate)
    assert [each.text for each in planned.passes if each.revoked_while_cut_off] == [ended.shows]
    assert [each.expect.reason for each in doubted] == ["lists_stale", "lists_stale"]
    assert ended.shows is not None
    assert ended not in planned.without({ended.shows}).vehicles["north"]


def test_a_plate_that_differs_is_on_the_vehicle_and_not_in_the_books(planned: Plan) -> None:
    (vehicle,) = [each for each in planned.vehicles["west"] if each.officer == "mismatch"]
    assert vehicle.plate != vehicle.expect.plate
    assert vehicle.expect.plate in {each.pass_.plate for each in planned.passes}


def test_a_pass_is_shown_by_one_vehicle_but_for_the_one_that_comes_twice(planned: Plan) -> None:
    for vehicles in planned.vehicles.values():
        times = Counter(vehicle.shows for vehicle in vehicles if vehicle.shows)
        twice = [text for text, number in times.items() if number > 1]
        assert len(twice) == 1
        assert {vehicle.expect.reason for vehicle in vehicles if vehicle.shows == twice[0]} >= {Reason.DUPLICATE_READ}


def test_what_is_true_only_moments_later_follows_at_once(planned: Plan) -> None:
    brief = {Reason.DUPLICATE_READ, Reason.ALREADY_INSIDE}
    for vehicles in planned.vehicles.values():
        assert {each.expect.reason for each in vehicles if each.follows} == brief
        assert not any(each.expect.reason in brief for each in vehicles if not each.follows)
        for before, each in pairwise(vehicles):
            assert not each.follows or each.plate == before.plate


@pytest.mark.parametrize("gates", [1, 2, len(GATE_NAMES)])
def test_a_town_may_have_any_number_of_gates(gates: int) -> None:
    planned = plan(SEED, policy(gates))
    assert len(planned.vehicles) == gates
    assert all(len(vehicles) >= 20 for vehicles in planned.vehicles.values())


def test_by_hand_the_operations_fields_are_asked(planned: Plan) -> None:
    by_hand = [v for vehicles in planned.vehicles.values() for v in vehicles if v.officer == "register"]
    assert all({"origin", "destination", "purpose"} <= vehicle.fields.keys() for vehicle in by_hand)


def test_the_gates_settings_are_read_by_the_gate(tmp_path: Path) -> None:
    from edge.config import parse

    settings = parse(gate_toml("east", 18883, 8101), tmp_path / "gate.toml")
    assert (settings.gate, settings.hub.port, settings.kiosk.port) == ("east", 18883, 8101)
    assert settings.simulation is not None
