"""A gate that comes with a new journal: what the hub holds of the old one, and of how much the gate last spoke. Pure.

A gate numbers its records without a gap, so the number of the last one says how many there were. It says that in its hello, and
every few seconds in its health; a health that does not name its journal (an older version's) counts for none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from edge.contract.messages import Health, Hello

M = TypeVar("M", Hello, Health)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A gate spoke of records up to `head`; `at`: when, by the hub's clock (None: when it last connected)."""

    head: int
    at: str | None


def last_spoken(epoch: str, status: Iterable[Mapping[str, Any]]) -> Spoken | None:
    """The most that a gate spoke of in one journal, of what the hub knows of it (`hello`, `health`, `health_at`)."""
    found = []
    for columns in status:
        hello, health = _parsed(Hello, columns.get("hello")), _parsed(Health, columns.get("health"))
        if hello is not None and hello.epoch == epoch:
            found.append(Spoken(hello.head, None))
        if health is not None and health.epoch == epoch and health.head is not None:
            found.append(Spoken(health.head, columns["health_at"]))
    return max(found, key=lambda spoken: (spoken.head, spoken.at or ""), default=None)


def alert_text(new: str, old: str, held: int, spoken: Spoken | None) -> str:
    """The alert's line: journal `new` after `old`, of which the hub holds `held` records (`hub.console.wording` has its translations)."""
    line = f"epoch {new[:8]} after {old[:8]}: the hub holds {held} of its records"
    if spoken is None:
        return f"{line}, how many there were is not known"
    when = "when it last connected" if spoken.at is None else f"at {spoken.at}"
    if spoken.head <= held:
        return f"{line}, all that the gate spoke of {when}"
    return f"{line}, the gate spoke of {spoken.head} {when}: up to {spoken.head - held} may be missing"


def _parsed(kind: type[M], text: str | None) -> M | None:
    try:
        return None if text is None else kind.parse(text.encode())
    except ValueError:
        return None
