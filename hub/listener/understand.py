"""A message understood: parsed into its type, or not."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from edge.contract.message import Message
from edge.contract.messages import Hello, Picture, State
from hub.gates import status_words
from hub.ledger.received import Quarantined, Received

M = TypeVar("M", bound=Message)


@dataclass
class Understood:
    """What a handful of messages says."""

    records: list[Received | Quarantined] = field(default_factory=list)
    words: list[tuple[str, Hello | State]] = field(default_factory=list)
    pictures: list[tuple[str, Picture]] = field(default_factory=list)
    status: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is new of each gate: the listener knows it after the commit."""

    def note(self, gate: str, columns: status_words.Columns) -> None:
        self.status.setdefault(gate, {}).update(columns)

    @property
    def hellos(self) -> list[tuple[str, Hello]]:
        return [(gate, word) for gate, word in self.words if isinstance(word, Hello)]
