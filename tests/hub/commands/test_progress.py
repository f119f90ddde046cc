"""A long command says how far it is: over and over in one line of a terminal, in lines of a file."""

from io import StringIO

from hub.commands.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that is moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_file_gets_a_line_every_two_seconds_and_the_last_state() -> None:
    out, clock = StringIO(), Clock()
    progress = Progress(40_000, out, clock)
    for _ in range(4):
        clock.now += 1
        progress.add(10_000)
    progress.finish()
    assert out.getvalue().splitlines() == [
        "20,000 of about 40,000 rows (50 %), 10,000 rows/s",
        "40,000 of about 40,000 rows (100 %), 10,000 rows/s",
        "40,000 of about 40,000 rows (100 %), 10,000 rows/s",
    ]


def test_a_terminals_line_is_written_over_and_ended() -> None:
    out, clock = Terminal(), Clock()
    progress = Progress(2_000, out, clock)
    clock.now += 0.5
    progress.add(1_000)
    progress.add(1_000)
    clock.now += 9.5
    progress.finish()
    first, last = "1,000 of about 2,000 rows (50 %), 2,000 rows/s", "2,000 of about 2,000 rows (100 %), 200 rows/s"
    assert out.getvalue() == f"\r{first}\r{last}{' ' * (len(first) - len(last))}\n"


def test_more_rows_than_were_counted_and_none_at_all_are_no_fault() -> None:
    for expected, done in ((1, 5), (0, 0)):
        out = StringIO()
        progress = Progress(expected, out, Clock())
        progress.add(done)
        progress.finish()
        assert out.getvalue().startswith(f"{done} of about {done} rows (100 %)")
