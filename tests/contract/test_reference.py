"""The reference for third parties names every kind of record and every message with all their members, and no other topic."""

import re

import pytest

from edge.contract import messages
from edge.contract.records import BODIES, Fact, Kind
from edge.contract.topics import FROM_GATE, FROM_HUB, HUB, PREFIX, TO_GATE
from tests.contract.samples import EXAMPLES

REFERENCE = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
MESSAGES: dict[str, type[messages.Message]] = {
    "records": messages.Batch,
    "hello": messages.Hello,
    "ack": messages.Ack,
    "state": messages.State,
    "health": messages.Health,
    "picture": messages.Picture,
    "all else of the hub": messages.Signed,
}


def rows(heading: str) -> dict[str, str]:
    """The table under this heading: what each row is about, and the rest of the row."""
    lines = REFERENCE[REFERENCE.index(heading) :].splitlines()[2:]
    found = {}
    for line in lines:
        if not line.startswith("|"):
            break
        about, rest = line.strip("| ").split(" | ", 1)
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", about) or [about], rest)
    return found


def unnamed(row: str, fact: type[Fact]) -> set[str]:
    return fact.model_fields.keys() - {"v"} - set(re.findall(r"`(\w+)`", row))


def test_every_kind_has_a_row() -> None:
    assert rows("| kind | body |").keys() == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_kinds_members_are_all_named(kind: Kind) -> None:
    row = rows("| kind | body |")[kind]
    assert unnamed(row, BODIES[kind]) == set()


@pytest.mark.parametrize("name", MESSAGES)
def test_a_messages_members_are_all_named(name: str) -> None:
    assert unnamed(rows("| message | members")[name], MESSAGES[name]) == set()


def test_the_topics_are_those_of_the_code() -> None:
    gate = {f"{PREFIX}/<gate>/{name}" for name in FROM_GATE | TO_GATE}
    assert rows("| topic | direction |").keys() == gate | {f"{PREFIX}/{HUB}/{name}" for name in FROM_HUB}


def test_every_file_that_is_named_is_there() -> None:
    for name in re.findall(r"\]\(([\w./-]+)\)", REFERENCE):
        assert (EXAMPLES.parent / name).exists(), name
