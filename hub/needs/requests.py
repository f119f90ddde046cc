"""What holds for requests beside what their register declares: a hook of its keeper.

Tested in `tests/hub/needs/test_requests.py`.
"""

from sqlalchemy.engine import Connection

from hub.errors import RefusedError
from hub.registers.checks import Writer
from hub.registers.rows import RegisterRow

NEEDS_SIGNATURE = frozenset({"delivered", "closed"})


class RequestHook:
    """Looks at requests as they are written."""

    def kept(self, connection: Connection, row: RegisterRow, before: RegisterRow | None, writer: Writer) -> None:
        """Refuses a delivery that nobody signed for, unless it was a trip that came back; and the end of a trip that is under way."""
        said = row.values
        if row.state in NEEDS_SIGNATURE and not ({"signed_by", "back_at"} & said.keys()):
            raise RefusedError(
                "%(column)s: needed for this step, unless the trip came back", column="签收人 Signed for by"
            )
        if before is None or before.state == row.state:
            return
        if row.state == "refused" and "out_at" in said and "back_at" not in said:
            raise RefusedError(
                "row %(number)s: its vehicle has set out; it can be refused when it is back", number=row.number
            )
