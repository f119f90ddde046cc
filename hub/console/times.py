"""Times as a page shows them: in the town's zone, and how long ago. Tested in `tests/hub/web/test_app.py`."""

from datetime import datetime, tzinfo
from functools import lru_cache

from flask_babel import gettext

from edge.contract.records import wall_text
from hub.console.context import hub, now
from hub.values.stored import SHORT, time_of
from hub.values.visible import short, visible


def local(text: str) -> datetime | None:
    """A time of the ledger in the town's zone; None for a text that is no time."""
    return _local(text, hub().zone)


@lru_cache(maxsize=8192)
def _local(text: str, zone: tzinfo) -> datetime | None:
    # remembered: a row asks for its time three times, and a page is asked for again and again
    when = time_of(text)
    return None if when is None else when.astimezone(zone)


def zone_name() -> str:
    """The town's time zone as its people call it; its name in the zone database where that is another than China's."""
    zone = hub().settings.timezone
    return str(gettext("Beijing time")) if zone == "Asia/Shanghai" else zone


def is_time(text: str) -> bool:
    """Returns True if a stored text is a time of the calendar."""
    return local(text) is not None


def invalid_time(text: object) -> str:
    """A value that stands in the place of a time and is none, marked as such."""
    mark = gettext("[invalid time]")
    return f"{mark} {short(visible(str(text)), SHORT)}"


def day_and_time(text: str | None) -> str:
    """`2026-03-01 16:00:05`, local."""
    if not text:
        return "–"
    when = local(text)
    return invalid_time(text) if when is None else when.strftime("%Y-%m-%d %H:%M:%S")


def time_this_year(text: str | None) -> str:
    """`03-01 16:00:05` in this year, the year before it in another, local."""
    if not text:
        return "–"
    when = local(text)
    if when is None:
        return invalid_time(text)
    return when.strftime("%m-%d %H:%M:%S" if when.year == now().astimezone(hub().zone).year else "%Y-%m-%d %H:%M:%S")


def time_of_day(text: str | None) -> str:
    """`16:00:05` today, `03-01 16:00` on another day, local."""
    if not text:
        return "–"
    when = local(text)
    if when is None:
        return invalid_time(text)
    return when.strftime("%H:%M:%S" if when.date() == now().astimezone(hub().zone).date() else "%m-%d %H:%M")


def age(text: str | None) -> int | None:
    """Whole seconds since a moment; never below 0. None for no time."""
    when = time_of(text)
    return None if when is None else max(0, int((now() - when).total_seconds()))


def now_text() -> str:
    """The hub's time as texts spell it."""
    return wall_text(now())


def now_seconds() -> int:
    """The hub's time in whole seconds since 1970."""
    return int(now().timestamp())


def in_days(days: float) -> str:
    """`30 days`, `1 day`."""
    return str(gettext("1 day") if days == 1 else gettext("%(days)s days", days=f"{days:g}"))
