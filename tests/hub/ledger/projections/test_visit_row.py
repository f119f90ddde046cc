"""A visit's row after each record; who is inside; and the same tables again from the entries alone."""

from datetime import timedelta

import pytest

from edge.contract.canonical import sha256_hex
from edge.contract.facts import Corrected, Disinfected, Kind, Outcome, Overridden, VisitClosed, VisitOpened
from edge.contract.records import wall_text
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.projections.rebuild import rebuild
from tests.hub.ledgers import check, meddle, send, table
from tests.hub.towns import NOW, Gate, Place

PROJECTIONS = ("visits", "inside", "last_passed")


def visit_row(place: Place, visit: str) -> dict[str, object]:
    return next(row for row in table(place, "visits") if row["visit_id"] == visit)


def inside(place: Place) -> list[str]:
    return [row["vehicle"] for row in table(place, "inside")]


def rebuilt(place: Place) -> None:
    """The projections are what a rebuild makes."""
    before = {name: table(place, name) for name in PROJECTIONS}
    meddle(place, "UPDATE visits SET plate = 'nonsense', outcome = 'passed', direction = 'in'")
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert {name: table(place, name) for name in PROJECTIONS} == before


def correct(place: Place, visit: str, **private: str) -> None:
    with place.engine.begin() as connection:
        append_own(
            connection, town="demo", kind=Kind.CORRECTED, visit=visit, key=place.town.key, private=private,
            body=Corrected(user="u-1", reason="misread", entry=1), at=moment(NOW + timedelta(hours=3)),
        )  # fmt: skip


def test_a_whole_visit(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁 b·12345", NOW, pass_id="0011223344556677", private={"driver": "王伟", "origin": "平度"})
    send(place, gate)
    row = visit_row(place, visit)
    assert row == {
        "visit_id": visit, "operation": "op-1", "town": "demo", "gate": "east", "lane": "1", "direction": "in",
        "opened_at": wall_text(NOW), "closed_at": wall_text(NOW + timedelta(seconds=40)), "received_at": wall_text(NOW),
        "clock": "synced", "plate": "鲁B12345", "plate_type": "ordinary", "vehicle_class": "resident",
        "pass_id": "0011223344556677", "read_by": "qr", "verdict": "hold", "reason": "disinfection_due",
        "outcome": "passed", "officer": gate.officer, "override_by": None, "override_reason": None, "override_what": None,
        "turn_back_why": None, "litres": 2.5, "occupants": None,
        "origin": "平度", "destination": None, "purpose": None, "driver": "王伟", "phone": None, "disinfected": "yes",
        "agent": "chlorine", "concentration": "500 mg/L", "parts": "tyres chassis", "washed_first": False,
        "spray_seconds": 10.0, "contact_minutes": None, "disinfection_verified_by": "sensor", "remark": None,
        "entry_seq": 1, "sighting": 1, "opened_said": None, "closed_said": None,
    }  # fmt: skip
    assert inside(place) == ["鲁B12345"]
    rebuilt(place)


@pytest.mark.parametrize(
    ("reason", "rule", "outcome", "sprayed", "expected"),
    [
        ("disinfection_due", "required", None, False, "owed"),
        ("disinfection_due", "required", "passed", True, "yes"),
        ("disinfection_due", "required", "passed", False, "no"),
        ("disinfection_due", "required", "abandoned", False, "no"),
        ("disinfection_due", "required", "unclear", False, "no"),
        ("ok", "optional", "passed", False, "not_required"),
        ("ok", "off", "passed", False, "not_required"),
        ("ok", "optional", "passed", True, "yes"),
        ("priority", "required", "passed", False, "not_required"),
        ("emergency", "required", None, False, "not_required"),
        ("revoked", "required", "turned_back", False, "no"),
    ],
)
def test_what_is_owed(place: Place, reason: str, rule: str, outcome: str | None, sprayed: bool, expected: str) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW, reason=reason, disinfection=rule, outcome=outcome, sprayed=sprayed)
    send(place, gate)
    assert visit_row(place, visit)["disinfected"] == expected


def test_an_override_says_who_and_why(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW, outcome=None)
    gate.keep(Kind.OVERRIDDEN, Overridden(officer="u-3", reason="birth"), NOW, visit=visit)
    gate.keep(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer="u-3"), NOW, visit=visit)
    send(place, gate)
    row = visit_row(place, visit)
    assert (row["override_by"], row["override_reason"], row["disinfected"]) == ("u-3", "birth", "no")
    assert row["override_what"] == "verdict"


def test_a_contact_time_said_afterwards_adds_nothing_twice(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW, outcome="passed", sprayed=True)
    acted = Disinfected(
        batch=None, agent="chlorine", concentration="500 mg/L", parts=("tyres", "chassis"), washed_first=False,
        seconds=0.0, litres=0.0, contact_minutes=0.5, verified_by="sensor", officer=None,
    )  # fmt: skip
    gate.keep(Kind.DISINFECTED, acted, NOW, visit=visit)
    send(place, gate)
    row = visit_row(place, visit)
    assert (row["spray_seconds"], row["litres"], row["contact_minutes"]) == (10.0, 2.5, 0.5)


def test_a_turned_back_vehicle_says_why(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW, outcome=None)
    gate.keep(
        Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.TURNED_BACK, officer="u-3", why="wrong_gate"), NOW, visit=visit
    )
    send(place, gate)
    assert visit_row(place, visit)["turn_back_why"] == "wrong_gate"


def test_sprays_add_up(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW, outcome=None)
    for _ in range(2):
        spray = Disinfected(
            batch=None, agent="chlorine", concentration=None, parts=("body",), washed_first=True, seconds=7.1,
            contact_minutes=30, verified_by="officer", officer=None,
        )  # fmt: skip
        gate.keep(Kind.DISINFECTED, spray, NOW, visit=visit)
    send(place, gate)
    assert visit_row(place, visit)["spray_seconds"] == 14.2


def supplement(gate: Gate, visit: str, plate: str) -> None:
    closed = VisitClosed(outcome=Outcome.PASSED, officer="u-3", supplement=True)
    gate.keep(Kind.VISIT_CLOSED, closed, NOW + timedelta(hours=1), visit=visit, private={"plate": plate})


def test_an_emergency_is_inside_without_a_plate_and_gets_it_afterwards(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("", NOW, reason="emergency", read_by="emergency", sprayed=False, disinfection="off")
    send(place, gate)
    assert inside(place) == [visit]
    supplement(gate, visit, "鲁B120急")
    send(place, gate)
    row = visit_row(place, visit)
    assert (row["plate"], row["closed_at"]) == ("鲁B120急", wall_text(NOW + timedelta(seconds=40)))
    assert inside(place) == ["鲁B120急"]
    rebuilt(place)


def test_out_again_is_not_inside(place: Place) -> None:
    place.gates["east"].visit("鲁B12345", NOW)
    place.gates["west"].visit("鲁B12345", NOW + timedelta(hours=1), direction="out")
    for name in ("east", "west"):
        send(place, place.gates[name])
    assert inside(place) == []
    assert table(place, "last_passed")[0]["direction"] == "out"
    rebuilt(place)


def test_an_entry_that_arrives_after_the_exit_is_judged_by_its_time(place: Place) -> None:
    place.gates["east"].visit("鲁B12345", NOW)
    place.gates["west"].visit("鲁B12345", NOW + timedelta(hours=1), direction="out")
    for name in ("west", "east"):
        send(place, place.gates[name])
    assert inside(place) == []
    rebuilt(place)


@pytest.mark.parametrize("outcome", ["turned_back", "detained", "abandoned", "unclear", None])
def test_only_who_passed_is_inside(place: Place, outcome: str | None) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW, outcome=outcome)
    send(place, gate)
    assert inside(place) == []


@pytest.mark.parametrize("direction", ["in", "out"])
def test_an_unclear_visit_leaves_a_vehicle_where_it_was(place: Place, direction: str) -> None:
    gate = place.gates["east"]
    first = gate.visit("鲁B12345", NOW)
    gate.visit("鲁B12345", NOW + timedelta(minutes=30), direction=direction, outcome="unclear")
    gate.visit("鲁B54321", NOW + timedelta(minutes=40), direction=direction, outcome="unclear")
    send(place, gate)
    assert [(row["vehicle"], row["visit_id"]) for row in table(place, "inside")] == [("鲁B12345", first)]
    assert [row["visit_id"] for row in table(place, "last_passed")] == [first]
    rebuilt(place)


def test_a_corrected_plate_moves_who_is_inside(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW)
    gate.visit("鲁B54321", NOW + timedelta(minutes=5))
    gate.visit("鲁B54321", NOW + timedelta(minutes=50), direction="out")
    send(place, gate)
    assert inside(place) == ["鲁B12345"]
    correct(place, visit, plate="鲁B54321")
    # the vehicle that this really was has left since
    assert inside(place) == []
    correct(place, visit, plate="鲁B77777", remark="read at night")
    assert inside(place) == ["鲁B77777"]
    assert visit_row(place, visit)["remark"] == "read at night"
    assert check(place).entries == 11
    rebuilt(place)


def test_the_hubs_own_entries_stand_in_the_same_ledger(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW)
    send(place, gate)
    correct(place, visit, driver="李雷")
    correct(place, visit, driver="韩梅梅")
    own = [row for row in table(place, "entries") if row["gate"] == "hub"]
    assert [row["seq"] for row in own] == [1, 2]
    assert own[1]["prev"] == own[0]["hash"]
    assert check(place).journals == 2


def test_the_hub_does_not_write_what_gates_write(place: Place) -> None:
    with pytest.raises(ValueError, match="only gates write it"), place.engine.begin() as connection:
        append_own(
            connection, town="demo", kind=Kind.VISIT_CLOSED, visit="00" * 16, key=place.town.key, private={},
            body=VisitClosed(outcome=Outcome.PASSED, officer=None), at=moment(NOW),
        )  # fmt: skip


def test_a_gate_has_no_say_in_another_gates_visit(place: Place) -> None:
    visit = place.gates["east"].visit("鲁B12345", NOW, outcome=None)
    send(place, place.gates["east"])
    place.gates["west"].keep(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer=None), NOW, visit=visit)
    send(place, place.gates["west"])
    assert visit_row(place, visit)["outcome"] is None
    rebuilt(place)


def test_a_visit_whose_beginning_never_came_has_a_row_all_the_same(place: Place) -> None:
    gate = place.gates["east"]
    gate.keep(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer="u-3"), NOW, visit="ab" * 16)
    send(place, gate)
    row = visit_row(place, "ab" * 16)
    assert (row["gate"], row["outcome"], row["opened_at"]) == ("east", "passed", None)
    assert inside(place) == []


def test_a_second_beginning_changes_nothing(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW)
    body = VisitOpened(
        read_by="hand", direction="out", verdict="look", reason="no_pass", vehicle_class=None, pass_id=None, officer=None,
        operation=None, disinfection="off",
    )  # fmt: skip
    gate.keep(Kind.VISIT_OPENED, body, NOW, visit=visit, private={"plate": "鲁B99999"})
    send(place, gate)
    assert visit_row(place, visit)["plate"] == "鲁B12345"
    rebuilt(place)


def test_a_busy_day_is_rebuilt_byte_for_byte(place: Place) -> None:
    for hour in range(12):
        for number, gate in enumerate(place.gates.values()):
            plate = f"鲁B{int(sha256_hex(f'{hour}{gate.id}'.encode())[:4], 16) % 9:05d}"
            direction = "in" if (hour + number) % 3 else "out"
            visit = gate.visit(plate, NOW + timedelta(hours=hour, minutes=number), direction=direction)
            if hour % 5 == 0:
                supplement(gate, visit, "鲁B00001")
            if hour % 4 == number:
                while gate.sent < len(gate.sealed):
                    send(place, gate)
    for gate in place.gates.values():
        while gate.sent < len(gate.sealed):
            send(place, gate)
    assert len(table(place, "visits")) == 48
    rebuilt(place)
    assert check(place).entries == sum(len(gate.sealed) for gate in place.gates.values())
