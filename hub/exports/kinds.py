"""The shape of a list that can be exported: what it is called, who may, how it is asked, in which words. The table: `lists`.

Tested in `tests/hub/exports/test_lists.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from edge.contract.policy import Policy
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.exports.asked import Asked, Field
from hub.exports.writing.cells import Header, Manner
from hub.exports.writing.question import Question

BRANCH = "unit"
"""Names, in a filter, the unit of the organisation to whose branch a list is narrowed."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom and when a list is read. `whole`: who sees plates masked finds whole ones only, else parts of a plate would give it away."""

    town: str
    now: datetime
    whole: bool = False
    role: Role | None = None
    unmasked: bool = False
    """True if nothing is masked, for a reason that the audit keeps."""

    @property
    def now_text(self) -> str:
        """The time as rows spell it."""
        return wall_text(self.now)


MannerOf = Callable[[tzinfo, Header, Role | None, Policy | None, Mapping[str, str]], Manner]


@dataclass(frozen=True)
class ListKind:
    """A list or register. `words`: by column, the table of `LABELS` (or `=column` of visits.csv) that has the words for its codes."""

    name: str
    title: Any
    least: Role
    ask: Callable[[Asked, Reader], Question]
    fields: tuple[Field, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    personal: bool = False
    """True if it holds what is masked for every role: then a supervisor may see it whole, for a reason."""

    @property
    def names(self) -> frozenset[str]:
        """The names of its filter's fields, as the question has them."""
        return frozenset(each.means or each.name for each in self.fields)

    manner: MannerOf | None = None
    """How it is written, if not as `words` and the masks of the role say."""
