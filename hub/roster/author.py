"""Who changes the roster, in which transaction, at which time. Tested in `tests/hub/roster/test_staff.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.organisation.branch import Branch


@dataclass(frozen=True, slots=True)
class Author:
    """A user who changes something of the roster now. `zone`: the town's, by whose clock shifts begin.

    `within`: the branch to which the account is limited: it rosters at its gates, and changes the staff of its units.
    """

    connection: Connection
    town: str
    user: str
    now: datetime
    zone: tzinfo
    within: Branch | None = None

    @property
    def at(self) -> str:
        """The time as rows spell it."""
        return wall_text(self.now)

    @property
    def today(self) -> str:
        """The day by the town's clock."""
        return self.now.astimezone(self.zone).date().isoformat()

    def note(self, action: str, object_: str, detail: Mapping[str, Json]) -> None:
        """Writes a row of the audit."""
        audit.note(self.connection, user=self.user, action=action, object=object_, detail=detail, now=self.now)
