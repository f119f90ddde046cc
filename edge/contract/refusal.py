"""The refusal: one line that says why something is not taken.

A function that may refuse returns `Refusal | None`, None if it accepts. Tested where refusals are made: `tests/edge/journal/test_outbox.py`,
`tests/edge/lists/test_store.py`, `tests/hub/ledger`.
"""


class Refusal(str):
    """Why something is refused: what was wrong, where, and what was expected, in one line."""

    __slots__ = ()
