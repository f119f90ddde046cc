"""Figures of findings per gate and unit: open, overdue, closed in time or late, withdrawn."""

from dataclasses import replace

from hub.inspections.figures import Figures, figures, in_time
from hub.registers.rows import Links, RegisterRow

NOW = "2026-03-01T04:30:00.000Z"
ROW = RegisterRow(
    1, "inspections", 1, Links(gate="east"), "assigned", None, {"responsible": "东门"}, 1, NOW, "u-3", NOW, "u-3"
)


def closed(fixed: str, until: str = "2026-03-01T04:00:00.000Z") -> RegisterRow:
    return replace(ROW, state="closed", values={"until": until, "fixed_at": fixed})


def test_findings_are_counted_by_gate_and_by_unit_the_overdue_first() -> None:
    rows = [
        ROW,
        replace(ROW, links=Links(gate="west"), due_at="2026-03-01T04:00:00.000Z"),
        closed("2026-03-01T03:59:59.000Z"),
        closed("2026-03-01T04:00:01.000Z"),
        replace(ROW, state="withdrawn"),
    ]
    by_gate, by_unit = figures(rows, NOW)
    assert list(by_gate) == ["west", "east"]
    assert by_gate["west"] == Figures(found=1, open=1, overdue=1)
    assert by_gate["east"] == Figures(found=4, open=1, in_time=1, late=1, withdrawn=1)
    assert by_unit["东门"] == Figures(found=3, open=2, overdue=1, withdrawn=1)
    assert by_unit[""] == Figures(found=2, in_time=1, late=1)


def test_one_without_a_term_is_in_time() -> None:
    assert in_time(replace(ROW, state="closed"))
