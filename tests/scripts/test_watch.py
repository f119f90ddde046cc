"""The demo's live lines: in place on a terminal, one after another elsewhere."""

import io

from scripts.town.watch import CLEAR_LINE, Lines, fitting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_written_over_on_a_terminal() -> None:
    out = Terminal()
    lines = Lines(out)
    lines.write(["east", "west"])
    lines.write(["east 2", "west 2"])
    assert out.getvalue() == f"{CLEAR_LINE}east\n{CLEAR_LINE}west\n\x1b[2A{CLEAR_LINE}east 2\n{CLEAR_LINE}west 2\n"


def test_elsewhere_they_follow_one_another_and_less_often() -> None:
    out = io.StringIO()
    lines = Lines(out)
    lines.write(["east"])
    lines.write(["east 2"])
    assert out.getvalue() == "east\neast 2\n"
    assert lines.every > Lines(Terminal()).every


def test_a_line_never_wraps() -> None:
    assert fitting("卡口 east", 4) == "卡口"
    assert fitting("卡口 east", 5) == "卡口 "
    assert fitting("east", 80) == "east"
