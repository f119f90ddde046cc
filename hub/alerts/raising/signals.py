"""What one entry of the ledger raises or ends. Pure: an entry's words in, signals out.

Tested in `tests/hub/alerts/test_raising.py`.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from edge.contract.alarms import WATCH_LIST
from edge.contract.facts import Kind, ReadBy
from hub.alerts import rules
from hub.alerts.kinds import AlertKind
from hub.alerts.rules import Ends
from hub.alerts.store import About
from hub.values.stored import code_of, part, text_of, wall_of

_ONLY_THE_LANE = re.compile(r"lane \S+(, (in|out))?|in|out")
"""Details of alarms that say no more than the record's own fields."""

KINDS = (Kind.ALARM_RAISED, Kind.ALARM_CLEARED, Kind.OVERRIDDEN)
"""Kinds of gates' records that are looked at, beside the emergencies among `visit_opened`."""


class Raised(NamedTuple):
    """An alert to be raised, or counted up."""

    what: AlertKind
    gate: str
    detail: str
    about: About


class Over(NamedTuple):
    """The cause of an alert that is over: an alarm's code at a gate."""

    what: AlertKind
    gate: str
    subject: str


def signal_of(said: Mapping[str, Any], visit: str | None) -> Raised | Over | None:
    """What a gate's record says: something to be raised, the end of it, or nothing."""
    gate, body = code_of(said.get("gate")), part(said, "body")
    if gate is None:
        return None
    about = About(lane=code_of(said.get("lane")), visit=visit, happened_at=wall_of(part(said, "at").get("wall")))
    match said.get("kind"):
        case Kind.ALARM_RAISED.value:
            return _raised(gate, body, about)
        case Kind.ALARM_CLEARED.value:
            return _over(gate, body)
        case Kind.OVERRIDDEN.value:
            return Raised(AlertKind.OVERRIDE, gate, text_of(body.get("reason")) or "", about)
        case Kind.VISIT_OPENED.value if body.get("read_by") == ReadBy.EMERGENCY.value:
            return Raised(AlertKind.EMERGENCY, gate, "", about)
        case _:
            return None


def _raised(gate: str, body: Mapping[str, Any], about: About) -> Raised | None:
    code = code_of(body.get("alarm"))
    if code is None:
        return None
    detail = text_of(body.get("detail")) or ""
    if code == WATCH_LIST:
        # the detail is the visit: each watched vehicle is an alert of its own
        return Raised(AlertKind.WATCHED, gate, "", _about(about, subject=detail, visit=detail or about.visit))
    detail = "" if _ONLY_THE_LANE.fullmatch(detail) else detail
    return Raised(rules.of_alarm(code), gate, detail, _about(about, subject=code, visit=about.visit))


def _about(about: About, *, subject: str, visit: str | None) -> About:
    return About(subject=subject, lane=about.lane, visit=visit, happened_at=about.happened_at)


def _over(gate: str, body: Mapping[str, Any]) -> Over | None:
    code = code_of(body.get("alarm"))
    kind = None if code is None else rules.of_alarm(code)
    if code is None or kind is None or rules.RULES[kind].ends is not Ends.CLEARED:
        return None
    return Over(kind, gate, code)
