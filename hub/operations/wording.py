"""Seconds that are left as people count them, for the command line. Tested in `tests/hub/operations/test_life.py`."""

HOUR, DAY = 3600, 86_400


def split(seconds: float) -> tuple[int, int]:
    """Whole days and hours of a span; of less than an hour none."""
    whole = int(abs(seconds))
    return whole // DAY, whole % DAY // HOUR


def left_words(seconds: float | None) -> str:
    """`3 days 4 hours`, or `over for 2 hours`; empty where nothing counts down."""
    if seconds is None:
        return ""
    days, hours = split(seconds)
    text = " ".join([*([f"{days} days"] if days else []), f"{hours} hours"])
    return f"over for {text}" if seconds < 0 else text
