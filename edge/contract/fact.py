"""The base of every value that crosses the boundary, and the facts of the hub's own that end an operation.

Tested in `tests/contract/test_values.py` and `tests/contract/test_schemas.py`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.contract.values import Name, Wall, Whole

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


LongWhy = Annotated[str, Field(min_length=1, max_length=500)]


class Fact(BaseModel):
    """A value that came over the boundary: frozen, unknown fields ignored (a newer sender may say more)."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Destroyed(Fact):
    """Personal values of an operation are destroyed: of every entry up to `up_to`, and of what still comes of the operation.

    `user` asked for it, `confirmed_by` confirmed it. `digest`: SHA-256 over the canonical array [id, hash, fields …] of each entry that lost
    values, so that it is known which those were. Without `up_to`: of all entries before this one.
    """

    operation: Name
    user: Name
    values: Whole
    confirmed_by: Name | None = None
    up_to: Whole | None = None
    entries: Whole | None = None
    """How many entries lost values."""
    digest: Hash | None = None
    parts: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    """What is destroyed: parts of the town's data, by their ids."""


class PartDecided(Fact):
    """An admin decided what becomes of a part of the town's data when an operation's personal values are destroyed."""

    operation: Name
    part: Name
    choice: Literal["destroy", "archive", "keep"]
    user: Name
    reason: LongWhy
    until: Wall | None = None
    """Until when it is kept."""
