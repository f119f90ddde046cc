"""Reads from a record's JSON the values of its visit: columns of the table `visits`. Pure: the JSON of a record -> Tells.

It is read without demands (`hub.values.stored`), so that a record which an older version took, and this one would not, tells what it can.
What becomes of the visit's row is decided where the row is known (`visit_row.py`). Nothing here but plain text and numbers, so that
it can be worked out in another process.

Tested in `tests/hub/ledger/projections/test_visit_row.py`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from edge.contract.facts import HUB_KINDS, Disinfection, Kind, Private
from edge.contract.plates import classify
from edge.contract.reasons import Reason
from edge.contract.topics import HUB
from hub.values.stored import NO_TIME, code_of, flag_of, number_of, part, text_of, wall_of, whole_of
from hub.values.visible import bare

Columns = Mapping[str, Any]
"""Columns of `visits` by name."""
Said = Mapping[str, Any]
"""A record's JSON object."""
NEVER_WAITS = frozenset({Reason.PRIORITY.value, Reason.EMERGENCY.value})
PERSONAL = ("occupants", "origin", "destination", "purpose", "driver", "phone", "remark")
"""Personal values that have a column of their own; the plate has two, and a picture's name none."""
VISIT = re.compile("[0-9a-f]{32}")
PASS = re.compile("[0-9a-f]{16}")
LONGEST_SAID = 64
"""Characters of a time that is none which are kept beside the stand-in."""


class Tells(NamedTuple):
    """One record of a visit: who says it, of which visit, and what. `supplement`: said again for what was filled in afterwards."""

    kind: str
    visit: str
    town: str
    gate: str
    lane: str | None
    columns: Columns
    personal: Columns
    supplement: bool

    @property
    def timeless(self) -> bool:
        """True if it names a time that is none, so that the hub's time of receipt must stand for it."""
        return "opened_said" in self.columns or "closed_said" in self.columns


def tells(said: Said, private: Private) -> Tells | None:
    """The values that a record gives its visit; None if it belongs to none."""
    kind, visit, town, gate = (said.get(name) for name in ("kind", "visit", "town", "gate"))
    told = _TELLS.get(kind) if isinstance(kind, str) else None
    if told is None or not isinstance(visit, str) or not VISIT.fullmatch(visit):
        return None
    # a gate has no say in what only the hub writes
    if not isinstance(town, str) or not isinstance(gate, str) or (kind in HUB_KINDS and gate != HUB):
        return None
    body = part(said, "body")
    supplement = kind == Kind.VISIT_CLOSED and flag_of(body.get("supplement")) is True
    columns, personal = told(said, body), _personal(private) if private else {}
    return Tells(str(kind), visit, town, gate, text_of(said.get("lane")), columns, personal, supplement)


def _opened(said: Said, body: Said) -> Columns:
    reason, at = code_of(body.get("reason")), part(said, "at")
    owed = body.get("disinfection") == Disinfection.REQUIRED.value and reason not in NEVER_WAITS
    return {
        "operation": text_of(body.get("operation")),
        "lane": text_of(said.get("lane")),
        "direction": code_of(body.get("direction")),
        "clock": code_of(at.get("clock")) or NO_TIME,
        "vehicle_class": text_of(body.get("vehicle_class")),
        "pass_id": _pass_id(body.get("pass_id")),
        "read_by": code_of(body.get("read_by")),
        "verdict": code_of(body.get("verdict")),
        "reason": reason,
        "officer": text_of(body.get("officer")),
        "disinfected": "owed" if owed else "not_required",
        "entry_seq": whole_of(said.get("seq")),
        **_time("opened", at.get("wall")),
    }


def _disinfected(_said: Said, body: Said) -> Columns:
    parts = body.get("parts")
    return {
        "disinfected": "yes",
        "agent": text_of(body.get("agent")),
        "concentration": text_of(body.get("concentration")),
        "parts": " ".join(each for each in parts if code_of(each)) if isinstance(parts, (list, tuple)) else "",
        "washed_first": flag_of(body.get("washed_first")),
        "spray_seconds": number_of(body.get("seconds")),
        "contact_minutes": number_of(body.get("contact_minutes")),
        "litres": number_of(body.get("litres")),
        "disinfection_verified_by": code_of(body.get("verified_by")),
        "officer": text_of(body.get("officer")),
    }


def _overridden(_said: Said, body: Said) -> Columns:
    what = code_of(body.get("what", "verdict"))
    return {
        "override_by": text_of(body.get("officer")),
        "override_reason": text_of(body.get("reason")),
        "override_what": what,
    }


def _closed(said: Said, body: Said) -> Columns:
    return {
        "outcome": code_of(body.get("outcome")),
        "turn_back_why": text_of(body.get("why")),
        "officer": text_of(body.get("officer")),
        **_time("closed", part(said, "at").get("wall")),
    }


def _corrected(_said: Said, _body: Said) -> Columns:
    return {}


_TELLS: dict[str, Callable[[Said, Said], Columns]] = {
    Kind.VISIT_OPENED.value: _opened,
    Kind.DISINFECTED.value: _disinfected,
    Kind.OVERRIDDEN.value: _overridden,
    Kind.VISIT_CLOSED.value: _closed,
    Kind.CORRECTED.value: _corrected,
}


def _time(what: str, wall: object) -> Columns:
    """When: the time that was said; or nothing, and beside it what was said instead, which orders and proves nothing."""
    time = wall_of(wall)
    if time is not None:
        return {f"{what}_at": time}
    instead = text_of(wall) if isinstance(wall, str) else repr(wall)
    return {f"{what}_at": None, f"{what}_said": (instead or "")[:LONGEST_SAID], "clock": NO_TIME}


def _storable(value: str) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def _pass_id(value: object) -> str | None:
    return value if isinstance(value, str) and PASS.fullmatch(value) else None


def _personal(private: Private) -> Columns:
    # PostgreSQL's text knows no NUL, and no database halves of characters
    values = {field: value if value.isprintable() else _storable(value) for field, (_, value) in private.items()}
    found: dict[str, Any] = {field: values[field] for field in PERSONAL if field in values}
    if "plate" in values:
        plate = classify(bare(values["plate"]))
        found |= {"plate": plate.text, "plate_type": plate.type.value}
    return found
