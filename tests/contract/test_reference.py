"""The reference for third parties names every kind of record and every message with all their members, and no other topic."""

import json
import re

import pytest

from edge.commands.enrol import MAX_BUNDLE
from edge.contract import limits, message, messages
from edge.contract.facts import BODIES, Fact, Kind
from edge.contract.topics import FROM_GATE, FROM_HUB, HUB, PREFIX, TO_GATE, Name
from edge.journal import command_answers
from edge.link import ends, sender, window
from hub.gates import status
from hub.listener import connection, publisher, schedule
from tests.contract.samples import EXAMPLES

REFERENCE = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
MESSAGES: dict[str, type[message.Message]] = {
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
    found: dict[str, str] = {}
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


def limit(about: str) -> str:
    """What the row that begins so says of the limit and of what is beyond it."""
    (found,) = [rest for name, rest in rows("| what | at most | beyond").items() if name.startswith(about)]
    return found


def at_once(rate: limits.Rate) -> str:
    return f"{rate.burst:,} at once, then {rate.a_minute:g} a minute"


def of_one_gate(room: limits.Room, of: str) -> str:
    return f"{room.rows:,} {of}, {room.bytes // limits.MIB} MiB of one gate"


LIMITS = {
    "a message from a gate": f"{message.MAX_MESSAGE // 1024} KiB",
    "a message on the wire": f"{limits.MAX_PACKET // 1024:,} KiB",
    "a batch": f"{messages.MAX_BATCH_RECORDS} records",
    "a signed list": f"{messages.MAX_LIST // limits.MIB} MiB",
    "a picture": f"{messages.MAX_PICTURE // 1024} KiB",
    "waiting messages": f"{limits.WAITING} of one gate, {limits.WAITING_BATCHES} of them `records`",
    **{name.value: at_once(rate) for name, rate in limits.RATES.items()},
    "records": f"{limits.RECORDS.burst // limits.MIB:,} MiB at once, then {limits.RECORDS.a_minute / 1024:g} KiB a minute",
    "new journals": f"{limits.JOURNALS.burst} at once, then {limits.JOURNALS.a_minute * 60:g} an hour",
    "offences": at_once(limits.OFFENCES),
    "noise": of_one_gate(limits.NOISE, "messages"),
    "forks": of_one_gate(limits.FORKS, "records"),
    "late records": of_one_gate(limits.LATE, "records"),
    "poison": of_one_gate(limits.POISON, "records"),
    "batches ahead": of_one_gate(limits.AHEAD, "batches"),
}


@pytest.mark.parametrize("about", LIMITS)
def test_every_limit_is_the_codes_and_says_what_is_beyond_it(about: str) -> None:
    """Faults B."""
    most, _, beyond = limit(about).partition(" | ")
    assert most.startswith(LIMITS[about])
    assert beyond


def test_a_gate_that_floods_is_not_listened_to_for_as_long_as_is_said() -> None:
    shortest, longest = limits.MUTED_SECONDS
    assert f"for {shortest:g} s, twice as long each time, {longest:g} s at most" in limit("offences")


def test_every_name_that_a_gate_says_has_a_limit() -> None:
    assert set(limits.RATES) | {Name.RECORDS} == FROM_GATE


def growing(first: float, most: float) -> str:
    return f"{first:g}, doubling to {most:g}"


TIMES = ends.Times()
TIMERS = {
    "keep-alive of the connection | gate": f"{TIMES.keepalive}",
    "an attempt to connect | gate": f"{TIMES.connect:g}",
    "pause before the next attempt | gate": growing(TIMES.back_off, TIMES.most_back_off),
    "wait for the `ack` that answers a `hello` | gate": f"{TIMES.answer:g}",
    "`health` | gate": f"every {TIMES.health:g}",
    "a batch without `ack` that the broker has | gate": growing(TIMES.patience, TIMES.most_patience),
    "a batch that the broker has not taken | gate": f"{window._LINK_STALLED} times as long",
    "an `ack` that came soon, late | gate": f"under {window._SOON:g}, over {window._LATE:g}",
    "`hello` for sightings that are missing | gate": f"{TIMES.patience:g} apart",
    "two batches ahead of a backlog | gate": f"{sender.LIVE_EVERY:g} apart",
    "an answer to a command is remembered | gate": f"{command_answers.KEPT.days} days",
    "keep-alive of the connection | hub": f"{connection.KEEPALIVE}",
    "`hub/state` | hub": f"every {publisher.BEAT:g}",
    "new lists are published | hub": f"within {publisher.LOOK_AT_LISTS:g}",
    "commands are looked through | hub": f"every {publisher.RENEW:g}",
    "pause before the next connection | hub": growing(*schedule.RECONNECT),
    "the database takes nothing | hub": growing(*schedule.RETRY),
    "a gate is shown as silent | hub": f"{status.SILENT_AFTER} after",
    "the hub itself is shown as silent | hub": f"{status.LISTENER_SILENT_AFTER}",
    "messages after a connection that are no offence | hub": f"{connection.CATCHING_UP:g}",
    "a gate that is not listened to | hub": growing(*limits.MUTED_SECONDS),
}
"""What a timer is and whose: how the rest of its row begins. Issue 10."""


def test_every_timer_is_the_codes() -> None:
    lines = REFERENCE[REFERENCE.index("| what | whose | how long |") :].splitlines()[2:]
    table = [line.strip("| ").split(" | ", 2) for line in lines[: lines.index("")]]
    found = {f"{what} | {whose}": rest for what, whose, rest in table}
    assert found.keys() == TIMERS.keys()
    for what, begins in TIMERS.items():
        assert re.match(rf"{re.escape(begins)}(?![\d.])", found[what]), what


def test_what_a_timers_row_says_besides_is_the_codes() -> None:
    assert f"records in each from {window.FIRST_LIMIT} to {messages.MAX_BATCH_RECORDS}" in REFERENCE
    assert f"1 to {window.MOST_IN_FLIGHT} of them" in REFERENCE
    assert f"without a word for {connection.SILENT:g} the hub connects anew" in REFERENCE
    assert f"must be under {status.SILENT_AFTER}: see below" in REFERENCE
    assert f"at most {MAX_BUNDLE // 1024:,} KiB" in REFERENCE
    assert TIMES.health < status.SILENT_AFTER


def test_the_chapters_that_a_third_party_needs_are_there() -> None:
    """Issue 10."""
    chapters = re.findall(r"(?m)^## (.+)$", REFERENCE)
    assert len(chapters) == len(set(chapters))
    assert {"Joining: the bundle", "Limits", "Timers", "Check your own implementation"} <= set(chapters)
    for said in (
        "**The poison rule.**",
        "**One connection per gate.**",
        "While `committed` is 0",
        "**Null** means",
        "**Closed lists**",
    ):
        assert REFERENCE.count(said) == 1, said


def test_what_is_written_of_examples_is_what_they_have() -> None:
    """The table of a negative example names every member that one of them has."""
    chapter = REFERENCE.split("## Check your own implementation")[1]
    files = [json.loads(path.read_text(encoding="utf-8")) for path in (EXAMPLES / "negative").iterdir()]
    for member in {name for each in files for name in each} | {name for each in files for name in each["expect"]}:
        assert re.search(rf"`(?:expect)?\.?{member}`", chapter), member
