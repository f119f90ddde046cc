"""A gate with a new journal: what the hub knows of the old one is said, and nothing that it does not know."""

from collections.abc import Mapping
from typing import Any

import pytest

from edge.contract.messages import Health, Hello
from hub.gates.replaced_card import Spoken, alert_text, last_spoken
from hub.gates.status_words import health_columns
from tests.hub.towns import Place
from tests.hub.wire import hello

OLD, NEW = "cd" * 16, "ab" * 16
AT, LATER = "2026-03-01T08:00:05.000Z", "2026-03-01T08:00:10.000Z"


def health(head: int | None, epoch: str | None = OLD, at: str = AT, backlog: int = 900) -> Mapping[str, Any]:
    said = Health(
        at=at, software="0.1.0", camera=True, clock="synced", backlog=backlog, epoch=epoch, head=head, lanes={}
    )
    return health_columns(said, at)


def greeted(place: Place, head: int, epoch: str = OLD) -> Mapping[str, Any]:
    return {"hello": Hello.parse(hello(place.gates["east"], epoch=epoch, head=head)).encode().decode()}


def test_the_last_health_of_the_journal_says_the_most(place: Place) -> None:
    row = {**greeted(place, 3), **health(8)}
    assert last_spoken(OLD, (row, {})) == Spoken(8, AT)
    assert last_spoken(OLD, (row, health(9, at=LATER))) == Spoken(9, LATER), "heard, and not stored yet"
    assert last_spoken(OLD, ({**greeted(place, 8), **health(8)}, {})) == Spoken(8, AT), "a time is better than none"


@pytest.mark.parametrize("of_another", [health(700, epoch=NEW), health(700, epoch=None), health(None)])
def test_a_health_of_another_journal_or_of_none_counts_for_nothing(place: Place, of_another: Mapping[str, Any]) -> None:
    assert last_spoken(OLD, ({**greeted(place, 3), **of_another}, {})) == Spoken(3, None)


def test_nothing_is_made_up(place: Place) -> None:
    assert last_spoken(OLD, ({}, {})) is None
    assert last_spoken(OLD, ({**greeted(place, 3, epoch=NEW), **health(8, epoch=NEW)}, {})) is None
    assert last_spoken(OLD, ({"hello": "{}", "health": "no JSON", "health_at": AT}, {"hello": None})) is None


@pytest.mark.parametrize(
    ("spoken", "line"),
    [
        (None, "how many there were is not known"),
        (Spoken(5, AT), f"all that the gate spoke of at {AT}"),
        (Spoken(3, None), "all that the gate spoke of when it last connected"),
        (Spoken(8, AT), f"the gate spoke of 8 at {AT}: up to 3 may be missing"),
        (Spoken(8, None), "the gate spoke of 8 when it last connected: up to 3 may be missing"),
    ],
)
def test_the_line_says_what_is_known(spoken: Spoken | None, line: str) -> None:
    assert alert_text(NEW, OLD, 5, spoken) == f"epoch abababab after cdcdcdcd: the hub holds 5 of its records, {line}"
