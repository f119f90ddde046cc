"""Says whether the operation is over: nothing of a running operation is destroyed.

Tested in `tests/hub/destruction/test_requests.py`.
"""

from datetime import datetime

from hub.errors import RefusedError
from hub.town.operation import Rules


def ended(rules: Rules, now: datetime) -> bool:
    """Returns True if the operation of these rules is over at this moment."""
    return rules.end is not None and rules.end <= now


def require_ended(rules: Rules, now: datetime) -> None:
    """`RefusedError` while the operation goes on."""
    if rules.end is None:
        raise RefusedError(
            "operation %(operation)s: it has no end yet: nothing is destroyed before it has ended", operation=rules.id
        )
    if not ended(rules, now):
        raise RefusedError(
            "operation %(operation)s: it ends at %(at)s: nothing is destroyed before that",
            operation=rules.id,
            at=rules.ends or "",
        )
