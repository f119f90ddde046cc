"""Builds the rules of a moment from the lists held and the vehicles inside.

Tested in `tests/edge/test_cli.py` and `tests/edge/unit/test_unit.py`.
"""

from datetime import datetime
from pathlib import Path

from edge.config import Settings
from edge.decision.rules import Rules
from edge.keys import Keys
from edge.lists.store import FILE as LISTS_FILE
from edge.lists.store import Lists


def rules_at(lists: Lists, now: datetime) -> Rules:
    """The lists as a decision at `now` takes them."""
    snapshot, inside = lists.snapshot(), lists.inside
    return Rules(
        policy=snapshot.policy,
        policy_version=snapshot.policy_version,
        keys=snapshot.keys_at(now),
        revoked=snapshot.revoked,
        passlist_version=snapshot.passlist_version,
        withdrawn=snapshot.withdrawn_keys(),
        blocked=snapshot.blocked,
        watch=snapshot.watch,
        inside=inside.last,
        inside_known=inside.series is not None,
        received=snapshot.received,
    )


def open_lists(folder: Path, settings: Settings, keys: Keys) -> Lists:
    """The lists in the gate's folder."""
    return Lists.open(folder / LISTS_FILE, town=settings.town, hub_key=keys.hub)
