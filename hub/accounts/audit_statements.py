"""What a destruction says of the audit in the audit itself: which rows' texts were destroyed, as a count and a digest.

A row whose text is gone counts only if a later row says so: the last such row names how many there are up to a number, and the SHA-256 over
which they are, so that who destroys one more by hand is found.

Tested in `tests/hub/accounts/test_audit_erasing.py`.
"""

import hashlib
from collections.abc import Sequence

from edge.contract.canonical import Json
from hub.values.stored import said

ERASED = "audit texts destroyed"
"""The action of the row that says which texts were destroyed."""


class Erased:
    """The rows of a walk whose texts are gone, and whether the newest row that speaks of them names them all."""

    def __init__(self) -> None:
        self.count = 0
        self.first: int | None = None
        self.said = True
        self._digest = hashlib.sha256()

    def add(self, number: int, fields: Sequence[str]) -> None:
        """Takes a row's number and the names of its fields that are gone."""
        if not fields:
            return
        self.count += 1
        self._digest.update(f"{number} {' '.join(fields)}\n".encode())
        self.first = number if self.first is None else self.first
        self.said = False

    def statement(self) -> dict[str, Json]:
        """The particulars of a row that says which are gone so far."""
        return {"rows": self.count, "digest": self._digest.hexdigest()}

    def hear(self, detail: str) -> None:
        """Takes a row that says which are gone before it. One that is overtaken by a later destruction names fewer: the newest counts."""
        value = said(detail)
        self.said = {name: value.get(name) for name in ("rows", "digest")} == self.statement()
