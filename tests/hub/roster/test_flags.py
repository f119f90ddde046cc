"""What is wrong with a roster before its shifts: each flag from the least that raises it, and from what does not."""

from dataclasses import replace

from hub.roster.flags import FlagKind, flags
from hub.roster.values import LEADER, Absence, Assignment, DutyRole, DutyShift, Manning, RosterRules, StaffMember, Terms

SHIFTS = (
    DutyShift("early", "早班", "Early", "00:00", "08:00"),
    DutyShift("day", "白班", "Day", "08:00", "16:00"),
    DutyShift("late", "晚班", "Late", "16:00", "00:00"),
)
TIMES = {"early": ("T00", "T08"), "day": ("T08", "T16"), "late": ("T16", "T23")}
TERMS = Terms(SHIFTS, (DutyRole("police", "公安", "Police"),), (), RosterRules(rest_hours=8))
DAYS = ("2026-03-02", "2026-03-03")
GATES = ("east", "west")


def person(id_: str, role: str = "police", **more: object) -> StaffMember:
    known = StaffMember(id_, id_, None, None, role, None, None, "2026-01-01", None)
    return replace(known, **more)  # type: ignore[arg-type]


def on(staff: str, shift: str, gate: str, day: str = DAYS[0]) -> Assignment:
    begin, end = TIMES[shift]
    return Assignment(day, shift, gate, staff, f"{day}{begin}:00:00.000Z", f"{day}{end}:00:00.000Z")


def found(rows: list[Assignment], *people: StaffMember, terms: Terms = TERMS) -> list[tuple[FlagKind, str, str, str]]:
    known = {each.id: each for each in people}
    return [(each.kind, each.day, each.shift, each.gate) for each in flags(terms, known, rows, DAYS, GATES)]


def test_a_gap_names_the_role_and_how_many_are_there() -> None:
    terms = replace(TERMS, manning=(Manning("east", "day", "police", 2), Manning("east", "day", "", 1)))
    rows = [on("a", "day", "east"), on("b", "day", "east", DAYS[1]), on("c", "day", "east", DAYS[1])]
    known = {each.id: each for each in (person("a"), person("b"), person("c", "medical"))}
    gaps = flags(terms, known, rows, DAYS, GATES)
    assert [(each.day, each.role, each.have, each.least) for each in gaps] == [
        (DAYS[0], "police", 1, 2), (DAYS[1], "police", 1, 2),
    ]  # fmt: skip
    assert flags(terms, known, rows, DAYS, ["west"]) == []


def test_who_is_away_or_has_left_fills_no_gap_and_is_flagged() -> None:
    terms = replace(TERMS, manning=(Manning("east", "day", "", 2),))
    away = person("a", absences=(Absence(1, "a", DAYS[0], DAYS[0], "ill"),))
    left = person("b", until="2026-03-01")
    kinds = found([on("a", "day", "east"), on("b", "day", "east")], away, left, terms=terms)
    assert [kind for kind, day, _shift, _gate in kinds if day == DAYS[0]] == [
        FlagKind.GAP,
        FlagKind.AWAY,
        FlagKind.ENDED,
    ]


def test_a_shift_without_a_leader_is_flagged_where_the_town_asks_for_one() -> None:
    terms = replace(TERMS, rules=RosterRules(leader=True))
    rows = [on("a", shift, LEADER, day) for shift, day in (("early", DAYS[0]), ("late", DAYS[0]))]
    assert (FlagKind.NO_LEADER, DAYS[0], "day", LEADER) in found(rows, person("a"), terms=terms)
    assert found([], terms=TERMS) == []


def test_one_person_at_two_gates_at_once_is_flagged_at_both_and_a_leader_may_stand_at_one() -> None:
    rows = [on("a", "day", "east"), on("a", "day", "west")]
    assert found(rows, person("a")) == [(FlagKind.DOUBLE, DAYS[0], "day", gate) for gate in GATES]
    assert found([on("a", "day", "east"), on("a", "day", LEADER)], person("a")) == []


def test_too_little_rest_is_flagged_at_the_second_shift_also_over_midnight() -> None:
    assert found([on("a", "early", "east"), on("a", "day", "west")], person("a")) == [
        (FlagKind.REST, DAYS[0], "day", "west")
    ]
    assert found([on("a", "early", "east"), on("a", "late", "east")], person("a")) == []
    (flag,) = flags(
        TERMS, {"a": person("a")}, [on("a", "late", "east"), on("a", "early", "west", DAYS[1])], DAYS, GATES
    )
    assert (flag.kind, flag.day, flag.hours, flag.other) == (FlagKind.REST, DAYS[1], 1.0, (DAYS[0], "late", "east"))


def test_a_gate_at_which_the_person_may_not_serve_is_flagged() -> None:
    assert found([on("a", "day", "west")], person("a", gates=("east",))) == [
        (FlagKind.ELSEWHERE, DAYS[0], "day", "west")
    ]


def test_the_day_before_counts_for_rest_and_is_not_flagged_itself() -> None:
    rows = [on("a", "day", "east", "2026-03-01"), on("a", "day", "west", "2026-03-01")]
    assert found(rows, person("a")) == []
