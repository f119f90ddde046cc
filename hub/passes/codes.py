"""Notes in the audit each time somebody sees or copies the code of a pass: anybody with the code's text can show it at a gate.

Tested in `tests/hub/passes/test_views.py` and `tests/hub/passes/test_commands.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.engine import Connection

from hub.accounts import audit

ACTION = "pass code shown"


class How(StrEnum):
    """In which way a code left the hub."""

    PNG = "png"
    SVG = "svg"
    PHONE_PAGE = "phone page"
    TEXT = "text"


def note(connection: Connection, passes: Iterable[str], how: How, *, by: str, now: datetime) -> None:
    """Writes a row for each of these passes, in the transaction after which their codes are shown."""
    for id_ in passes:
        audit.note(connection, user=by, action=ACTION, object=f"passes/{id_}", detail={"how": how.value}, now=now)
