"""The crossings that a quarantined message tells of, as far as its bytes can be read. Pure; nothing here vouches for them."""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.contract.messages import Batch
from edge.contract.reasons import Direction
from edge.contract.records import Record, Sealed, VisitOpened


@dataclass(frozen=True, slots=True)
class Crossing:
    """A vehicle at a gate, as the message has it; `plate` is empty where it gives none."""

    at: str
    gate: str
    direction: Direction
    plate: str


def crossings(data: bytes) -> tuple[Crossing, ...]:
    """Each visit that is opened in a batch or in a single record; none where the bytes are neither."""
    return tuple(_opened(_records(data)))


def _records(data: bytes) -> tuple[Sealed, ...]:
    try:
        return Batch.parse(data).records
    except (ValueError, RecursionError):
        pass
    try:
        return (Sealed.model_validate_json(data),)
    except (ValueError, RecursionError):
        return ()


def _opened(sealed: tuple[Sealed, ...]) -> Iterator[Crossing]:
    for each in sealed:
        try:
            record = Record.parse(each.raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(record.body, VisitOpened):
            _salt, plate = each.private.get("plate", ("", ""))
            yield Crossing(record.at.wall, record.gate, record.body.direction, plate)
