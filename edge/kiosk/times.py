"""Times as the screen shows them: in the town's zone, which comes with the policy; without one in the zone of this machine.

Tested in `tests/edge/kiosk/test_times.py`.
"""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from edge.contract.policy import Policy
from edge.contract.records import parse_wall


def zone_of(policy: Policy | None) -> tzinfo | None:
    """The town's time zone; None: the policy names none, or one that this machine does not know, so that its own zone holds."""
    if policy is None or not policy.timezone:
        return None
    try:
        return ZoneInfo(policy.timezone)
    except (KeyError, ValueError, OSError):
        return None


def shown(when: datetime, policy: Policy | None) -> str:
    """A moment with its day and seconds."""
    return f"{when.astimezone(zone_of(policy)):%m-%d %H:%M:%S}"


def shown_wall(wall: str, policy: Policy | None) -> str:
    """A record's wall time with its day and seconds."""
    return shown(parse_wall(wall), policy)


def clock(now: datetime, policy: Policy | None) -> str:
    """The clock in the top line, hours and minutes."""
    return f"{now.astimezone(zone_of(policy)):%H:%M}"
