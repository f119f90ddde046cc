"""Figures of findings per gate and unit: open, overdue, closed in time or late, withdrawn."""

from hub.inspections.figures import Figures, Finding, figures, in_time

NOW = "2026-03-01T04:30:00.000Z"
ROW = Finding("east", "nancun", "东门", "assigned", None, None, None)


def closed(fixed: str | None, until: str | None = "2026-03-01T04:00:00.000Z") -> Finding:
    return Finding("east", None, "", "closed", None, until, fixed)


def test_findings_are_counted_by_gate_and_by_unit_the_overdue_first() -> None:
    rows = [
        ROW,
        ROW._replace(gate="west", due_at="2026-03-01T04:00:00.000Z"),
        closed("2026-03-01T03:59:59.000Z"),
        closed("2026-03-01T04:00:01.000Z"),
        ROW._replace(state="withdrawn"),
    ]
    by_gate, by_unit, by_responsible = figures(rows, NOW)
    assert list(by_gate) == ["west", "east"]
    assert by_gate["west"] == Figures(found=1, open=1, overdue=1)
    assert by_gate["east"] == Figures(found=4, open=1, in_time=1, late=1, withdrawn=1)
    assert by_unit == {
        "nancun": Figures(found=3, open=2, overdue=1, withdrawn=1),
        "": Figures(found=2, in_time=1, late=1),
    }
    assert by_responsible["东门"] == Figures(found=3, open=2, overdue=1, withdrawn=1)
    assert by_responsible[""] == Figures(found=2, in_time=1, late=1)


def test_one_without_a_term_is_in_time() -> None:
    assert in_time(closed(None, None))
    assert not in_time(closed(None))
