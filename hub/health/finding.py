"""What a check finds, and what it looks with. Tested in `tests/hub/health/test_checks.py`."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.metadata import version

from sqlalchemy.engine import Connection

from hub.errors import Words
from hub.town.settings import Settings
from hub.town.town import Town

PATIENCE = 1.0
"""Seconds for which a port is waited for."""


class State(StrEnum):
    """The state of a thing: in order, to be looked at, or broken."""

    OK = "ok"
    LOOK = "look"
    FAULT = "fault"


RANK = {State.OK: 0, State.LOOK: 1, State.FAULT: 2}
"""How bad a state is, as a number for machines."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: which thing (`of`: a gate, a certificate; empty: there is one alone), its state, what was found, and what to do."""

    state: State
    says: Words
    do: Words | None = None
    of: str = ""
    at: str | None = None
    """As of when, RFC 3339 UTC; None: of this moment."""
    measures: Mapping[str, float] = field(default_factory=dict)
    """Numbers of it for machines, by the name of their metric without `kakou_`."""


@cache
def our_version() -> str:
    """The version of this program; asked once, for it is read from a file."""
    return version("kakou")


def reaches(host: str, port: int) -> bool:
    """Returns True if something accepts a connection there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- such an address is asked at the machine itself
    try:
        socket.create_connection((here, port), PATIENCE).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Look:
    """What a check looks with: the town, a connection that reads its database, the time, and the way to a port."""

    town: Town
    connection: Connection
    now: datetime
    reaches: Callable[[str, int], bool] = reaches

    @property
    def settings(self) -> Settings:
        """The town's settings."""
        return self.town.settings
