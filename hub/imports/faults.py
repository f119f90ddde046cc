"""A fault of a row, and the one line that says why nothing of a list is imported. Tested in `tests/hub/imports/test_faults.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.errors import RefusedError, Words


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row of a list.

    `found`: what stands there, as it was written; `heading`: its column as the list itself calls it; `column`: as we call it. Each of
    them may be empty: a row can also be wrong as a whole.
    """

    row: int
    wrong: Words
    found: str = ""
    heading: str = ""
    column: str = ""

    def words(self) -> Words:
        """The fault in one line."""
        if self.heading:
            return Words(
                "row %(row)s, %(heading)s %(found)r: %(wrong)s",
                row=self.row, heading=self.heading, found=self.found, wrong=self.wrong,
            )  # fmt: skip
        if self.found:
            return Words("row %(row)s, %(found)r: %(wrong)s", row=self.row, found=self.found, wrong=self.wrong)
        return Words("row %(row)s: %(wrong)s", row=self.row, wrong=self.wrong)

    def __str__(self) -> str:
        return str(self.words())


def refusal(file: str, faults: Sequence[Fault], more: int = 0) -> RefusedError | None:
    """Why nothing of a list is imported: its first fault, and how many follow (`more`: besides these). None without a fault."""
    if not faults:
        return None
    first, others = faults[0].words(), len(faults) - 1 + more
    if others:
        return RefusedError("%(file)s: %(wrong)s (and %(count)s more)", file=file, wrong=first, count=others)
    return RefusedError("%(file)s: %(wrong)s", file=file, wrong=first)
