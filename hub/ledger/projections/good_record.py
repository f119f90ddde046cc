"""A record that passed every check, as the ledger keeps it, with the facts about its visit that the projections take from it.

Tested in `tests/hub/ledger/test_intake.py`.
"""

from typing import NamedTuple, Self

import structlog
from pydantic import TypeAdapter, ValidationError

from edge.contract.canonical import canonical
from edge.contract.facts import Private
from edge.contract.records import Record, Sealed
from hub.ledger.projections.visit_facts import Tells, tells
from hub.ledger.projections.visit_row import Whole
from hub.values.stored import said

log = structlog.get_logger()


_PRIVATE = TypeAdapter(Private)


class Good(NamedTuple):
    """A record that holds (hash, commitments, what it says of itself), as the ledger keeps it. `private` is canonical JSON."""

    raw: str
    private: str
    prev: str
    hash: str
    kind: str
    visit: str | None
    tells: Tells | Whole | None
    """What it tells of its visit; or, on the last record of a visit that begins in its batch, what all of them do. None: worked out
    when it is wanted."""

    @classmethod
    def of(cls, sealed: Sealed, record: Record) -> Self:
        """A record that was sealed so."""
        private = canonical(sealed.private).decode() if sealed.private else "{}"
        told = _tells(sealed)
        return cls(sealed.raw, private, sealed.prev, sealed.hash, record.kind.value, record.visit, told)

    def telling(self, told: Whole | None) -> Self:
        """A copy of the record with another `tells`."""
        return type(self)(*self[:-1], told)

    @property
    def sealed(self) -> Sealed:
        """The record as it travels."""
        return Sealed(raw=self.raw, private=private_of(self.private), prev=self.prev, hash=self.hash)

    def record(self) -> Record:
        """The record parsed again, without checks, for it is known to hold."""
        return Record.parse(self.raw)


def _tells(sealed: Sealed) -> Tells | None:
    # a fault of ours loses no record: it is worked out again where the fault is told
    try:
        return tells(said(sealed.raw), sealed.private)
    except Exception:
        log.exception("a record is taken, and what it tells is not known yet")
        return None


def private_of(text: str) -> Private:
    """The personal values of an entry; `ValueError` if they are not shaped so."""
    try:
        return _PRIVATE.validate_json(text)
    except ValidationError:
        raise ValueError("private: expected {field: [salt, value]}") from None
