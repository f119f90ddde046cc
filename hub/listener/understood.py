"""The content of a handful of messages, by subject: plain values, which `understand.py` makes and the listener works off.

Tested in `tests/hub/listener/test_intake.py`.
"""

from dataclasses import dataclass, field
from typing import Any

from edge.contract.messages import Hello, Picture, State
from hub.gates import status_words
from hub.ledger.received import Quarantined, Received


@dataclass
class Understood:
    """The content of a handful of messages."""

    records: list[Received | Quarantined] = field(default_factory=list)
    words: list[tuple[str, Hello | State]] = field(default_factory=list)
    pictures: list[tuple[str, Picture]] = field(default_factory=list)
    status: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is new of each gate: the listener knows it after the commit."""
    strangers: set[str] = field(default_factory=set)
    """Who spoke of its state and is no gate of the town, or was retired."""

    def note(self, gate: str, columns: status_words.Columns) -> None:
        """Something new of a gate."""
        self.status.setdefault(gate, {}).update(columns)

    @property
    def hellos(self) -> list[tuple[str, Hello]]:
        """The hellos among the words, each with its gate."""
        return [(gate, word) for gate, word in self.words if isinstance(word, Hello)]

    @property
    def is_to_store(self) -> bool:
        """Returns True if anything in it needs a transaction now."""
        return bool(self.records or self.words or self.pictures)
