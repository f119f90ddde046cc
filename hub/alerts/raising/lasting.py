"""How long something has been so without a break, as this process saw it. Pure; tested in `tests/hub/alerts/test_raising.py`."""

from collections.abc import Hashable
from datetime import datetime, timedelta

ZERO = timedelta(0)


class Lasting:
    """Since when each of many things has been so. After a start everything begins anew: nothing is raised for what nobody could see."""

    def __init__(self) -> None:
        self._since: dict[Hashable, datetime] = {}
        self._seen: set[Hashable] = set()

    def has(self, what: Hashable, now: datetime, least: timedelta) -> bool:
        """Notes that something is so now; returns True if it has been so for that long."""
        self._seen.add(what)
        since = self._since.setdefault(what, now)
        if since > now:  # the clock was put back
            self._since[what] = since = now
        return now - since >= least

    def forget_others(self) -> None:
        """Ends a look: what was not noted since the last call is no longer so."""
        self._since = {what: since for what, since in self._since.items() if what in self._seen}
        self._seen = set()
