"""Lists the crossings in a quarantined message, as far as its bytes can be read. Pure; nothing here vouches for them.

Such a message is here because something of it is not as it must be, so it is read without demands: whatever has a plate, a gate, a
time or a direction in its place is shown as it was sent, as text.

Tested in `tests/hub/quarantine/test_settle.py` and `tests/hub/console/test_wording.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.contract.facts import Kind
from hub.values.stored import SHORT, part, said
from hub.values.visible import short

KINDS = frozenset(each.value for each in Kind)
LONGEST = 200
"""Characters of a value that is no text."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A vehicle at a gate, as the message has it; each is empty where it gives none."""

    at: str
    gate: str
    direction: str
    plate: str


def crossings(data: bytes) -> tuple[Crossing, ...]:
    """Each visit that is opened in a batch or in a single record; none where the bytes are neither."""
    return tuple(_opened(said(data.decode("utf-8", "replace"))))


def _opened(message: Mapping[str, Any]) -> Iterator[Crossing]:
    records = message.get("records")
    for each in records if isinstance(records, list) else [message]:
        if not isinstance(each, dict):
            continue
        record = each["raw"] if isinstance(each.get("raw"), dict) else said(each.get("raw"))
        body = part(record, "body")
        if not _opens(record.get("kind"), body):
            continue
        plate = part(each, "private").get("plate")
        yield Crossing(
            _text(part(record, "at").get("wall")),
            short(_text(record.get("gate")), SHORT),
            short(_text(body.get("direction")), SHORT),
            _text(plate[-1] if isinstance(plate, list) and plate else plate),
        )


def _opens(kind: object, body: Mapping[str, Any]) -> bool:
    """Returns True if a record opens a visit; one of a kind that nobody knows, if it says which way a vehicle goes."""
    return kind == Kind.VISIT_OPENED.value or (not (isinstance(kind, str) and kind in KINDS) and "direction" in body)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else short(repr(value), LONGEST)
